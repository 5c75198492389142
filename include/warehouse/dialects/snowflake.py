"""Snowflake: making or changing a table ends the open transaction, and no key is kept.

Names are in capitals there, as if nobody had quoted them: `SELECT email FROM zoom.users` finds ours. Loads of one schema
change rows one after the other: each begins by writing the one row of `schema_version`, for which the others wait. What
takes long, bringing the rows over, comes before. A killed session's transaction is ended after 5 minutes where others
wait for it, says its documentation; until then they are tried again.
"""

from include.warehouse.dialects.dialect import Dialect

# A type of a precision of its own is not ours, and is told as it is.
_RELATIONS = """
SELECT LOWER(c.table_name), CASE WHEN v.table_name IS NULL THEN 'r' ELSE 'v' END, COALESCE(v.comment, t.comment, ''),
       LOWER(c.column_name),
       CASE WHEN c.data_type = 'NUMBER' AND NOT (c.numeric_precision = 38 AND c.numeric_scale = 0)
            THEN 'NUMBER(' || c.numeric_precision || ', ' || c.numeric_scale || ')' ELSE c.data_type END,
       CASE WHEN c.is_identity = 'YES' THEN 'identity' ELSE '' END, FALSE, COALESCE(c.comment, '')
FROM information_schema.columns c
LEFT JOIN information_schema.tables t ON t.table_schema = c.table_schema AND t.table_name = c.table_name
LEFT JOIN information_schema.views v ON v.table_schema = c.table_schema AND v.table_name = c.table_name
WHERE c.table_schema = UPPER($1) AND c.table_name = UPPER(c.table_name) {named}
ORDER BY c.table_name, c.ordinal_position
"""
_VIEWS = """
SELECT LOWER(table_name), 'r', COALESCE(comment, ''), NULL FROM information_schema.tables
WHERE table_schema = UPPER($1) AND table_type <> 'VIEW'
UNION ALL
SELECT LOWER(table_name), 'v', COALESCE(comment, ''), NULL FROM information_schema.views
WHERE table_schema = UPPER($1)
"""
# Nobody else is between the two: the schema is locked. (MERGE would do as well.)
_GUARD = """
UPDATE {slices} SET stream = $3, extracted_at = $4, attempt_id = $5, load_id = $6, "rows" = $7, final = $8,
       loaded_at = {clock}, kind = $9, trimmed_at = NULL
WHERE table_name = $1 AND slice_date = $2 AND (extracted_at < $4 OR (extracted_at = $4 AND attempt_id <= $5));
INSERT INTO {slices}
    (table_name, slice_date, stream, extracted_at, attempt_id, load_id, "rows", final, loaded_at, kind)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, {clock}, $9
WHERE NOT EXISTS (SELECT 1 FROM {slices} WHERE table_name = $1 AND slice_date = $2)
"""
_LOCK = 'UPDATE {schema}."schema_version" SET since = since'

SNOWFLAKE = Dialect(
    name="Snowflake",
    conn_types=("snowflake",),
    driver="adbc_driver_snowflake",
    package="adbc-driver-snowflake",
    opens="include.warehouse.snowflake",
    # To the microsecond: what is read back must be what was written.
    clock="CURRENT_TIMESTAMP(6)",
    matches="REGEXP_COUNT(CAST({column} AS text), $1, 1, 'i') > 0",
    words="{joined}",
    add_missing=(
        "INSERT INTO {table} ({columns}) SELECT {values} "
        "WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {key} = {key_value})"
    ),
    guard=_GUARD,
    relations=_RELATIONS,
    relation="LOWER(c.table_name)",
    views=_VIEWS,
    types={
        "text": "TEXT",
        "bigint": "NUMBER",
        "double precision": "FLOAT",
        "boolean": "BOOLEAN",
        "timestamp with time zone": "TIMESTAMP_TZ",
        "date": "DATE",
        "jsonb": "VARIANT",
        "text[]": "VARCHAR",
    },
    json_compared="TO_JSON({column})",
    # Goes with its session, whatever becomes of that.
    stage="CREATE TEMPORARY TABLE {table} ({columns})",
    staged_types={"jsonb": "TEXT"},
    unstaged={"jsonb": "PARSE_JSON({column})"},
    comment="ALTER {kind} {name} SET COMMENT = {text}",
    comment_on_column="ALTER {kind} {name} ALTER COLUMN {column} COMMENT {text}",
    view_column="{column} COMMENT {text}",
    # A file's times are read in the session's zone.
    begin=("ALTER SESSION SET TIMEZONE = 'UTC'", "ALTER SESSION SET LOCK_TIMEOUT = {lock_seconds}"),
    lock_for_loads=_LOCK,
    lock_against_loads=_LOCK,
    unless_made=(
        "NOT EXISTS (SELECT 1 FROM information_schema.tables "
        "WHERE table_schema = UPPER({schema}) AND table_name = UPPER({name}))"
    ),
)
