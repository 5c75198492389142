"""Which days a run covers."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from include.flow.days import BadRun, days_of_run, settling_days, why_unasked, written

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def days(run_type: str = "manual", first: str | None = None, last: str | None = None, interval=None):
    """The days of a run that was due at noon of 23 November 2026."""
    return days_of_run(
        run_type=run_type, first_day=first, last_day=last, interval=interval, run_after=NOON, today=TODAY
    )


def test_why_days_are_not_asked_is_one_sentence_for_each_side_of_today() -> None:
    """Too old, not over, or both."""
    today, old, new = date(2026, 11, 24), date(2026, 1, 2), date(2026, 11, 25)
    assert why_unasked([old], today=today) == "Zoom no longer keeps 2026-01-02"
    assert why_unasked([new, today], today=today) == "Zoom tells of 2026-11-24 to 2026-11-25 when it is over"
    assert why_unasked([today, old], today=today) == (
        "Zoom no longer keeps 2026-01-02; Zoom tells of 2026-11-24 when it is over"
    )


def test_a_run_without_interval_and_dates_takes_the_last_full_day() -> None:
    """A run that the API triggers without a logical date has no interval at all."""
    assert days() == (date(2026, 11, 22),)


def test_a_daily_interval_is_its_day() -> None:
    """The interval's end belongs to the next day."""
    interval = (datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 21, tzinfo=UTC))
    assert days("scheduled", interval=interval) == (date(2026, 11, 20),)


def test_an_hour_replaces_its_whole_day() -> None:
    """A window is rounded out to whole slices."""
    interval = (datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 1, tzinfo=UTC))
    assert days("scheduled", interval=interval) == (date(2026, 11, 20), date(2026, 11, 21))


def test_parameters_win_over_the_interval() -> None:
    """First and last day are both included."""
    interval = (datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    found = days(first="2026-11-09", last="2026-11-11", interval=interval)
    assert found == (date(2026, 11, 9), date(2026, 11, 10), date(2026, 11, 11))


def test_one_date_is_one_day() -> None:
    """An empty first or last day is the same as the other."""
    assert days(first="2026-11-09") == days(last="2026-11-09") == (date(2026, 11, 9),)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2026-11-11", "2026-11-09", "after last_day"),
        ("2026-11-09", "2026-11-24", "in the future"),
        ("11/09/2026", None, "not a date"),
    ],
)
def test_bad_dates_are_refused_by_name(first: str, last: str | None, words: str) -> None:
    """Reversed dates, the future and things that are no dates never become a window."""
    with pytest.raises(BadRun, match=words):
        days(first=first, last=last)


def test_a_backfill_refuses_dates_of_its_own() -> None:
    """They would reach each of its runs."""
    with pytest.raises(BadRun, match="given to a backfill"):
        days("backfill", first="2026-11-09")


def test_a_scheduled_run_takes_the_last_week_along_but_for_yesterdays_eve() -> None:
    """Of the seven days before, those that ended 48 hours ago: 22 November's run leaves out the 21st."""
    found = settling_days(date(2026, 11, 22), now=datetime(2026, 11, 23, 0, 0, 5, tzinfo=UTC))
    assert [day.day for day in found] == [15, 16, 17, 18, 19, 20]


def test_days_are_written_as_ranges() -> None:
    """As a person would write them."""
    spread = [date(2026, 1, 5), date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)]
    assert written(spread) == "2026-01-01 to 2026-01-03, 2026-01-05"


def test_hourly_runs_settle_each_earlier_day_once() -> None:
    """Each hour takes its own day; over two days, each of the last week is taken along once, when it can be final."""
    taken: Counter[date] = Counter()
    final: set[date] = set()
    start = datetime(2026, 11, 22, tzinfo=UTC)
    for hour in range(48):
        interval = (start + timedelta(hours=hour), start + timedelta(hours=hour + 1))
        (own,) = days("scheduled", interval=interval)
        unsettled = set(settling_days(own, now=interval[1])) - final
        taken.update([own, *unsettled])
        final |= {
            day
            for day in taken
            if interval[1] >= datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=3)
        }
    assert taken == {date(2026, 11, 22): 24, date(2026, 11, 23): 24} | {
        date(2026, 11, day): 1 for day in range(15, 22)
    }
