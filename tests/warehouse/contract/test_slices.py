"""What every warehouse must do with slices: replaced whole, the newest extraction wins, nothing half."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.warehouse.errors import (
    AlteredTable,
    DamagedFrame,
    ForeignAccount,
    PermanentWarehouseError,
    SliceShrank,
)
from include.warehouse.load import load
from include.zoom.stream import Column, Table, Type
from tests.warehouse.contract.house import House, parsed
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    LEGS,
    OTHER_DAY,
    TWO,
    File,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
    rejected,
)

NEWER = "01900000-0000-7000-8000-000000000002"


def held(house: House, table: str = "calls", day: date = DAY) -> list[int]:
    """The numbers that a slice holds."""
    rows = house.rows(f"SELECT number FROM zoom.{table} WHERE _slice_date = DATE '{day}' ORDER BY 1")
    return [number for (number,) in rows]


def test_values_arrive_unchanged(house: House) -> None:
    """Each type's value is read back as it was sent: big integers, microseconds, JSON, any script, none."""
    row = {
        "number": 2**53 + 1,
        "name": "Zoë \U0001f600",
        "length_seconds": 0.1,
        "start_time": datetime(2026, 11, 1, 23, 59, 59, 123456, tzinfo=UTC),
        "tags": '{"a": [12345678901234567890, "\\u00e9", null]}',
    }
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, [row])]), open_file)
    ((number, name, length, start, tags, email),) = house.rows(
        "SELECT number, name, length_seconds, CAST(start_time AT TIME ZONE 'UTC' AS varchar), tags, email FROM zoom.calls"
    )
    assert (number, name, length, start) == (
        9007199254740993,
        "Zoë \U0001f600",
        0.1,
        "2026-11-01 23:59:59.123456",
    )
    assert (parsed(tags), email) == ({"a": [12345678901234567890, "é", None]}, None)


def test_a_slice_is_replaced_and_the_others_stay(house: House) -> None:
    """Loading a day again replaces its rows and touches no other day."""
    both = [a_file(CALLS, numbers(1, 2)), a_file(CALLS, numbers(7), OTHER_DAY)]
    load(house.warehouse, a_stream(), Frames(both, [DAY, OTHER_DAY]), open_file)
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(3))], attempt_id=NEWER), open_file)
    assert (held(house), held(house, day=OTHER_DAY)) == ([3], [7])


def test_a_slice_without_a_file_is_emptied(house: House) -> None:
    """What is replaced comes from the window, not from the rows."""
    both = Frames([a_file(CALLS, numbers(1)), a_file(LEGS, numbers(1))])
    load(house.warehouse, a_stream(), both, open_file)
    load(house.warehouse, a_stream(), Frames(attempt_id=NEWER), open_file)
    assert (held(house), held(house, "legs")) == ([], [])
    assert house.rows('SELECT table_name, "rows" FROM zoom.slices ORDER BY 1') == [("calls", 0), ("legs", 0)]


def test_an_older_extraction_is_superseded(house: House) -> None:
    """A late load of an older extraction changes nothing, succeeds, and names the load that came before it."""
    newer = Frames([a_file(CALLS, numbers(2))], extracted_at=TWO, load_id="newer")
    load(house.warehouse, a_stream(), newer, open_file)
    result = load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    assert (result.applied, result.superseded, held(house)) == ([], {DAY: "newer"}, [2])


def test_an_equal_extraction_is_applied_again(house: House) -> None:
    """New transform code over the same extraction takes effect, and the ledger tells both loads."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    again = Frames([a_file(CALLS, numbers(9))], load_id="load-2")
    assert load(house.warehouse, a_stream(), again, open_file).applied == [DAY]
    assert held(house) == [9]
    assert house.rows(
        "SELECT load_id FROM zoom.load_ledger WHERE table_name = 'calls' ORDER BY loaded_at"
    ) == [("load-1",), ("load-2",)]


def test_all_tables_of_a_stream_change_together(house: House) -> None:
    """A fault in the second table leaves the first, the ledger and the slices as they were."""
    load(
        house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1)), a_file(LEGS, numbers(1))]), open_file
    )
    broken = File("legs", DAY, "legs.parquet", 1, b"no parquet")
    with pytest.raises(DamagedFrame):
        load(
            house.warehouse,
            a_stream(),
            Frames([a_file(CALLS, numbers(2)), broken], attempt_id=NEWER),
            open_file,
        )
    assert (held(house), held(house, "legs")) == ([1], [1])
    assert house.rows("SELECT DISTINCT attempt_id FROM zoom.slices") == [
        ("01900000-0000-7000-8000-000000000001",)
    ]
    assert house.rows("SELECT count(*) FROM zoom.load_ledger") == [(2,)]


def test_columns_go_by_name_not_by_place(house: House) -> None:
    """A table whose columns of one type are swapped gets each value into its own column."""
    load(house.warehouse, a_stream(), Frames(), open_file)
    text, json = (house.warehouse.dialect.types.get(name, name) for name in ("text", "jsonb"))
    house.rows("DROP TABLE zoom.calls")
    house.rows(
        f"CREATE TABLE zoom.calls (email {text}, name {text}, _slice_date date, _load_id {text}, number bigint, "
        f"_extracted_at timestamp with time zone, _extra {json}, tags {json}, start_time timestamp with time zone, "
        "length_seconds double precision)"
    )
    load(
        house.warehouse, a_stream(), Frames([a_file(CALLS, [{"name": "Ada", "email": "a@x.org"}])]), open_file
    )
    assert house.rows("SELECT name, email FROM zoom.calls") == [("Ada", "a@x.org")]


def test_a_clash_of_types_names_both(house: House) -> None:
    """A column of another type is refused before a row is written, with table, column and both types."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    columns = tuple(Column("number") if column.name == "number" else column for column in CALLS.columns)
    clashing = Table("calls", CALLS.comment, columns, key=("number",))
    with pytest.raises(
        AlteredTable, match="zoom.calls is not .*column number is bigint where text is declared"
    ):
        load(house.warehouse, a_stream(clashing, LEGS), Frames(attempt_id=NEWER), open_file)
    assert held(house) == [1]


def test_a_new_column_is_added(house: House) -> None:
    """A table of an earlier version gets the column, empty in the rows that it has."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    grown = Table(
        "calls", CALLS.comment, (*CALLS.columns, Column("paint", Type.JSON, "Colour")), key=("number",)
    )
    file = a_file(grown, [{"number": 2, "paint": '{"is": "red"}'}], OTHER_DAY)
    load(house.warehouse, a_stream(grown, LEGS), Frames([file], [OTHER_DAY]), open_file)
    ((one, none), (two, paint)) = house.rows("SELECT number, paint FROM zoom.calls ORDER BY number")
    assert (one, none, two, parsed(paint)) == (1, None, 2, {"is": "red"})
    assert house.comment("calls", "paint") == "Colour"


def test_a_slice_that_shrinks_stays(house: House) -> None:
    """More than a fifth of more than a hundred rows: refused, which is recorded; the other days are loaded all the same."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(*range(101)))]), open_file)
    after = [a_file(CALLS, numbers(*range(80))), a_file(CALLS, numbers(7), OTHER_DAY)]
    frames = Frames(after, [DAY, OTHER_DAY], attempt_id=NEWER)
    with pytest.raises(SliceShrank, match="calls has 101 rows there and would have 80"):
        load(house.warehouse, a_stream(), frames, open_file)
    assert (len(held(house)), held(house, day=OTHER_DAY)) == (101, [7])
    assert house.rows("SELECT check_name, table_name FROM zoom.failing") == [("shrink", "calls")]
    load(house.warehouse, a_stream(), frames, open_file, accept_shrink=True)
    assert len(held(house)) == 80


def test_a_schema_belongs_to_one_account(house: House) -> None:
    """Another account's load is refused by name."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    with pytest.raises(
        ForeignAccount, match="holds the Zoom account account@zoom.us; this load is of b@zoom"
    ):
        load(house.warehouse, a_stream(), Frames(account="b@zoom.us", attempt_id=NEWER), open_file)
    assert held(house) == [1]


def test_rejected_rows_are_replaced_with_their_stream_and_slice(house: House) -> None:
    """Loading a window again replaces its rejected rows and no other stream's."""
    load(house.warehouse, a_stream(), Frames([rejected("calls", "no date")]), open_file)
    load(house.warehouse, a_stream(LEGS, name="legs"), Frames([rejected("legs", "no key")]), open_file)
    load(house.warehouse, a_stream(), Frames([rejected("calls", "no day")], attempt_id=NEWER), open_file)
    found = house.rows("SELECT stream, reason, record FROM zoom.rejected_rows ORDER BY 1")
    assert [(stream, reason, parsed(record)) for stream, reason, record in found] == [
        ("calls", "no day", {"id": 1}),
        ("legs", "no key", {"id": 1}),
    ]


def test_many_rows(house: House) -> None:
    """A million, or what a warehouse without a way for many is given: they arrive, all of them, and are replaced by as many."""
    one = pq.read_table(pa.BufferReader(a_file(LEGS, numbers(0)).content))
    legs = pa.concat_tables([one] * 1000).combine_chunks()
    for attempt in ("1", "2"):
        sink = pa.BufferOutputStream()
        with pq.ParquetWriter(sink, one.schema) as writer:
            for _ in range(house.many // 1000):
                writer.write_table(legs)
        file = File("legs", DAY, "legs.parquet", house.many, sink.getvalue().to_pybytes())
        load(house.warehouse, a_stream(), Frames([file], attempt_id=attempt), open_file)
    assert house.rows("SELECT count(*) FROM zoom.legs") == [(house.many,)]


def test_words_that_quote_a_row_are_left_out(house: House) -> None:
    """A constraint of somebody else's refuses a row: the error names the slice and tells nobody's address."""
    load(house.warehouse, a_stream(), Frames(), open_file)
    house.rows("CREATE UNIQUE INDEX one_each ON zoom.calls (email)")
    rows = [{"email": "canary@example.org"}] * 2
    with pytest.raises(
        PermanentWarehouseError, match="load calls of 2026-11-01.*drop it from the table"
    ) as caught:
        load(house.warehouse, a_stream(), Frames([a_file(CALLS, rows)]), open_file)
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert held(house) == []
