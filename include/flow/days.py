"""Which UTC days a run covers."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from include.zoom.errors import PermanentError
from include.zoom.stream import FINAL_AFTER

_DAY = timedelta(days=1)
_LOOK_BACK_DAYS = 7


class BadRun(PermanentError):  # noqa: N818 (named for what happened, as in include.zoom.errors)
    """A run was asked for something that cannot be done."""


def days_of_run(
    *,
    run_type: str,
    first_day: str | None,
    last_day: str | None,
    interval: tuple[datetime, datetime] | None,
    run_after: datetime,
    today: date,
) -> tuple[date, ...]:
    """A run's days: from its parameters, else its data interval, else the last full day before `run_after`.

    A data interval is rounded out to whole days. Raises `BadRun` for parameters in a backfill (they would
    reach each of its runs), dates that are no dates, reversed, or in the future.
    """
    if first_day or last_day:
        return _asked_days(run_type, first_day or last_day or "", last_day or first_day or "", today)
    if interval is not None and interval[0] < interval[1]:
        start, end = (moment.astimezone(UTC) for moment in interval)
        return _between(start.date(), (end - timedelta(microseconds=1)).date())
    return (run_after.astimezone(UTC).date() - _DAY,)


def settling_days(day: date, *, now: datetime) -> tuple[date, ...]:
    """The days before `day` that a scheduled run loads again, or at last, where they are not final yet.

    Each of the last seven that ended at least 48 hours ago: normally just the day before yesterday, more
    after an outage.
    """
    candidates = (day - timedelta(days=back) for back in range(1, _LOOK_BACK_DAYS + 1))
    return tuple(sorted(candidate for candidate in candidates if _end(candidate) + FINAL_AFTER <= now))


def why_unasked(days: Iterable[date], *, today: date) -> str:
    """What keeps Zoom from telling of days that it does not tell of now: they are too old, or not over."""
    asked = sorted(days)
    past, rest = [day for day in asked if day < today], [day for day in asked if day >= today]
    reasons = [f"Zoom no longer keeps {written(past)}"] if past else []
    return "; ".join([*reasons, f"Zoom tells of {written(rest)} when it is over"] if rest else reasons)


def written(days: Iterable[date]) -> str:
    """Days as a person would write them: ranges where they are contiguous."""
    ranges: list[list[date]] = []
    for day in sorted(days):
        if ranges and day - ranges[-1][1] == _DAY:
            ranges[-1][1] = day
        else:
            ranges.append([day, day])
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in ranges)


def _asked_days(run_type: str, first_text: str, last_text: str, today: date) -> tuple[date, ...]:
    if run_type == "backfill":
        raise BadRun(
            "The parameters first_day and last_day were given to a backfill, where they would reach every one of "
            "its runs. Leave them empty: a backfill's own dates choose the days."
        )
    first, last = _parsed("first_day", first_text), _parsed("last_day", last_text)
    if first > last:
        raise BadRun(f"first_day {first} is after last_day {last}. Swap them and trigger the run again.")
    if last > today:
        raise BadRun(f"last_day {last} is in the future (today is {today} UTC): Zoom cannot tell of it yet.")
    return _between(first, last)


def _parsed(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadRun(f"{name} is {text!r}, not a date like 2026-01-31.") from error


def _between(first: date, last: date) -> tuple[date, ...]:
    return tuple(first + timedelta(days=count) for count in range((last - first).days + 1))


def _end(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + _DAY
