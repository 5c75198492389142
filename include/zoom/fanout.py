"""From a parent stream's records to the parents that a child stream asks."""

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from include.zoom.pages import Page, ParentKey, Record, value_at
from include.zoom.roots import asked_day
from include.zoom.stream import Kind, Parent, Stream, record_date

Dated = tuple[Mapping[str, Any], date]
"""A root record as Zoom gave it, and its slice."""


def root_records(
    stream: Stream, pages: Iterable[Page], slices: Container[date], *, snapshot_date: date | None = None
) -> Iterator[tuple[Record, date]]:
    """The root records of landed pages that belong to `slices`, with their slice.

    A snapshot's records all belong to `snapshot_date`. Repeats are kept: `parent_keys` leaves them out.
    """
    snapshot = stream.kind is Kind.SNAPSHOT
    for page in pages:
        of_page = snapshot_date if snapshot else _day_of(stream, page)
        for record in page.records(stream.lists[page.listing]):
            day = record_date(stream, record) if stream.dated_by and not snapshot else of_page
            if day is not None and (snapshot or day in slices):
                yield record, day


def _day_of(stream: Stream, page: Page) -> date | None:
    """The day of a page's records where they have none of their own: the one that was asked, or their parent's."""
    if stream.lists[page.listing].dates_records:
        return asked_day(stream, page)
    return page.parent.slice_date if page.parent else None


def parent_keys(parent: Parent, records: Iterable[Dated]) -> list[ParentKey]:
    """Each parent to ask, once for each day that it dates; the same meeting's number has several in a series.

    Records without a key, or of another sort than the parent declares, are not asked.
    """
    found: dict[str, ParentKey] = {}
    for record, slice_date in records:
        if (key := parent_key(parent, record, slice_date)) is not None:
            found.setdefault(key.identity, key)
    return list(found.values())


def identified(parent: Parent, record: Mapping[str, Any]) -> tuple[str, ...]:
    """What a record's fields say of which parent it is of."""
    return tuple(str(record.get(source) or "") for source in parent.keys.values())


def parent_key(parent: Parent, record: Mapping[str, Any], slice_date: date) -> ParentKey | None:
    """The parent that a record is, to be asked; None where it is not asked."""
    keys = dict(zip(parent.keys, identified(parent, record), strict=True))
    if not all(keys.values()) or not _is_asked(parent, record):
        return None
    may_lack = any(_below(record.get(field), few) for field, few in parent.may_lack_below.items())
    return ParentKey(keys, slice_date if parent.dates else None, may_lack)


def _is_asked(parent: Parent, record: Mapping[str, Any]) -> bool:
    fits = all(record.get(field) in values for field, values in parent.only.items())
    told_off = any(_value(record, field) in values for field, values in parent.unless.items())
    below = any(_below(record.get(field), least) for field, least in parent.at_least.items())
    return fits and not told_off and not below


def _value(record: Mapping[str, Any], field: str) -> object:
    return value_at(record, tuple(field.split(".")))


def _below(value: object, least: int) -> bool:
    # Where Zoom gives no number the record is asked: better one request too many.
    return isinstance(value, int) and value < least
