"""Zoom's own examples, through redaction and frame into PostgreSQL: where does each field end?

`ZOOM_SPECS` names the folder with Zoom's OpenAPI files (meetings.json, users.json); skipped without it.
"""

import io
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
import psycopg2.extras
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS, streams
from include.zoom.frame import frames
from include.zoom.pages import Page, ParentKey
from include.zoom.redact import without_secrets
from include.zoom.stream import Column, Listing, Stream, Table, Type
from tests.warehouse.frames_of_calls import File, Frames, open_file
from tests.zoom_examples import answer_schema, variants

FOLDER = os.environ.get("ZOOM_SPECS", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="ZOOM_SPECS is not set")

DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
MARK = "number_of_this_test"
# Of the lists used here, the fields of Zoom's that may not be kept, by name.
SECRETS = {"host_key", "recording_play_passcode", "password", "passcode", "join_url", "start_url"}

CASES = [
    *(
        pytest.param(stream, number, id=f"{stream.name}-{number}")
        for stream in STREAMS.values()
        for number in range(len(stream.lists))
    ),
    pytest.param(
        streams({"participants_source": "report"})["meeting_participants"],
        0,
        id="meeting_participants-report",
    ),
]


@pytest.mark.parametrize(("stream", "number"), CASES)
def test_each_field_is_in_a_column_dropped_as_a_secret_or_in_extra(
    stream: Stream, number: int, new_database: Callable[[], str]
) -> None:
    """Zoom's examples, each enum value and branch: no field is lost and no value is changed on its way."""
    answer, records = an_answer(stream.lists[number])
    page = landed(stream, number, answer)
    found = loaded(stream, page, records, new_database())
    places = Places(stream, found)
    for record in records:
        places.look(root_table(stream), record)
    wanted = set(paths(variants(item_schema(stream.lists[number]))))
    assert {*places.column, *places.secret, *places.extra} >= wanted
    assert sum(places.column.values()) >= len(records)
    assert set(places.secret) == {path for path in wanted if path.rsplit(".", 1)[-1] in SECRETS}
    for name in SECRETS:
        assert f'"{name}"'.encode() not in page.body


def item_schema(listing: Listing) -> dict[str, Any]:
    """The schema of one record of a list."""
    return dict(answer_schema(FOLDER, listing.path)["properties"][listing.list_key]["items"])


def an_answer(listing: Listing) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An answer of Zoom, with a record for each variant; each marked, and with a key of its own."""
    schema = answer_schema(FOLDER, listing.path)
    records: list[dict[str, Any]] = variants(item_schema(listing))
    for number, record in enumerate(records):
        marked(record, number, listing.identity)
    others = {name: inner for name, inner in schema["properties"].items() if name != listing.list_key}
    answer = {name: variants(inner)[0] for name, inner in others.items()}
    return answer | {listing.list_key: records, "total_records": len(records)}, records


def marked(record: dict[str, Any], number: int, identity: tuple[str, ...]) -> None:
    """Numbers a record, and makes its key unique, in an object and in the objects of its lists."""
    record[MARK] = number
    for name in identity:
        if number and name != "date":
            record[name] = f"{record[name]}-{number}"
    for value in record.values():
        if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
            for place, item in enumerate(value):
                marked(item, place, ("id",) if "id" in item else ())


def landed(stream: Stream, number: int, answer: Mapping[str, Any]) -> Page:
    """The answer as landing keeps it."""
    parent = None
    if stream.parent:
        parent = ParentKey(
            {name: f"{name} of the test" for name in stream.parent.keys}, DAY if stream.parent.dates else None
        )
    return Page(number, parent, 1, {}, 200, NOW, without_secrets(json.dumps(answer).encode()))


def loaded(
    stream: Stream, page: Page, records: list[dict[str, Any]], uri: str
) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows that PostgreSQL holds in the end, by table and mark."""
    days = sorted(slices(stream, records))
    batches = list(frames(stream, [page], days, snapshot_date=DAY, load_id="load-1", extracted_at=NOW))
    files = [File(b.table.name, b.slice_date, "x", b.data.num_rows, parquet(b.data)) for b in batches]
    load(Warehouse(uri, "zoom"), stream, Frames(files, days), open_file)
    connection = psycopg2.connect(uri, cursor_factory=psycopg2.extras.RealDictCursor)
    try:
        return {key: row for table in stream.tables for key, row in rows_of(connection, table)}
    finally:
        connection.close()


def slices(stream: Stream, records: list[dict[str, Any]]) -> set[date]:
    """The slices that the examples belong to."""
    if not stream.dated_by:
        return {DAY}
    days = {date.fromisoformat(record[stream.dated_by[0]][:10]) for record in records}
    return {day.replace(day=1) for day in days} if stream.name == "daily_usage" else days


def parquet(batch: pa.RecordBatch) -> bytes:
    """A batch as a file."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), buffer)
    return buffer.getvalue()


def rows_of(connection: Any, table: Table) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """A table's rows by their mark; a nested one's also by its root's key."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM zoom.{table.name}")
        for row in cursor.fetchall():
            root = row[table.inherited[0].name] if table.inherited else ""
            yield (table.name, f"{root}/{row['_extra'][MARK]}"), dict(row)


def root_table(stream: Stream) -> Table:
    """The table of the root records."""
    return next(table for table in stream.tables if table.records is None)


@dataclass
class Places:
    """Looks for the fields of records in the rows, and counts where each ended, by path."""

    stream: Stream
    found: Mapping[tuple[str, str], dict[str, Any]]
    column: Counter[str] = field(default_factory=Counter)
    secret: Counter[str] = field(default_factory=Counter)
    extra: Counter[str] = field(default_factory=Counter)

    def look(self, table: Table, record: Mapping[str, Any], root: str = "") -> None:
        """Checks each field of a record; `root` is its root record's key."""
        row = self.found[table.name, f"{root}/{record[MARK]}"]
        columns = {column.path: column for column in table.columns}
        above = f"{table.records}." if table.records else ""
        for name, value in record.items():
            if name in self._nested(table):
                self._look_into(self._nested(table)[name], record, value)
                self.column[name] += 1
            elif (column := columns.get((name,))) is not None:
                check_column(column, value, row)
                note(self.column, f"{above}{name}", value)
            elif name in SECRETS:
                assert name not in row["_extra"]
                note(self.secret, f"{above}{name}", value)
            else:
                assert row["_extra"][name] == without(value), name
                note(self.extra, f"{above}{name}", value)

    def _nested(self, table: Table) -> dict[str, Table]:
        return {
            inner.records: inner for inner in self.stream.tables if inner.records and table.records is None
        }

    def _look_into(self, inner: Table, record: Mapping[str, Any], items: list[dict[str, Any]]) -> None:
        for item in items:
            self.look(inner, item, record[inner.inherited[0].path[0]])


def check_column(column: Column, sent: object, row: Mapping[str, Any]) -> None:
    """A value is in its column as it was sent; else in `_extra`."""
    stored = row[column.name]
    if stored is None and sent not in ("", None):
        assert row["_extra"][column.path[0]] == sent, f"{column.name} lost {sent!r}"
    elif column.type is Type.TIMESTAMP:
        assert stored == datetime.fromisoformat(str(sent))
    elif column.type is Type.DATE:
        assert str(stored) == sent
    else:
        assert (stored, type(stored)) == (without(sent), type(sent)), column.name


def without(value: object) -> object:
    """A value as it may be kept: secrets are gone at any depth."""
    if isinstance(value, dict):
        return {name: without(inner) for name, inner in value.items() if name not in SECRETS}
    return [without(item) for item in value] if isinstance(value, list) else value


def note(places: Counter[str], path: str, value: object) -> None:
    """Counts a field and all fields within it."""
    places[path] += 1
    if isinstance(value, dict | list):
        for inner in paths([value]):
            places[f"{path}.{inner}"] += 1


def paths(values: list[Any]) -> Iterator[str]:
    """The paths of all fields in some values."""
    for value in values:
        if isinstance(value, list):
            yield from paths(value)
        elif isinstance(value, dict):
            for name, inner in value.items():
                yield name
                yield from (f"{name}.{deeper}" for deeper in paths([inner]))
