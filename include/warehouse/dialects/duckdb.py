"""DuckDB: a file that one process at a time opens, so that nothing in it needs a lock.

Its ADBC driver comes with the package duckdb. No index: it skips what a slice is not in by itself. No partitions, no
rights, and a reader of the file keeps loads waiting as a load keeps readers.
"""

from include.warehouse.dialects.dialect import Dialect
from include.warehouse.dialects.postgres import ADD_MISSING, GUARD

# Its pg_catalog knows no comments, and other names for types.
_RELATIONS = """
SELECT c.table_name, CASE WHEN v.view_name IS NULL THEN 'r' ELSE 'v' END, coalesce(t.comment, v.comment, ''),
       c.column_name, c.data_type, '', false, coalesce(c.comment, '')
FROM duckdb_columns() c
LEFT JOIN duckdb_tables() t USING (database_name, schema_name, table_name)
LEFT JOIN duckdb_views() v
    ON v.database_name = c.database_name AND v.schema_name = c.schema_name AND v.view_name = c.table_name
WHERE c.schema_name = $1 AND c.database_name = current_database() {named}
ORDER BY c.table_name, c.column_index
"""
_VIEWS = """
SELECT table_name, 'r', coalesce(comment, ''), NULL FROM duckdb_tables()
WHERE schema_name = $1 AND database_name = current_database()
UNION ALL
SELECT view_name, 'v', coalesce(comment, ''), NULL FROM duckdb_views()
WHERE schema_name = $1 AND database_name = current_database()
"""

DUCKDB = Dialect(
    name="DuckDB",
    conn_types=("duckdb",),
    driver="adbc_driver_duckdb",
    package="duckdb",
    clock="get_current_timestamp()",
    matches="regexp_matches(CAST({column} AS varchar), $1, 'i')",
    words="string_split({joined}, ', ')",
    add_missing=ADD_MISSING,
    guard=GUARD,
    relations=_RELATIONS,
    relation="c.table_name",
    views=_VIEWS,
    types={
        "text": "VARCHAR",
        "bigint": "BIGINT",
        "double precision": "DOUBLE",
        "boolean": "BOOLEAN",
        "timestamp with time zone": "TIMESTAMP WITH TIME ZONE",
        "date": "DATE",
        "jsonb": "JSON",
        "text[]": "VARCHAR[]",
    },
    binds_one_row=True,
    is_file=True,
)
