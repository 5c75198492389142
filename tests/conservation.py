"""Whether everything that a record said is in its rows: in its column as it was sent, or in `_extra`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from include.zoom.frame import Batch, frames
from include.zoom.layout import REJECTED, ROOT
from include.zoom.pages import Page, ParentKey, Record, value_at
from include.zoom.redact import without_secrets
from include.zoom.storable import json_text
from include.zoom.stream import Column, Form, Kind, Stream, Table, record_date, slice_dates
from tests.truth import as_plain

DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
Row = Mapping[str, Any]
Path = tuple[str, ...]


def landed(stream: Stream, number: int, record: Record) -> Page:
    """An answer with this record alone, as landing keeps it."""
    listing, above = stream.lists[number], stream.parent
    parent = None
    if above:
        keys = {name: f"{name} of the test" for name in above.keys}
        parent = ParentKey(keys, DAY if above.dates else None)
    body = record if listing.whole else {listing.list_key: [record], "total_records": 1}
    asked = {"from": f"{DAY}", "to": f"{DAY}"} if listing.dates_records else {}
    return Page(number, parent, 1, asked, 200, NOW, without_secrets(json.dumps(body).encode()))


def framed(stream: Stream, page: Page, load_id: str) -> list[Batch]:
    """The record's rows, stamped with the load id."""
    (record,) = page.records(stream.lists[page.listing])
    day = record_date(stream, record) or slice_dates(stream.kind, (DAY,))[0]
    snapshot = DAY if stream.kind is Kind.SNAPSHOT else None
    return list(frames(stream, [page], (day,), snapshot_date=snapshot, load_id=load_id, extracted_at=NOW))


def rows_of(batches: Sequence[Batch]) -> dict[str, list[dict[str, Any]]]:
    """Batches as rows by table, JSON as what it says."""
    found: dict[str, list[dict[str, Any]]] = {}
    for batch in batches:
        for row in batch.data.to_pylist():
            found.setdefault(batch.table.name, []).append(parsed(batch.table, row))
    return found


def parsed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row of Arrow with its JSON columns as what they say."""
    named = {column.name for column in table.columns + table.inherited if column.type == "jsonb"} | {
        "_extra",
        "record",
    }
    return {
        name: json.loads(value) if name in named and value is not None else value
        for name, value in row.items()
    }


def lost(stream: Stream, record: Record, rows: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    """What of a record is not in its rows, or not as it was sent."""
    if rejected := rows.get(REJECTED.name):
        if rejected[0]["record"] != kept(record):
            yield "rejected_rows: the record is not whole"
        return
    for table in stream.tables:
        found = list(rows.get(table.name, ()))
        items = [record] if table.records is None else _items(stream, table, record)
        if len(items) != len(found):
            yield f"{table.name}: {len(found)} rows of {len(items)} items"
        for item, row in zip(items, found, strict=False):
            yield from _of_row(stream, table, item, row)
            yield from (told for column in table.inherited for told in _of_column(column, record, row, ()))
            if table.records and not any(each.records is None for each in stream.tables):
                inherited = tuple(column for each in stream.tables for column in each.inherited)
                yield from _undeclared(table, record, row, inherited, _lists(stream), above=(ROOT,))


def _items(stream: Stream, table: Table, record: Record) -> list[Record]:
    value = record.get(table.records or "")
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    others = [record.get(each.records) for each in stream.tables if each.records]
    none = not any(isinstance(item, dict) for value in others if isinstance(value, list) for item in value)
    alone = table is stream.tables[0] and all(each.records for each in stream.tables)
    return [{}] if none and alone else items


def _lists(stream: Stream) -> set[str]:
    return {table.records for table in stream.tables if table.records}


def _of_row(stream: Stream, table: Table, record: Record, row: Row) -> Iterator[str]:
    for column in table.columns:
        yield from _of_column(column, record, row, ())
    lists = _lists(stream) if table.records is None else set()
    yield from _undeclared(table, record, row, table.columns, lists)


def _of_column(column: Column, record: Record, row: Row, above: Path) -> Iterator[str]:
    sent, stored = value_at(record, column.path), row[column.name]
    if column.form is Form.SIZE or (sent in ("", None) and stored is None):
        return
    if stored is None:
        if value_at(row["_extra"], (*above, *column.path)) != kept(sent):
            yield f"{column.name} lost {sent!r}"
    elif as_plain(column, kept(sent)) != as_plain(column, stored) or isinstance(stored, bool) != isinstance(
        sent, bool
    ):
        yield f"{column.name} has {stored!r} of {sent!r}"


def _undeclared(
    table: Table, record: Record, row: Row, columns: Sequence[Column], lists: set[str], *, above: Path = ()
) -> Iterator[str]:
    declared = {column.path for column in columns}
    for path, sent in _plain_values(record, declared):
        items = isinstance(sent, list) and path[0] in lists
        odd = [item for item in sent if not isinstance(item, dict)] if items else sent
        if odd in ("", None, [], {}) or path in declared:
            continue
        if value_at(row["_extra"], (*above, *path)) != kept(odd):
            yield f"{table.name}: {'.'.join(path)} lost {odd!r}"


def _plain_values(record: Record, declared: set[Path], above: Path = ()) -> Iterator[tuple[Path, Any]]:
    for name, value in record.items():
        path = (*above, name)
        if isinstance(value, dict) and any(
            len(each) > len(path) and each[: len(path)] == path for each in declared
        ):
            yield from _plain_values(value, declared, path)
        else:
            yield path, value


def kept(value: Any) -> Any:
    """A value as it may be stored: without NUL and lone surrogates."""
    return json.loads(json_text(value)[0])
