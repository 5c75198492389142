"""Which dates are asked, and which cannot be had."""

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from include.zoom.catalog import STREAMS
from include.zoom.stream import Asked, Kind, Label, Listing, Stream
from include.zoom.window import reachable_days, windows

TODAY = date(2026, 3, 31)
MEETINGS = STREAMS["meetings"].lists[0]
RECORDINGS = STREAMS["recordings"].lists[0]
USAGE = STREAMS["daily_usage"].lists[0]


def test_a_day_is_asked_with_its_margins() -> None:
    """Reports in an unknown zone: from the day before to two days after. Recordings in UTC: to the next day."""
    assert windows(MEETINGS, [date(2026, 3, 10)], today=TODAY) == (
        {"from": "2026-03-09", "to": "2026-03-12"},
    )
    assert windows(RECORDINGS, [date(2026, 3, 10)], today=TODAY) == (
        {"from": "2026-03-10", "to": "2026-03-11"},
    )


def test_yesterday_is_asked_to_tomorrow_and_no_further() -> None:
    """With a zone east of UTC and an exclusive `to`, less would miss most of yesterday."""
    yesterday, today = date(2026, 3, 30), date(2026, 3, 31)
    assert windows(MEETINGS, [yesterday], today=TODAY) == ({"from": "2026-03-29", "to": "2026-04-01"},)
    assert windows(MEETINGS, [today], today=TODAY) == ({"from": "2026-03-30", "to": "2026-04-01"},)


def test_days_that_touch_with_their_margins_are_asked_at_once() -> None:
    """A daily run with the day that settles is one request, days far apart are two."""
    near = [date(2026, 3, 10), date(2026, 3, 8)]
    far = [date(2026, 3, 10), date(2026, 3, 1)]
    assert windows(MEETINGS, near, today=TODAY) == ({"from": "2026-03-07", "to": "2026-03-12"},)
    assert windows(MEETINGS, far, today=TODAY) == (
        {"from": "2026-02-28", "to": "2026-03-03"},
        {"from": "2026-03-09", "to": "2026-03-12"},
    )


def test_a_long_range_is_split_and_neighbours_share_a_day() -> None:
    """No request is longer than a calendar month, and an exclusive `to` loses nothing."""
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(70)]
    assert windows(RECORDINGS, days, today=TODAY) == (
        {"from": "2026-01-01", "to": "2026-01-31"},
        {"from": "2026-01-31", "to": "2026-02-28"},
        {"from": "2026-02-28", "to": "2026-03-12"},
    )


def test_a_margin_does_not_reach_beyond_what_zoom_keeps() -> None:
    """Reports are refused before 180 days ago."""
    assert windows(MEETINGS, [date(2025, 10, 2)], today=TODAY) == (
        {"from": "2025-10-02", "to": "2025-10-04"},
    )


def test_a_month_is_asked_exactly() -> None:
    """Once for each month that the days touch."""
    days = [date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2)]
    assert windows(USAGE, days, today=TODAY) == (
        {"year": "2026", "month": "2"},
        {"year": "2026", "month": "3"},
    )


def test_a_list_without_a_window_is_asked_once() -> None:
    """Snapshots, and lists of one parent."""
    assert windows(STREAMS["users"].lists[0], [TODAY], today=TODAY) == ({},)


def test_days_that_zoom_no_longer_keeps_cannot_be_reached() -> None:
    """Six months for reports, and for a child by its parents; recordings have no known limit."""
    days = [date(2025, 10, 3), date(2025, 10, 1), date(2025, 10, 2)]
    reachable = (date(2025, 10, 2), date(2025, 10, 3))
    assert reachable_days(STREAMS["meetings"], days, today=TODAY) == reachable
    assert reachable_days(STREAMS["meeting_participants"], days, today=TODAY) == reachable
    assert len(reachable_days(STREAMS["recordings"], days, today=TODAY)) == 3


def test_a_month_can_be_reached_where_all_of_it_can() -> None:
    """October began 181 days ago, November is whole."""
    days = [date(2025, 10, 31), date(2025, 11, 1)]
    assert reachable_days(STREAMS["daily_usage"], days, today=TODAY) == (date(2025, 11, 1),)


@given(st.sets(st.dates(date(2025, 10, 2), TODAY), min_size=1))
def test_every_day_is_asked_in_ranges_that_zoom_takes(days: set[date]) -> None:
    """Whatever days are chosen: each lies in a range, also where `to` is exclusive, and none is too long."""
    spans = [
        (date.fromisoformat(window["from"]), date.fromisoformat(window["to"]))
        for window in windows(MEETINGS, days, today=TODAY)
    ]
    assert all(any(first <= day < last for first, last in spans) for day in days)
    assert all(timedelta(0) < last - first <= timedelta(days=28) for first, last in spans)


def shaped(**settings: Any) -> Listing:
    """A list that is asked like this."""
    return Listing("/list", "items", Label.HEAVY, **settings)


def test_days_and_months_that_date_their_records_are_asked_one_by_one() -> None:
    """Exactly, without margins; a month that is not over up to today, or yesterday where today is refused."""
    days = [date(2026, 2, 27), date(2026, 3, 30), date(2026, 3, 31)]
    assert windows(shaped(asked=Asked.EACH_DAY), days[1:], today=TODAY) == (
        {"from": "2026-03-30", "to": "2026-03-30"},
        {"from": "2026-03-31", "to": "2026-03-31"},
    )
    months = shaped(asked=Asked.EACH_MONTH, days_late=1)
    assert windows(months, days, today=TODAY) == (
        {"from": "2026-02-01", "to": "2026-02-28"},
        {"from": "2026-03-01", "to": "2026-03-30"},
    )


def test_a_day_can_be_asked_by_its_times() -> None:
    """Where a date alone would be a moment: from one midnight to the next, each day by itself."""
    days = [date(2026, 3, 30), date(2026, 3, 31)]
    assert windows(shaped(asked=Asked.EACH_DAY_TIMES), days, today=TODAY) == (
        {"from": "2026-03-30T00:00:00Z", "to": "2026-03-31T00:00:00Z"},
        {"from": "2026-03-31T00:00:00Z", "to": "2026-04-01T00:00:00Z"},
    )


def test_what_is_to_come_is_asked_from_today() -> None:
    """As far as one request reaches, whatever days a run has."""
    listing = shaped(asked=Asked.AHEAD, longest_days=28)
    assert windows(listing, [date(2026, 1, 5)], today=TODAY) == ({"from": "2026-03-31", "to": "2026-04-28"},)


def test_times_are_asked_from_midnight_to_midnight() -> None:
    """In UTC, never beyond the end of today."""
    listing = shaped(asked=Asked.FROM_TO_TIMES, margin_after_days=1)
    assert windows(listing, [date(2026, 3, 31)], today=TODAY) == (
        {"from": "2026-03-31T00:00:00Z", "to": "2026-04-01T00:00:00Z"},
    )


def test_a_list_with_a_shorter_range_is_split_more_often() -> None:
    """Archived files are told a week at a time."""
    days = [date(2026, 3, day) for day in range(1, 11)]
    assert windows(shaped(asked=Asked.FROM_TO, longest_days=6), days, today=TODAY) == (
        {"from": "2026-03-01", "to": "2026-03-07"},
        {"from": "2026-03-07", "to": "2026-03-10"},
    )


def test_today_is_left_alone_where_zoom_refuses_it() -> None:
    """Yesterday, too, is Zoom's today in a zone west of UTC; their slices keep what they have."""
    stream = Stream("s", Kind.INTERVAL, (shaped(asked=Asked.FROM_TO, days_late=2),), (), (), ())
    yesterday, before = date(2026, 3, 30), date(2026, 3, 29)
    assert reachable_days(stream, [before, yesterday, TODAY], today=TODAY) == (before,)
    assert windows(stream.lists[0], [before], today=TODAY) == ({"from": "2026-03-29", "to": "2026-03-29"},)
