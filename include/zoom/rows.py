"""Records as typed rows of one table: declared columns, and `_extra` for all that they don't hold."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from include.zoom.counts import FrameCounts
from include.zoom.fit import fit
from include.zoom.forms import plain
from include.zoom.layout import EXTRA, ROOT, taken_columns
from include.zoom.pages import value_at
from include.zoom.roots import Root
from include.zoom.seats import Record
from include.zoom.stream import Column, Stream, Table, Type

# Declared fields as a tree; None: the whole value is declared.
Declared = dict[str, "Declared | None"]


class Row(NamedTuple):
    """A record of a table and the root record it stands in."""

    record: Record
    root: Root

    @property
    def slice_date(self) -> date:
        """The root's: what stands in a record has no day of its own."""
        return self.root.slice_date


def rows_of(stream: Stream, table: Table, roots: Sequence[Root]) -> list[Row]:
    """The table's rows: the root records, or the items of the list that it names."""
    if table.records is None:
        return [Row(root.record, root) for root in roots]
    return [Row(item, root) for root in roots for item in _items_of(stream, table, root.record)]


def _items_of(stream: Stream, table: Table, record: Record) -> list[Record]:
    """The items under the table's list; one empty one where a record has none at all and no table of its own."""
    items = _items(record.get(table.records or ""))
    if items or table is not stream.tables[0] or _has_root_table(stream):
        return items
    return [] if any(_items(record.get(other.records or "")) for other in stream.tables) else [{}]


def _has_root_table(stream: Stream) -> bool:
    return any(table.records is None for table in stream.tables)


def _items(value: object) -> list[Record]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def typed(stream: Stream, table: Table, rows: Sequence[Row], counts: FrameCounts) -> pa.Table:
    """The rows as an Arrow table of the columns that Zoom fills, and `_extra`; empty rows, all columns."""
    extras = _undeclared(stream, table, rows, counts)
    arrays: dict[str, pa.Array] = {}
    for column, values in _values(table, rows):
        fitted = fit(column.type, plain(column.form, values))
        arrays[column.name] = fitted.array
        counts.replaced += fitted.replaced
        if fitted.misfits:
            counts.misfits[f"{table.name}.{column.name}"] += len(fitted.misfits)
        for row, value in fitted.misfits.items():
            _put(extras[row], column.path, value)
    kept = fit(Type.JSON, [extra or None for extra in extras])
    counts.replaced += kept.replaced
    return pa.table({**arrays, EXTRA.name: kept.array})


def _values(table: Table, rows: Sequence[Row]) -> Iterator[tuple[Column, list[Any]]]:
    own = len(table.from_parent) + len(table.inherited)
    records = [row.record for row in rows]
    for number, column in enumerate(taken_columns(table)):
        if number < len(table.from_parent):
            yield column, [_of_parent(row.root, column) for row in rows]
        elif number < own:
            yield column, [value_at(row.root.record, column.path) for row in rows]
        elif len(column.path) == 1:
            name = column.path[0]
            yield column, [record.get(name) for record in records]
        else:
            yield column, [value_at(record, column.path) for record in records]


def _of_parent(root: Root, column: Column) -> str | int | None:
    """A value of the parent's key, which is text; numbers (a meeting's id) are numbers again."""
    text = root.parent.keys.get(column.path[0]) if root.parent else None
    return int(text) if text and column.type is Type.BIGINT and text.isdecimal() else text


def _undeclared(stream: Stream, table: Table, rows: Sequence[Row], counts: FrameCounts) -> list[Record]:
    lists = [other.records for other in stream.tables if other.records] if table.records is None else []
    declared = _declared(table.columns) | dict.fromkeys(lists)
    whole = {name for name, inner in declared.items() if inner is None and name not in lists}
    root_extras = {} if _has_root_table(stream) else _beyond_roots(stream, rows)
    extras: list[Record] = []
    for row in rows:
        if row.record.keys() <= whole and not root_extras.get(id(row.root)):
            extras.append({})
            continue
        extra = _beyond(row.record, declared) | _odd_items(row.record, lists)
        for name, value in _named(extra, declared):
            counts.keep(f"{table.name}.{name}", value)
        if beyond := root_extras.get(id(row.root)):
            for name, value in beyond.items():
                counts.keep(f"{table.name}.{ROOT}.{name}", value)
            extra[ROOT] = beyond
        extras.append(extra)
    return extras


def _beyond_roots(stream: Stream, rows: Sequence[Row]) -> dict[int, Record]:
    """What no table declares of root records that have no table of their own."""
    lists = [table.records for table in stream.tables if table.records]
    inherited = [column for table in stream.tables for column in table.inherited]
    declared = _declared(inherited) | dict.fromkeys(lists)
    roots = {id(row.root): row.root.record for row in rows}
    return {
        root: beyond
        for root, record in roots.items()
        if (beyond := _beyond(record, declared) | _odd_items(record, lists))
    }


def _declared(columns: Sequence[Column]) -> Declared:
    tree: Declared = {}
    for column in columns:
        *outer, last = column.path
        inner = tree
        for name in outer:
            deeper = inner.setdefault(name, {})
            if deeper is None:  # all of it is declared
                break
            inner = deeper
        else:
            inner[last] = None
    return tree


def _beyond(record: Mapping[str, Any], declared: Declared) -> Record:
    """What no column declares, nested as it came."""
    extra: Record = {}
    for name, value in record.items():
        inner = declared.get(name, {})
        if inner is None:
            continue
        kept = _beyond(value, inner) if inner and isinstance(value, dict) else value
        # An object is gone when each of its fields has a column, and so is "" in its place.
        if not inner or kept not in ({}, None, ""):
            extra[name] = kept
    return extra


def _odd_items(record: Mapping[str, Any], lists: Sequence[str]) -> Record:
    """What stands where a table's list should, and is no list of objects."""
    odd: Record = {}
    for name in lists:
        value = record.get(name)
        rest = [item for item in value if not isinstance(item, dict)] if isinstance(value, list) else value
        if rest not in ([], None, ""):
            odd[name] = rest
    return odd


def _named(extra: Mapping[str, Any], declared: Declared) -> Iterator[tuple[str, Any]]:
    for name, value in extra.items():
        inner = declared.get(name)
        if inner and isinstance(value, dict):
            yield from ((f"{name}.{deeper}", kept) for deeper, kept in _named(value, inner))
        else:
            yield name, value


def _put(extra: Record, path: Sequence[str], value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    for name in path[:-1]:
        extra = extra.setdefault(name, {})
    extra[path[-1]] = value
