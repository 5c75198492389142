"""BigQuery, whose driver is google-cloud-bigquery: what the loader says, as BigQuery reads it.

A transaction begins with the first statement that changes rows, in a session, which is begun for it. What makes or
changes a table stands outside of transactions and ends an open one. Rows come by a load job. Comments go by the API,
all of a table at once: it lets a table be changed five times in ten seconds.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from importlib import import_module
from json import dumps, loads
from random import uniform
from tempfile import TemporaryFile
from time import monotonic, sleep
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, NamedTuple, Protocol, Self, cast
from urllib.parse import parse_qsl, urlsplit

from adbc_driver_manager import AdbcStatusCode, OperationalError, ProgrammingError
from adbc_driver_manager import Error as AdbcError

from include.warehouse.dialects import Dialect
from include.warehouse.errors import PermanentWarehouseError
from include.warehouse.session import LOCK_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection
    from pyarrow import RecordBatchReader

# Before a transaction that was refused begins again.
_WAIT_SECONDS = (0.5, 2.0)
_PARAMETERS_AT_MOST = 10_000
_TYPES = {bool: "BOOL", int: "INT64", float: "FLOAT64", str: "STRING", datetime: "TIMESTAMP", date: "DATE"}

_CHANGES_ROWS = re.compile(r"\s*(?:INSERT|UPDATE|DELETE|MERGE)\b")
_MAKES = re.compile(r"\s*(?:CREATE|ALTER|DROP)\b")
_COMMENT = re.compile(
    r"""COMMENT\ ON\ (?:TABLE|VIEW|COLUMN)\ "(?P<schema>[^"]+)"\."(?P<name>[^"]+)"(?:\."?(?P<column>[^" ]+)"?)?
    \ IS\ '(?P<text>(?:[^']|'')*)'\s*""",
    re.VERBOSE,
)
_OF_SCHEMA = re.compile(r"table_schema = (?:'([^']+)'|\$1)")
# Comments, texts, quoted names and places: what is found first is what it is.
_PARTS = re.compile(
    r"""--[^\n]*|'(?P<text>(?:[^']|'')*)'|"(?P<name>[^"]*)"(?:\."(?P<inner>[^"]*)")?|\$(?P<place>\d+)"""
)
_VALUES = re.compile(r"(?s)^(.*\bVALUES )(\(.*\))\s*$")
_DAYS_AFTER = r"\((\S+) \+ interval '{}'\) AT TIME ZONE 'UTC'"
_REWRITTEN = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"^ALTER VIEW (\S+) RENAME TO .*", r"DROP VIEW \1"),  # what reads it by its name reads the new one
        (r" COLLATE \"C\"", ""),
        (r",\s+PRIMARY KEY \([^()]*\)", ""),
        (r" PRIMARY KEY\b", ""),
        (r" DEFAULT true\b", ""),
        (r" CHECK \((?:[^()]|\([^()]*\))*\)", ""),
        (r"(ARRAY<STRING>) NOT NULL", r"\1"),
        (r"\bAS varchar\)", "AS STRING)"),
        (_DAYS_AFTER.format("3 days"), r"TIMESTAMP(DATE_ADD(\1, INTERVAL 3 DAY))"),
        (
            _DAYS_AFTER.format("1 month 2 days"),
            r"TIMESTAMP(DATE_ADD(DATE_ADD(\1, INTERVAL 1 MONTH), INTERVAL 2 DAY))",
        ),
        (r"INTERVAL '(\d+)' DAY", r"INTERVAL \1 DAY"),
        (r"EXTRACT\(EPOCH FROM (\w+) - (\w+)\)", r"(TIMESTAMP_DIFF(\1, \2, MICROSECOND) / 1000000)"),
        # Nothing is chosen from nothing.
        (r"(?s)^(INSERT INTO \S+ \([^()]*\) SELECT (?:(?!\bFROM\b).)*?) WHERE ", r"\1 FROM UNNEST([1]) AS one WHERE "),
        # Several columns are one value.
        (r"(\([^()]+, [^()]+\) IN \(SELECT )([^()]+?)( FROM )", r"\1(\2)\3"),
    )
)
# What BigQuery says, as the SQLSTATE that means the same; first match.
_STATES = (
    (re.compile(r"(?i)concurrent update|due to concurrent|could not serialize"), "40001"),
    (re.compile(r"(?i)already exists"), "40001"),
    (re.compile(r"(?i)quota|rate ?limit|too many"), "53400"),
    (re.compile(r"(?i)not found: (?:dataset|project)"), "3D000"),
    (re.compile(r"(?i)bad (?:value|double|int64|bool)|could not parse|overflow|out of range|invalid (?:value|json)"), "22000"),
)
_BY_CODE = {401: "28000", 403: "42501", 404: "42P01", 409: "40001", 408: "57014", 429: "53400"}
_SERVER_FAILED = 500


class Answer(NamedTuple):
    """What a statement gave: its columns' names, none where it gives no rows, its rows, and the session it ran in."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    session: str | None = None


class Client(Protocol):
    """What is asked of BigQuery; its errors are ADBC's."""

    project: str

    def query(self, statement: str, parameters: dict[str, Any], session: str | None, *, begins: bool) -> Answer:
        """Runs a statement, in a session where one is told or begins with it."""

    def load(self, dataset: str, table: str, parquet: IO[bytes]) -> None:
        """Appends a file's rows to a table, columns by name."""

    def describe(self, dataset: str, table: str, comments: dict[str | None, str]) -> None:
        """Writes what stands beside columns, and by None what stands beside the table or view itself."""


def opened(dialect: Dialect, uri: str) -> "Database":
    """The BigQuery at an address such as `bigquery://project?location=EU&key_path=/run/secrets/key.json`.

    Raises:
        PermanentWarehouseError: there is no driver.
    """
    try:
        driver = import_module(dialect.driver)
    except ImportError as error:
        raise PermanentWarehouseError(
            f"Could not load the driver of {dialect.name}: install {dialect.package} where the workers run: it "
            "stands in requirements-bigquery.txt."
        ) from error
    address = urlsplit(uri)
    with _told():
        return Database(_Google(driver, _client(driver, address.netloc, dict(parse_qsl(address.query)))))


def _client(driver: Any, project: str, settings: dict[str, str]) -> Any:  # noqa: ANN401 - a module that may lack
    account = import_module("google.oauth2.service_account")
    credentials = None
    if path := settings.get("key_path"):
        credentials = account.Credentials.from_service_account_file(path)
    elif key := settings.get("keyfile_dict"):
        credentials = account.Credentials.from_service_account_info(loads(key))
    elif settings.get("api_endpoint", "").startswith("http://"):
        credentials = import_module("google.auth.credentials").AnonymousCredentials()
    options = {"api_endpoint": settings["api_endpoint"]} if "api_endpoint" in settings else None
    return driver.Client(
        project=project or None,
        credentials=credentials,
        location=settings.get("location"),
        client_options=options,
    )


class _Google:
    """BigQuery by its own client."""

    def __init__(self, driver: Any, client: Any) -> None:  # noqa: ANN401 - a module that may lack
        self._driver, self._client = driver, client
        self.project: str = client.project

    def query(self, statement: str, parameters: dict[str, Any], session: str | None, *, begins: bool) -> Answer:
        driver = self._driver
        config = driver.QueryJobConfig(
            query_parameters=[
                driver.ScalarQueryParameter(name, _TYPES[type(value)], value)
                for name, value in parameters.items()
            ]
        )
        if begins:
            config.create_session = True
        elif session:
            config.connection_properties = [driver.ConnectionProperty("session_id", session)]
        with _told():
            job = self._client.query(statement, job_config=config)
            found = job.result()
            columns = [each.name for each in found.schema or ()]
            rows = [tuple(row.values()) for row in found] if columns else []
        return Answer(columns, rows, job.session_info.session_id if begins else session)

    def load(self, dataset: str, table: str, parquet: IO[bytes]) -> None:
        config = self._driver.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_APPEND")
        with _told():
            self._client.load_table_from_file(
                parquet, f"{self.project}.{dataset}.{table}", rewind=True, job_config=config
            ).result()

    def describe(self, dataset: str, table: str, comments: dict[str | None, str]) -> None:
        with _told():
            known = self._client.get_table(f"{self.project}.{dataset}.{table}")
            known.schema = [_described(self._driver, each, comments.get(each.name)) for each in known.schema]
            changed = ["schema"]
            if None in comments:
                known.description, changed = comments[None], [*changed, "description"]
            self._client.update_table(known, changed)


def _described(driver: Any, column: Any, text: str | None) -> Any:  # noqa: ANN401 - a module that may lack
    return column if text is None else driver.SchemaField.from_api_repr({**column.to_api_repr(), "description": text})


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
        """Ends the session, which else would be kept for a day, with its transaction."""
        self._comments.clear()
        self._began_with = None
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
            # The row is locked by now.
            return Answer([], []) if said == self._began_with else self._in_session(said, values)
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
        return answer._replace(rows=[(*row[:2], _unquoted(row[2]), *row[3:]) for row in answer.rows])

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

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


def together(statement: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The same as few statements, where it is an INSERT of values, with the parameters of each."""
    if (inserts := _VALUES.match(statement)) is None:
        yield from ((statement, list(row)) for row in rows)
        return
    start, values = inserts.groups()
    width = len(rows[0]) if rows else 1
    at_once = max(1, _PARAMETERS_AT_MOST // width)
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        lines = [
            re.sub(r"\$(\d+)", lambda place, before=index * width: f"${int(place[1]) + before}", values)
            for index in range(len(some))
        ]
        yield start + ", ".join(lines), [value for row in some for value in row]


def spoken(statement: str, parameters: Sequence[Any], project: str) -> tuple[str, dict[str, Any]]:
    """A statement as BigQuery reads it, and its parameters by name."""
    if asked := _OF_SCHEMA.search(statement):
        schema = asked[1] or parameters[0]
        statement = re.sub(r"\bINFORMATION_SCHEMA\.(\w+)", rf'"{schema}".INFORMATION_SCHEMA.\1', statement)
    for pattern, instead in _REWRITTEN:
        statement = pattern.sub(instead, statement)
    bound: dict[str, Any] = {}

    def part(found: re.Match[str]) -> str:
        if (text := found["text"]) is not None:
            return _literal(text.replace("''", "'"))
        if (name := found["name"]) is not None:
            inner = found["inner"]
            return f"`{name}`" if inner is None else f"`{project}`.`{name}`.`{inner}`"
        if (place := found["place"]) is None or not parameters:
            return found[0]
        value = parameters[int(place) - 1]
        if value is None:
            return "NULL"
        bound[f"p{place}"] = value
        return f"@p{place}"

    return _PARTS.sub(part, statement), bound


def _literal(text: str) -> str:
    """A quoted text, in which a backslash means nothing unless there is no other way."""
    if "\\" in text or "\n" in text or ("'" in text and '"' in text):
        return dumps(text, ensure_ascii=False)
    return f'"{text}"' if "'" in text else f"'{text}'"


def _unquoted(literal: str) -> str:
    """What a literal of the catalogue means."""
    if len(literal) > 1 and literal[0] == literal[-1] == '"':
        with suppress(ValueError):
            return str(loads(literal.replace("\\'", "'")))
    return literal[1:-1].replace("\\'", "'") if literal[:1] == literal[-1:] == "'" else literal


@contextmanager
def _told() -> Iterator[None]:
    """Turns the driver's errors into ADBC's: with BigQuery's words and an SQLSTATE, or as a lost connection."""
    exceptions = import_module("google.api_core.exceptions")
    auth = import_module("google.auth.exceptions")
    lost = import_module("requests.exceptions").RequestException
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        if (error.code or 0) >= _SERVER_FAILED:
            raise OperationalError(str(error.message), status_code=AdbcStatusCode.IO, sqlstate="08006") from error
        raise ProgrammingError(
            f"ERROR: {error.message}", status_code=AdbcStatusCode.UNKNOWN, sqlstate=_state(error)
        ) from None  # its details may quote a row
    except auth.TransportError as error:
        raise OperationalError(str(error), status_code=AdbcStatusCode.IO) from error
    except auth.GoogleAuthError as error:
        raise ProgrammingError(
            f"ERROR: {error}", status_code=AdbcStatusCode.UNAUTHENTICATED, sqlstate="28000"
        ) from error
    except (lost, exceptions.RetryError, OSError) as error:
        raise OperationalError(str(error), status_code=AdbcStatusCode.IO, sqlstate="08006") from error


def _state(error: Any) -> str:  # noqa: ANN401 - the driver has no types
    said = next((state for pattern, state in _STATES if pattern.search(str(error.message))), "")
    return said or _BY_CODE.get(int(error.code or 0), "42000")
