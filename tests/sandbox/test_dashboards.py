"""The simulated dashboards have the traps of Zoom's own."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.sandbox.conftest import Zoom, in_path

WINDOW = {"from_": "2026-11-23", "to": "2026-11-23"}


async def past_meetings(zoom: Zoom) -> list[dict[str, Any]]:
    """A day's meetings."""
    answer = await zoom.ask("/metrics/meetings", type="past", page_size=300, **WINDOW)
    return list(answer.json()["meetings"])


async def test_nobody_says_past_nobody_is_told_of_it(new_zoom: Callable[..., Zoom]) -> None:
    """The default is what is under way."""
    zoom = new_zoom(now=datetime(2026, 11, 24, 0, 5, tzinfo=UTC))
    live = (await zoom.ask("/metrics/meetings", **WINDOW)).json()["meetings"]
    past = await past_meetings(zoom)
    assert {each["uuid"] for each in live}.isdisjoint(each["uuid"] for each in past)
    assert len(live) >= 3  # those around midnight at least
    path = f"/metrics/meetings/{in_path(past[0]['uuid'])}/participants"
    assert (await zoom.ask(path)).status_code == 404
    assert (await zoom.ask(path, type="past")).status_code == 200


async def test_lengths_are_clocks(zoom: Zoom) -> None:
    """With hours where there are any."""
    told = {len(each["duration"].split(":")) for each in await past_meetings(zoom)}
    assert told == {2, 3}


async def test_quality_of_service_comes_ten_at_once(zoom: Zoom) -> None:
    """Whatever was asked."""
    crowded = max(await past_meetings(zoom), key=lambda each: each["participants"])
    path = f"/metrics/meetings/{in_path(crowded['uuid'])}/participants/qos"
    pages = await zoom.pages(path, type="past", page_size=300)
    assert [len(page["participants"]) for page in pages[:-1]] == [10] * (len(pages) - 1)
    assert sum(len(page["participants"]) for page in pages) == crowded["participants"] > 10


@pytest.mark.parametrize("settings", [{"plan": "pro"}, {"without": ("dashboard",)}])
async def test_dashboards_take_a_plan_and_a_feature(
    new_zoom: Callable[..., Zoom], settings: dict[str, Any]
) -> None:
    """Code 200 where one of them is missing."""
    answer = await new_zoom(**settings).ask("/metrics/meetings", type="past", **WINDOW)
    assert (answer.status_code, answer.json()["code"]) == (400, 200)
