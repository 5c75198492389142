"""Where appending ends a transaction, rows wait in tables of their own; shown on PostgreSQL, which needs none."""

from dataclasses import replace

import pytest

from include.warehouse.dialects import POSTGRES
from include.warehouse.errors import DamagedFrame
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    TWO,
    Desk,
    File,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
    rejected,
)

STAGING = replace(
    POSTGRES,
    stage="CREATE UNLOGGED TABLE {table} ({columns})",
    staged_types={"jsonb": "json"},
    unstaged={"jsonb": "CAST({column} AS jsonb)"},
)
FILES = [a_file(CALLS, [{"number": 2**53 + 1, "tags": '{"a": "b"}'}]), rejected("calls", "no day")]


@pytest.fixture
def staging(desk: Desk) -> Warehouse:
    """A warehouse whose rows go through a stage."""
    return replace(desk.warehouse, dialect=STAGING)


def tables(desk: Desk) -> list[str]:
    """Stages that are there."""
    return [name for (name,) in desk.rows("SELECT relname FROM pg_class WHERE relname LIKE '\\_stage%'")]


def test_rows_come_through_their_stages(desk: Desk, staging: Warehouse) -> None:
    """Values arrive as they are, a slice is replaced, rejected rows too, and no stage is left."""
    for attempt in ("1", "2"):
        load(staging, a_stream(), Frames(FILES, attempt_id=attempt), open_file)
        assert desk.rows("SELECT number, tags FROM zoom.calls") == [(2**53 + 1, {"a": "b"})]
        assert desk.rows("SELECT reason FROM zoom.rejected_rows") == [("no day",)]
        assert tables(desk) == []


def test_an_older_extraction_leaves_no_stage(desk: Desk, staging: Warehouse) -> None:
    """Its rows were brought for nothing."""
    load(staging, a_stream(), Frames([a_file(CALLS, numbers(2))], extracted_at=TWO), open_file)
    assert load(staging, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file).applied == []
    assert (desk.rows("SELECT number FROM zoom.calls"), tables(desk)) == ([(2,)], [])


def test_a_damaged_file_leaves_no_stage(desk: Desk, staging: Warehouse) -> None:
    """The slice keeps what it has."""
    load(staging, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    broken = File("calls", DAY, "calls.parquet", 1, b"no parquet")
    with pytest.raises(DamagedFrame):
        load(staging, a_stream(), Frames([*FILES[1:], broken], attempt_id="2"), open_file)
    assert (desk.rows("SELECT number FROM zoom.calls"), tables(desk)) == ([(1,)], [])
