"""Sessions with the warehouse over ADBC: how they are opened, how a transaction begins, how one asks."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from include.warehouse.driver import left_out
from include.warehouse.errors import PermanentWarehouseError, trying

if TYPE_CHECKING:
    from adbc_driver_manager import AdbcDatabase
    from adbc_driver_manager.dbapi import Connection

LOCK_TIMEOUT_SECONDS = 120
"""How long a statement waits for another session's lock before the task gives up and is tried again."""
IDLE_TIMEOUT_SECONDS = 600
"""After this the server ends a transaction whose client says nothing more: its locks must not stay."""
SNAPSHOT_DAYS = 35
"""How long full snapshots stay where nothing else is set."""


@dataclass(frozen=True)
class Warehouse:
    """Where to load: a libpq address and a schema."""

    uri: str = field(repr=False)
    schema: str
    name: str = "zoom_warehouse"
    """The Connection's id, for messages."""
    partitioned: tuple[str, ...] = ()
    """Tables that are made in month partitions."""
    snapshot_days: int = SNAPSHOT_DAYS
    """How many days back from the newest one full snapshots stay."""

    def connect(self) -> "Connection":
        """A new session; closes when used as a context manager.

        Raises:
            PermanentWarehouseError: no driver, or the login was refused.
            TransientWarehouseError: the server was not to be reached.
        """
        with trying(f"connect to the warehouse (Connection {self.name})"):
            return _session(self._database)

    @cached_property
    def _database(self) -> "AdbcDatabase":
        """What the driver knows of the server, for all sessions to come: the types that it has.

        Each table has one: reading them took 20 ms of CPU where there were no tables, 140 where there were 1,200.
        """
        try:
            with left_out("pandas"):
                import adbc_driver_postgresql.dbapi  # noqa: PLC0415 - its absence is an error of ours
        except ImportError as error:
            raise PermanentWarehouseError(
                "Could not load the PostgreSQL driver: install adbc-driver-postgresql (it stands in requirements.txt) "
                "where the workers run."
            ) from error
        database: AdbcDatabase = adbc_driver_postgresql.connect(self.uri)
        return database


class _Lasting:
    """Stands for a database where a session closes its own."""

    def close(self) -> None:
        """Leaves it to the sessions to come."""


def _session(database: "AdbcDatabase") -> "Connection":
    from adbc_driver_manager import AdbcConnection, dbapi  # noqa: PLC0415 - who has a database has loaded it

    return dbapi.Connection(cast("AdbcDatabase", _Lasting()), AdbcConnection(database))


def begin(connection: "Connection", *, lock_timeout_seconds: int = LOCK_TIMEOUT_SECONDS) -> None:
    """Sets a transaction up; it must be the first to speak in it.

    READ COMMITTED explicitly: where the server's default is REPEATABLE READ, a statement that has waited for
    another load would still not see its rows.
    """
    connection.rollback()
    ask(connection, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    ask(
        connection,
        "SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $2, true)",
        f"{lock_timeout_seconds}s",
        f"{IDLE_TIMEOUT_SECONDS}s",
    )


def lock_ddl(connection: "Connection", schema: str) -> None:
    """Lets one session at a time make something in a schema, until its transaction ends."""
    ask(connection, f"SELECT pg_advisory_xact_lock(hashtextextended({literal(f'ddl of {schema}')}, 0))")


def ask(connection: "Connection", statement: str, *parameters: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Runs one statement; its rows, where it gives any."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return cursor.fetchall() if cursor.description else []


def identifier(*parts: str) -> str:
    """A quoted name, such as `"zoom"."users"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def literal(text: str) -> str:
    """A quoted text."""
    return "'" + text.replace("'", "''") + "'"
