"""PostgreSQL 14 to 18."""

from include.warehouse.dialects.dialect import Dialect

_RELATIONS = """
SELECT c.relname::text, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
       a.attname::text, format_type(a.atttypid, a.atttypmod),
       a.attgenerated::text || a.attidentity::text, a.attisdropped,
       coalesce(col_description(c.oid, a.attnum), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') {named}
ORDER BY c.relname, a.attnum
"""
_VIEWS = """
SELECT c.relname::text, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''), r.relname::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND c.relkind = 'v'
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid
LEFT JOIN pg_catalog.pg_class r ON r.oid = d.refobjid AND r.relnamespace = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
# A view that is dropped loses who may read it.
_GRANTS = """
SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, $1::text,
              CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
              CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
FROM pg_catalog.pg_class c, aclexplode(c.relacl) a
WHERE c.oid = $1::text::regclass AND a.grantee <> c.relowner
"""
# Locks the slice and decides in one statement which extraction may write it.
GUARD = """
INSERT INTO {slices} AS held
    (table_name, slice_date, stream, extracted_at, attempt_id, load_id, "rows", final, loaded_at, kind)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, {clock}, $9)
ON CONFLICT (table_name, slice_date) DO UPDATE SET
    stream = excluded.stream, extracted_at = excluded.extracted_at, attempt_id = excluded.attempt_id,
    load_id = excluded.load_id, "rows" = excluded."rows", final = excluded.final, loaded_at = excluded.loaded_at,
    kind = excluded.kind, trimmed_at = NULL
WHERE (held.extracted_at, held.attempt_id) <= (excluded.extracted_at, excluded.attempt_id)
"""
ADD_MISSING = "INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING"
# A slice is a small part of a large table: vacuum after 2 % of dead rows, not 20.
_VACUUM = "WITH (autovacuum_vacuum_scale_factor = 0.02)"

_TIMEOUTS = """
SELECT set_config('lock_timeout', '{lock_seconds}s', true),
       set_config('idle_in_transaction_session_timeout', '{idle_seconds}s', true)
"""

POSTGRES = Dialect(
    name="PostgreSQL",
    conn_types=("postgres", "postgresql"),
    driver="adbc_driver_postgresql",
    package="adbc-driver-postgresql",
    clock="clock_timestamp()",
    matches="CAST({column} AS text) ~* $1",
    words="string_to_array({joined}, ', ')",
    add_missing=ADD_MISSING,
    guard=GUARD,
    relations=_RELATIONS,
    relation="c.relname",
    views=_VIEWS,
    views_follow=True,
    # Where the server's default is REPEATABLE READ, a statement that has waited for another load would still not see
    # its rows.
    begin=(
        "SET TRANSACTION ISOLATION LEVEL READ COMMITTED",
        _TIMEOUTS,
    ),
    lock_name="SELECT pg_advisory_xact_lock(hashtextextended({name}, 0))",
    try_name="SELECT pg_try_advisory_xact_lock(hashtextextended({name}, 0))",
    lock_for_loads="LOCK TABLE {table} IN ROW EXCLUSIVE MODE",
    lock_against_loads="LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE",
    grants=_GRANTS,
    # Without a name of ours, which the index of a table that was renamed may still have.
    index="CREATE INDEX ON {table} ({column})",
    table_options=_VACUUM,
    partitioned="PARTITION BY RANGE ({column})",
    partition="CREATE TABLE {part} PARTITION OF {table} FOR VALUES FROM ('{first}') TO ('{following}') "
    + _VACUUM,
)
