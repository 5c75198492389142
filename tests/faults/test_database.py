"""Faults 11, 13, 15 and 29 to 31: a metadata database that is read-only, deaf, old, locked or shadowed."""

import shutil
import subprocess

import pytest
import sqlalchemy as sa
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from cryptography.fernet import Fernet

from include.grant.schema import journal_table
from include.launch.airflow import program
from include.launch.postgres import EmbeddedPostgres
from tests.faults import postgres
from tests.faults.proxy import Line, Proxy
from tests.faults.report import Record
from tests.faults.stage import Stage
from tests.grant.installation import wait_for

pytestmark = pytest.mark.processes

URI = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


def test_fault_11_database_read_only(stage: Stage, record: Record) -> None:
    """What cannot be stored is not asked for: no post while it is read-only, one when it is writable again."""
    uri = stage.env[URI]
    assert stage.grant().journal.generation == 0  # the journal's row is there
    if uri.startswith("sqlite"):
        told = stage.ask(read_only=True)
    else:
        name = sa.make_url(uri).database
        postgres.run(uri, f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
        told = stage.ask()
        postgres.run(uri, f'ALTER DATABASE "{name}" RESET ALL')
    assert told.error == "StoreError"
    assert len(stage.proxy.lines) == stage.zoom.posts == 0
    assert stage.ask().error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("refused before the post", posts=0)


def test_fault_13_reply_of_the_commit_lost(
    on_postgres: Stage, postgres_server: EmbeddedPostgres, record: Record
) -> None:
    """PostgreSQL commits, its reply never comes: the attempt's id tells, and the token is not spent twice."""
    stage = on_postgres
    socket = f"{postgres_server.socket_folder}/.s.PGSQL.{postgres_server.port}"
    with Proxy(socket) as cutting:
        name = sa.make_url(stage.env[URI]).database
        # SQLAlchemy keeps one connection of its pool for all of it: the read, the lease, the commit.
        line = cutting.next(loses=(b"UPDATE connection", b"COMMIT"))
        told = stage.ask(env={URI: f"postgresql+psycopg2://postgres@127.0.0.1:{cutting.port}/{name}"})
        assert line.ended.is_set()
        assert len(cutting.lines) > 1
    assert (told.error, told.generation) == ("", 1)
    assert told.token == stage.shown()["access_token"]
    assert stage.ask() == told
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("looked up by attempt id: it is stored", posts=1)


@pytest.mark.parametrize("restored", ["the Connection", "both rows", "both rows on a new host"])
def test_fault_15_old_backup_restored(stage: Stage, restored: str, record: Record) -> None:
    """A backup shows a spent token: where the journal or this host's disk knows better it is never posted."""
    first = stage.ask()
    old = backup(stage)
    second = stage.ask(rejected=first.token)
    restore(stage, old[:1] if restored == "the Connection" else old)
    if restored == "both rows on a new host":
        shutil.rmtree(stage.folder / "spill")
        lost = [stage.ask(rejected=first.token).error for _ in range(2)]
        assert lost == ["ConsentRequired", "ConsentRequired"]
        assert (stage.zoom.posts, stage.zoom.refused) == (3, 1)
        record("nobody knows the newest: CONSENT_REQUIRED after one post", posts=1)
        return
    third = stage.ask(rejected=first.token)
    assert (third.token, stage.zoom.posts) == (second.token, 2)
    assert stage.ask(rejected=third.token).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (3, 0)
    record("spent fingerprint refused, the newest is put back", posts=0)


def backup(stage: Stage) -> list[tuple[sa.Table, dict[str, object]]]:
    """Both rows of a grant as they are."""
    with stage.engine.begin() as database:
        return [
            (table, dict(database.execute(sa.select(table)).mappings().one()))
            for table in (Connection.__table__, journal_table)
        ]


def restore(stage: Stage, rows: list[tuple[sa.Table, dict[str, object]]]) -> None:
    """Puts rows back as they were."""
    with stage.engine.begin() as database:
        for table, row in rows:
            database.execute(sa.update(table).values(row))


@pytest.mark.parametrize("key", ["wrong", "empty"])
def test_fault_30_wrong_or_empty_fernet_key(stage: Stage, key: str, record: Record) -> None:
    """A process that could not store the answer sealed does not post, and says which setting is wrong."""
    keys = {"wrong": Fernet.generate_key().decode(), "empty": ""}
    told = stage.ask(env={"AIRFLOW__CORE__FERNET_KEY": keys[key]})
    assert told.error == "Misconfigured"
    assert "Fernet key" in told.message
    if key == "empty":
        write_openly(stage)
        told = stage.ask(env={"AIRFLOW__CORE__FERNET_KEY": ""})
        assert told.error == "Misconfigured"
        assert "plain text" in told.message
    assert len(stage.proxy.lines) == stage.zoom.posts == 0
    stage.begin()
    assert stage.ask().error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("refused before the post", posts=0)


def write_openly(stage: Stage) -> None:
    """The Connection as an Airflow without a key keeps it."""
    extra = sa.func.replace('{"oauth_url": "U", "refresh_token": "R"}', "U", stage.extra()["oauth_url"])
    values = {"password": "secret", "extra": extra, "is_encrypted": False, "is_extra_encrypted": False}
    with stage.engine.begin() as database:
        database.execute(sa.update(Connection.__table__).values(values))


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"AIRFLOW_CONN_ZOOM_DEFAULT": "zoom://id:secret@"}, "AIRFLOW_CONN_ZOOM_DEFAULT"),
        ({"AIRFLOW__SECRETS__BACKEND": "tests.faults.shadow.Backend"}, "the secrets backend Backend"),
    ],
    ids=["AIRFLOW_CONN_", "secrets backend"],
)
def test_fault_31_shadowed_row(stage: Stage, env: dict[str, str], named: str, record: Record) -> None:
    """A rotated token would never be read where something shadows the row: refused, with the reason."""
    told = stage.ask(env=env)
    assert told.error == "Misconfigured"
    assert named in told.message
    assert "a rotated token would never be read" in told.message
    assert len(stage.proxy.lines) == stage.zoom.posts == 0
    assert stage.ask().error == ""
    record("refused with the reason", posts=0)


def test_fault_29_rotate_fernet_key_meanwhile(
    on_postgres: Stage, monkeypatch: pytest.MonkeyPatch, record: Record
) -> None:
    """Airflow's command read the Connection before a refresh and writes it after it: the old token is healed, not posted."""
    stage = on_postgres
    put_behind_another(stage)
    old = stage.env["AIRFLOW__CORE__FERNET_KEY"]
    stage.env["AIRFLOW__CORE__FERNET_KEY"] = f"{Fernet.generate_key().decode()},{old}"
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", stage.env["AIRFLOW__CORE__FERNET_KEY"])
    get_fernet.cache_clear()
    line = stage.proxy.next(holds="answer")
    holder = stage.start()
    line.until_answered()
    spent = rotate_around(stage, line)
    first = holder.told()
    assert stage.shown()["refresh_token"] == spent
    second = stage.start(rejected=first.token)
    assert second.told().error == ""
    assert "is spent; the journal's newest is put back" in second.log.read_text()
    new_alone = {"AIRFLOW__CORE__FERNET_KEY": stage.env["AIRFLOW__CORE__FERNET_KEY"].partition(",")[0]}
    assert stage.ask(env=new_alone, rejected=stage.shown()["access_token"]).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (3, 0)
    record("healed at the next read; then works with the new key alone", posts=1)


def put_behind_another(stage: Stage) -> None:
    """Makes a Connection that the command writes before zoom_default."""
    extra = stage.shown()
    with stage.engine.begin() as database:
        database.execute(sa.delete(Connection.__table__))
    stage.save({}, "another")
    stage.save(extra)


def rotate_around(stage: Stage, line: Line) -> str:
    """Lets the command read before the refresh commits, and write after it; the refresh token it read."""
    uri, table, spent = stage.env[URI], Connection.__table__, stage.shown()["refresh_token"]
    with stage.engine.begin() as database:
        database.execute(sa.select(table).where(table.c.conn_id == "another").with_for_update())
        command = subprocess.Popen([program("airflow"), "rotate-fernet-key"], env=stage.env)
        waits = (
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        wait_for(lambda: bool(postgres.run(uri, waits)))
        line.let_go()
        wait_for(lambda: stage.grant().journal.generation == 1)
    assert command.wait(60) == 0
    return spent
