"""A warehouse of whatever kind, and a second way to look into it, which shares no driver with what is tested."""

import json
import pickle
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import Request, urlopen

import duckdb
import psycopg2

from include.warehouse.dialects import BIGQUERY, SNOWFLAKE
from include.warehouse.session import Warehouse

Row = tuple[Any, ...]
# What the tests ask, in BigQuery's words.
_IN_BIGQUERY = (
    (r'"(\w+)"', r"`\1`"),
    (r"timestamp with time zone", "TIMESTAMP"),
    (r"double precision", "FLOAT64"),
    (r"CAST\((\w+) AT TIME ZONE 'UTC' AS varchar\)", r"FORMAT_TIMESTAMP('%F %H:%M:%E6S', \1)"),
)


def postgres_rows(uri: str, statement: str) -> list[Row]:
    """What PostgreSQL answers."""
    with closing(psycopg2.connect(uri)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []


def duckdb_rows(path: str, statement: str) -> list[Row]:
    """What DuckDB answers; nobody else may have the file open."""
    with duckdb.connect(path) as connection:
        return connection.execute(statement).fetchall()


def snowflake_rows(uri: str, statement: str) -> list[Row]:
    """What Snowflake's stand-in answers, asked beside its protocol."""
    options = dict(parse_qsl(uri.partition("?")[2]))
    question = urlencode({"database": options["adbc.snowflake.sql.db"], "statement": statement})
    address = f"http://127.0.0.1:{options['adbc.snowflake.sql.uri.port']}/answers"
    with urlopen(address, question.encode(), timeout=60) as answer:
        return pickle.load(answer)


def bigquery_rows(uri: str, statement: str) -> list[Row]:
    """What BigQuery answers, asked of its API."""
    address = urlsplit(uri)
    endpoint = dict(parse_qsl(address.query))["api_endpoint"]
    for asked, said in _IN_BIGQUERY:
        statement = re.sub(asked, said, statement)
    how = {"useLegacySql": False, "timeoutMs": 60_000, "formatOptions": {"useInt64Timestamp": True}}
    question = json.dumps({"query": statement, **how}).encode()
    request = Request(
        f"{endpoint}/bigquery/v2/projects/{address.netloc}/queries",
        question,
        {"Content-Type": "application/json"},
    )
    with urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    kinds = [field["type"] for field in found.get("schema", {}).get("fields", [])]
    return [
        tuple(_read(kind, cell["v"]) for kind, cell in zip(kinds, row["f"], strict=True))
        for row in found.get("rows", [])
    ]


def _read(kind: str, text: str | None) -> Any:
    """A value as BigQuery's API tells it."""
    readers: dict[str, Callable[[str], Any]] = {
        "INTEGER": int,
        "INT64": int,
        "FLOAT": float,
        "FLOAT64": float,
        "NUMERIC": float,
        "BOOLEAN": lambda told: told == "true",
        "BOOL": lambda told: told == "true",
        "DATE": date.fromisoformat,
        "TIMESTAMP": lambda told: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(told)),
    }
    return None if text is None else readers.get(kind, str)(text)


@dataclass(frozen=True)
class House:
    """A warehouse that is empty at first."""

    name: str
    warehouse: Warehouse
    answers: Callable[[str, str], list[Row]]
    many: int = 1_000_000
    """How many rows it is given at most."""

    def rows(self, statement: str) -> list[Row]:
        """What the warehouse answers."""
        return self.answers(self.warehouse.uri, statement)

    def comment(self, table: str, column: str | None = None) -> str | None:
        """What stands beside a table, a view or a column in the catalogue."""
        if self.warehouse.dialect is BIGQUERY:
            if column:
                asked = f"SELECT description FROM zoom.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS WHERE table_name = '{table}' AND column_name = '{column}'"
            else:
                asked = f"SELECT option_value FROM zoom.INFORMATION_SCHEMA.TABLE_OPTIONS WHERE table_name = '{table}' AND option_name = 'description'"
            ((told,),) = self.rows(asked)
            return told if column or told is None else str(json.loads(told))
        if self.warehouse.dialect is SNOWFLAKE:
            what, condition = (
                ("columns", f"AND LOWER(column_name) = '{column}'") if column else ("tables", "")
            )
            asked = (
                f"SELECT comment FROM information_schema.{{}} WHERE LOWER(table_name) = '{table}' {condition}"
            )
            found = self.rows(asked.format(what)) or self.rows(asked.format("views"))
        elif self.warehouse.dialect.is_file:
            what = "columns" if column else "tables"
            condition = f"AND column_name = '{column}'" if column else ""
            found = self.rows(
                f"SELECT comment FROM duckdb_{what}() WHERE table_name = '{table}' {condition}"
            ) or self.rows(f"SELECT comment FROM duckdb_views() WHERE view_name = '{table}'")
        elif column:
            found = self.rows(
                "SELECT col_description(attrelid, attnum) FROM pg_attribute "
                f"WHERE attrelid = 'zoom.{table}'::regclass AND attname = '{column}'"
            )
        else:
            found = self.rows(f"SELECT obj_description('zoom.{table}'::regclass)")
        ((comment,),) = found
        return comment


def parsed(value: object) -> object:
    """JSON as it is meant: one driver gives it parsed, the other as text."""
    return json.loads(value) if isinstance(value, str) else value
