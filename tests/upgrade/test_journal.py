"""Grants of earlier versions live on under this one: no token is lost, none is posted twice, none needs a consent anew."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from include.grant.schema import REVISIONS, VERSION_TABLE, metadata
from include.grant.spill import SpillFolder
from include.grant.store.connection_row import read_row, write_extra
from include.grant.store.secrecy import opened, seal
from include.launch.airflow import program
from include.launch.place import Place
from include.launch.processes import Processes
from tests.grant.installation import start_sandbox
from tests.upgrade.stored import Stored

pytestmark = [pytest.mark.upgrade, pytest.mark.usefixtures("keys")]

LIVE = ("zoom_default", "zoom_died", "zoom_newer_on_disk")


@dataclass(frozen=True)
class Metadata:
    """A metadata database of an earlier version after `airflow db migrate` of this one."""

    state: Stored
    folder: Path
    engine: sa.Engine
    env: Mapping[str, str]

    @property
    def spill(self) -> SpillFolder:
        """What that version kept on disk."""
        return SpillFolder(Path(self.env["AIRFLOW__ZOOM__SPILL_FOLDER"]), seal, opened)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the database answers."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(sa.text(statement))]

    def grants(self) -> dict[str, dict[str, Any]]:
        """State and generation of each."""
        found = self.rows("SELECT connection_id, state, generation FROM zoom_grant")
        return {name: {"state": state, "generation": generation} for name, state, generation in found}

    def newest(self, connection_id: str) -> str:
        """The refresh token that Zoom takes: the Connection's, unless the disk has a newer one."""
        kept = self.spill.find(connection_id) if connection_id == "zoom_newer_on_disk" else None
        with self.engine.begin() as connection:
            row = read_row(connection, connection_id)
        assert row is not None
        return str(kept.tokens.refresh_token if kept else row.extra["refresh_token"])

    def point_at(self, connection_id: str, url: str) -> None:
        """Has a Connection ask another address, as a person would."""
        with self.engine.begin() as connection:
            row = read_row(connection, connection_id)
            assert row is not None
            assert write_extra(connection, row, {"oauth_url": f"{url}/oauth"})
            moved = sa.text("UPDATE connection SET host = :host WHERE conn_id = :id")
            connection.execute(moved, {"host": f"{url}/v2", "id": connection_id})

    def ask(self, *connection_ids: str) -> dict[str, str]:
        """Has each grant refreshed by a process of this version; what came of it."""
        ask = str(Path(__file__).with_name("ask.py"))
        done = self.run([sys.executable, ask, *connection_ids])
        assert done.returncode == 0, done.stderr[-3000:]
        return dict(json.loads(done.stdout.splitlines()[-1]))

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """A command beside this Airflow."""
        return subprocess.run(command, env=dict(self.env), capture_output=True, text=True, check=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def old(
    request: pytest.FixtureRequest, state: Stored, metadata_on: Callable[[str], str], tmp_path: Path
) -> Iterator[Metadata]:
    """The database as the earlier version left it."""
    uri = metadata_on(request.param)
    state.restore_journal(uri)
    env = Place(tmp_path).environment(metadata_uri=uri, port=1) | {
        "AIRFLOW__CORE__FERNET_KEY": os.environ["AIRFLOW__CORE__FERNET_KEY"],
        "AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1",
        "AIRFLOW__ZOOM__SPILL_FOLDER": str(state.spill(tmp_path)),
    }
    engine = sa.create_engine(uri.replace("postgresql://", "postgresql+psycopg2://"))
    yield Metadata(state, tmp_path, engine, env)
    engine.dispose()


@pytest.fixture
def migrated(old: Metadata) -> Metadata:
    """The same after `airflow db migrate`."""
    done = old.run([program("airflow"), "db", "migrate"])
    assert done.returncode == 0, done.stderr[-3000:]
    return old


def test_a_migration_keeps_every_grant(migrated: Metadata) -> None:
    """The tables are this version's, and each grant is in the state and generation that it was in."""
    assert migrated.rows(f"SELECT version_num FROM {VERSION_TABLE}") == [(REVISIONS[-1],)]
    inspector = sa.inspect(migrated.engine)
    for table in metadata.sorted_tables:
        there = {column["name"] for column in inspector.get_columns(table.name)}
        assert there == {column.name for column in table.columns}
    assert migrated.grants() == migrated.state.told["grants"]


def test_the_grants_of_an_earlier_version_go_on(migrated: Metadata) -> None:
    """Each live chain with its next token, though its process died or only the disk knows it; the others say why not."""
    told = migrated.state.told["grants"]
    live = [name for name in LIVE if name in told]
    with ExitStack() as stack:
        for name in (*live, "zoom_wrong_secret"):
            options = ("--rotation", "strict", "--refresh-token", migrated.newest(name))
            processes = stack.enter_context(Processes(migrated.folder / name))
            migrated.point_at(name, start_sandbox(processes, migrated.env, *options))
        answers = migrated.ask(*told)
        again = migrated.ask(*live)
    assert {name: answer.split(":")[0] for name, answer in answers.items()} == {
        "zoom_lost": "ConsentRequired",
        "zoom_unreachable": "PauseError",
        "zoom_wrong_secret": "Misconfigured",
        **dict.fromkeys(live, "token"),
    }
    assert again == dict.fromkeys(live, "token")
    now = migrated.grants()
    assert {name: now[name]["state"] for name in live} == dict.fromkeys(live, "READY")
    assert all(now[name]["generation"] > told[name]["generation"] for name in live)


def test_their_states_are_told(migrated: Metadata) -> None:
    """`python -m include.grant status` has a line for each, with its state."""
    done = migrated.run([sys.executable, "-m", "include.grant", "status"])
    told = {name: about["state"] for name, about in migrated.state.told["grants"].items()}
    lines = dict(line.split(":", 1) for line in done.stdout.splitlines() if line.startswith("zoom_"))
    assert {name: line.split(";")[0].strip() for name, line in lines.items()} == told


def test_a_database_of_a_newer_version_is_left_alone(old: Metadata) -> None:
    """Neither a migration nor a refresh of this version changes anything in it, and both say what to do."""
    with old.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = 'zoom9999'"))
    before = old.rows("SELECT * FROM zoom_grant ORDER BY 1")
    done = old.run([program("airflow"), "db", "migrate"])
    assert done.returncode != 0
    reason = "at revision zoom9999, of a newer version of this project"
    assert reason in " ".join((done.stderr + done.stdout).split())
    assert reason in old.ask("zoom_default")["zoom_default"]
    assert old.rows("SELECT * FROM zoom_grant ORDER BY 1") == before
    assert old.rows(f"SELECT version_num FROM {VERSION_TABLE}") == [("zoom9999",)]
