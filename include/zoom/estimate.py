"""What a run or a backfill will ask of Zoom, before anything is asked: requests of each stream, by label.

It asks the same functions that a pull does which windows a list takes and which days Zoom still tells of. What it
can't know is counted on average: the pages of a list by its mean number of records. Not counted: what is asked once
more (Zoom had not settled it, or it did not add up), a request for each user who has vanished, and what a day that
is final already saves, because lists of unchanged meetings are taken over.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, expm1, inf

from include.zoom.catalog import STREAMS
from include.zoom.sharing import shared_windows, shares
from include.zoom.sizes import Size
from include.zoom.stream import Kind, Label, Listing, Parent, Stream
from include.zoom.window import reachable_days, windows

Days = tuple[date, ...]
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cost:
    """What one stream asks."""

    stream: str
    requests: Mapping[Label, int]
    lost: Days = ()
    """Days that Zoom does not tell of now."""


def cost(
    stream: Stream, days: Sequence[date], sizes: Mapping[str, Size], *, today: date, backfill: bool = False
) -> Cost:
    """What a stream asks over some days.

    Args:
        stream: which.
        days: UTC days.
        sizes: how many records this stream and its parent have.
        today: the UTC day.
        backfill: whether each day has a run of its own, which share what they can, or one run takes all of them.
    """
    if stream.kind is Kind.SNAPSHOT:  # one a day serves all runs
        return Cost(stream.name, _requests(stream, [()], sizes, today))
    told = reachable_days(stream, days, today=today)
    together = _pulls(stream, told, today) if backfill else [told]
    lost = tuple(sorted(set(days) - set(told)))
    return Cost(stream.name, _requests(stream, filter(None, together), sizes, today), lost)


def _pulls(stream: Stream, days: Days, today: date) -> list[Days]:
    """The days of each pull of a backfill: a shared window, or a day."""
    if shares(stream):
        return [window.days for window in shared_windows(stream, days, today=today)]
    return [(day,) for day in days]


def by_label(costs: Iterable[Cost]) -> dict[Label, int]:
    """All requests, by label, in the labels' order."""
    total = sum((Counter(cost.requests) for cost in costs), Counter[Label]())
    return {label: total[label] for label in Label if total[label]}


def mean_pages(records: float, page_size: float) -> float:
    """Requests for each of many lists that have so many records on average.

    Few lists are long: the numbers of participants and the like fall off about exponentially, so some take a second
    page long before the average does. A list without records takes a request as well.
    """
    return 1 / -expm1(-page_size / records) if records else 1


def _requests(
    stream: Stream, together: Iterable[Days], sizes: Mapping[str, Size], today: date
) -> dict[Label, int]:
    pulls = list(together)
    lists = [listing for listing in stream.lists if not listing.confirms]
    requests: Counter[Label] = Counter()
    for index, listing in enumerate(lists):
        share = sizes[stream.name].of_list(index, len(lists))
        one = _List(stream, listing, sizes, share, today)
        requests[listing.label] += round(sum(one.requests(days) for days in pulls))
    if stream.parent is not None and (having := stream.parent.having) is not None:
        which = _List(STREAMS[stream.parent.stream], having, sizes, 1, today)
        requests[having.label] += round(sum(which.requests(days) for days in pulls))
    return dict(requests)


@dataclass(frozen=True)
class _List:
    stream: Stream
    listing: Listing
    sizes: Mapping[str, Size]
    share: float
    """The part of the stream's records that is in this list."""
    today: date

    def requests(self, days: Days) -> float:
        """Of one pull of these days."""
        parent = self.stream.parent
        if parent is None:
            return sum(self._pages_of(window, days) for window in self._windows(days))
        if parent.dates:
            # Each day has its own parents, whatever is pulled together.
            return sum(self._of_each(self._parents(parent, day), (day,)) for day in days)
        if STREAMS[parent.stream].kind is Kind.SNAPSHOT:
            return self._of_each(self._parents(parent, self.today), days)
        return self._of_each(sum(self._parents(parent, day) for day in days), days)

    def _windows(self, days: Days) -> Sequence[Mapping[str, str]]:
        return windows(self.listing, days, today=self.today)

    def _parents(self, parent: Parent, day: date) -> float:
        return self.sizes[parent.stream].on(day) * self.sizes[self.stream.name].asked

    def _of_each(self, parents: float, days: Days) -> float:
        """Requests where so many parents are asked for the same days."""
        each = (self._records(window, days) / max(parents, 1) for window in self._windows(days))
        return parents * sum(mean_pages(records, self._page_size) for records in each)

    def _pages_of(self, window: Mapping[str, str], days: Days) -> int:
        return max(1, ceil(self._records(window, days) / self._page_size))

    @property
    def _page_size(self) -> float:
        return self.listing.page_size if self.listing.paged else inf

    def _records(self, window: Mapping[str, str], days: Days) -> float:
        """How many records a window has, of all parents together."""
        size = self.sizes[self.stream.name]
        if self.stream.kind is Kind.SNAPSHOT:
            return self.share * size.on(self.today)
        if self.stream.kind is Kind.MONTH:
            return self.share * size.on(days[0])
        asked = _span(window) if "from" in window else days
        return self.share * sum(size.on(day) for day in asked if day < self.today)


def _span(window: Mapping[str, str]) -> Days:
    """The days that a window asks; one of times ends with the beginning of the day after."""
    first, last = (date.fromisoformat(window[name][:10]) for name in ("from", "to"))
    if "T" in window["to"]:
        last -= _DAY
    return tuple(first + _DAY * number for number in range((last - first).days + 1))
