"""Consents under way, on SQLite and PostgreSQL: once, ten minutes, one person in one browser."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from include.grant.schema import consent_table, metadata
from include.grant.store.migrations import GrantDBManager
from include.grant.store.pending import Asker, Begun, Pending
from include.zoom.errors import Misconfigured

ADA = Asker("ada", "browser-of-ada")
BEGUN = Begun("zoom_default", "https://foo.local/zoom/callback", "canary-verifier")


pytestmark = pytest.mark.usefixtures("fernet_key")


@pytest.fixture
def engine(empty_database: sa.Engine) -> sa.Engine:
    """A database with our tables."""
    metadata.create_all(empty_database)
    return empty_database


@pytest.fixture
def pending(engine: sa.Engine) -> Pending:
    """Ada's consent under way."""
    made = Pending(lambda: engine)
    made.keep("the-state", ADA, BEGUN)
    return made


def age(engine: sa.Engine, passed: timedelta) -> None:
    """Lets this much time pass for every consent under way."""
    with engine.begin() as connection:
        for row in connection.execute(sa.select(consent_table)).all():
            same = consent_table.c.state_hash == row.state_hash
            connection.execute(
                sa.update(consent_table).where(same).values(expires_at=row.expires_at - passed)
            )


def test_an_answer_counts_once(pending: Pending) -> None:
    """Who brings the state gets what was begun; who brings it again gets nothing."""
    assert pending.take("the-state", ADA) == BEGUN
    with pytest.raises(Misconfigured, match="used before"):
        pending.take("the-state", ADA)


def test_of_many_at_once_one_has_it(pending: Pending) -> None:
    """Two API servers that get the same answer: the row is deleted once."""

    def take(_: int) -> bool:
        try:
            return pending.take("the-state", ADA) == BEGUN
        except Misconfigured:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(take, range(8))) == [False] * 7 + [True]


@pytest.mark.parametrize("other", [Asker("eve", "browser-of-ada"), Asker("ada", "browser-of-eve")])
def test_nobody_else_uses_it_up(pending: Pending, other: Asker) -> None:
    """Another person, or another browser of the same person, is refused and takes nothing away."""
    with pytest.raises(Misconfigured, match="another person or in another browser"):
        pending.take("the-state", other)
    assert pending.take("the-state", ADA) == BEGUN


def test_ten_minutes_are_enough(engine: sa.Engine, pending: Pending) -> None:
    """By the database's clock; later the answer is called late."""
    age(engine, timedelta(minutes=9, seconds=30))
    assert pending.take("the-state", ADA) == BEGUN
    pending.keep("another", ADA, BEGUN)
    age(engine, timedelta(minutes=10, seconds=1))
    with pytest.raises(Misconfigured, match="more than ten minutes"):
        pending.take("another", ADA)


def test_what_nobody_finished_is_forgotten_after_a_day(engine: sa.Engine, pending: Pending) -> None:
    """The table does not grow with every consent that was given up."""
    age(engine, timedelta(days=1, minutes=11))
    pending.keep("another", ADA, BEGUN)
    with engine.connect() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(consent_table)).scalar() == 1


def test_what_lies_in_the_table_is_of_no_use_to_a_thief(engine: sa.Engine, pending: Pending) -> None:
    """Neither the state nor the browser's cookie nor the verifier can be read there."""
    with engine.connect() as connection:
        row = str(connection.execute(sa.select(consent_table)).one())
    assert [secret for secret in ("the-state", "browser-of-ada", "canary-verifier") if secret in row] == []


def test_another_fernet_key_is_said(pending: Pending, fernet_key: Callable[[], None]) -> None:
    """Keys were rotated between Connect and Allow."""
    fernet_key()
    with pytest.raises(Misconfigured, match="another Fernet key"):
        pending.take("the-state", ADA)


def test_the_migrations_make_what_the_code_expects(tmp_path: Path) -> None:
    """A database that is upgraded step by step has the tables of a new one."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'airflow.db'}")
    scripts = ScriptDirectory(GrantDBManager.migration_dir)
    with engine.begin() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context):
            for script in reversed(list(scripts.walk_revisions())):
                script.module.upgrade()
        assert compare_metadata(context, metadata) == []
    engine.dispose()
