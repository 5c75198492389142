"""Pages without forgotten people: their own records leave, of others their traces do.

A record is a person's own where one of its table's `person` columns names them. Any other that names them keeps its
declared columns that are not personal; what in those still names them is emptied, or, where rows are told apart or
children asked by it, replaced. Pages that name nobody stay as they are, to the byte.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from include.zoom.catalog import STREAMS
from include.zoom.forgotten import Forgotten
from include.zoom.pages import Page, ParentKey, Record, list_of, total_of, value_at
from include.zoom.redact import written
from include.zoom.seats import content
from include.zoom.stream import Column, Listing, Stream, Table

Path = tuple[str, ...]


@dataclass
class Removed:
    """How much left."""

    records: int = 0
    """Records that were somebody's own."""
    blanked: int = 0
    """Records that lost traces."""
    pages: int = 0
    """Pages that changed."""


def without_forgotten(
    stream: Stream, pages: Iterable[Page], forgotten: Forgotten, removed: Removed | None = None
) -> Iterator[Page]:
    """The pages without the forgotten people; `removed` counts on the way.

    `total_records` goes down with what leaves, so that what is complete stays complete. A list of one parent is
    held in memory at once.
    """
    if not forgotten:
        yield from pages
        return
    removed = removed if removed is not None else Removed()
    for (index, _), unit in groupby(pages, key=lambda page: (page.listing, page.parent)):
        yield from _unit(stream, stream.lists[index], list(unit), forgotten, removed)


def _unit(
    stream: Stream, listing: Listing, pages: Sequence[Page], forgotten: Forgotten, removed: Removed
) -> Iterator[Page]:
    named = [is_named(page, forgotten) for page in pages]
    if not any(named):
        yield from pages
        return
    scrubbing = _Scrubbing(stream, listing, forgotten)
    done = [
        scrubbing.page(page) if touched else _Scrubbed(page.payload(), list_of(page.payload(), listing))
        for page, touched in zip(pages, named, strict=True)
    ]
    removed.records += sum(len(page.gone) + page.items for page in done)
    removed.blanked += sum(page.blanked for page in done)
    fewer = _fewer(done)
    for page, scrubbed, touched in zip(pages, done, named, strict=True):
        if scrubbed.payload is None:
            removed.pages += 1
        elif touched or (fewer and total_of(scrubbed.payload) is not None):
            removed.pages += 1
            yield scrubbing.written(page, scrubbed.payload, fewer)
        else:
            yield page


def is_named(page: Page, forgotten: Forgotten) -> bool:
    """Whether anything of a page names somebody who is forgotten."""
    told = (page.payload(), dict(page.parent.keys) if page.parent else None, dict(page.asked))
    return any(forgotten.named_within(part) for part in told)


@dataclass
class _Scrubbed:
    payload: Record | None
    """None: the answer was one record, and somebody's own."""
    came: Sequence[Record]
    gone: list[Record] = field(default_factory=list)
    """Records of the list."""
    items: int = 0
    """What left from within records."""
    blanked: int = 0


def _fewer(pages: Sequence[_Scrubbed]) -> int:
    """How many of the records that Zoom counts have left: where records came twice, each counts once."""
    gone = [[content(record) for record in page.gone] for page in pages]
    received = sum(len(page.came) for page in pages)
    totals = [total for page in pages if page.payload and (total := total_of(page.payload)) is not None]
    if totals and received > totals[-1]:
        most: Counter[str] = Counter()
        for page in gone:
            most |= Counter(page)
        return most.total()
    return sum(map(len, gone))


class _Scrubbing:
    """One list of a stream."""

    def __init__(self, stream: Stream, listing: Listing, forgotten: Forgotten) -> None:
        self._stream, self._listing, self._forgotten = stream, listing, forgotten
        self._lists = [table.records for table in stream.tables if table.records]
        root = [column for table in stream.tables if table.records is None for column in table.columns]
        self._root = [*root, *(column for table in stream.tables for column in table.inherited)]
        self._whose = [
            column for table in stream.tables for column in self._root if column.name in table.person
        ]
        self._telling = _telling(stream, listing)

    def page(self, page: Page) -> _Scrubbed:
        payload = page.payload()
        came = list_of(payload, self._listing)
        scrubbed = _Scrubbed(payload, came)
        alone = [payload] if self._listing.whole else payload[self._listing.list_key]
        kept = [
            {name: value for name, value in new.items() if name in own}  # without what the list gives to each
            for record, own in zip(came, alone, strict=True)
            if (new := self._record(record, page.parent, scrubbed)) is not None
        ]
        if self._listing.whole:
            scrubbed.payload = kept[0] if kept else None
        else:
            around = {name: value for name, value in payload.items() if name != self._listing.list_key}
            scrubbed.payload = {**self._emptied(around, ""), self._listing.list_key: kept}
        return scrubbed

    def written(self, page: Page, payload: Record, fewer: int) -> Page:
        """The page with this payload, its total less what left, and nobody forgotten in what was asked."""
        total = total_of(payload)
        told = payload if total is None else {**payload, "total_records": max(0, total - fewer)}
        parent = page.parent and ParentKey(self._renamed(page.parent.keys), page.parent.slice_date)
        return replace(page, body=written(told), parent=parent, asked=self._renamed(page.asked))

    def _record(self, record: Record, parent: ParentKey | None, scrubbed: _Scrubbed) -> Record | None:
        if self._is_of(record, self._whose) or self._is_parents(parent):
            scrubbed.gone.append(record)
            return None
        new = self._without_items(record, scrubbed)
        if new is None:
            scrubbed.gone.append(record)
            return None
        around = {name: value for name, value in new.items() if name not in self._lists}
        if not self._forgotten.named_within(around):
            return new
        scrubbed.blanked += 1
        blank = self._blanked(around, self._root, {(name,) for name in self._telling})
        return blank | {name: new[name] for name in self._lists if name in new}

    def _is_of(self, record: Record, columns: Iterable[Column]) -> bool:
        return any(self._forgotten.named_within(value_at(record, column.path)) for column in columns)

    def _is_parents(self, parent: ParentKey | None) -> bool:
        """Whether all that a parent has is the forgotten person's own."""
        whose = {
            c.path[0] for table in self._stream.tables for c in table.from_parent if c.name in table.person
        }
        keys = parent.keys if parent else {}
        return any(self._forgotten.named_in(keys[name]) for name in whose if name in keys)

    def _without_items(self, record: Record, scrubbed: _Scrubbed) -> Record | None:
        """The record without items that are somebody's own; None where nothing else was in it."""
        new = dict(record)
        for table in self._stream.tables:
            items = record.get(table.records or "")
            if isinstance(items, list):
                kept = [item for one in items if (item := self._item(table, one, scrubbed)) is not None]
                if items and not kept and all(each.records for each in self._stream.tables):
                    return None
                new[table.records or ""] = kept
        return new

    def _item(self, table: Table, item: Any, scrubbed: _Scrubbed) -> Any:  # noqa: ANN401 - whatever JSON holds
        if not isinstance(item, dict) or not self._forgotten.named_within(item):
            return None if self._forgotten.named_within(item) else item
        if self._is_of(item, [column for column in table.columns if column.name in table.person]):
            scrubbed.items += 1
            return None
        scrubbed.blanked += 1
        return self._blanked(item, table.columns, {c.path for c in table.columns if c.name in table.key})

    def _blanked(self, record: Record, columns: Sequence[Column], telling: set[Path]) -> Record:
        """What is declared and not personal, and what tells the record from others."""
        plain = {column.path for column in columns if not column.personal}
        new: Record = {}
        for path in sorted(plain | telling):
            if (value := value_at(record, path)) is not None:
                _put(new, path, self._telling_value(value) if path in telling else self._emptied(value, None))
        return new

    def _telling_value(self, value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        return self._forgotten.named_within(value) or value

    def _emptied(self, value: Any, instead: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
        """The value, with `instead` where a text of it names somebody."""
        if isinstance(value, str):
            return instead if self._forgotten.named_in(value) else value
        if isinstance(value, list):
            return [self._emptied(item, instead) for item in value]
        if isinstance(value, dict):
            named = self._forgotten.named_in
            return {name: self._emptied(item, instead) for name, item in value.items() if not named(name)}
        return value

    def _renamed(self, texts: Mapping[str, str]) -> dict[str, str]:
        return {name: self._forgotten.named_in(text) or text for name, text in texts.items()}


def _telling(stream: Stream, listing: Listing) -> set[str]:
    """The root record's fields that give it key, day and children."""
    parents = [
        child.parent
        for child in STREAMS.values()
        if child.parent is not None and child.parent.stream == stream.name
    ]
    asked = {
        name.split(".")[0]
        for parent in parents
        for name in (*parent.keys.values(), *parent.only, *parent.at_least, *parent.unless)
    }
    keys = {
        column.path[0]
        for table in stream.tables
        for column in (*(table.columns if table.records is None else ()), *table.inherited)
        if column.name in table.key
    }
    always = {listing.list_key} if listing.whole else set()
    return {*listing.identity, *stream.dated_by, *asked, *keys, *always}


def _put(record: Record, path: Path, value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    inner: Any = record
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
        if not isinstance(inner, dict):
            return  # the whole of it is there already
    inner[path[-1]] = value
