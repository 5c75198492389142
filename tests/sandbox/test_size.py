"""A large account costs no memory."""

import tracemalloc
from collections.abc import Callable
from datetime import date

from tests.sandbox.conftest import Zoom

MEBIBYTE = 1024 * 1024


async def test_a_hundred_thousand_users(new_zoom: Callable[..., Zoom]) -> None:
    """With 100,000 users a page of users and pages of a day's history cost a few MiB at most."""
    zoom = new_zoom(users=100_000)
    tracemalloc.start()
    first = (await zoom.ask("/users", page_size=300)).json()
    last = (await zoom.ask("/users", page_size=300, status="pending")).json()
    history = {"from_": "2026-11-18", "to": "2026-11-18", "page_size": 300}
    page = (await zoom.ask("/report/history_meetings", **history)).json()
    uuids = set()
    for _ in range(5):
        uuids |= {row["meeting_uuid"] for row in page["history_meetings"]}
        token = page["next_page_token"]
        page = (await zoom.ask("/report/history_meetings", next_page_token=token, **history)).json()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (first["total_records"], len(first["users"]), last["total_records"]) == (87_498, 300, 6_251)
    assert len(uuids) == 1500
    assert peak < 16 * MEBIBYTE


def test_a_users_day_is_found_without_a_search(new_zoom: Callable[..., Zoom]) -> None:
    """Every meeting is among its host's meetings of the day, each user's day is made alone."""
    meetings = new_zoom(users=1000).sandbox.account.meetings
    day = date(2026, 11, 18)
    for meeting in meetings.on(day):
        assert meeting in list(meetings.hosted(meeting.host, day))
    assert sum(len(list(meetings.hosted(host, day))) for host in range(1000)) == meetings.slots(day) == 532
