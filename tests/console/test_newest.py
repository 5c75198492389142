"""Two consents whose answers cross: what the person who consented last was given stays."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from airflow.models.connection import Connection
from airflow.models.log import Log
from airflow.models.team import Team
from sqlalchemy.orm import Session

from include.grant import consent
from include.grant.schema import metadata
from include.grant.store import Store
from include.zoom.errors import Misconfigured
from include.zoom.oauth import Kind, Outcome, TokenSet

pytestmark = pytest.mark.usefixtures("fernet_key")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A Connection that nobody has authorised, in a database of its own."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'airflow.db'}")
    Connection.metadata.create_all(engine, tables=[Team.__table__, Connection.__table__, Log.__table__])
    metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Connection("c", "zoom", login="id", password="secret"))
    made = Store("c", lambda: engine)
    monkeypatch.setattr(consent, "_store", lambda _: made)
    yield made
    engine.dispose()


def granted(name: str) -> Outcome:
    """Tokens of this name."""
    return Outcome(Kind.GRANTED, tokens=TokenSet(f"access-{name}", f"refresh-{name}", 3600, "a:scope"))


def test_an_exchange_that_began_earlier_does_not_replace_a_newer_one(store: Store) -> None:
    """Zoom ended the older chain when the newer consent was given, so the older answer is of no use."""
    newer = store.read()
    older = dataclasses.replace(newer, now=newer.now - timedelta(seconds=5))
    consent._write(newer, granted("newer"), None, "ada")
    with pytest.raises(Misconfigured, match="consented anew meanwhile"):
        consent._write(older, granted("older"), None, "eve")
    assert store.read().refresh_token == "refresh-newer"


def test_a_later_consent_replaces_an_older_one(store: Store) -> None:
    """The same person again, or another one."""
    consent._write(store.read(), granted("first"), None, "ada")
    consent._write(store.read(), granted("second"), None, "eve")
    assert (store.read().refresh_token, store.read().journal.consented_by) == ("refresh-second", "eve")
