"""Compares the warehouse with what the sandbox knows to be true, row by row and value by value."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from include.zoom.catalog import STREAMS
from include.zoom.stream import Column, Kind, Stream, Table, Type

# Their tokens are removed before anything is written; what is left of them is compared.
LINKS = {"play_url", "download_url"}
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def differences(pipeline: Any, name: str, day: date, schema: str = "zoom") -> list[str]:
    """The rows of a table's slice that are not true, and the true rows that are not there; at most six."""
    stream, table = declared(name)
    true = Counter(told(table, row) for row in true_rows(pipeline, stream, name, day))
    loaded = Counter(stored(table, row) for row in loaded_rows(pipeline, stream, table, day, schema))
    missing, extra = (true - loaded).elements(), (loaded - true).elements()
    return sorted([f"missing {row}" for row in missing][:3] + [f"extra {row}" for row in extra][:3])


def declared(name: str) -> tuple[Stream, Table]:
    """A table's declaration and its stream's."""
    return next(
        (stream, table) for stream in STREAMS.values() for table in stream.tables if table.name == name
    )


def true_rows(pipeline: Any, stream: Stream, name: str, day: date) -> list[dict[str, Any]]:
    """The sandbox's truth for the slice that holds a day."""
    asked = day.replace(day=1) if stream.kind is Kind.MONTH else day
    rows = pipeline.sandbox("GET", "truth", params={"table": name, "day": str(asked)})["rows"]
    return [row for row in rows if settled(stream, row)]


def settled(stream: Stream, row: dict[str, Any]) -> bool:
    """Whether time no longer changes a row: a month's days do until they are over."""
    return stream.kind is not Kind.MONTH or str(row["date"]) < str(datetime.now(UTC).date())


def loaded_rows(pipeline: Any, stream: Stream, table: Table, day: date, schema: str) -> list[dict[str, Any]]:
    """The warehouse's rows of the slice that holds a day; of a snapshot, the newest."""
    if stream.kind is Kind.SNAPSHOT:
        newest = pipeline.rows(
            f"SELECT max(slice_date) AS day FROM {schema}.slices WHERE table_name = %s", table.name
        )
        day = newest[0]["day"]
    elif stream.kind is Kind.MONTH:
        day = day.replace(day=1)
    rows = pipeline.rows(f"SELECT * FROM {schema}.{table.name} WHERE _slice_date = %s", day)
    return [row for row in rows if settled(stream, row)]


def told(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    """A true row as a tuple of plain values, in the order of the columns."""
    own = [plain(column, row.get(column.source or column.name)) for column in table.columns]
    return (*own, *(plain(column, row[column.name]) for column in (*table.inherited, *table.from_parent)))


def stored(table: Table, row: dict[str, Any]) -> tuple[Any, ...]:
    """A loaded row as the same tuple."""
    return tuple(
        plain(column, row[column.name]) for column in (*table.columns, *table.inherited, *table.from_parent)
    )


def plain(column: Column, value: Any) -> Any:
    """A value as both sides write it."""
    if value is None or value == "":
        return None
    if column.type is Type.JSON:
        return UNSTORABLE.sub("\ufffd", json.dumps(value, sort_keys=True, ensure_ascii=False))
    if column.type is Type.TIMESTAMP:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC).isoformat()
    if column.type is Type.DATE:
        return str(value)
    if column.name in LINKS:
        return str(value).partition("?")[0]
    return UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else value
