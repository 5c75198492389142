"""The rows of the quotas on SQLite and PostgreSQL: changed by one after the other, whoever comes at once."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa

from include.grant.schema import metadata
from include.grant.storage import StoreError
from include.grant.store.quotas import Quotas
from include.launch.place import Place
from tests.grant.installation import run_module


@pytest.fixture
def quotas(empty_database: sa.Engine) -> Quotas:
    """No account has been asked yet."""
    metadata.create_all(empty_database)
    return Quotas(lambda: empty_database)


def counted(state: str, _: datetime) -> tuple[str, int]:
    """One more; the number before is given."""
    number = int(state or 0)
    return str(number + 1), number


def test_each_change_sees_the_one_before(quotas: Quotas) -> None:
    """Eight threads that count at once count every one of their changes, and none twice."""
    with ThreadPoolExecutor(8) as threads:
        given = list(threads.map(lambda _: quotas.change("account", counted), range(80)))
    assert sorted(given) == list(range(80))
    assert quotas.read("account")[0] == "80"


def test_accounts_are_apart(quotas: Quotas) -> None:
    """What one account has used is no other's."""
    assert [quotas.change(name, counted) for name in ("one", "other", "one")] == [0, 0, 1]
    assert quotas.read("third")[0] == ""


def test_the_time_is_the_database_s(quotas: Quotas) -> None:
    """Aware and of now, so that all API servers count the same day."""
    moment = quotas.change("account", lambda state, now: (state, now))
    assert abs(moment - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_change_that_fails_leaves_the_state(quotas: Quotas) -> None:
    """An error of the caller's is not swallowed and changes nothing."""
    quotas.change("account", counted)
    with pytest.raises(ValueError, match="invalid literal"):
        quotas.change("account", lambda state, _: (state, int("none")))
    assert quotas.read("account")[0] == "1"


def test_a_missing_table_is_a_passing_fault(empty_database: sa.Engine) -> None:
    """Before `airflow db migrate` has run, callers are told to come later."""
    with pytest.raises(StoreError):
        Quotas(lambda: empty_database).change("account", counted)


@pytest.mark.processes
@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
def test_turns_of_many_processes_never_overlap(
    backend: str, tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """Eight processes take 25 turns each at once: one after the other, each counted once."""
    env = Place(tmp_path).environment(metadata_uri=metadata_on(backend), port=1)
    seen = json.loads(run_module(env, "tests.grant.turn_takers", "8", "25"))
    assert seen["errors"] == []
    assert len(seen["taken"]) == 200
    turns = sorted(seen["taken"], key=lambda turn: turn[1])
    for (_, start, apart, count), (_, following, *_) in pairwise(turns):
        assert following >= start + count * apart - 1e-4
    last_day = turns[-1][0]
    assert seen["used"] == sum(count for day, _, _, count in turns if day == last_day)
