"""Pages as batches of root records: repeats left out, each record with its slice, or rejected with a reason."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from include.zoom.counts import FrameCounts
from include.zoom.pages import Page, ParentKey, list_of, total_of
from include.zoom.seats import Record, content, most_of, settle
from include.zoom.stream import Kind, Listing, Stream, record_date, slice_dates

NO_DATE = "none of the fields that tell its day has one"
NO_KEY = "all fields of its key are empty"
_BATCH_BYTES = 3_000_000  # of JSON; as Python's objects it takes ten times as much
OTHER_MONTH = "it belongs to a month that was not asked"


class Came(NamedTuple):
    """Records that came for a parent; `day` is theirs where they have none of their own."""

    parent: ParentKey | None
    day: date | None
    records: list[Record]


class Roots(NamedTuple):
    """Root records in the order in which they came, the parent they were asked for, and their slice."""

    records: list[Record]
    parent: ParentKey | None
    slice_date: date


@dataclass(frozen=True)
class Rejected:
    """A root record that belongs to no slice or has no key."""

    record: Record
    parent: ParentKey | None
    reason: str


@dataclass
class Batch:
    """Root records that are framed at once."""

    roots: list[Roots] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    size: int = 0
    """How many records it has."""

    def add(self, roots: Roots) -> None:
        """Takes records that belong to a slice."""
        self.roots.append(roots)
        self.size += len(roots.records)

    def reject(self, rejected: Rejected) -> None:
        """Takes one that does not."""
        self.rejected.append(rejected)
        self.size += 1


@dataclass(frozen=True)
class Window:
    """The slices that are replaced; a snapshot's is the day of its extraction."""

    slices: Collection[date]
    snapshot_date: date | None = None


def batches(
    stream: Stream, pages: Iterable[Page], window: Window, counts: FrameCounts, *, rows: int
) -> Iterator[Batch]:
    """Batches of about `rows` root records, or fewer large ones, to keep memory low.

    Each ends at a parent's end, so that its rows can be numbered.
    """
    sorting, once = _Sorting(stream, window, counts), _Once(stream, window.slices, counts)
    batch, begun_at = Batch(), 0
    for came in once.of(pages):
        sorting.sort(came, batch)
        if batch.size >= rows or (batch.size and once.read - begun_at >= _BATCH_BYTES):
            yield batch
            batch, begun_at = Batch(), once.read
    if batch.size:
        yield batch


class _Once:
    """Each record once: Zoom repeats some across the pages of a list, and across the lists of a stream."""

    def __init__(self, stream: Stream, slices: Collection[date], counts: FrameCounts) -> None:
        self._stream, self._slices, self._counts = stream, slices, counts
        self._seen: set[tuple[Any, ...]] = set()
        self.read = 0
        """Bytes of the pages that were taken."""

    def of(self, pages: Iterable[Page]) -> Iterator[Came]:
        for (index, parent, day), group in groupby(pages, key=self._place):
            listing = self._stream.lists[index]
            if not listing.identity:
                yield Came(parent, day, self._settled(listing, group))
            elif parent is None:  # an account's list may be long, and each of its records stands for itself
                for page in group:
                    yield Came(None, day, self._unseen(listing, (day,), page.records(listing)))
            else:
                records = [record for page in group for record in page.records(listing)]
                yield Came(parent, day, self._unseen(listing, (day, parent.identity), records))

    def _place(self, page: Page) -> tuple[int, ParentKey | None, date | None]:
        self.read += len(page.body)
        dated = self._stream.lists[page.listing].dates_records
        return page.listing, page.parent, asked_day(self._stream, page) if dated else None

    def _settled(self, listing: Listing, pages: Iterable[Page]) -> list[Record]:
        """Of each window what is there; of several windows, which share days, each row once."""
        windows = groupby(pages, key=lambda page: page.asked)
        settled = most_of([self._settled_window(listing, window) for _, window in windows])
        self._counts.repeated -= len(settled)
        return settled

    def _settled_window(self, listing: Listing, pages: Iterable[Page]) -> list[Record]:
        records: list[list[Record]] = []
        total = None
        for page in pages:
            payload = page.payload()
            total = total_of(payload)
            records.append(self._near(listing, list_of(payload, listing)))
        self._counts.repeated += sum(map(len, records))
        return settle(records, total, asked_again=True) if listing.counts_records else most_of(records)

    def _near(self, listing: Listing, records: list[Record]) -> list[Record]:
        """Without those of the margins where nothing has to add up: a large account's log is held for its days alone."""
        if listing.counts_records or not self._stream.dated_by:
            return records
        days = [(record, record_date(self._stream, record)) for record in records]
        near = [record for record, day in days if day is None or day in self._slices]
        self._counts.trimmed += len(records) - len(near)
        return near

    def _unseen(self, listing: Listing, scope: tuple[object, ...], records: Iterable[Record]) -> list[Record]:
        unseen = []
        for record in records:
            known = (*scope, *_identity(listing, record))
            if known not in self._seen:
                self._seen.add(known)
                unseen.append(record)
            else:
                self._counts.repeated += 1
        return unseen


def asked_day(stream: Stream, page: Page) -> date:
    """The slice of records that have no day of their own: what was asked."""
    return slice_dates(stream.kind, (date.fromisoformat(page.asked["from"][:10]),))[0]


def _identity(listing: Listing, record: Record) -> tuple[Any, ...]:
    values = tuple(map(record.get, listing.identity))
    if all(values) and set(map(type, values)) == {str}:  # as nearly always
        return values
    values = tuple(map(_plain, values))
    # Two records whose keys are missing are not the same record for that.
    return values if any(value is not None for value in values) else (content(record),)


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    return None if value == "" else content({"": value}) if isinstance(value, dict | list) else value


class _Sorting:
    """Puts each record into its slice, or rejects it, or trims it."""

    def __init__(self, stream: Stream, window: Window, counts: FrameCounts) -> None:
        self._stream, self._window, self._counts = stream, window, counts
        self._key = _own_key(stream)

    def sort(self, came: Came, batch: Batch) -> None:
        """Puts what came for a parent into the batch."""
        for day, records in self._by_day(came):
            if day is None:
                self._reject(records, NO_DATE, came, batch)
            elif self._asked(day):
                self._put(records, day, came, batch)
            elif self._stream.kind is Kind.MONTH:
                self._reject(records, OTHER_MONTH, came, batch)
            else:
                self._counts.trimmed += len(records)

    def _by_day(self, came: Came) -> Iterator[tuple[date | None, list[Record]]]:
        if self._stream.kind is Kind.SNAPSHOT:
            yield self._window.snapshot_date, came.records
        elif self._stream.dated_by:
            for day, records in groupby(came.records, key=lambda record: record_date(self._stream, record)):
                yield day, list(records)
        else:
            yield came.day or (came.parent.slice_date if came.parent else None), came.records

    def _asked(self, day: date) -> bool:
        return self._stream.kind is Kind.SNAPSHOT or day in self._window.slices

    def _put(self, records: list[Record], day: date, came: Came, batch: Batch) -> None:
        without = [record for record in records if self._lacks_key(record)] if self._key else []
        self._reject(without, NO_KEY, came, batch)
        kept = [record for record in records if not self._lacks_key(record)] if without else records
        batch.add(Roots(kept, came.parent, day))

    def _lacks_key(self, record: Record) -> bool:
        values = list(map(record.get, self._key))
        return not any(values) and all(value in (None, "") for value in values)

    def _reject(self, records: Sequence[Record], reason: str, came: Came, batch: Batch) -> None:
        for record in records:
            batch.reject(Rejected(record, came.parent, reason))
            self._counts.rejected[reason] += 1


def _own_key(stream: Stream) -> tuple[str, ...]:
    """The root record's fields that its table's key is made of; none where rows are numbered."""
    root = next((table for table in stream.tables if table.records is None), None)
    if root is None or root.numbered_within:
        return ()
    return tuple(column.path[0] for column in root.columns if column.name in root.key)
