"""Which windows the runs of a backfill share, so that a list is asked once for many of their days.

A backfill makes a run for each day. A list of one parent (a user's meetings) is as dear for a day as for a month,
so its shared window is the longest that one request takes; a list of the whole account is shared by the week, and
one that tells months by the month. The windows lie on a grid that does not depend on who asks, or when.

Windows of a parent's list touch: what one request needs as margin the neighbour asks anyway. The few days beside
such a seam are therefore served by both windows together; with margins of its own each window would have two days
less, and half a year would often cost an eighth request instead of seven.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from include.zoom.catalog import STREAMS
from include.zoom.stream import Asked, Kind, Stream, slice_end
from include.zoom.window import a_month_after, oldest_day, reachable_days

_SHARED = {Asked.FROM_TO, Asked.FROM_TO_TIMES, Asked.YEAR_MONTH, Asked.EACH_MONTH}
_DAY = timedelta(days=1)
_WEEK = timedelta(days=7)
_UNTIL = 2100


@dataclass(frozen=True)
class SharedWindow:
    """A window of the grid, as it can be pulled today."""

    first: date
    """Names it, whatever can be had of it today."""
    days: tuple[date, ...]
    """Those that are over and that Zoom keeps: a pull of them serves each by itself."""


def shares(stream: Stream) -> bool:
    """Whether runs may share what is asked: not where records are of the day that was asked, or of their parent's."""
    parent = stream.parent
    alike = {(each.asked, each.margin_before_days, each.margin_after_days) for each in stream.lists}
    return (
        stream.kind is not Kind.SNAPSHOT
        and len(alike) == 1
        and stream.lists[0].asked in _SHARED
        and (parent is None or (_of_a_snapshot(stream) and joins(stream)))
    )


def joins(stream: Stream) -> bool:
    """Whether records of two windows can be told apart from repeats, so that both together may serve a day."""
    return all(listing.identity for listing in stream.lists)


def shared_windows(stream: Stream, days: Iterable[date], *, today: date) -> tuple[SharedWindow, ...]:
    """The windows that serve these days together, in order; none where the stream does not share.

    How often they are asked: `windows(listing, each.days, today=today)` for each list and parent. A day that Zoom
    does not tell of today, or that is not over, has none.
    """
    if not shares(stream):
        return ()
    found: dict[date, SharedWindow] = {}
    for day in _possible(stream, days, today):
        for window in _windows_of(stream, day, today):
            found[window.first] = window
    return tuple(found[first] for first in sorted(found))


def _possible(stream: Stream, days: Iterable[date], today: date) -> tuple[date, ...]:
    return reachable_days(stream, (day for day in days if day < today), today=today)


def _of_a_snapshot(stream: Stream) -> bool:
    return stream.parent is not None and STREAMS[stream.parent.stream].kind is Kind.SNAPSHOT


def _windows_of(stream: Stream, day: date, today: date) -> Iterator[SharedWindow]:
    if stream.kind is Kind.MONTH:
        last = slice_end(Kind.MONTH, day.replace(day=1)).date() - _DAY
        yield _window(stream, day.replace(day=1), last, today)
    elif stream.parent is None:
        first = day - _DAY * day.weekday()
        yield _window(stream, first, first + _WEEK - _DAY, today)
    else:
        yield from _between_seams(stream, day, today)


def _window(stream: Stream, first: date, last: date, today: date) -> SharedWindow:
    return SharedWindow(first, _possible(stream, _span(first, last), today))


def _between_seams(stream: Stream, day: date, today: date) -> list[SharedWindow]:
    """The window in which a day lies with its margins, or the two in whose sum it does."""
    listing = stream.lists[0]
    before, after = listing.margin_before_days, max(listing.margin_after_days, 1)
    asked_from = max(day - _DAY * before, oldest_day(stream, today))
    found = []
    for start, end in _touched(stream, asked_from, min(day + _DAY * (after - 1), today)):
        window = SharedWindow(
            start, _possible(stream, _span(start + _DAY * before, end - _DAY * after), today)
        )
        if not window.days:
            # At the end of what can be had nothing but a seam is left: it is asked by itself.
            seam = end if end <= day + _DAY * after else start
            days = _span(seam - _DAY * (after - 1), seam + _DAY * (before - 1))
            return [SharedWindow(start, _possible(stream, days, today))]
        found.append(window)
    return found


def _touched(stream: Stream, first: date, last: date) -> Iterator[tuple[date, date]]:
    grid = _grid(min(listing.longest_days for listing in stream.lists))
    at = max(bisect_right(grid, first) - 1, 0)
    while grid[at] <= last:
        yield grid[at], grid[at + 1]
        at += 1


@cache
def _grid(longest_days: int) -> list[date]:
    """Where windows begin: each is as long as one request may be, by days and by the calendar."""
    starts = [date(2012, 1, 1)]  # Zoom is younger
    while starts[-1].year < _UNTIL:
        starts.append(min(starts[-1] + _DAY * longest_days, a_month_after(starts[-1])))
    return starts


def _span(first: date, last: date) -> list[date]:
    return [first + _DAY * count for count in range((last - first).days + 1)]
