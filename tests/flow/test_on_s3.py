"""A day's flow with its landing on S3: the warehouse ends as with a folder."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from include.flow.publish import Publication
from include.flow.replay import replay
from include.landing import claims
from include.zoom import catalog
from include.zoom.stream import Table
from tests.flow.accounts import Account
from tests.flow.backfills import DAY, TODAY, World, patched
from tests.s3.store import Fault, Store

STREAMS = ("users", "meetings", "meeting_participants", "recordings", "daily_usage")


@pytest.fixture
def on_s3(tmp_path: Path, bucket: str) -> Account:
    return Account(tmp_path, address=f"s3://{bucket}/zoom")


def test_a_day_ends_the_same_on_s3(
    account: Account, on_s3: Account, s3: Store, new_database: Callable[[], str]
) -> None:
    """Pull, transform and load, and a replay of it, on a store that refuses and cuts off now and then."""
    s3.fail(
        *(
            Fault(".*", does, spared=20 * n, times=1)
            for n, does in enumerate(["slow down", "cut", "cut after"], 1)
        )
    )
    on_s3.pull(*STREAMS)
    loaded = on_s3.load(new_database())
    expected, found = account.load(new_database(), *on_s3.manifests), loaded.tables()
    for name in on_s3.manifests:
        for table in catalog.STREAMS[name].tables:
            assert loaded.rows(rows_of(table)) == expected.rows(rows_of(table)) != [], table.name
    assert sum(found["meeting_participants"].values()) > 50
    publication = Publication(on_s3.landing, loaded.warehouse, lambda _: True)
    assert [done.failure for name in STREAMS for done in replay(publication, name)] == [""] * len(STREAMS)
    assert loaded.tables()["meeting_participants"] == found["meeting_participants"]


def test_two_runs_that_hold_one_window_at_once_ask_twice_and_are_both_true(
    tmp_path: Path, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One saw that nobody was at it and wrote so while the other, who had looked a second time, was asking already."""
    world = patched(monkeypatch, World(tmp_path, address=f"s3://{bucket}/zoom"))
    world.snapshot("users")
    days = [TODAY - DAY * back for back in (12, 11, 10)]
    late = threading.Thread(target=world.pull, args=("recordings", days[0]))
    has_looked, goes_on, made = threading.Event(), threading.Event(), claims.made

    def made_late(folder: object) -> None:
        if threading.current_thread() is late:
            has_looked.set()
            assert goes_on.wait(60)
        made(folder)

    def catch_up() -> None:
        world.meanwhile = lambda: None
        goes_on.set()
        late.join()

    monkeypatch.setattr(claims, "made", made_late)
    late.start()
    assert has_looked.wait(60)
    world.meanwhile = catch_up
    for day in days[1:]:
        world.pull("recordings", day)
    assert world.asked["/users/{userId}/recordings"] == 2 * 4
    first, second, third = (world.left[str(day), "recordings.pull"]["manifest"] for day in days)
    assert (first != second, third) == (True, second)
    for day in days:
        world.transform("recordings", day)
        assert world.rows("recordings", day) == world.truth("recordings", day)
    assert any(world.rows("recordings", day) for day in days)


def rows_of(table: Table) -> str:
    """All of them without what names the load, in an order that does not depend on it."""
    return f"SELECT (to_jsonb(t) - '_load_id')::text FROM zoom.\"{table.name}\" t ORDER BY 1"
