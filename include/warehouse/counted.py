"""How many records each stream has, as the warehouse knows from what it has loaded."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from include.warehouse.catalogue import relations
from include.warehouse.errors import trying
from include.warehouse.session import Session, Warehouse, ask, identifier
from include.zoom.fanout import parent_keys
from include.zoom.sizes import Size
from include.zoom.stream import Column, Kind, Parent, Stream, Table, Type

_WEEKS = 5
_LOOK_BACK = timedelta(weeks=_WEEKS)
_SAMPLE_ROWS = 10_000
_SAMPLE_DAYS = timedelta(days=6)
_WEEK, _SATURDAY = 7, 5
_ROWS = 'SELECT table_name, slice_date, "rows" FROM {slices} WHERE slice_date >= $1 ORDER BY slice_date'
Counts = Mapping[date, int]


def counted(warehouse: Warehouse, streams: Mapping[str, Stream], *, today: date) -> dict[str, Size]:
    """The sizes of those streams of whose tables something has been loaded in the last weeks.

    Raises:
        WarehouseError: the server refused or was not to be reached.
    """
    with (
        warehouse.connect() as connection,
        trying(f"read how many rows there are in schema {warehouse.schema}"),
    ):
        there = relations(connection, warehouse.schema)
        if "slices" not in there:
            return {}
        rows = _rows(connection, warehouse.schema, today - _LOOK_BACK)
        found = {name: size for name, stream in streams.items() if (size := _size(stream, rows)) is not None}
        sample = _Sample(connection, warehouse.schema, rows)
        return {name: sample.completed(streams[name], streams, size) for name, size in found.items()}


def _rows(connection: Session, schema: str, since: date) -> dict[str, dict[date, int]]:
    rows: dict[str, dict[date, int]] = defaultdict(dict)
    for table, day, number in ask(connection, _ROWS.format(slices=identifier(schema, "slices")), since):
        rows[table][day] = number
    return rows


def _size(stream: Stream, rows: Mapping[str, Counts]) -> Size | None:
    table = root_table(stream)
    days = rows.get((table or stream.tables[0]).name)
    if not days:
        return None
    newest = max(days)
    if table is None:  # what Zoom lists here is no row, but has rows
        return Size((0,), f"what was loaded up to {newest}")
    if stream.kind is Kind.INTERVAL:
        return Size(weekday_means(days), f"{len(days)} day{'s' * (len(days) > 1)} up to {newest}", dict(days))
    return Size((days[newest],), f"the {stream.kind} of {newest}")


def root_table(stream: Stream) -> Table | None:
    """The table with a row for each record of the stream's lists, if there is one."""
    return next((table for table in stream.tables if table.records is None), None)


def weekday_means(days: Counts) -> tuple[float, ...]:
    """The mean of each weekday; where there is none, that of the other working days or of the other day off."""
    return tuple(
        _mean(days, {weekday}) or _mean(days, _alike(weekday)) or _mean(days, set(range(_WEEK))) or 0
        for weekday in range(_WEEK)
    )


def _alike(weekday: int) -> set[int]:
    return set(range(_SATURDAY, _WEEK)) if weekday >= _SATURDAY else set(range(_SATURDAY))


def _mean(days: Counts, weekdays: set[int]) -> float | None:
    numbers = [number for day, number in days.items() if day.weekday() in weekdays]
    return sum(numbers) / len(numbers) if numbers else None


class _Sample:
    """Shares, from rows of the newest slices."""

    def __init__(self, connection: Session, schema: str, rows: Mapping[str, Counts]) -> None:
        self._connection, self._schema, self._rows = connection, schema, rows

    def completed(self, stream: Stream, streams: Mapping[str, Stream], size: Size) -> Size:
        """A size with the share of the parents that is asked, and of the records that is in each list."""
        if stream.parent is not None:
            size = replace(size, asked=self._asked(stream.parent, streams[stream.parent.stream]))
        return replace(size, lists=self._lists(stream))

    def _asked(self, parent: Parent, above: Stream) -> float:
        names = {*parent.keys.values(), *parent.only, *parent.at_least, *parent.unless}
        records = list(self._records(above, {name.partition(".")[0] for name in names}))
        return asked_share(parent, records) if records else 1

    def _lists(self, stream: Stream) -> tuple[float, ...]:
        """By the parameter in which the lists differ, where it is a column: users by status."""
        lists = [listing.params for listing in stream.lists if not listing.confirms]
        apart = [name for name in lists[0] if len({params.get(name) for params in lists}) == len(lists) > 1]
        if not apart:
            return ()
        name = apart[0]
        values = [record.get(name) for record, _ in self._records(stream, {name})]
        shares = [values.count(params[name]) for params in lists]
        return tuple(share / sum(shares) for share in shares) if any(shares) else ()

    def _records(self, stream: Stream, fields: Iterable[str]) -> Iterator[tuple[dict[str, Any], date]]:
        table = root_table(stream)
        days = self._rows.get(table.name, {}) if table else {}
        columns = [column for column in table.columns if column.path[0] in set(fields)] if table else []
        filled = [day for day, rows in days.items() if rows]
        if table is None or not filled or not columns:
            return
        newest = max(filled)
        oldest = newest - _SAMPLE_DAYS if stream.kind is Kind.INTERVAL else newest
        statement = (
            f"SELECT _slice_date, {', '.join(identifier(column.name) for column in columns)} "  # noqa: S608 - quoted
            f"FROM {identifier(self._schema, table.name)} WHERE _slice_date BETWEEN $1 AND $2 LIMIT {_SAMPLE_ROWS}"
        )
        for day, *values in ask(self._connection, statement, oldest, newest):
            yield (
                {
                    column.path[0]: _value(column, value)
                    for column, value in zip(columns, values, strict=True)
                },
                day,
            )


def asked_share(parent: Parent, records: Iterable[tuple[Mapping[str, Any], date]]) -> float:
    """How many of a parent's records a child asks, by the rule that its pull goes by, a day at a time."""
    every = sorted(records, key=lambda dated: dated[1])
    days = [list(of_day) for _, of_day in groupby(every, key=lambda dated: dated[1])]
    return sum(len(parent_keys(parent, of_day)) for of_day in days) / max(len(every), 1)


def _value(column: Column, value: object) -> object:
    return json.loads(value) if column.type is Type.JSON and isinstance(value, str) else value
