"""Redshift, whose driver is redshift-connector: ADBC's for PostgreSQL has been without Redshift since 1.11.

Rows arrive by INSERT of many at a time: unlike COPY, that needs no bucket that Redshift may read and no role for it.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from adbc_driver_manager import AdbcStatusCode, OperationalError, ProgrammingError

from include.warehouse.dialects import Dialect
from include.warehouse.driver import driver_of
from include.warehouse.session import identifier

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection as AdbcConnection
    from pyarrow import RecordBatchReader

# The protocol counts to 32,767.
_VALUES_AT_ONCE = 20_000
_PLACE = re.compile(r"\$(\d+)")
# What Redshift tells by its own numbers and words, as the SQLSTATE that means the same.
_STATES = (
    (re.compile(r"^10(?:18|23)\b|[Ss]erializable isolation|conflict with concurrent"), "40001"),
    (re.compile(r"too long|overflow|out of range|[Ii]nvalid (?:digit|input)"), "22000"),
)
# Two sessions made the same at once.
_MADE_MEANWHILE = ("42P06", "42P07", "42701")
_IN_CATALOGUE = re.compile(r'"pg_\w+_index"')
_DIFFERS = r"(\1 <> \2 OR (\1 IS NULL AND \2 IS NOT NULL) OR (\1 IS NOT NULL AND \2 IS NULL))"
_REWRITTEN = (
    (re.compile(r" COLLATE \"C\""), ""),
    (re.compile(r" CHECK \((?:[^()]|\([^()]*\))*\)"), ""),
    (re.compile(r"(\S+) IS DISTINCT FROM (\S+)"), _DIFFERS),
    (re.compile(r"^ALTER VIEW"), "ALTER TABLE"),
    (re.compile(r"interval '1 month 2 days'"), "interval '1 month' + interval '2 days'"),
    (
        re.compile(r"EXTRACT\(EPOCH FROM (\w+) - (\w+)\)"),
        r"(EXTRACT(EPOCH FROM \1) - EXTRACT(EPOCH FROM \2))",
    ),
    (re.compile(r"array_to_string\((\w+), ', '\)"), r"\1"),
)
_FLAGS = ("iam", "is_serverless", "ssl")


def opened(dialect: Dialect, uri: str) -> "Database":
    """The Redshift at an address such as `redshift://login:password@host:5439/database?iam=true`.

    Raises:
        PermanentWarehouseError: there is no driver.
    """
    return Database(driver_of(dialect), _settings(uri))


def _settings(uri: str) -> dict[str, Any]:
    address = urlsplit(uri)
    more = {
        name: value.lower() == "true" if name in _FLAGS else value for name, value in parse_qsl(address.query)
    }
    return {
        "host": address.hostname,
        "port": address.port,
        "database": unquote(address.path.lstrip("/")),
        "user": unquote(address.username or "") or None,
        "password": unquote(address.password or "") or None,
        "application_name": "airflow-zoom-warehouse",
        "tcp_keepalive_idle": 30,
        "tcp_keepalive_interval": 10,
        "tcp_keepalive_count": 3,
        # Rows with other gaps are other statements to it: it would keep each, on both sides.
        "max_prepared_statements": 0,
        **more,
    }


class Database:
    """Opens the sessions."""

    def __init__(self, driver: Any, settings: dict[str, Any]) -> None:  # noqa: ANN401 - a module that may lack
        self._driver, self._settings = driver, settings

    def connect(self) -> "AdbcConnection":
        """Another session."""
        with _told(self._driver):
            return cast("AdbcConnection", Spoken(self._driver, self._driver.connect(**self._settings)))

    def close(self) -> None:
        """Leaves nothing: each session is a connection of its own."""


class Spoken:
    """A connection with Redshift that is used as ADBC's are."""

    def __init__(self, driver: Any, connection: Any) -> None:  # noqa: ANN401 - the driver has no types
        self._driver, self._connection = driver, connection

    def cursor(self) -> "_Cursor":
        """A cursor, to be closed."""
        return _Cursor(self._driver, self._connection.cursor())

    def commit(self) -> None:
        """Ends the transaction, and keeps what it did."""
        with _told(self._driver):
            self._connection.commit()

    def rollback(self) -> None:
        """Ends the transaction, and drops what it did."""
        with _told(self._driver):
            self._connection.rollback()

    def close(self) -> None:
        """Ends the session, also one that the server has ended, of which the driver makes an error."""
        with suppress(self._driver.Error, OSError):
            self._connection.close()


class _Cursor:
    """A cursor that is used as ADBC's are: `$1` is the first parameter, and a text may be several statements."""

    def __init__(self, driver: Any, cursor: Any) -> None:  # noqa: ANN401 - the driver has no types
        self._driver, self._cursor = driver, cursor
        cursor.paramstyle = "qmark"

    def close(self) -> None:
        self._cursor.close()

    @property
    def description(self) -> Sequence[Any] | None:
        return cast("Sequence[Any] | None", self._cursor.description)

    def execute(self, operation: str, parameters: Sequence[Any] | None = None) -> None:
        """Runs it; each place is a parameter of its own, since Redshift finds one type for each."""
        for pattern, instead in _REWRITTEN:
            operation = pattern.sub(instead, operation)
        for statement in operation.split(";\n"):
            if statement.strip():
                order = [int(number) - 1 for number in _PLACE.findall(statement)] if parameters else []
                values = [(parameters or ())[index] for index in order]
                self._run(_PLACE.sub("?", statement) if values else statement, values)

    def executemany(self, operation: str, rows: Sequence[Sequence[Any]]) -> None:
        for row in rows:
            self.execute(operation, row)

    def fetchall(self) -> list[tuple[Any, ...]]:
        with _told(self._driver):
            return [tuple(row) for row in self._cursor.fetchall()]

    def adbc_ingest(self, table: str, data: "RecordBatchReader", *, db_schema_name: str, **_: str) -> int:
        """Appends the rows in the open transaction; how many there were."""
        columns = data.schema.names
        start = (
            f"INSERT INTO {identifier(db_schema_name, table)} ({', '.join(map(identifier, columns))}) VALUES "  # noqa: S608 - quoted
        )
        row = f"({', '.join('?' for _ in columns)})"
        at_once, count = max(1, _VALUES_AT_ONCE // len(columns)), 0
        for batch in data:
            for first in range(0, batch.num_rows, at_once):
                some = batch.slice(first, at_once)
                rows = zip(*(column.to_pylist() for column in some.columns), strict=True)
                self._run(start + ", ".join([row] * some.num_rows), list(chain.from_iterable(rows)))
            count += batch.num_rows
        return count

    def _run(self, statement: str, values: list[Any]) -> None:
        with _told(self._driver):
            self._cursor.execute(statement, values or None)


@contextmanager
def _told(driver: Any) -> Iterator[None]:  # noqa: ANN401 - a module that may lack
    """Turns the driver's errors into ADBC's: with the server's words and SQLSTATE, or as a lost connection."""
    try:
        yield
    except (driver.Error, OSError) as error:
        told = error.args[0] if error.args and isinstance(error.args[0], dict) else None
        if told is None:
            raise OperationalError(str(error), status_code=AdbcStatusCode.IO) from error
        raise ProgrammingError(
            f"ERROR: {told.get('M', '')}", status_code=AdbcStatusCode.UNKNOWN, sqlstate=_state(told)
        ) from None  # its detail may quote a row


def _state(told: dict[str, str]) -> str:
    state = told.get("C", "")
    if state in _MADE_MEANWHILE or (state == "23505" and _IN_CATALOGUE.search(told.get("M", ""))):
        return "40001"
    words = f"{told.get('M', '')}\n{told.get('D', '')}"
    found = (meant for pattern, meant in _STATES if pattern.search(words))
    return next(found, state) if state.startswith("XX") else state
