"""The simulated reports and logs have the traps of Zoom's own."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.conftest import Zoom

DAY = {"from_": "2026-11-23", "to": "2026-11-23"}


async def lines(zoom: Zoom, path: str, key: str, **parameters: object) -> list[dict[str, Any]]:
    """All records of a list."""
    pages = await zoom.pages(path, page_size=300, **(DAY | parameters))
    return [row for page in pages for row in page[key]]


async def test_a_log_has_equal_lines_and_lines_at_midnight(zoom: Zoom) -> None:
    """Nothing but counting tells the twins apart."""
    found = await lines(zoom, "/report/operationlogs", "operation_logs")
    assert sorted(Counter(map(str, found)).values()) == [1] * (len(found) - 2) + [2]
    assert {"2026-11-23T00:00:00Z", "2026-11-23T23:59:59Z"} <= {row["time"] for row in found}


async def test_a_log_is_cut_by_the_account_s_zone(new_zoom: Callable[..., Zoom]) -> None:
    """A day of Tokyo ends at 15:00 UTC."""
    zoom = new_zoom(report_zone="Asia/Tokyo")
    times = [row["time"] for row in await lines(zoom, "/report/activities", "activity_logs")]
    assert "2026-11-22T15:00:00Z" <= min(times) < "2026-11-23T00:00:00Z"
    assert max(times) < "2026-11-23T15:00:00Z"


async def test_meeting_activities_write_times_and_numbers_in_their_own_way(zoom: Zoom) -> None:
    """A colon before the milliseconds, no zone, blanks in the number."""
    found = await lines(zoom, "/report/meeting_activities", "meeting_activity_logs")
    assert all(row["activity_time"][19] == ":" and len(row["activity_time"]) == 23 for row in found)
    assert all(row["meeting_number"].count(" ") == 2 for row in found)


async def test_a_host_of_two_days_is_one_row_of_their_sum(zoom: Zoom) -> None:
    """So each day has to be asked by itself."""
    days = [{"from_": f"2026-11-{day}", "to": f"2026-11-{day}"} for day in (19, 20)]
    one, two = [await lines(zoom, "/report/users", "users", type="active", **day) for day in days]
    both = await lines(zoom, "/report/users", "users", type="active", from_="2026-11-19", to="2026-11-20")
    assert len(both) < len(one) + len(two)
    assert sum(row["meetings"] for row in both) == sum(row["meetings"] for row in one + two)


async def test_an_account_without_a_kind_of_audio_is_told_so_in_a_success(
    new_zoom: Callable[..., Zoom],
) -> None:
    """The other kinds are there."""
    zoom = new_zoom(without=("toll",))
    answer = await zoom.ask("/report/telephone", type="2", **DAY)
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert len(await lines(zoom, "/report/telephone", "telephony_usage", type="1")) == 5


async def test_storage_is_told_up_to_yesterday(zoom: Zoom) -> None:
    """Today is refused."""
    answer = await zoom.ask("/report/cloud_recording", from_="2026-11-23", to="2026-11-24")
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


async def test_occurrences_of_a_series_share_its_id(zoom: Zoom) -> None:
    """What is to come is known by id and start."""
    ahead = {"from_": "2026-11-24", "to": "2026-12-22"}
    found = await lines(zoom, "/report/upcoming_events", "upcoming_events", **ahead)
    assert len({row["id"] for row in found}) < len(found)
    assert len({(row["id"], row["start_time"]) for row in found}) == len(found)


@pytest.mark.parametrize(
    ("billing_id", "code"), [("nobody's", 300), ("last", 5010)], ids=["unknown", "no report"]
)
async def test_a_billing_period_may_have_no_report(zoom: Zoom, billing_id: str, code: int) -> None:
    """The last one; an unknown one is refused otherwise."""
    periods = (await zoom.ask("/report/billing")).json()["billing_reports"]
    asked = periods[-1]["id"] if billing_id == "last" else billing_id
    assert (await zoom.ask("/report/billing/invoices", billing_id=asked)).json()["code"] == code
