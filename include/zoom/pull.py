"""One stream over some days: asks its lists, for each parent where it has one, and hands pages to a sink.

Each list of each parent is a unit: its pages wait until all have come and add up, and go to the sink at once.
A unit that an earlier try has finished is not asked again.
"""

import asyncio
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from include.zoom.client import RawPage, ZoomClient
from include.zoom.completeness import Completeness
from include.zoom.errors import IncompleteData, PageTokenExpired, ZoomError
from include.zoom.fanout import Dated, identified, parent_keys
from include.zoom.gaps import Gaps, Skipped
from include.zoom.pages import Page, ParentKey, unit_id
from include.zoom.spool import Spool
from include.zoom.stream import Listing, Parent, Stream
from include.zoom.vanished import as_listed, confirmed_column, confirming
from include.zoom.window import windows

_SETTLES_WITHIN_DAYS = 2
_AT_FIRST = 4
_AT_MOST = (
    128  # 80 a second, the highest ceiling, over a second and a half; a list in the making costs memory
)


class Sink(Protocol):
    """Where pages go."""

    def write(self, pages: Sequence[Page]) -> None:
        """Takes all pages of one unit, which is finished then."""

    def finished(self) -> Collection[str]:
        """The `unit_id`s that an earlier try has finished."""


@dataclass
class PullCounts:
    """What a pull did."""

    parents: int = 0
    """Parents there were to ask."""
    reused: int = 0
    """Units that an earlier try had finished."""
    asked_again: int = 0
    """Windows that were asked from their first page again."""
    absent: int = 0
    """Units of parents that have none of this: no licence, no registration."""
    unsettled: int = 0
    """Units that Zoom had not settled when they were asked once more (`Listing.unsettled_while_zero`)."""
    gone: int = 0
    """Of the last snapshot's, those whom no list has and who are gone, as Zoom says (`Listing.confirms`)."""
    kept: int = 0
    """Of those, the ones who are there all the same."""
    unconfirmed: int = 0
    """Those whom no list has and who could not be asked for: the grant lacks the scope for that."""
    skipped: list[Skipped] = field(default_factory=list)


async def pull(
    stream: Stream,
    days: Iterable[date],
    client: ZoomClient,
    *,
    sink: Sink,
    parents: Iterable[Dated] | None = None,
    today: date,
    concurrency: int = _AT_MOST,
) -> PullCounts:
    """Pulls a stream.

    Args:
        stream: what to ask.
        days: UTC days that Zoom still keeps (see `window.reachable_days`).
        client: asks Zoom.
        sink: takes the pages of each finished unit.
        parents: for a child stream, the parent stream's root records with their slices, all of them.
        today: the UTC day; nothing beyond it is asked.
        concurrency: units that are asked at once at the most.

    Raises:
        NotEntitled: skip the stream.
        DailyCapReached: go on after `resets_at`; what is finished stays with the sink.
        IncompleteData: records are missing.
        TooManySkipped: too many parents had nothing to give.
        ZoomError: anything else of `include.zoom.errors`.
    """
    return await _Pull(stream, tuple(days), client, sink, today).run(parents, concurrency)


async def confirm(
    stream: Stream, missing: Iterable[str], client: ZoomClient, *, sink: Sink, today: date
) -> tuple[int, int]:
    """Asks for each whom no list has by `Listing.confirms`; how many are gone, and how many are there.

    Who is there goes to the sink as what a list would have told of him: the fields that a column holds.

    Raises:
        ZoomError: as `pull`.
    """
    return await _Pull(stream, (), client, sink, today).confirm(missing)


@dataclass(frozen=True)
class _Unit:
    index: int
    listing: Listing
    parent: ParentKey | None

    @property
    def id(self) -> str:
        return unit_id(self.index, self.parent)

    @property
    def address(self) -> tuple[str, str]:
        """The same for lists of a parent that differ in their parameters: what it has none of, none of them has."""
        return self.listing.path, self.parent.identity if self.parent else str(self.index)


class _Pull:
    def __init__(
        self, stream: Stream, days: tuple[date, ...], client: ZoomClient, sink: Sink, today: date
    ) -> None:
        self._stream = stream
        self._client = client
        self._sink = sink
        self._days = days
        self._windows = [windows(listing, days, today=today) for listing in stream.lists]
        self._today = today
        self._counts = PullCounts()
        self._with_zeros: set[str] = set()
        self._once_more: list[_Unit] = []
        self._last_round = False
        self._lacking: set[tuple[str, str]] = set()
        self._gaps = Gaps(stream, parents=0)

    async def run(self, parents: Iterable[Dated] | None, concurrency: int) -> PullCounts:
        units = self._left(await self._parents(parents))
        self._gaps = Gaps(self._stream, parents=self._counts.parents)
        try:
            await self._round(units, concurrency)
            self._last_round = True
            await self._round(iter(self._once_more), concurrency)
        except BaseExceptionGroup as several:
            # The first failure cancels the rest; the caller decides by its class.
            raise several.exceptions[0] from None
        if not self._counts.reused:
            self._gaps.close()
        self._counts.absent, self._counts.skipped = self._gaps.absent, self._gaps.skipped
        return self._counts

    async def confirm(self, missing: Iterable[str]) -> tuple[int, int]:
        found, column = confirming(self._stream), confirmed_column(self._stream)
        if found is None or column is None:
            raise TypeError(f"{self._stream.name} has no listing that confirms.")
        every = [_Unit(*found, ParentKey({column.name: value}, None)) for value in sorted(missing)]
        finished = set(self._sink.finished())
        try:
            await self._round((unit for unit in every if unit.id not in finished), _AT_MOST)
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None
        return self._gaps.absent, len(every) - self._gaps.absent

    async def _round(self, units: Iterator[_Unit], concurrency: int) -> None:
        """Asks for all; by one more at once whenever a request's turn found hardly anybody waiting for the next.

        So as many are under way as the rate and the latency need (Little's law), however long an answer takes.
        """
        hired = 0

        async def work() -> None:
            for unit in units:
                await self._pull_unit(unit)
                if self._client.is_hungry(unit.listing.label):
                    hire()

        def hire() -> None:
            nonlocal hired
            if hired < concurrency:
                hired += 1
                group.create_task(work())

        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_FIRST):
                hire()

    async def _parents(self, records: Iterable[Dated] | None) -> list[ParentKey | None]:
        parent = self._stream.parent
        if parent is None:
            return [None]
        if records is None:
            raise TypeError(f"{self._stream.name} needs the records of {parent.stream}.")
        keys = parent_keys(parent, records)
        if parent.having is not None and keys:
            having = await self._having(parent, parent.having)
            keys = [key for key in keys if tuple(key.keys.values()) in having]
        self._counts.parents = len(keys)
        return list(keys)

    async def _having(self, parent: Parent, listing: Listing) -> set[tuple[str, ...]]:
        """Which parents have such records at all; nothing of it lands."""
        unit, found = _Unit(0, listing, None), set[tuple[str, ...]]()
        with Spool() as spool:
            for window in windows(listing, self._days, today=self._today):
                await self._ask(unit, window, spool)
            for page in spool:
                found.update(identified(parent, record) for record in page.records(listing))
        return found

    def _left(self, parents: Sequence[ParentKey | None]) -> Iterator[_Unit]:
        finished = set(self._sink.finished())
        for index, listing in enumerate(self._stream.lists):
            for parent in () if listing.confirms else parents:
                unit = _Unit(index, listing, parent)
                if unit.id in finished:
                    self._counts.reused += 1
                elif self._lacking and unit.address in self._lacking:
                    self._gaps.absent += 1
                else:
                    yield unit

    async def _pull_unit(self, unit: _Unit) -> None:
        with Spool() as spool:
            try:
                for window in self._windows_of(unit):
                    await self._ask(unit, window, spool)
            except ZoomError as error:
                if self._gaps.take(unit.listing, unit.parent, error):
                    self._lacking.add(unit.address)
            else:
                self._gaps.answered = True
                if not self._put_off(unit):
                    self._sink.write(spool)

    def _windows_of(self, unit: _Unit) -> tuple[Mapping[str, str], ...]:
        """Records that are of their parent's day are asked for from that day on, whatever else the run is for."""
        if unit.parent is None or unit.parent.slice_date is None or self._stream.dated_by:
            return self._windows[unit.index]
        return windows(unit.listing, (unit.parent.slice_date,), today=self._today)

    def _put_off(self, unit: _Unit) -> bool:
        """Puts a unit off that Zoom has not settled: it is asked once more when everything else has been.

        Where the day is long over, a zero is a zero.
        """
        if unit.id not in self._with_zeros:
            return False
        if self._last_round:
            self._counts.unsettled += 1
            return False
        day = unit.parent.slice_date if unit.parent else None
        if day is not None and (self._today - day).days > _SETTLES_WITHIN_DAYS:
            return False
        self._once_more.append(unit)
        self._with_zeros.discard(unit.id)
        self._counts.asked_again += 1
        return True

    async def _ask(self, unit: _Unit, window: Mapping[str, str], spool: Spool) -> None:
        """Asks a window; from its first page once more where its token expired or it does not add up."""
        start = len(spool)
        expired = asked_again = False
        while True:
            try:
                return await self._ask_once(unit, window, spool, asked_again=asked_again)
            except PageTokenExpired:
                if expired:
                    raise
                expired = True
            except IncompleteData:
                if asked_again:
                    raise
                asked_again = True
            spool.cut(start)
            self._counts.asked_again += 1

    async def _ask_once(
        self, unit: _Unit, window: Mapping[str, str], spool: Spool, *, asked_again: bool
    ) -> None:
        completeness = Completeness(unit.listing)
        keys = unit.parent.keys if unit.parent else {}
        async for raw in self._client.pages(unit.listing, window, keys):
            completeness.add(raw)
            if (name := unit.listing.unsettled_while_zero) and any(r.get(name) == 0 for r in raw.records):
                self._with_zeros.add(unit.id)
            page = _page(unit, raw, len(spool) + 1)
            spool.append(as_listed(self._stream, page) if unit.listing.confirms else page)
        completeness.check(asked_again=asked_again)


def _page(unit: _Unit, raw: RawPage, number: int) -> Page:
    page = Page(unit.index, unit.parent, number, raw.asked, raw.status, raw.received_at, raw.body)
    return page.counted(len(raw.records), raw.total)
