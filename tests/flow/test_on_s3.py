"""A day's flow with its landing on S3: the warehouse ends as with a folder."""

from collections.abc import Callable
from pathlib import Path

import pytest

from include.flow.publish import Publication
from include.flow.replay import replay
from include.zoom import catalog
from include.zoom.stream import Table
from tests.flow.accounts import Account
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


def rows_of(table: Table) -> str:
    """All of them without what names the load, in an order that does not depend on it."""
    return f"SELECT (to_jsonb(t) - '_load_id')::text FROM zoom.\"{table.name}\" t ORDER BY 1"
