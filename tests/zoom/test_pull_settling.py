"""A list that Zoom has not settled is asked once more at the end of the same pull."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import httpx
import pytest

from include.zoom.catalog import streams
from include.zoom.client import ZoomClient
from include.zoom.pull import PullCounts, pull

FakeZoom = Kept = Any  # the fixtures' classes stand in conftest, which tests cannot import
DAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)
STREAM = streams()["meeting_participants"]


def seats(*seconds: int) -> httpx.Response:
    """A meeting's participants with these durations."""
    rows = [{"user_id": f"{n}", "duration": duration} for n, duration in enumerate(seconds)]
    return httpx.Response(200, json={"participants": rows, "total_records": len(rows), "next_page_token": ""})


def path(uuid: str) -> str:
    return f"/past_meetings/{uuid}/participants"


async def participants(client: ZoomClient, kept: Kept, *uuids: str, today: date = TODAY) -> PullCounts:
    records = [({"meeting_uuid": uuid, "type": "Meeting"}, DAY) for uuid in uuids]
    return await pull(STREAM, [DAY], client, sink=kept, parents=records, today=today)


def durations(kept: Kept) -> dict[str, list[int]]:
    """What the sink has of each meeting."""
    found: dict[str, list[int]] = {}
    for unit in kept.units:
        for page in unit:
            told = found.setdefault(page.parent.keys["meeting_uuid"], [])
            told += [record["duration"] for record in page.records(STREAM.lists[0])]
    return found


def asked(zoom: FakeZoom) -> Sequence[str]:
    return [request.url.path.split("/")[3] for request in zoom.asked]


async def test_a_meeting_with_a_duration_of_zero_is_asked_once_more_after_the_others(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The second answer counts alone; a meeting without a zero is not asked again."""
    zoom.order(path("a"), seats(0, 60), seats(30, 60))
    zoom.order(path("b"), seats(5))
    counts = await participants(client, kept, "a", "b")
    assert durations(kept) == {"a": [30, 60], "b": [5]}
    assert (list(asked(zoom)), counts.asked_again, counts.unsettled) == (["a", "b", "a"], 1, 0)


async def test_what_is_still_zero_then_is_kept_and_counted(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """It is asked twice and no more; the run that settles the day takes it again."""
    zoom.order(path("a"), seats(0), seats(0))
    counts = await participants(client, kept, "a")
    assert (durations(kept), counts.asked_again, counts.unsettled) == ({"a": [0]}, 1, 1)


@pytest.mark.parametrize(("today", "times"), [(date(2026, 3, 11), 2), (date(2026, 3, 12), 1)])
async def test_a_zero_of_long_ago_is_a_zero(
    client: ZoomClient, zoom: FakeZoom, kept: Kept, today: date, times: int
) -> None:
    """A backfill asks once: two days after its own, a day has settled."""
    zoom.order(path("a"), *[seats(0) for _ in range(times)])
    await participants(client, kept, "a", today=today)
    assert len(zoom.asked) == times


async def test_a_meeting_that_is_gone_when_asked_once_more_is_skipped_with_the_reason(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """It counts as a skip like any other."""
    gone = httpx.Response(404, json={"code": 3001, "message": "Meeting does not exist."})
    zoom.order(path("a"), seats(0), gone)
    counts = await participants(client, kept, "a")
    assert (kept.units, [skip.parent for skip in counts.skipped]) == ([], [{"meeting_uuid": "a"}])
