"""Records as typed rows of one table: declared columns, and `_extra` for all that they don't hold."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, TypeVar

import pyarrow as pa

from include.zoom.counts import FrameCounts
from include.zoom.fit import fit, missing
from include.zoom.forms import plain
from include.zoom.layout import EXTRA, ROOT
from include.zoom.pages import ParentKey, value_at
from include.zoom.roots import Roots
from include.zoom.seats import Record
from include.zoom.stream import Column, Stream, Table, Type

Value = TypeVar("Value")
Shapes = set[tuple[str, ...]]
_CACHED_RECORDS = 300
# Declared fields as a tree; None: the whole value is declared.
Declared = dict[str, "Declared | None"]


@dataclass(frozen=True)
class Rows:
    """Records of a table, and for each the root record that it stands in, in runs of one parent and slice."""

    records: Sequence[Record]
    roots: Sequence[Record]
    runs: Sequence[tuple[Roots, int]]
    """With how many of the rows are of each."""

    @cached_property
    def shapes(self) -> Shapes:
        """Which fields the records have; Zoom's have few different ones."""
        return _shapes(self.records)

    @property
    def days(self) -> Iterator[date]:
        """Each row's slice, its root's: what stands in a record has no day of its own."""
        return _spread((roots.slice_date, rows) for roots, rows in self.runs)

    def told(self, row: int) -> Any:  # noqa: ANN401 (whatever JSON holds)
        """What tells a row from one with the same key: its record, and the one that it stands in."""
        record, root = self.records[row], self.roots[row]
        return record if record is root else [record, root]


def _spread(runs: Iterable[tuple[Value, int]]) -> Iterator[Value]:
    return chain.from_iterable(repeat(value, rows) for value, rows in runs)


def _shapes(records: Sequence[Record]) -> Shapes:
    return set(map(tuple, records))


def rows_of(stream: Stream, table: Table, batch: Sequence[Roots]) -> Rows:
    """The table's rows: the root records, or the items of the list that it names."""
    if table.records is None:
        records = list(chain.from_iterable(roots.records for roots in batch))
        return Rows(records, records, [(roots, len(roots.records)) for roots in batch])
    items, of, runs = list[Record](), list[Record](), list[tuple[Roots, int]]()
    for roots in batch:
        before = len(items)
        for record in roots.records:
            found = _items_of(stream, table, record)
            items += found
            of += [record] * len(found)
        runs.append((roots, len(items) - before))
    return Rows(items, of, runs)


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


def typed(stream: Stream, table: Table, rows: Rows, counts: FrameCounts) -> pa.Table:
    """The rows as an Arrow table of the columns that Zoom fills, and `_extra`; empty rows, all columns."""
    extras = _undeclared(stream, table, rows, counts)
    arrays: dict[str, pa.Array] = {}
    for column, values in _values(table, rows):
        if values is None:
            arrays[column.name] = missing(column.type, len(rows.records))
            continue
        fitted = fit(column.type, plain(column.form, values))
        arrays[column.name] = fitted.array
        counts.replaced += fitted.replaced
        if fitted.misfits:
            counts.misfits[f"{table.name}.{column.name}"] += len(fitted.misfits)
        for row, value in fitted.misfits.items():
            _put(extras.setdefault(row, {}), column.path, value)
    kept = fit(Type.JSON, [extras.get(row) for row in range(len(rows.records))])
    counts.replaced += kept.replaced
    return pa.table({**arrays, EXTRA.name: kept.array})


def _values(table: Table, rows: Rows) -> Iterator[tuple[Column, list[Any] | None]]:
    """Each column's values; None where no row has one."""
    for column in table.from_parent:
        yield column, list(_spread((_of_parent(roots.parent, column), times) for roots, times in rows.runs))
    yield from _at(
        table.inherited, rows.roots, rows.shapes if rows.roots is rows.records else _shapes(rows.roots)
    )
    yield from _at(table.columns, rows.records, rows.shapes)


def _at(
    columns: Sequence[Column], records: Sequence[Record], shapes: Shapes
) -> Iterator[tuple[Column, list[Any] | None]]:
    some = frozenset[str]().union(*shapes)
    every = some.intersection(*shapes)
    names = {column.path[0] for column in columns if len(column.path) == 1}
    plain_values = _transposed(records, names & every, (names & some) - every)
    for column in columns:
        if column.path[0] not in some:
            yield column, None
        elif len(column.path) > 1:
            yield column, [value_at(record, column.path) for record in records]
        else:
            yield column, plain_values[column.path[0]]


def _transposed(
    records: Sequence[Record], always: Iterable[str], sometimes: Iterable[str]
) -> dict[str, list[Any]]:
    """Values by name, taken from so few records at once that they stay in the processor's cache: twice as quick."""
    fixed: dict[str, list[Any]] = {name: [] for name in always}
    loose: dict[str, list[Any]] = {name: [] for name in sometimes}
    take = itemgetter(*fixed, *list(fixed)[:1]) if fixed else None  # a tuple for one name, too
    for start in range(0, len(records), _CACHED_RECORDS):
        part = records[start : start + _CACHED_RECORDS]
        for column, values in zip(
            fixed.values(), zip(*map(take, part), strict=True) if take else (), strict=False
        ):
            column.extend(values)
        for name, column in loose.items():
            column.extend([record.get(name) for record in part])
    return fixed | loose


def _of_parent(parent: ParentKey | None, column: Column) -> str | int | None:
    """A value of the parent's key, which is text; numbers (a meeting's id) are numbers again."""
    text = parent.keys.get(column.path[0]) if parent else None
    return int(text) if text and column.type is Type.BIGINT and text.isdecimal() else text


def _undeclared(stream: Stream, table: Table, rows: Rows, counts: FrameCounts) -> dict[int, Record]:
    """By row, what no column declares."""
    lists = [other.records for other in stream.tables if other.records] if table.records is None else []
    declared = _declared(table.columns) | dict.fromkeys(lists)
    extras = dict(_beyond_each(rows.records, rows.shapes, declared, lists))
    kept = Counter(
        (name, type(value)) for extra in extras.values() for name, value in _named(extra, declared)
    )
    beyond = {} if _has_root_table(stream) else _beyond_roots(stream, rows.roots)
    for row, root in enumerate(rows.roots) if beyond else ():
        if of_root := beyond.get(id(root)):
            kept.update((f"{ROOT}.{name}", type(value)) for name, value in of_root.items())
            extras.setdefault(row, {})[ROOT] = of_root
    for (name, kind), times in kept.items():
        counts.keep(f"{table.name}.{name}", kind, times)
    return extras


def _beyond_roots(stream: Stream, roots: Sequence[Record]) -> dict[int, Record]:
    """What no table declares of root records that have no table of their own."""
    lists = [table.records for table in stream.tables if table.records]
    inherited = [column for table in stream.tables for column in table.inherited]
    declared = _declared(inherited) | dict.fromkeys(lists)
    distinct = list({id(root): root for root in roots}.values())
    return {
        id(distinct[row]): beyond
        for row, beyond in _beyond_each(distinct, _shapes(distinct), declared, lists)
    }


def _beyond_each(
    records: Sequence[Record], shapes: Shapes, declared: Declared, lists: Sequence[str]
) -> Iterator[tuple[int, Record]]:
    """What is declared neither as a column nor as a list, by the place of its record."""
    whole = {name for name, inner in declared.items() if inner is None} - set(lists)
    odd = {
        shape: [name for name in shape if declared.get(name, {}) is not None]
        for shape in shapes
        if not whole.issuperset(shape)
    }
    for row, record in enumerate(records) if odd else ():
        names = odd.get(tuple(record))
        if names is not None and (beyond := _beyond(record, names, declared) | _odd_items(record, lists)):
            yield row, beyond


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


def _beyond(record: Mapping[str, Any], names: Iterable[str], declared: Declared) -> Record:
    """What no column declares of these fields, nested as it came."""
    extra: Record = {}
    for name in names:
        inner, value = declared.get(name, {}), record[name]
        if inner is None:
            continue
        kept = _beyond(value, value, inner) if inner and isinstance(value, dict) else value
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
