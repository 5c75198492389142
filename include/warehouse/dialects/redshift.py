"""Redshift: PostgreSQL 8's words with fewer of them, and no key that is kept.

Loads of a schema run one after the other: what a transaction sees is fixed by its first statement, and two that write
one table are not waited for but refused (error 1023). So each begins by locking a short table that nobody else reads,
and those who read the others wait for nobody. It has no type for JSON that can be compared or joined in full: JSON
stays the text that it is, one byte shorter than texts, by which the catalogue tells them apart.
"""

from include.warehouse.dialects.dialect import Dialect

_RELATIONS = """
SELECT c.relname::varchar, c.relkind::varchar, coalesce(obj_description(c.oid, 'pg_class'), ''),
       a.attname::varchar, format_type(a.atttypid, a.atttypmod), '', a.attisdropped,
       coalesce(col_description(c.oid, a.attnum), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname = $1 AND c.relkind IN ('r', 'v') {named}
ORDER BY c.relname, a.attnum
"""
_VIEWS = """
SELECT c.relname::varchar, c.relkind::varchar, coalesce(obj_description(c.oid, 'pg_class'), ''), r.relname::varchar
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_rewrite w ON w.ev_class = c.oid AND c.relkind = 'v'
LEFT JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid
    AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid <> c.oid
LEFT JOIN pg_catalog.pg_class r ON r.oid = d.refobjid AND r.relnamespace = c.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'v')
"""
# MERGE reads no values and knows no condition beside the key. Nobody else is in between: the schema is locked.
_GUARD = """
UPDATE {slices} SET stream = $3, extracted_at = $4, attempt_id = $5, load_id = $6, "rows" = $7, final = $8,
       loaded_at = {clock}, kind = $9, trimmed_at = NULL
WHERE table_name = $1 AND slice_date = $2 AND (extracted_at < $4 OR (extracted_at = $4 AND attempt_id <= $5));
INSERT INTO {slices}
    (table_name, slice_date, stream, extracted_at, attempt_id, load_id, "rows", final, loaded_at, kind)
SELECT $1, CAST($2 AS date), $3, CAST($4 AS timestamp with time zone), $5, $6, CAST($7 AS bigint),
       CAST($8 AS boolean), {clock}, $9
WHERE NOT EXISTS (SELECT 1 FROM {slices} WHERE table_name = $1 AND slice_date = $2)
"""
_TEXT = "character varying(65535)"
_LOCK = 'LOCK TABLE {schema}."account"'

REDSHIFT = Dialect(
    name="Redshift",
    conn_types=("redshift",),
    driver="redshift_connector",
    package="redshift-connector",
    opens="include.warehouse.redshift",
    clock="SYSDATE",
    matches="regexp_count({column}, $1, 1, 'i') > 0",
    words="{joined}",
    add_missing="INSERT INTO {table} ({columns}) SELECT {values}\n"
    "WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {key} = {key_value})",
    guard=_GUARD,
    relations=_RELATIONS,
    relation="c.relname",
    views=_VIEWS,
    views_follow=True,
    views_fixed=True,
    types={
        "text": _TEXT,
        "jsonb": "character varying(65534)",
        "text[]": "character varying(1000)",
    },
    lock_for_loads=_LOCK,
    lock_against_loads=_LOCK,
    table_options="SORTKEY ({column})",
)
