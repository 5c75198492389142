"""Compares the warehouse with what the sandbox knows to be true, row by row and value by value."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from include.zoom.stream import Kind, Stream, Table
from tests.truth import declared, stored, told


def differences(pipeline: Any, name: str, day: date, schema: str = "zoom") -> list[str]:
    """The rows of a table's slice that are not true, and the true rows that are not there; at most six."""
    stream, table = declared(name)
    held = slice_of(pipeline, stream, table, day, schema)
    rows = loaded_rows(pipeline, stream, table, held, schema)
    true = Counter(told(table, row) for row in true_rows(pipeline, stream, name, held, form_of(rows)))
    loaded = Counter(stored(table, row) for row in rows)
    missing, extra = (true - loaded).elements(), (loaded - true).elements()
    return sorted([f"missing {row}" for row in missing][:3] + [f"extra {row}" for row in extra][:3])


def slice_of(pipeline: Any, stream: Stream, table: Table, day: date, schema: str) -> date:
    """The slice that holds a day; of a snapshot, the newest."""
    if stream.kind is Kind.SNAPSHOT:
        query = f"SELECT max(slice_date) AS day FROM {schema}.slices WHERE table_name = %s"
        newest: date = pipeline.rows(query, table.name)[0]["day"]
        return newest
    return day.replace(day=1) if stream.kind is Kind.MONTH else day


def form_of(rows: list[dict[str, Any]]) -> str:
    """Of the two lists of recordings, the one that was asked: a plan that ran before the consent knows no scopes."""
    return "account" if any(row.get("host_email") for row in rows) else "past"


def true_rows(pipeline: Any, stream: Stream, name: str, held: date, form: str) -> list[dict[str, Any]]:
    """The sandbox's truth for a slice."""
    asked = {"table": name, "day": str(held), "form": form}
    rows = pipeline.sandbox("GET", "truth", params=asked)["rows"]
    return [row for row in rows if settled(stream, row)]


def loaded_rows(pipeline: Any, stream: Stream, table: Table, held: date, schema: str) -> list[dict[str, Any]]:
    """The warehouse's rows of a slice."""
    rows = pipeline.rows(f"SELECT * FROM {schema}.{table.name} WHERE _slice_date = %s", held)
    return [row for row in rows if settled(stream, row)]


def settled(stream: Stream, row: dict[str, Any]) -> bool:
    """Whether time no longer changes a row: a month's days do until they are over."""
    return stream.kind is not Kind.MONTH or str(row.get("date", "")) < str(datetime.now(UTC).date())
