"""Which dates are asked so that none of a run's days is missed, and which days Zoom no longer keeps."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

from include.zoom.catalog import STREAMS
from include.zoom.stream import Asked, Kind, Listing, Stream, slice_dates, slice_end

# With a zone east of UTC and an exclusive `to`, yesterday is whole only where tomorrow is asked
# (simulated with Asia/Tokyo: a `to` of today missed most of it).
_FUTURE = timedelta(days=1)
_DAY = timedelta(days=1)


def windows(listing: Listing, days: Iterable[date], *, today: date) -> tuple[Mapping[str, str], ...]:
    """The query parameters of each request that `days` need.

    Days become contiguous ranges, widened by the list's margins, cut to what Zoom keeps and to tomorrow (or
    less, where today is refused), and split where they are longer than the list allows. Neighbours share a
    day, because `to` may be exclusive. Days and months that records have no date for are asked one by one.
    """
    if listing.asked is Asked.ALWAYS_ALL:
        return ({},)
    if listing.asked is Asked.AHEAD:
        return (_from_to(listing, today, today + timedelta(days=listing.longest_days)),)
    if listing.asked is Asked.YEAR_MONTH:
        months = slice_dates(Kind.MONTH, tuple(days))
        return tuple({"year": str(month.year), "month": str(month.month)} for month in months)
    if listing.dates_records:
        return tuple(_from_to(listing, *span) for span in _exact(listing, days, today))
    widened = (_cut(listing, _widened(listing, day), today) for day in sorted(set(days)))
    ranges = _joined(span for span in widened if span[0] <= span[1])
    longest = timedelta(days=listing.longest_days)
    return tuple(_from_to(listing, *part) for span in ranges for part in _split(*span, longest))


def reachable_days(stream: Stream, days: Iterable[date], *, today: date) -> tuple[date, ...]:
    """Those of `days` that Zoom tells of now, for this stream and for the parents that date it, in order."""
    oldest = oldest_day(stream, today)
    newest = today - _DAY * max((listing.days_late for listing in stream.lists), default=0)
    if newest < today:
        days = [day for day in days if day <= newest]
    if stream.kind is Kind.MONTH:
        return tuple(sorted(day for day in set(days) if day.replace(day=1) >= oldest))
    return tuple(sorted(day for day in set(days) if day >= oldest))


def oldest_day(stream: Stream, today: date) -> date:
    """The oldest day that Zoom keeps of this stream and of the parents that date it."""
    return max((_oldest(each, today) for each in _dated_line(stream)), default=date.min)


def a_month_after(day: date) -> date:
    """The same day of the next month, or its last: "a month" in its shortest sense that a calendar knows."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    last = (following + timedelta(days=31)).replace(day=1) - _DAY
    return min(following + timedelta(days=day.day - 1), last)


def _dated_line(stream: Stream) -> Iterator[Stream]:
    yield stream
    if stream.parent is not None and stream.parent.dates:
        yield from _dated_line(STREAMS[stream.parent.stream])


def _oldest(stream: Stream, today: date) -> date:
    limits = [listing.history_days for listing in stream.lists if listing.history_days is not None]
    return today - timedelta(days=min(limits)) if limits else date.min


def _widened(listing: Listing, day: date) -> tuple[date, date]:
    return day - timedelta(listing.margin_before_days), day + timedelta(listing.margin_after_days)


def _cut(listing: Listing, span: tuple[date, date], today: date) -> tuple[date, date]:
    oldest = date.min if listing.history_days is None else today - timedelta(listing.history_days)
    return max(span[0], oldest), min(span[1], _latest(listing, today))


def _latest(listing: Listing, today: date) -> date:
    if listing.days_late:
        return today - _DAY * listing.days_late
    return today if listing.asked is Asked.FROM_TO_TIMES else today + _FUTURE


def _exact(listing: Listing, days: Iterable[date], today: date) -> Iterator[tuple[date, date]]:
    kind = Kind.MONTH if listing.asked is Asked.EACH_MONTH else Kind.INTERVAL
    for first in slice_dates(kind, tuple(days)):
        last = min(slice_end(kind, first).date() - _DAY, today - _DAY * listing.days_late)
        if first <= last:
            yield first, last


def _from_to(listing: Listing, first: date, last: date) -> Mapping[str, str]:
    if listing.asked in (Asked.FROM_TO_TIMES, Asked.EACH_DAY_TIMES):
        return {"from": f"{first}T00:00:00Z", "to": f"{last + _DAY}T00:00:00Z"}
    return {"from": first.isoformat(), "to": last.isoformat()}


def _joined(spans: Iterable[tuple[date, date]]) -> list[tuple[date, date]]:
    joined: list[tuple[date, date]] = []
    for first, last in spans:
        if joined and first <= joined[-1][1] + _DAY:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return joined


def _split(first: date, last: date, longest: timedelta) -> Iterator[tuple[date, date]]:
    while last > (end := min(first + longest, a_month_after(first))):
        yield first, end
        first = end
    yield first, last
