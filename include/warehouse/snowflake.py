"""Snowflake over ADBC: what the loader says, as Snowflake reads it.

Its driver binds texts and no dates, times or NULLs, and knows no numbered places. So texts are bound, each place for
itself, and all else is written into the statement. Quoted names are sent in capitals.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl

from include.warehouse.dialects import Dialect
from include.warehouse.driver import driver_of

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor
    from pyarrow import RecordBatchReader

# Whole numbers as such, and times as exact as ours.
_DEFAULTS = {
    "adbc.snowflake.sql.client_option.use_high_precision": "false",
    "adbc.snowflake.sql.client_option.max_timestamp_precision": "microseconds",
    "adbc.snowflake.sql.client_option.app_name": "airflow-zoom-warehouse",
}
# Comments, texts, quoted names and places: what is found first is what it is.
_PARTS = re.compile(r"""--[^\n]*|'(?:[^']|'')*'|"(?P<name>[^"]*)"|\$(?P<place>\d+)""")
_DATE_AND = r"\((\S+) \+ interval '{}'\) AT TIME ZONE 'UTC'"
_MIDNIGHT = r"CAST(TO_CHAR({}, 'YYYY-MM-DD') || ' 00:00:00+00:00' AS TIMESTAMP_TZ)"
_REWRITTEN = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        # Others may make the same at once, and nothing locks a table that is not there.
        (r"^\s*CREATE TABLE ", "CREATE TABLE IF NOT EXISTS "),
        (r"^\s*CREATE VIEW ", "CREATE OR REPLACE VIEW "),
        (r"^(ALTER TABLE \S+ ADD COLUMN) ", r"\1 IF NOT EXISTS "),
        (r"^(CREATE OR REPLACE VIEW [^(\n]+(?: \((?:[^()']|'(?:[^']|'')*')*\))?) AS\b", r"\1 COPY GRANTS AS"),
        # Else into the session's schema.
        (r"^(ALTER VIEW (\"[^\"]+\"\.)\S+ RENAME TO) ", r"\1 \2"),
        (r" COLLATE \"C\"", ""),
        (r" CHECK \((?:[^()]|\([^()]*\))*\)", ""),
        # A call is no value of VALUES.
        (r"(?s)^(\s*INSERT INTO [^()]+\([^()]+\))\s+VALUES \((.*)\)\s*$", r"\1 SELECT \2"),
        (r"array_to_string\((\w+), ', '\)", r"\1"),
        (_DATE_AND.format("3 days"), _MIDNIGHT.format(r"DATEADD(day, 3, \1)")),
        (_DATE_AND.format("1 month 2 days"), _MIDNIGHT.format(r"DATEADD(day, 2, DATEADD(month, 1, \1))")),
        (r"INTERVAL '(\d+)' DAY", r"INTERVAL '\1 DAY'"),
        (r"EXTRACT\(EPOCH FROM (\w+) - (\w+)\)", r"(DATEDIFF(microsecond, \2, \1) / 1000000)"),
    )
)


def opened(dialect: Dialect, uri: str) -> "Database":
    """The Snowflake at an address that `include.warehouse.addresses` makes: its driver's options, as in a query.

    Raises:
        PermanentWarehouseError: there is no driver.
        adbc_driver_manager.Error: the driver raised one.
    """
    return Database(driver_of(dialect, ".dbapi"), {**_DEFAULTS, **dict(parse_qsl(uri.partition("?")[2]))})


class Database:
    """Opens the sessions."""

    def __init__(self, driver: Any, options: dict[str, str]) -> None:  # noqa: ANN401 - a module that may lack
        self._driver, self._options = driver, options

    def connect(self) -> "Connection":
        """Another session."""
        return cast("Connection", Spoken(self._driver.connect(db_kwargs=self._options)))

    def close(self) -> None:
        """Leaves nothing: each session is a connection of its own."""


class Spoken:
    """A connection with Snowflake that is used as if it were PostgreSQL's."""

    def __init__(self, connection: "Connection") -> None:
        self._connection = connection

    def cursor(self) -> "_Cursor":
        """A cursor, to be closed."""
        return _Cursor(self._connection.cursor())

    def commit(self) -> None:
        """Ends the transaction, and keeps what it did."""
        self._connection.commit()

    def rollback(self) -> None:
        """Ends the transaction, and drops what it did."""
        self._connection.rollback()

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()


class _Cursor:
    def __init__(self, cursor: "Cursor") -> None:
        self._cursor = cursor

    def close(self) -> None:
        self._cursor.close()

    @property
    def description(self) -> Sequence[Any] | None:
        return self._cursor.description

    def execute(self, text: str, parameters: Sequence[Any] | None = None) -> None:
        """Runs one statement, or several that `;` and a line's end part."""
        for statement in text.split(";\n"):
            said, bound = spoken(statement, parameters or ())
            self._cursor.execute(said, bound or None)

    def executemany(self, text: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self.execute(text, row)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._cursor.fetchall()

    def adbc_ingest(
        self, table_name: str, data: "RecordBatchReader", mode: str = "append", *, db_schema_name: str
    ) -> int:
        """Appends the rows, columns by name, and ends the transaction: they go by way of a temporary stage."""
        self.execute(f'USE SCHEMA "{db_schema_name}"')
        return self._cursor.adbc_ingest(
            table_name.upper(), data, mode="append" if mode == "append" else "create"
        )


def spoken(statement: str, parameters: Sequence[Any]) -> tuple[str, list[str]]:
    """A statement as Snowflake reads it, and the texts to bind in it, in the order of their places."""
    for pattern, instead in _REWRITTEN:
        statement = pattern.sub(instead, statement)
    bound: list[str] = []

    def part(found: re.Match[str]) -> str:
        if (name := found["name"]) is not None:
            return f'"{name.upper()}"'
        if (place := found["place"]) is None or not parameters:
            return found[0]
        value = parameters[int(place) - 1]
        if isinstance(value, str):
            bound.append(value)
            return "?"
        return _written(value)

    return _PARTS.sub(part, statement), bound


def _written(value: object) -> str:
    """A value that no text can hide in."""
    if value is None:
        return "NULL"
    if isinstance(value, datetime):
        return f"CAST('{value.isoformat(' ', 'microseconds')}' AS TIMESTAMP_TZ)"
    if isinstance(value, date):
        return f"CAST('{value.isoformat()}' AS DATE)"
    if isinstance(value, bool | int | float):
        return str(value).upper()
    raise TypeError(f"{type(value).__name__} is no parameter for Snowflake.")
