"""Which windows a backfill's runs share, and what asking them costs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from include.zoom.catalog import STREAMS, streams
from include.zoom.sharing import SharedWindow, shared_windows, shares
from include.zoom.stream import Listing, Stream
from include.zoom.window import reachable_days, windows

TODAY = date(2026, 11, 24)
ALONE, MEETINGS = STREAMS["one_person_meetings"], STREAMS["meetings"]
BY_USER = streams({"recordings_source": "users"})["recordings"]
DAY = timedelta(days=1)


def half_a_year(today: date) -> list[date]:
    """The 180 days before this one."""
    return [today - DAY * back for back in range(180, 0, -1)]


def test_which_streams_share() -> None:
    """Lists with a range of their own; not those whose records are of the day asked, or of their parent's."""
    assert {name for name, stream in STREAMS.items() if shares(stream)} == {
        "archive_files",
        "daily_usage",
        "dashboard_meetings",
        "dashboard_webinars",
        "disclaimers",
        "inactive_hosts",
        "meeting_activities",
        "meeting_summaries",
        "meetings",
        "one_person_meetings",
        "operation_logs",
        "phone_calls",
        "phone_recordings",
        "phone_voicemails",
        "recording_storage",
        "recordings",
        "remote_support",
        "sign_ins",
        "telephone",
    }


def test_an_accounts_list_is_shared_by_the_week() -> None:
    """From Monday to Sunday, this week as far as it is over; today is in no window."""
    assert shared_windows(MEETINGS, [date(2026, 11, 11), date(2026, 11, 15)], today=TODAY) == (
        SharedWindow(date(2026, 11, 9), tuple(date(2026, 11, day) for day in range(9, 16))),
    )
    assert shared_windows(MEETINGS, [TODAY - DAY, TODAY], today=TODAY) == (
        SharedWindow(date(2026, 11, 23), (date(2026, 11, 23),)),
    )
    assert shared_windows(MEETINGS, [TODAY], today=TODAY) == ()


def test_a_list_of_months_is_shared_by_the_month() -> None:
    """This one as far as it is over."""
    found = shared_windows(STREAMS["daily_usage"], [date(2026, 10, 3), date(2026, 11, 2)], today=TODAY)
    assert [(window.first, len(window.days)) for window in found] == [
        (date(2026, 10, 1), 31),
        (date(2026, 11, 1), 23),
    ]


def test_a_seam_is_served_by_the_windows_beside_it() -> None:
    """Each is one request of a month at most, and the day is asked with its margins by both together."""
    (first,) = shared_windows(ALONE, [date(2026, 10, 10)], today=TODAY)
    seam = first.days[-1] + DAY
    left, right = shared_windows(ALONE, [seam], today=TODAY)
    assert left == first
    assert right.days[0] == seam + 2 * DAY
    asked = [window for each in (left, right) for window in windows(ALONE.lists[0], each.days, today=TODAY)]
    assert asked == [
        {"from": str(left.first), "to": str(right.first)},
        {"from": str(right.first), "to": str(right.first + 30 * DAY)},
    ]


@pytest.mark.parametrize(("stream", "requests"), [(ALONE, 7), (BY_USER, 7), (MEETINGS, 27)])
def test_what_half_a_year_costs(stream: Stream, requests: int) -> None:
    """Per user seven requests, as many as calendar months are touched; per account one a week."""
    assert asked(stream, half_a_year(TODAY), TODAY) == requests


@settings(deadline=None, max_examples=40)
@given(st.dates(date(2024, 1, 1), date(2032, 1, 1)))
@example(date(2026, 7, 2))
def test_half_a_year_of_a_users_list_is_never_asked_more_than_eight_times(today: date) -> None:
    """Wherever the grid and the calendar fall; 180 days touch six or seven months."""
    for stream in (ALONE, BY_USER):
        assert 6 <= asked(stream, half_a_year(today), today) <= 8


def asked(stream: Stream, days: list[date], today: date) -> int:
    """How many requests a parent's list, or the account's, takes for all of these days."""
    found = shared_windows(stream, days, today=today)
    return sum(len(windows(stream.lists[0], each.days, today=today)) for each in found)


@settings(deadline=None)
@given(
    st.sampled_from([ALONE, BY_USER, MEETINGS, STREAMS["archive_files"], STREAMS["recording_storage"]]),
    st.dates(date(2024, 1, 1), date(2032, 1, 1)),
    st.integers(1, 182),
)
@example(ALONE, date(2026, 3, 1), 1)
@example(ALONE, date(2026, 3, 1), 180)
def test_the_windows_of_a_day_ask_all_that_the_day_would(stream: Stream, today: date, back: int) -> None:
    """Each date that the day alone asks for lies in one of them, also where `to` is exclusive; each is one request."""
    day = today - DAY * back
    found = shared_windows(stream, [day], today=today)
    assert bool(found) == bool(reachable_days(stream, [day], today=today))
    listing, covered = stream.lists[0], set()
    for window in found:
        (own,) = windows(listing, window.days, today=today)
        covered |= dates(own, listing)
    needed = {one for own in windows(listing, [day], today=today) for one in dates(own, listing)}
    assert not found or covered >= needed


def dates(window: Mapping[str, str], listing: Listing) -> set[date]:
    """What is asked for certain: without `to` where it may be exclusive."""
    first, last = (date.fromisoformat(window[name][:10]) for name in ("from", "to"))
    return {first + DAY * count for count in range((last - first).days)}


def test_windows_lie_where_they_lay() -> None:
    """What was asked on one day is found on the next: who asks, and when, moves no window."""
    days = half_a_year(TODAY)[10:]
    today, later = (
        {window.first for window in shared_windows(ALONE, days, today=TODAY + DAY * more)} for more in (0, 3)
    )
    assert today == later


def test_windows_are_no_longer_than_a_calendar_month() -> None:
    """February has no thirty days, and Zoom may count so."""
    stream = replace(ALONE, lists=(replace(ALONE.lists[0], history_days=None),))
    found = shared_windows(stream, [date(2026, 1, 1) + DAY * count for count in range(100)], today=TODAY)
    lengths = [(following.first - window.first).days for window, following in pairwise(found)]
    assert sorted(set(lengths)) == [28, 30]
