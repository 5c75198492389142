"""Sessions with the warehouse: how they are opened, how a transaction begins, how one asks."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, Self

from include.warehouse.dialects import POSTGRES, Dialect
from include.warehouse.errors import trying

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection, Cursor

LOCK_TIMEOUT_SECONDS = 120
"""How long a statement waits for another session's lock before the task gives up and is tried again."""
IDLE_TIMEOUT_SECONDS = 600
"""After this the server ends a transaction whose client says nothing more: its locks must not stay."""
SNAPSHOT_DAYS = 35
"""How long full snapshots stay where nothing else is set."""


class Database(Protocol):
    """What opens the sessions with one warehouse; a module that `Dialect.opens` names gives it.

    Its sessions are used as ADBC's are: `cursor` with `execute` (`$1` for the first parameter), `executemany`,
    `fetchall`, `description` and `adbc_ingest`; `commit`, `rollback`, `close`; and errors are ADBC's, with an SQLSTATE.
    """

    def connect(self) -> "Connection":
        """Another session."""

    def close(self) -> None:
        """Leaves the warehouse, after the last session."""


@dataclass(frozen=True)
class Session:
    """A connection with the warehouse, and how that warehouse is spoken to."""

    connection: "Connection"
    dialect: Dialect
    at_end: Callable[[], None] = lambda: None
    """Is called when it is closed."""

    def cursor(self) -> "Cursor":
        """A cursor, to be closed."""
        return self.connection.cursor()

    def commit(self) -> None:
        """Ends the transaction, and keeps what it did."""
        self.connection.commit()

    def rollback(self) -> None:
        """Ends the transaction, and drops what it did."""
        self.connection.rollback()

    def close(self) -> None:
        """Ends the session; an open transaction is dropped."""
        try:
            self.connection.close()
        finally:
            self.at_end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True)
class Warehouse:
    """Where to load: a libpq address or the path of a file, and a schema."""

    uri: str = field(repr=False)
    schema: str
    name: str = "zoom_warehouse"
    """The Connection's id, for messages."""
    partitioned: tuple[str, ...] = ()
    """Tables that are made in month partitions."""
    snapshot_days: int = SNAPSHOT_DAYS
    """How many days back from the newest one full snapshots stay."""
    dialect: Dialect = field(default=POSTGRES, repr=False)

    def connect(self) -> Session:
        """A new session; closes when used as a context manager.

        Of a warehouse that is a file there is one session at a time: do not open one while you hold another.

        Raises:
            PermanentWarehouseError: no driver, or the login was refused.
            TransientWarehouseError: the server was not to be reached, or others have the file.
        """
        if self.dialect.is_file:
            return self._session_in_turn()
        with trying(f"connect to the warehouse (Connection {self.name})"):
            return Session(self._database.connect(), self.dialect)

    def _session_in_turn(self) -> Session:
        from include.warehouse.turn import take_turn  # noqa: PLC0415 - only a file needs it

        with ExitStack() as left, trying(f"open the warehouse (Connection {self.name})"):
            left.callback(take_turn(self.uri).release)
            database = self._open()
            left.callback(database.close)
            return Session(database.connect(), self.dialect, left.pop_all().close)

    @cached_property
    def _database(self) -> Database:
        """What the driver knows of the server, for all sessions to come: the types that it has.

        Each table has one: reading them took 20 ms of CPU where there were no tables, 140 where there were 1,200.
        """
        return self._open()

    def _open(self) -> Database:
        opened: Callable[[Dialect, str], Database] = import_module(self.dialect.opens).opened
        return opened(self.dialect, self.uri)


def begin(session: Session, *, lock_timeout_seconds: int = LOCK_TIMEOUT_SECONDS) -> None:
    """Sets a transaction up; it must be the first to speak in it."""
    session.rollback()
    for statement in session.dialect.begin:
        ask(session, statement.format(lock_seconds=lock_timeout_seconds, idle_seconds=IDLE_TIMEOUT_SECONDS))


def lock_ddl(session: Session, schema: str) -> None:
    """Lets one session at a time make something in a schema, until its transaction ends."""
    if session.dialect.lock_name:
        ask(session, session.dialect.lock_name.format(name=literal(f"ddl of {schema}")))


def alone(session: Session, name: str) -> bool:
    """Whether no other transaction holds this name; it is held until this one ends."""
    if not session.dialect.try_name:
        return True
    ((free,),) = ask(session, session.dialect.try_name.format(name=literal(name)))
    return bool(free)


def lock_for_loads(session: Session, schema: str, table: str) -> None:
    """Keeps a table as it is until the transaction ends; other loads may write it too."""
    _lock(session, session.dialect.lock_for_loads, schema, table)


def lock_against_loads(session: Session, schema: str, table: str) -> None:
    """Lets nobody else write a table until the transaction ends."""
    _lock(session, session.dialect.lock_against_loads, schema, table)


def _lock(session: Session, statement: str, schema: str, table: str) -> None:
    if statement:
        names = {"table": identifier(schema, table), "schema": identifier(schema), "name": literal(table)}
        ask(session, statement.format(**names))


def add_missing(session: Session, table: str, values: Mapping[str, str], *parameters: str) -> None:
    """Inserts a row into a table (its quoted name) unless its key is there; `values` are SQL, by column, the key first."""
    key, key_value = next(iter(values.items()))
    statement = session.dialect.add_missing.format(
        table=table,
        columns=", ".join(map(identifier, values)),
        values=", ".join(values.values()),
        key=identifier(key),
        key_value=key_value,
    )
    ask(session, statement, *parameters)


def ask(session: Session, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Runs one statement; its rows, where it gives any."""
    with closing(session.cursor()) as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def ask_for_each(session: Session, statement: str, rows: Sequence[Sequence[Any]]) -> None:
    """Runs one statement that gives no rows, with each of these rows of parameters."""
    with closing(session.cursor()) as cursor:
        for some in [[row] for row in rows] if session.dialect.binds_one_row else [rows]:
            cursor.executemany(statement, some)


def identifier(*parts: str) -> str:
    """A quoted name, such as `"zoom"."users"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"
