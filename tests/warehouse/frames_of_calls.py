"""Small streams and frames to load, and questions to the warehouse."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from include.warehouse.session import Warehouse
from include.zoom.layout import REJECTED, arrow_schema
from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table, Type

DAY = date(2026, 11, 1)
OTHER_DAY = date(2026, 11, 2)
ONE = datetime(2026, 11, 2, 1, tzinfo=UTC)
TWO = datetime(2026, 11, 2, 2, tzinfo=UTC)

CALLS = Table(
    name="calls",
    comment="Calls of the account's people",
    columns=(
        Column("name", comment="Who called", personal=True),
        Column("email", personal=True),
        Column("number", Type.BIGINT),
        Column("length_seconds", Type.DOUBLE, "Length", unit="seconds"),
        Column("start_time", Type.TIMESTAMP),
        Column("tags", Type.JSON),
    ),
    key=("number",),
)
LEGS = Table(
    name="legs", comment="Legs of the calls", columns=(Column("number", Type.BIGINT),), key=("number",)
)


def a_stream(*tables: Table, kind: Kind = Kind.INTERVAL, name: str = "calls") -> Stream:
    """A stream of these tables."""
    listing = Listing(path="/calls", list_key="calls", label=Label.MEDIUM)
    return Stream(name, kind, (listing,), tables or (CALLS, LEGS), (), ())


@dataclass(frozen=True)
class File:
    """A frame file that is its own content."""

    table: str
    slice_date: date
    name: str
    rows: int
    content: bytes = b""


@dataclass(frozen=True)
class Frames:
    """A finished transform."""

    files: Sequence[File] = ()
    slice_dates: Sequence[date] = (DAY,)
    account: str = "account@zoom.us"
    attempt_id: str = "01900000-0000-7000-8000-000000000001"
    load_id: str = "load-1"
    extracted_at: datetime = ONE
    extra: Mapping[str, Any] = field(default_factory=dict)
    forgotten: str = ""


def a_file(table: Table, rows: Sequence[Mapping[str, Any]], day: date = DAY, **stamps: object) -> File:
    """A Parquet file of these rows; missing columns are NULL."""
    schema = arrow_schema(table)
    stamps = {"_slice_date": day, "_load_id": "load-1", "_extracted_at": ONE, **stamps}
    arrays = [
        _array([{**row, **stamps}.get(name) for row in rows], schema.field(name).type)
        for name in schema.names
    ]
    buffer = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=schema), buffer)
    return File(table.name, day, f"{table.name}-{day}.parquet", len(rows), buffer.getvalue())


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind == pa.json_():
        return pa.ExtensionArray.from_storage(kind, pa.array(values, pa.string()))
    return pa.array(values, kind)


def rejected(stream: str, reason: str, day: date = DAY) -> File:
    """A file of one rejected row."""
    return a_file(REJECTED, [{"stream": stream, "reason": reason, "record": '{"id": 1}'}], day)


def open_file(file: File) -> io.BytesIO:
    """What landing does."""
    return io.BytesIO(file.content)


def numbers(*values: int) -> list[dict[str, int]]:
    """Rows with these numbers."""
    return [{"number": value} for value in values]


@dataclass
class Desk:
    """A warehouse and a second way to look into it, which shares no code with what is tested."""

    warehouse: Warehouse
    connection: Any

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        """What the warehouse answers."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            return cursor.fetchall() if cursor.description else []
