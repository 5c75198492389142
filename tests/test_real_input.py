"""Answers as Zoom's own files describe them, through redaction and frame into PostgreSQL: where does each field end?"""

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import psycopg2
import psycopg2.extras
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog import SOURCES, STREAMS
from include.zoom.errors import RepeatedKey
from include.zoom.frame import Batch
from include.zoom.layout import REJECTED
from include.zoom.pages import Record
from include.zoom.stream import Stream
from tests.answers import records
from tests.conservation import framed, landed, lost, rows_of
from tests.specs import endpoint, needs_specs, variants
from tests.warehouse.frames_of_calls import File, Frames, open_file

pytestmark = needs_specs

NO_SHRINK = (Phase.explicit, Phase.generate)
CASES = [
    pytest.param(stream, number, id=f"{stream.name}-{stream.lists[number].path}-{number}")
    for stream in (
        *STREAMS.values(),
        *(stream for by in SOURCES.values() for stream in list(by.values())[1:]),
    )
    for number, listing in enumerate(stream.lists)
    if endpoint(listing.path) and listing.path not in {each.path for each in stream.lists[:number]}
]


@pytest.fixture(scope="module")
def database(postgres_server: EmbeddedPostgres) -> str:
    """One database for all streams: each has a schema of its own."""
    return postgres_server.create("real_input")


@pytest.mark.parametrize(("stream", "number"), CASES)
@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINK)
@given(data=st.data())
def test_zooms_examples_and_what_its_schemas_allow_are_loaded(
    stream: Stream, number: int, data: st.DataObject, database: str
) -> None:
    """Each enum value and each branch, and what else is allowed: in its column as it was sent, or in `_extra`."""
    examples = variants(schema_of(stream, number))
    drawn = data.draw(st.lists(drawn_records(stream, number), min_size=6, max_size=6))
    with refused_whole():
        found = loaded(stream, number, examples + drawn, database)
        assert [told for each in found for told in each.complaints()] == []
        columns = {name for each in found[: len(examples)] for name in each.filled()}
        assert len(columns) >= len(stream.tables)


@pytest.mark.parametrize(("stream", "number"), CASES)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), phases=NO_SHRINK)
@given(data=st.data())
def test_whatever_the_schema_allows_is_kept(stream: Stream, number: int, data: st.DataObject) -> None:
    """No value is lost and no number changed, with odd texts, any integer of 64 bits, and fields that nobody knows."""
    record = data.draw(drawn_records(stream, number))
    page = landed(stream, number, record)
    with refused_whole():
        found = rows_of(framed(stream, page, "load-1"))
        assert list(lost(stream, page.records(stream.lists[number])[0], found)) == []


@contextmanager
def refused_whole() -> Iterator[None]:
    """Items of one record whose keys are the same: nothing is loaded then, so nothing of it is lost."""
    try:
        yield
    except RepeatedKey:
        assume(False)


def drawn_records(stream: Stream, number: int) -> st.SearchStrategy[Any]:
    """Records that the list's schema allows, most with a day and a key."""
    keys = [name for name in stream.lists[number].identity if name not in stream.dated_by]
    return records(schema_of(stream, number), stream.dated_by[:1], keys)


def schema_of(stream: Stream, number: int) -> dict[str, Any]:
    """The schema of one record of a list."""
    listing = stream.lists[number]
    found = endpoint(listing.path)
    assert found is not None
    return found.record(listing.list_key, whole=listing.whole)


@dataclass
class Loaded:
    """A record as it was landed, and the rows that PostgreSQL holds of it."""

    stream: Stream
    record: Record
    rows: dict[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    def complaints(self) -> Iterator[str]:
        """What of it is lost."""
        return lost(self.stream, self.record, self.rows)

    def filled(self) -> Iterator[str]:
        """The columns that hold something."""
        for table, rows in self.rows.items():
            yield from (f"{table}.{name}" for row in rows for name, value in row.items() if value is not None)


def loaded(stream: Stream, number: int, sent: list[Record], uri: str) -> list[Loaded]:
    """Records, each framed by itself, loaded at once; rows find their record by the load's id."""
    pages = [landed(stream, number, record) for record in sent]
    batches = [batch for place, page in enumerate(pages) for batch in framed(stream, page, f"{place}")]
    schema = f"s{CASES.index(next(case for case in CASES if case.values == (stream, number)))}"
    files = [File(b.table.name, b.slice_date, "x", b.data.num_rows, parquet(b.data)) for b in batches]
    load(Warehouse(uri, schema), stream, Frames(files, slices(batches)), open_file, accept_shrink=True)
    made = [Loaded(stream, page.records(stream.lists[number])[0]) for page in pages]
    for table, place, row in stored(stream, uri, schema):
        made[place].rows.setdefault(table, []).append(row)
    return made


def slices(batches: list[Batch]) -> list[date]:
    """The slices that these rows are of."""
    return sorted({batch.slice_date for batch in batches})


def parquet(batch: pa.RecordBatch) -> bytes:
    """A batch as a file."""
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_batches([batch]), buffer)
    return buffer.getvalue()


def stored(stream: Stream, uri: str, schema: str) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    """All rows with their table and the number of their record, in the order in which they were written."""
    connection = psycopg2.connect(uri, cursor_factory=psycopg2.extras.RealDictCursor)
    try:
        with connection.cursor() as cursor:
            for table in (*stream.tables, REJECTED):
                cursor.execute(f"SELECT * FROM {schema}.{table.name} ORDER BY ctid")
                yield from ((table.name, int(row["_load_id"]), dict(row)) for row in cursor.fetchall())
    finally:
        connection.close()


def test_a_lost_value_is_noticed() -> None:
    """The comparison is no formality: a column that was cut, and a field that is gone."""
    stream = STREAMS["groups"]
    page = landed(stream, 0, {"id": "g", "name": "Team", "total_members": 2**53 + 1, "new": {"a": 1}})
    rows = rows_of(framed(stream, page, "1"))
    record = page.records(stream.lists[0])[0]
    assert list(lost(stream, record, rows)) == []
    rows["groups"][0] |= {"total_members": 2**53, "_extra": json.loads('{"new": {}}')}
    assert list(lost(stream, record, rows)) == [
        "total_members has 9007199254740992 of 9007199254740993",
        "groups: new lost {'a': 1}",
    ]
