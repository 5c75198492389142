"""BigQuery: no key is kept, nothing waits, and making or changing a table is no part of a transaction.

Two transactions that change one table do not wait for each other: the second is ended. So each begins by writing the
one row of `schema_version`, and where that is refused it begins again (`include.warehouse.bigquery`). Its catalogue is
asked outside of transactions, which change nothing in it.
"""

from include.warehouse.dialects.dialect import Dialect

# Of a description the catalogue has the literal.
_RELATIONS = r"""
SELECT c.table_name,
       CASE t.table_type WHEN 'VIEW' THEN 'v' WHEN 'MATERIALIZED VIEW' THEN 'm' WHEN 'EXTERNAL' THEN 'f' ELSE 'r' END,
       COALESCE(o.option_value, ''), c.column_name, c.data_type,
       CASE WHEN c.is_generated = 'ALWAYS' THEN 'generated' ELSE '' END, FALSE, COALESCE(f.description, '')
FROM INFORMATION_SCHEMA.COLUMNS AS c
JOIN INFORMATION_SCHEMA.TABLES AS t ON t.table_name = c.table_name
LEFT JOIN INFORMATION_SCHEMA.TABLE_OPTIONS AS o ON o.table_name = c.table_name AND o.option_name = 'description'
LEFT JOIN INFORMATION_SCHEMA.COLUMN_FIELD_PATHS AS f ON f.table_name = c.table_name AND f.field_path = c.column_name
WHERE c.table_schema = $1 {named}
ORDER BY c.table_name, c.ordinal_position
"""
_VIEWS = """
SELECT t.table_name, CASE t.table_type WHEN 'VIEW' THEN 'v' WHEN 'BASE TABLE' THEN 'r' ELSE 'f' END,
       COALESCE(o.option_value, ''), NULL
FROM INFORMATION_SCHEMA.TABLES AS t
LEFT JOIN INFORMATION_SCHEMA.TABLE_OPTIONS AS o ON o.table_name = t.table_name AND o.option_name = 'description'
WHERE t.table_schema = $1
"""
_GUARD = """
MERGE INTO {slices} AS held
USING (
    SELECT $1 AS table_name, $2 AS slice_date, $3 AS stream, $4 AS extracted_at, $5 AS attempt_id, $6 AS load_id,
           $7 AS "rows", $8 AS final, $9 AS kind
) AS came
ON held.table_name = came.table_name AND held.slice_date = came.slice_date
WHEN MATCHED AND (
    held.extracted_at < came.extracted_at
    OR (held.extracted_at = came.extracted_at AND held.attempt_id <= came.attempt_id)
) THEN UPDATE SET
    stream = came.stream, extracted_at = came.extracted_at, attempt_id = came.attempt_id, load_id = came.load_id,
    "rows" = came."rows", final = came.final, loaded_at = {clock}, kind = came.kind, trimmed_at = NULL
WHEN NOT MATCHED THEN INSERT
    (table_name, slice_date, stream, extracted_at, attempt_id, load_id, "rows", final, loaded_at, kind)
VALUES (came.table_name, came.slice_date, came.stream, came.extracted_at, came.attempt_id, came.load_id,
        came."rows", came.final, {clock}, came.kind)
"""
_LOCK = "UPDATE {schema}.`schema_version` SET since = since WHERE true"

BIGQUERY = Dialect(
    name="BigQuery",
    conn_types=("gcpbigquery",),
    driver="google.cloud.bigquery",
    package="google-cloud-bigquery",
    opens="include.warehouse.bigquery",
    clock="CURRENT_TIMESTAMP()",
    # Also of JSON, which is no text and cannot be cast into one.
    matches="REGEXP_CONTAINS(TO_JSON_STRING({column}), CONCAT('(?i)', $1))",
    words="SPLIT({joined}, ', ')",
    add_missing=(
        "INSERT INTO {table} ({columns}) SELECT {values} FROM UNNEST([1]) AS one "
        "WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE {key} = {key_value})"
    ),
    guard=_GUARD,
    relations=_RELATIONS,
    relation="c.table_name",
    views=_VIEWS,
    types={
        "text": "STRING",
        "bigint": "INT64",
        "double precision": "FLOAT64",
        "boolean": "BOOL",
        "timestamp with time zone": "TIMESTAMP",
        "date": "DATE",
        "jsonb": "JSON",
        "text[]": "ARRAY<STRING>",
    },
    json_compared="TO_JSON_STRING({column})",
    stage=(
        "CREATE TABLE {table} ({columns}) "
        "OPTIONS (expiration_timestamp = TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 1 DAY))"
    ),
    staged_types={"jsonb": "STRING"},
    unstaged={"jsonb": "PARSE_JSON({column}, wide_number_mode => 'round')"},
    lock_for_loads=_LOCK,
    lock_against_loads=_LOCK,
    unless_made=(
        "NOT EXISTS (SELECT 1 FROM INFORMATION_SCHEMA.TABLES AS t "
        "WHERE t.table_schema = {schema} AND t.table_name = {name})"
    ),
    table_options="PARTITION BY {column}",
)
