"""Airflow's Fernet key is rotated while grants are used: nothing is lost, and only the new key is needed after."""

import dataclasses
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from airflow.models.crypto import get_fernet
from cryptography.fernet import Fernet

from include.grant.answers import Answered, after
from include.grant.schema import UtcTime, consent_table, journal_table
from include.grant.spill import Kept, SpillFolder
from include.grant.store import Store
from include.grant.store.fernet import KeyRotation
from include.grant.store.secrecy import opened, seal
from include.grant.store.status import age, lines
from include.launch.airflow import program
from include.zoom.errors import Misconfigured, TransientError
from include.zoom.oauth import Kind, Outcome, TokenSet
from tests.grant.installation import Installation, installation
from tests.grant.test_store import put_connection

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))
NOTHING = (program("python"), "-c", "")


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets Airflow's Fernet keys in this process."""

    def use(listed: str) -> None:
        monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", listed)
        get_fernet.cache_clear()

    use(OLD)
    yield use
    get_fernet.cache_clear()


@pytest.fixture
def engine(keys: Any, metadata_on: Callable[[str], str]) -> Iterator[sa.Engine]:
    """A metadata database with one grant that was refreshed once, all sealed with the old key."""
    made = sa.create_engine(metadata_on("sqlite"))
    put_connection(made, {"refresh_token": "refresh-0", "account_id": "an-account"})
    store = Store("zoom_default", lambda: made)
    held = store.lease(store.read(), "first")
    tokens = TokenSet("access-1", "refresh-1", 3600, "user:read")
    assert store.commit(held, after(Answered(held, held.tokens, Outcome(Kind.GRANTED, tokens=tokens))))
    yield made
    made.dispose()


def rotation(engine: sa.Engine, folder: Path, **changes: Any) -> KeyRotation:
    """A rotation of the key whose Airflow has nothing to do."""
    spill = SpillFolder(folder / "spill", seal, opened)
    return KeyRotation(lambda: engine, spill, **({"airflow": NOTHING} | changes))


def sealed(engine: sa.Engine) -> bytes:
    """The journal's ciphertext."""
    with engine.begin() as connection:
        return connection.execute(sa.select(journal_table.c.sealed)).scalar_one().encode()


def test_the_journal_is_sealed_with_the_first_key(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """Then once more: what has the first key stays as it is."""
    keys(f"{NEW},{OLD}")
    assert dataclasses.astuple(rotation(engine, tmp_path).run()) == (["zoom_default"], 1, 0)
    assert b"refresh-1" in Fernet(NEW).decrypt(sealed(engine))
    assert dataclasses.astuple(rotation(engine, tmp_path).run()) == (["zoom_default"], 0, 0)


def test_an_answer_on_disk_is_sealed_with_the_first_key(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """A file that waits for the next start is opened by it."""
    folder = SpillFolder(tmp_path / "spill", seal, opened)
    newest = Store("zoom_default", lambda: engine).read().journal.newest
    kept = Kept("zoom_default", "a", 1, "mark", newest)
    folder.keep(kept)
    keys(f"{NEW},{OLD}")
    rotation(engine, tmp_path).run()
    keys(NEW)
    assert folder.find("zoom_default") == kept


def test_the_leases_are_held_meanwhile_and_given_back(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """Nobody refreshes while Airflow rewrites the Connections; afterwards anybody may."""
    keys(f"{NEW},{OLD}")
    look = (
        "import sqlite3, sys; sys.exit(sqlite3.connect(sys.argv[1]).execute("
        "\"SELECT count(*) FROM zoom_grant WHERE attempt_deadline > strftime('%Y-%m-%d %H:%M:%f', 'now')\""
        ").fetchone()[0] != 1)"
    )
    rotation(engine, tmp_path, airflow=(sys.executable, "-c", look, engine.url.database)).run()
    store = Store("zoom_default", lambda: engine)
    assert store.lease(store.read(), "next") is not None


def test_a_refresh_under_way_is_waited_for(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """Its lease is not taken from it."""
    store = Store("zoom_default", lambda: engine)
    held = store.lease(store.read(), "under way")
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 3:
            store.release(held)

    assert rotation(engine, tmp_path, sleep=sleep).run().held == ["zoom_default"]
    assert len(waited) == 3


def test_a_grant_that_is_busy_all_the_time_stops_the_rotation(
    engine: sa.Engine, keys: Any, tmp_path: Path
) -> None:
    """After five minutes, before Airflow has changed anything."""
    store = Store("zoom_default", lambda: engine)
    store.lease(store.read(), "under way")
    clock = iter(range(0, 10_000, 100))
    failing = rotation(
        engine, tmp_path, airflow=("/nonexistent",), sleep=lambda _: None, monotonic=lambda: next(clock)
    )
    with pytest.raises(TransientError, match="busy"):
        failing.run()


def test_a_refresh_that_died_keeps_its_attempt(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """Its id tells which answer on a disk is the grant's, so it is not replaced; the rest is done."""
    store = Store("zoom_default", lambda: engine)
    store.lease(store.read(), "died")
    past = {"attempt_deadline": store.read().now - timedelta(hours=1)}
    with engine.begin() as connection:
        connection.execute(sa.update(journal_table).values(past))
    keys(f"{NEW},{OLD}")
    assert dataclasses.astuple(rotation(engine, tmp_path).run()) == ([], 1, 0)
    assert store.read().journal.attempt_id == "died"
    assert store.read().attempt_died


def test_airflow_s_failure_is_told_and_gives_the_leases_back(
    engine: sa.Engine, keys: Any, tmp_path: Path
) -> None:
    """The message has Airflow's last line and the way on."""
    failing = (sys.executable, "-c", "print('one'); print('InvalidToken'); raise SystemExit(3)")
    with pytest.raises(Misconfigured, match="ended with 3 .* InvalidToken.*new key first"):
        rotation(engine, tmp_path, airflow=failing).run()
    assert not Store("zoom_default", lambda: engine).read().attempt_alive


def test_a_text_that_no_key_opens_leaves_the_connection_as_the_truth(
    engine: sa.Engine, keys: Any, tmp_path: Path
) -> None:
    """It is counted and named; the grant goes on with the token in the Connection."""
    foreign = Fernet(Fernet.generate_key()).encrypt(b"{}").decode()
    with engine.begin() as connection:
        connection.execute(sa.update(journal_table).values(sealed=foreign))
    keys(f"{NEW},{OLD}")
    assert rotation(engine, tmp_path).run().unreadable == 1
    assert Store("zoom_default", lambda: engine).read().tokens.refresh_token == "refresh-1"


def test_without_a_key_nothing_is_done(engine: sa.Engine, keys: Any, tmp_path: Path) -> None:
    """There is nothing to rotate."""
    keys("")
    with pytest.raises(Misconfigured, match="no Fernet key"):
        rotation(engine, tmp_path, airflow=("/nonexistent",)).run()


def test_the_status_tells_how_a_grant_stands_without_its_secrets(engine: sa.Engine) -> None:
    """State, account, generation and ages, in a line."""
    (told,) = lines(engine)
    assert told.startswith(
        "zoom_default: READY; authorization_code, account an-account; generation 1; rotated 0 s ago"
    )
    assert not {"refresh-1", "access-1", "secret"} & set(told.replace(";", " ").split())


@pytest.mark.parametrize(
    ("passed", "shown"), [({"seconds": 59}, "59 s"), ({"minutes": 90}, "1 h"), ({"hours": 49}, "2 d")]
)
def test_ages_are_rounded_down(passed: dict[str, float], shown: str) -> None:
    """In the unit in which a person counts them."""
    assert age(timedelta(**passed)) == shown


def command(place: Installation, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """`python -m include.grant …` with this installation's settings."""
    line = [sys.executable, "-m", "include.grant", *arguments]
    return subprocess.run(line, env=place.env | env, capture_output=True, text=True, timeout=240, check=False)


def opens(place: Installation, metadata_uri: str, key: str) -> bool:
    """Whether this key alone opens the journal."""
    engine = sa.create_engine(metadata_uri.replace("postgresql://", "postgresql+psycopg2://"))
    try:
        return b"refresh_token" in Fernet(key).decrypt(sealed(engine))
    finally:
        engine.dispose()


@pytest.mark.processes
@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
def test_the_key_rotates_while_others_refresh(
    backend: str, tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """A process refreshes all the while; afterwards the new key alone is enough, and no token was refused."""
    uri = metadata_on(backend)
    with installation(tmp_path, uri, "--old-access-token", "dies") as place:
        place.run("tests.grant.rounds", "1", "1")
        place.env["AIRFLOW__CORE__FERNET_KEY"] = f"{NEW},{place.env['AIRFLOW__CORE__FERNET_KEY']}"
        done = tmp_path / "done"
        loop = [sys.executable, "-m", "tests.grant.refresher", str(done)]
        with subprocess.Popen(loop, env=place.env, stdout=subprocess.PIPE, text=True) as refresher:
            rotated = command(place, "rotate-fernet-key")
            done.touch()
            seen = json.loads(refresher.communicate(timeout=120)[0].splitlines()[-1])
        place.env["AIRFLOW__CORE__FERNET_KEY"] = NEW
        status = command(place, "status").stdout
        last = json.loads(place.run("tests.grant.rounds", "1", "1"))
        asked = place.requests()
        assert opens(place, uri, NEW)
        (file,) = (Path(place.env["AIRFLOW_HOME"]) / "zoom-spill").glob("*.sealed")
        assert Fernet(NEW).decrypt(file.read_text().encode())
    assert rotated.returncode == 0, rotated.stderr
    assert "Grants held meanwhile: zoom_default" in rotated.stdout
    assert seen["errors"] == []
    assert seen["tokens"] > 1
    assert "zoom_default: READY" in status
    assert (last, asked["token_refused"]) == ({"tokens": [1], "errors": []}, 0)


@pytest.mark.processes
def test_a_rotation_that_is_killed_in_the_middle_is_run_again(
    tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """Killed once Airflow has rewritten its tables: all is readable with both keys, and the next run ends it."""
    uri = metadata_on("sqlite")
    killing = f"'{program('airflow')}' rotate-fernet-key && kill -9 $PPID"
    code = (
        "from airflow import settings; from include.grant.store.fernet import KeyRotation; "
        "from include.grant.store.wiring import spill_folder; "
        f"KeyRotation(settings.get_engine, spill_folder(), ('/bin/sh', '-c', {killing!r})).run()"
    )
    with installation(tmp_path, uri, "--old-access-token", "dies") as place:
        place.run("tests.grant.rounds", "1", "1")
        old = place.env["AIRFLOW__CORE__FERNET_KEY"]
        place.env["AIRFLOW__CORE__FERNET_KEY"] = f"{NEW},{old}"
        killed = subprocess.run([sys.executable, "-c", code], env=place.env, check=False, capture_output=True)
        assert killed.returncode == -9
        assert opens(place, uri, old)
        engine = sa.create_engine(uri)
        with engine.begin() as connection:  # as if its lease had ended
            connection.execute(sa.text("UPDATE zoom_grant SET attempt_deadline = '2020-01-01 00:00:00'"))
        engine.dispose()
        again = command(place, "rotate-fernet-key")
        place.env["AIRFLOW__CORE__FERNET_KEY"] = NEW
        assert opens(place, uri, NEW)
        last = json.loads(place.run("tests.grant.rounds", "1", "1"))
        asked = place.requests()
    assert again.returncode == 0, again.stderr
    assert (last, asked["token_refused"]) == ({"tokens": [1], "errors": []}, 0)


def test_a_consent_under_way_is_sealed_with_the_first_key(
    engine: sa.Engine, keys: Any, tmp_path: Path
) -> None:
    """Its verifier is opened by the new key alone when the answer comes."""
    row = {"connection_id": "zoom_default", "sealed": seal("a verifier")}
    required = {
        column.name: datetime(2026, 1, 1, tzinfo=UTC) if isinstance(column.type, UtcTime) else "x"
        for column in consent_table.columns
        if not column.nullable
    }
    with engine.begin() as connection:
        connection.execute(sa.insert(consent_table).values(required | row))
    keys(f"{NEW},{OLD}")
    assert rotation(engine, tmp_path).run().resealed == 2
    with engine.begin() as connection:
        resealed = connection.execute(sa.select(consent_table.c.sealed)).scalar_one()
    assert Fernet(NEW).decrypt(resealed.encode()) == b"a verifier"
