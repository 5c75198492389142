"""The store on SQLite and PostgreSQL: compare-and-swap, one transaction, only our keys of `extra`."""

import dataclasses
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from airflow.models.log import Log
from airflow.models.team import Team

from include.grant.answers import Answered, after, disconnected
from include.grant.journal import Grant, State
from include.grant.schema import journal_table, metadata
from include.grant.spill import Kept
from include.grant.storage import StoreError
from include.grant.store import NoGrantError, Store
from include.zoom.errors import Misconfigured
from include.zoom.oauth import Kind, Outcome, TokenSet

EXTRA = {"refresh_token": "refresh-0", "plan": "pro", "note": "a person's"}


pytestmark = pytest.mark.usefixtures("fernet_key")


@pytest.fixture
def engine(empty_database: sa.Engine) -> sa.Engine:
    """A metadata database with the tables that the store touches and one Connection."""
    Connection.metadata.create_all(
        empty_database, tables=[Team.__table__, Connection.__table__, Log.__table__]
    )
    metadata.create_all(empty_database)
    put_connection(empty_database, EXTRA)
    return empty_database


@pytest.fixture
def store(engine: sa.Engine) -> Store:
    """The store of zoom_default."""
    return Store("zoom_default", lambda: engine)


def put_connection(engine: sa.Engine, extra: dict[str, str]) -> None:
    """Saves zoom_default as the UI does: the whole of `extra` at once."""
    made = Connection("zoom_default", "zoom", login="id", password="secret", extra=json.dumps(extra))
    values = {
        "conn_type": "zoom",
        "login": "id",
        "password": made._password,
        "extra": made._extra,
        "is_encrypted": True,
        "is_extra_encrypted": True,
    }
    table = Connection.__table__
    with engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.conn_id == "zoom_default"))
        connection.execute(sa.insert(table).values(conn_id="zoom_default", **values))


def shown(engine: sa.Engine) -> dict[str, str]:
    """The Connection's `extra`, opened."""
    with engine.begin() as connection:
        sealed = connection.execute(sa.select(Connection.__table__.c.extra)).scalar_one()
    return json.loads(get_fernet().decrypt(sealed.encode()))


def granted(held: Grant, number: int) -> dict[str, object]:
    """What a commit of the answer `number` takes."""
    outcome = Outcome(
        Kind.GRANTED, tokens=TokenSet(f"access-{number}", f"refresh-{number}", 3600, "user:read")
    )
    return {"held": held, "journal": after(Answered(held, held.tokens, outcome))}


def leased(store: Store, attempt_id: str = "a") -> Grant:
    """A lease that must be had."""
    held = store.lease(store.read(), attempt_id)
    assert held is not None
    return held


def test_a_commit_changes_both_rows_and_only_our_keys(store: Store, engine: sa.Engine) -> None:
    """Journal and Connection move together; what a person wrote into `extra` stays."""
    assert store.commit(**granted(leased(store), 1))
    grant = store.read()
    assert (grant.journal.generation, grant.journal.state, grant.refresh_token) == (
        1,
        State.READY,
        "refresh-1",
    )
    assert shown(engine) == EXTRA | {"refresh_token": "refresh-1", "access_token": "access-1"}


def test_one_of_many_gets_the_lease(store: Store) -> None:
    """Twelve sessions that saw the same generation: one row changed, once."""
    seen = store.read()
    with ThreadPoolExecutor(12) as threads:
        leases = list(threads.map(lambda number: store.lease(seen, str(number)), range(12)))
    assert sum(lease is not None for lease in leases) == 1


def test_a_lease_that_was_lost_commits_nothing(store: Store, engine: sa.Engine) -> None:
    """An answer under a lease that a consent has overtaken changes no row, and is kept as an orphan."""
    held = leased(store)
    outcome = Outcome(Kind.GRANTED, tokens=TokenSet("access-9", "refresh-9", 3600))
    assert store.consent(store.read(), outcome, account_id="account", by="somebody")
    late = granted(held, 1)
    assert not store.commit(**late)
    store.keep_orphan(Kept("zoom_default", "an attempt", 1, "posted", late["journal"].newest))
    assert shown(engine)["refresh_token"] == "refresh-9"
    assert shown(engine)["account_id"] == "account"
    journal = store.read().journal
    assert journal.orphan.refresh_token == "refresh-1"
    assert "posted" in journal.fingerprints.spent


def test_a_save_in_the_ui_meanwhile_survives(store: Store, engine: sa.Engine) -> None:
    """A form saved during a refresh keeps its change, and the new tokens are there too."""
    held = leased(store)
    put_connection(engine, EXTRA | {"note": "edited"})
    assert store.commit(**granted(held, 1))
    assert shown(engine)["note"] == "edited"
    assert shown(engine)["refresh_token"] == "refresh-1"


def test_a_token_put_in_by_hand_meanwhile_is_not_overwritten(store: Store, engine: sa.Engine) -> None:
    """A refresh token that a person saves during a refresh waits for its adoption."""
    held = leased(store)
    put_connection(engine, EXTRA | {"refresh_token": "by hand"})
    assert store.commit(**granted(held, 1))
    assert store.read().adopts
    assert shown(engine)["refresh_token"] == "by hand"


def test_a_form_saved_late_is_healed(store: Store, engine: sa.Engine) -> None:
    """A spent token that came back is known as such, and the newest is put back."""
    assert store.commit(**granted(leased(store), 1))
    put_connection(engine, EXTRA)
    seen = store.read()
    assert seen.needs_healing
    store.heal(seen)
    assert shown(engine)["refresh_token"] == "refresh-1"


def test_a_renewed_lease_needs_to_be_ours(store: Store) -> None:
    """Only the attempt that holds the lease extends it."""
    held = leased(store)
    assert store.renew(held) is not None
    stranger = dataclasses.replace(held, journal=dataclasses.replace(held.journal, attempt_id="b"))
    assert store.renew(stranger) is None


def test_nothing_secret_lies_open_in_the_database(store: Store, engine: sa.Engine) -> None:
    """Neither row shows a token in plain text."""
    assert store.commit(**granted(leased(store), 1))
    with engine.begin() as connection:
        rows = connection.execute(sa.select(journal_table)).all()
        rows += connection.execute(sa.select(Connection.__table__)).all()
    assert "refresh-" not in str(rows)
    assert "access-" not in str(rows)


def test_an_empty_fernet_key_is_refused_before_the_post(
    store: Store, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key tokens would be stored in plain text, so no lease is given."""
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")
    get_fernet.cache_clear()
    with engine.begin() as connection:
        open_ = {
            "password": "secret",
            "is_encrypted": False,
            "extra": json.dumps(EXTRA),
            "is_extra_encrypted": False,
        }
        connection.execute(sa.update(Connection.__table__).values(open_))
    with pytest.raises(Misconfigured, match="Fernet key"):
        store.lease(store.read(), "a")


def test_another_fernet_key_is_named(store: Store, fernet_key: Callable[[], None]) -> None:
    """A Connection saved with another key is refused with that reason."""
    fernet_key()
    with pytest.raises(Misconfigured, match="Fernet key does not open"):
        store.read()


def test_a_shadowed_connection_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotated token written to the row would never be read where a variable shadows it."""
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_DEFAULT", "zoom://")
    with pytest.raises(Misconfigured, match="AIRFLOW_CONN_ZOOM_DEFAULT"):
        store.lease(store.read(), "a")


def test_a_foreign_host_is_refused(store: Store, engine: sa.Engine) -> None:
    """A client secret is sent to Zoom's hosts and listed ones alone."""
    put_connection(engine, EXTRA | {"oauth_url": "https://zoom.us.evil.example/oauth"})
    with pytest.raises(Misconfigured, match="not Zoom's"):
        store.read()


def test_an_unknown_connection_is_no_grant(engine: sa.Engine) -> None:
    """There is nothing to rotate without a row."""
    with pytest.raises(NoGrantError):
        Store("other", lambda: engine).read()


def test_a_failing_database_is_a_passing_fault(tmp_path: Path) -> None:
    """What the database can't do now it may do later."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'missing' / 'airflow.db'}")
    with pytest.raises(StoreError):
        Store("zoom_default", lambda: engine).read()


def events(engine: sa.Engine) -> list[tuple[str, str]]:
    """The lines of Airflow's event log, oldest first: what happened, and by whom."""
    table = Log.__table__
    with engine.begin() as connection:
        rows = connection.execute(sa.select(table.c.event, table.c.owner).order_by(table.c.id)).all()
    return [tuple(row) for row in rows]


def test_each_change_leaves_one_line_in_the_event_log(store: Store, engine: sa.Engine) -> None:
    """A rotation, a loss, a consent, a disconnection: who and what, in the transaction that makes it true."""
    assert store.commit(**granted(leased(store), 1))
    held = leased(store)
    lost = after(Answered(held, held.tokens, Outcome(Kind.DEAD, "the token endpoint answered 400")))
    assert store.commit(held, lost)
    assert not store.commit(held, lost)
    anew = Outcome(Kind.GRANTED, tokens=TokenSet("access-2", "refresh-2", 3600))
    assert store.consent(store.read(), anew, account_id="account", by="ada")
    held = leased(store)
    assert store.commit(held, disconnected(held), by="grace")
    assert events(engine) == [
        ("zoom_grant.rotated", "zoom"),
        ("zoom_grant.lost", "zoom"),
        ("zoom_grant.consented", "ada"),
        ("zoom_grant.disconnected", "grace"),
    ]


def test_a_broken_event_log_costs_no_token(store: Store, engine: sa.Engine) -> None:
    """The token is stored where the line can't be."""
    Log.__table__.drop(engine)
    assert store.commit(**granted(leased(store), 1))
    assert store.read().tokens.refresh_token == "refresh-1"


def test_an_alert_is_claimed_once(store: Store) -> None:
    """One caller per incident; what is granted ends the incident."""
    held = leased(store)
    lost = after(Answered(held, held.tokens, Outcome(Kind.DEAD, "the token endpoint answered 400")))
    assert store.commit(held, lost)
    seen = store.read()
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(lambda _: store.claim_alert(seen), range(4))) == [False, False, False, True]
    anew = Outcome(Kind.GRANTED, tokens=TokenSet("access-2", "refresh-2", 3600))
    assert store.consent(store.read(), anew, account_id="account", by="ada")
    assert store.read().journal.alerted_at is None


def test_a_lease_can_be_given_back(store: Store) -> None:
    """Nothing was posted under it: the next one need not wait."""
    held = leased(store)
    assert store.lease(store.read(), "another") is None
    store.release(held)
    assert store.lease(store.read(), "another") is not None
