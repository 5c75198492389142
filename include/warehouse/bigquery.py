"""BigQuery, whose driver is google-cloud-bigquery: what the loader says, as BigQuery reads it.

A transaction begins with the first statement that changes rows, in a session, which is begun for it. What makes or
changes a table stands outside of transactions and ends an open one. Rows come by a load job. Comments go by the API,
all of a table at once: it lets a table be changed five times in ten seconds.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import uniform
from tempfile import TemporaryFile
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, cast

from adbc_driver_manager import Error as AdbcError
from adbc_driver_manager import ProgrammingError

from include.warehouse.bigquery_client import Answer, Client, google_client
from include.warehouse.bigquery_sql import spoken, together, unquoted
from include.warehouse.dialects import Dialect
from include.warehouse.driver import driver_of
from include.warehouse.session import LOCK_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection
    from pyarrow import RecordBatchReader

# Before a transaction that was refused begins again.
_WAIT_SECONDS = (0.5, 2.0)

_CHANGES_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE)\b")
# The dialect's lock.
_LOCKS = re.compile(r" SET since = since WHERE true$")
_MAKES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b")
_COMMENT = re.compile(
    r"""COMMENT\ ON\ (?:TABLE|VIEW|COLUMN)\ "(?P<schema>[^"]+)"\."(?P<name>[^"]+)"(?:\."?(?P<column>[^" ]+)"?)?
    \ IS\ '(?P<text>(?:[^']|'')*)'\s*""",
    re.VERBOSE,
)


def opened(dialect: Dialect, uri: str) -> "Database":
    """The BigQuery at an address such as `bigquery://project?location=EU&key_path=/run/secrets/key.json`.

    Raises:
        PermanentWarehouseError: there is no driver.
    """
    return Database(google_client(driver_of(dialect), uri))


class Database:
    """Opens the sessions."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def connect(self) -> "Connection":
        """Another session."""
        return cast("Connection", Spoken(self._client))

    def close(self) -> None:
        """Leaves nothing: each request is a connection of its own."""


@dataclass
class Spoken:
    """A connection with BigQuery that is used as ADBC's are."""

    client: Client
    _session: str | None = None
    _began_with: str | None = None
    """The statement with which the open transaction began."""
    _comments: dict[tuple[str, str], dict[str | None, str]] = field(default_factory=dict)

    def cursor(self) -> "_Cursor":
        """A cursor, to be closed."""
        return _Cursor(self)

    def commit(self) -> None:
        """Ends the transaction, and keeps what it did."""
        self._tell_comments()
        if self._began_with is not None:
            self._began_with = None
            self._in_session("COMMIT TRANSACTION", {})

    def rollback(self) -> None:
        """Ends the transaction, and drops what it did; an error has done so before."""
        self._comments.clear()
        if self._began_with is not None:
            self._began_with = None
            try:
                self._in_session("ROLLBACK TRANSACTION", {})
            except AdbcError:
                self._leave_session()

    def close(self) -> None:
        """Ends the session, which else would be kept for a day, and its transaction."""
        self.rollback()
        self._leave_session()

    def load(self, dataset: str, table: str, rows: "RecordBatchReader") -> int:
        """Appends rows by a load job, which is no part of a transaction; how many there were."""
        from pyarrow import BaseExtensionType, RecordBatch, schema  # noqa: PLC0415 - who loads has loaded it
        from pyarrow.parquet import ParquetWriter  # noqa: PLC0415

        self._tell_comments()
        plain = schema(
            [
                each.with_type(each.type.storage_type) if isinstance(each.type, BaseExtensionType) else each
                for each in rows.schema
            ]
        )
        count = 0
        with TemporaryFile() as file:
            with ParquetWriter(file, plain) as writer:
                for batch in rows:
                    columns = [getattr(column, "storage", column) for column in batch.columns]
                    writer.write_batch(RecordBatch.from_arrays(columns, schema=plain))
                    count += batch.num_rows
            self.client.load(dataset, table, file)
        return count

    def run(self, statement: str, parameters: Sequence[Any]) -> Answer:
        """Runs one statement where it belongs: in the transaction, or outside."""
        if comment := _COMMENT.fullmatch(statement):
            told = self._comments.setdefault((comment["schema"], comment["name"]), {})
            told[comment["column"]] = comment["text"].replace("''", "'")
            return Answer([], [])
        self._tell_comments()
        said, values = spoken(statement, parameters, self.client.project)
        if _MAKES.match(statement):
            self.commit()
            return self.client.query(said, values, None, begins=False)
        if _CHANGES_ROWS.match(statement):
            return self._change(said, values)
        if "INFORMATION_SCHEMA" in statement:
            return self._from_catalogue(said, values)
        if self._began_with is None:
            return self.client.query(said, values, None, begins=False)
        return self._in_session(said, values)

    def _change(self, said: str, values: dict[str, Any]) -> Answer:
        if self._began_with is not None:
            if said == self._began_with and _LOCKS.search(said):
                return Answer([], [])  # it holds the row
            return self._in_session(said, values)
        until = monotonic() + LOCK_TIMEOUT_SECONDS
        while True:
            self._begin(said)
            try:
                return self._in_session(said, values)
            except ProgrammingError as error:
                self.rollback()
                if error.sqlstate != "40001" or monotonic() > until:
                    raise
                sleep(uniform(*_WAIT_SECONDS))  # noqa: S311 - so that two do not meet again

    def _begin(self, said: str) -> None:
        begins = self._session is None
        answer = self.client.query("BEGIN TRANSACTION", {}, self._session, begins=begins)
        self._session, self._began_with = answer.session, said

    def _in_session(self, said: str, values: dict[str, Any]) -> Answer:
        return self.client.query(said, values, self._session, begins=False)

    def _from_catalogue(self, said: str, values: dict[str, Any]) -> Answer:
        try:
            answer = self.client.query(said, values, None, begins=False)
        except ProgrammingError as error:
            if error.sqlstate != "3D000":
                raise
            return Answer(["table_name"], [])  # there is no such schema
        return answer._replace(rows=[(*row[:2], unquoted(row[2]), *row[3:]) for row in answer.rows])

    def _tell_comments(self) -> None:
        while self._comments:
            (dataset, table), told = self._comments.popitem()
            self.client.describe(dataset, table, told)

    def _leave_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with suppress(AdbcError):
                self.client.query("CALL BQ.ABORT_SESSION()", {}, session, begins=False)


class _Cursor:
    """A cursor that is used as ADBC's are."""

    def __init__(self, connection: Spoken) -> None:
        self._connection = connection
        self._answer = Answer([], [])

    def close(self) -> None:
        """Leaves nothing."""

    @property
    def description(self) -> Sequence[Any] | None:
        return self._answer.columns or None

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        self._answer = self._connection.run(statement, parameters or ())

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Inserts many rows by one statement, since each takes a second."""
        for text, values in together(statement, rows):
            self.execute(text, values)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._answer.rows

    def adbc_ingest(self, table: str, data: "RecordBatchReader", *, db_schema_name: str, **_: str) -> int:
        """Appends the rows; columns go by name."""
        return self._connection.load(db_schema_name, table, data)
