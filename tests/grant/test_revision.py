"""The tables of grants go forward only."""

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from alembic.script import ScriptDirectory

from include.grant.schema import REVISIONS, VERSION_TABLE, metadata
from include.grant.store.database import transaction
from include.grant.store.migrations import GrantDBManager
from include.grant.store.quotas import Quotas
from include.grant.store.revision import NewerDatabase

NEWER = (
    "The metadata database's tables of grants are at revision zoom9999, of a newer version of this project: this one knows "
    "them up to zoom0004. Nothing was changed, and nothing sent to Zoom. Install that version or a later one on all "
    "hosts; the only way back is a backup from before its `airflow db migrate`."
)


@pytest.fixture
def engine(empty_database: sa.Engine) -> sa.Engine:
    metadata.create_all(empty_database)
    return empty_database


def at(engine: sa.Engine, revision: str) -> None:
    """Says that the database is at a revision, as alembic does."""
    with engine.begin() as connection:
        connection.execute(sa.text(f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(sa.text(f"INSERT INTO {VERSION_TABLE} VALUES ('{revision}')"))


def test_the_known_revisions_are_the_migrations() -> None:
    """In their order, with no other."""
    scripts = ScriptDirectory(GrantDBManager.migration_dir)
    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(REVISIONS)


def test_a_newer_database_is_neither_read_nor_written(engine: sa.Engine) -> None:
    """Whoever asks, and however often, is told what to do."""
    at(engine, "zoom9999")
    for _ in range(2):
        with pytest.raises(NewerDatabase) as refused, transaction(lambda: engine):
            pytest.fail("the transaction began")
        assert str(refused.value) == NEWER
        with pytest.raises(NewerDatabase):
            Quotas(lambda: engine).read("account")


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_older_database_is_used_as_far_as_it_goes(engine: sa.Engine, revision: str) -> None:
    """Nothing is refused before it is missed."""
    at(engine, revision)
    assert Quotas(lambda: engine).read("account")[0] == ""


def test_a_database_that_says_nothing_is_used(engine: sa.Engine) -> None:
    """Nobody has migrated it: what is missing says so itself."""
    assert Quotas(lambda: engine).read("account")[0] == ""


def test_a_migration_leaves_a_newer_database_alone(engine: sa.Engine) -> None:
    """`airflow db migrate` of an older version ends with the reason."""
    at(engine, "zoom9999")
    with sa.orm.Session(engine) as session, pytest.raises(NewerDatabase) as refused:
        GrantDBManager(session).upgradedb(use_migration_files=False)
    assert str(refused.value) == NEWER


def test_there_is_no_way_back(engine: sa.Engine) -> None:
    """What a grant lives on would go with the columns."""
    with sa.orm.Session(engine) as session, pytest.raises(NotImplementedError, match="go forward only"):
        GrantDBManager(session).downgrade("zoom0001")
