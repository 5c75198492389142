"""Tables come from the declarations, and what somebody made of them is told, never guessed."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from include.warehouse.errors import AlteredTable
from include.warehouse.load import load
from include.warehouse.tables import ensure
from include.warehouse.views import refresh_views
from include.zoom.catalog import STREAMS
from include.zoom.stream import Column, Kind, Table, Type
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    OTHER_DAY,
    TWO,
    Desk,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
)

SNAPSHOT = a_stream(CALLS, kind=Kind.SNAPSHOT)


def test_a_table_has_the_declared_columns_in_order(desk: Desk) -> None:
    """Names and types are the declared ones, then `_extra` and the stamps."""
    load(desk.warehouse, a_stream(), Frames(), open_file)
    columns = desk.rows(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'zoom' "
        "AND table_name = 'calls' ORDER BY ordinal_position"
    )
    assert columns == [
        ("name", "text"),
        ("email", "text"),
        ("number", "bigint"),
        ("length_seconds", "double precision"),
        ("start_time", "timestamp with time zone"),
        ("tags", "jsonb"),
        ("_extra", "jsonb"),
        ("_slice_date", "date"),
        ("_load_id", "text"),
        ("_extracted_at", "timestamp with time zone"),
    ]


def test_a_slice_is_found_by_an_index_and_vacuumed_early(desk: Desk) -> None:
    """Each table has one index, on its slice, and is vacuumed after two per cent of dead rows."""
    load(desk.warehouse, a_stream(), Frames(), open_file)
    assert desk.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'calls'") == [
        ("CREATE INDEX calls__slice_date_idx ON zoom.calls USING btree (_slice_date)",)
    ]
    assert desk.rows("SELECT reloptions FROM pg_class WHERE oid = 'zoom.calls'::regclass") == [
        (["autovacuum_vacuum_scale_factor=0.02"],)
    ]


MADE = "SELECT xmin::text, relname::text FROM pg_class WHERE relnamespace = 'zoom'::regnamespace ORDER BY 2"


def test_every_stream_of_the_catalog_makes_its_tables(desk: Desk) -> None:
    """The declarations are good DDL, and a second time nothing is left to do: no relation is touched."""
    made = []
    with desk.warehouse.connect() as connection:
        for _ in range(2):
            for stream in STREAMS.values():
                ensure(connection, "zoom", stream)
            refresh_views(connection, "zoom")
            made.append(desk.rows(MADE))
    assert {table.name for stream in STREAMS.values() for table in stream.tables} < {
        name for _, name in made[0]
    }
    assert made[1] == made[0]


def test_the_current_view_shows_the_newest_snapshot(desk: Desk) -> None:
    """The view follows the newest slice, also when that is empty."""
    both = [a_file(CALLS, numbers(1)), a_file(CALLS, numbers(2), OTHER_DAY)]
    load(desk.warehouse, SNAPSHOT, Frames(both, [DAY, OTHER_DAY]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls_current") == [(2,)]
    load(desk.warehouse, SNAPSHOT, Frames(slice_dates=[OTHER_DAY], extracted_at=TWO), open_file)
    assert desk.rows("SELECT number FROM zoom.calls_current") == []


def test_a_new_column_comes_to_the_end_of_table_and_view(desk: Desk) -> None:
    """A later version's column is added; older rows have NULL there, and the view shows it."""
    load(desk.warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(1))]), open_file)
    wider = replace(CALLS, columns=(Column("country", comment="Where"), *CALLS.columns))
    stream = a_stream(wider, kind=Kind.SNAPSHOT)
    load(
        desk.warehouse,
        stream,
        Frames([a_file(wider, [{"country": "CH"}], OTHER_DAY)], [OTHER_DAY]),
        open_file,
    )
    assert desk.rows("SELECT country FROM zoom.calls ORDER BY _slice_date") == [(None,), ("CH",)]
    assert desk.rows("SELECT country FROM zoom.calls_current") == [("CH",)]
    assert desk.rows("SELECT col_description('zoom.calls'::regclass, 11)") == [("Where",)]


def wider(kind: Type = Type.TEXT) -> Table:
    """Calls as a later version declares them, with a column in front."""
    return replace(CALLS, columns=(Column("country", kind, comment="Where"), *CALLS.columns))


def test_a_snapshot_table_that_has_grown_can_be_renamed(desk: Desk) -> None:
    """The new table has its columns in another order than the views of the old one, which are made anew all the same."""
    load(desk.warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(1))]), open_file)
    stream = a_stream(wider(), kind=Kind.SNAPSHOT)
    load(desk.warehouse, stream, Frames([a_file(wider(), numbers(1))]), open_file)
    for table in ("calls", "calls_changes"):
        desk.rows(f"ALTER TABLE zoom.{table} RENAME TO old_{table}")
    load(desk.warehouse, stream, Frames([a_file(wider(), [{"country": "CH"}])]), open_file)
    assert desk.rows("SELECT country FROM zoom.calls_current") == [("CH",)]
    assert desk.rows("SELECT country FROM zoom.calls_history") == [("CH",)]


def test_a_snapshot_table_of_other_types_can_be_renamed(desk: Desk) -> None:
    """The views of the old table are renamed like it, for whoever reads them, and those of the new one take their names."""
    old = a_stream(wider(Type.BIGINT), kind=Kind.SNAPSHOT)
    load(desk.warehouse, old, Frames([a_file(wider(Type.BIGINT), [{"country": 41}])]), open_file)
    desk.rows("CREATE VIEW zoom.theirs AS SELECT country FROM zoom.calls_current")
    for table in ("calls", "calls_changes"):
        desk.rows(f"ALTER TABLE zoom.{table} RENAME TO old_{table}")
    new = a_stream(wider(), kind=Kind.SNAPSHOT)
    load(desk.warehouse, new, Frames([a_file(wider(), [{"country": "CH"}])]), open_file)
    load(desk.warehouse, new, Frames([a_file(wider(), [{"country": "CH"}])]), open_file)
    assert desk.rows("SELECT country FROM zoom.calls_current") == [("CH",)]
    assert desk.rows("SELECT country FROM zoom.calls_history") == [("CH",)]
    assert desk.rows("SELECT country FROM zoom.theirs") == [(41,)]
    assert desk.rows(
        "SELECT relname::text FROM pg_class WHERE relname ~ '^calls_(current|history)_' ORDER BY 1"
    ) == [
        ("calls_current_1",),
        ("calls_history_1",),
    ]


def test_a_column_of_theirs_comes_into_no_view_and_can_be_undone(desk: Desk) -> None:
    """What the error proposes works: nothing of ours holds on to it."""
    load(desk.warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(1))]), open_file)
    desk.rows("ALTER TABLE zoom.calls ADD COLUMN theirs integer")
    with pytest.raises(AlteredTable, match="column theirs"):
        load(desk.warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(2))]), open_file)
    desk.rows("ALTER TABLE zoom.calls DROP COLUMN theirs")
    load(desk.warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls_current") == [(2,)]


def test_the_ledgers_comments_come_to_an_older_schema(desk: Desk) -> None:
    """A schema whose ledger says nothing, or something else, is told."""
    load(desk.warehouse, a_stream(), Frames(), open_file)
    desk.rows("COMMENT ON COLUMN zoom.slices.rows IS 'Lines'; COMMENT ON VIEW zoom.settling IS NULL")
    load(desk.warehouse, a_stream(), Frames(), open_file)
    told = desk.rows(
        "SELECT col_description('zoom.slices'::regclass, 7), obj_description('zoom.settling'::regclass) LIKE 'Each %'"
    )
    assert told == [("Rows that it has.", True)]


def test_a_schema_of_any_name(desk: Desk) -> None:
    """Names are quoted, so that no schema's name can break a statement."""
    warehouse = replace(desk.warehouse, schema="o\"dd; n'ame")
    load(warehouse, SNAPSHOT, Frames([a_file(CALLS, numbers(1))]), open_file)
    assert desk.rows("""SELECT number FROM "o""dd; n'ame".calls_current""") == [(1,)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            "ALTER COLUMN name TYPE varchar(50)",
            r"column name is character varying\(50\) where text is declared",
        ),
        ("ALTER COLUMN number TYPE integer", "column number is integer where bigint is declared"),
        (
            "ALTER COLUMN number TYPE double precision",
            "column number is double precision where bigint is declared",
        ),
        (
            "ALTER COLUMN start_time TYPE timestamp",
            "column start_time is timestamp without time zone where timestamp with",
        ),
        ("DROP COLUMN email", r"column email \(text\) is missing"),
        (
            "RENAME COLUMN email TO mail",
            r"column email \(text\) is missing; column mail \(text\) is not declared",
        ),
        ("ADD COLUMN theirs integer DEFAULT 7", r"column theirs \(integer\) is not declared"),
        ("ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY", "column number is generated bigint"),
    ],
)
def test_an_altered_table_is_told_and_left_alone(desk: Desk, change: str, told: str) -> None:
    """A column of another type, dropped, renamed or added by somebody fails the load by name and type."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    if "GENERATED" in change:
        desk.rows("ALTER TABLE zoom.calls ALTER COLUMN number SET NOT NULL")
    desk.rows(f"ALTER TABLE zoom.calls {change}")
    with pytest.raises(AlteredTable, match=f"zoom.calls is not what this project made of it: {told}"):
        load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls") == [(1,)]


def test_a_view_in_a_tables_place_is_told(desk: Desk) -> None:
    """A relation that is no table is named as what it is."""
    load(desk.warehouse, a_stream(), Frames(), open_file)
    desk.rows("ALTER TABLE zoom.calls RENAME TO old_calls")
    desk.rows("CREATE VIEW zoom.calls AS SELECT * FROM zoom.old_calls")
    with pytest.raises(AlteredTable, match="it is a view, not a table"):
        load(desk.warehouse, a_stream(), Frames(), open_file)


def test_a_renamed_table_is_made_anew(desk: Desk) -> None:
    """What the error proposes works: after a rename the next load starts a table of its own."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    desk.rows("ALTER TABLE zoom.calls RENAME TO old_calls")
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls") == [(2,)]


def test_twelve_sessions_make_the_tables_at_once(desk: Desk) -> None:
    """Twelve sessions that start in an empty database all succeed, round after round."""
    errors: list[BaseException] = []
    for _ in range(5):
        desk.rows("DROP SCHEMA IF EXISTS zoom CASCADE")
        barrier = threading.Barrier(12)

        def make(barrier: threading.Barrier = barrier) -> None:
            try:
                with desk.warehouse.connect() as connection:
                    barrier.wait()
                    ensure(connection, "zoom", SNAPSHOT)
            except BaseException as error:  # noqa: BLE001 - told to the test, which is on another thread
                errors.append(error)

        threads = [threading.Thread(target=make) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert errors == []
    assert desk.rows("SELECT count(*) FROM zoom.calls_current") == [(0,)]


def test_a_new_type_is_no_new_column(desk: Desk) -> None:
    """A version that declares another type for a column is told of the old one, and changes nothing."""
    load(desk.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(1))]), open_file)
    columns = tuple(replace(c, type=Type.TEXT) if c.name == "number" else c for c in CALLS.columns)
    other = replace(CALLS, columns=columns)
    with pytest.raises(AlteredTable, match="column number is bigint where text is declared"):
        load(desk.warehouse, a_stream(other), Frames(), open_file)
    assert desk.rows("SELECT number FROM zoom.calls") == [(1,)]


def test_a_table_in_month_partitions_is_loaded_and_emptied_alike(desk: Desk) -> None:
    """Each month touched gets a partition, vacuumed early; slices are replaced in them as elsewhere."""
    warehouse = replace(desk.warehouse, partitioned=("calls",))
    december = date(2026, 12, 31)
    files = [a_file(CALLS, numbers(1)), a_file(CALLS, numbers(2), december)]
    load(warehouse, a_stream(), Frames(files, (DAY, december)), open_file)
    load(warehouse, a_stream(), Frames([a_file(CALLS, numbers(3))], (DAY,), attempt_id="later"), open_file)
    parts = desk.rows("SELECT tableoid::regclass::text, number FROM zoom.calls ORDER BY 1")
    assert parts == [("zoom.calls_2026_11", 3), ("zoom.calls_2026_12", 2)]
    assert desk.rows("SELECT reloptions FROM pg_class WHERE oid = 'zoom.calls_2026_12'::regclass") == [
        (["autovacuum_vacuum_scale_factor=0.02"],)
    ]


def test_a_table_that_exists_is_not_partitioned_afterwards(desk: Desk) -> None:
    """The setting is for tables that are yet to be made."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    load(
        replace(desk.warehouse, partitioned=("calls",)),
        a_stream(),
        Frames([a_file(CALLS, numbers(2))]),
        open_file,
    )
    assert desk.rows("SELECT tableoid::regclass::text, number FROM zoom.calls") == [("zoom.calls", 2)]
