"""Views are made when they can be, follow their file and their tables, and never stand in a load's way."""

import logging
from dataclasses import replace

import psycopg2
import pytest

from include.warehouse.load import load
from include.warehouse.tables import ensure
from include.warehouse.views import View, refresh_views, views
from include.zoom.catalog import STREAMS
from tests.warehouse.frames_of_calls import CALLS, Desk, Frames, a_file, a_stream, numbers, open_file

ONE = View("calls_made", "-- Calls\n-- that were made.\nSELECT\n    number -- Whom\nFROM {calls}\n")
OTHER = replace(ONE, text="-- Calls.\nSELECT\n    1 AS one, -- One\n    number -- Whom\nFROM {calls}\n")


def refresh(desk: Desk, *wanted: View) -> None:
    """What each load does, with these views."""
    with desk.warehouse.connect() as connection:
        refresh_views(connection, "zoom", wanted)


@pytest.fixture
def calls(desk: Desk) -> Desk:
    """A warehouse with calls and a view of them."""
    load(desk.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(1, 2))]), open_file)
    refresh(desk, ONE)
    return desk


def state(desk: Desk) -> list[tuple[object, ...]]:
    return desk.rows("SELECT oid, xmin::text, relacl::text FROM pg_class WHERE relname = 'calls_made'")


def test_a_view_is_made_when_its_last_table_is_there(desk: Desk) -> None:
    """Recordings alone make no view of recordings and users; users make it."""
    is_there = "SELECT to_regclass('zoom.recording_storage_by_user') IS NOT NULL"
    load(desk.warehouse, STREAMS["recordings"], Frames(), open_file)
    assert desk.rows(is_there) == [(False,)]
    load(desk.warehouse, STREAMS["users"], Frames(), open_file)
    assert desk.rows(is_there) == [(True,)]


def test_view_and_columns_say_what_they_mean(calls: Desk) -> None:
    """The file's comments stand in the warehouse, the view's with the definition's digest."""
    (told,) = calls.rows(
        "SELECT obj_description('zoom.calls_made'::regclass), col_description('zoom.calls_made'::regclass, 1)"
    )
    assert told == (
        "Calls that were made. [airflow-zoom-warehouse, definition cd0be30114c8]",
        "Whom",
    )


def test_nothing_is_written_where_nothing_changed(calls: Desk) -> None:
    """A second look leaves the view as it is."""
    before = state(calls)
    refresh(calls, ONE)
    assert state(calls) == before


def test_a_view_with_more_columns_is_replaced(calls: Desk) -> None:
    """A column at the end comes in place."""
    before = state(calls)[0][0]
    refresh(calls, replace(ONE, text=ONE.text.replace("Whom\n", "").replace("number --", "number, 2 AS two")))
    assert calls.rows("SELECT number, two FROM zoom.calls_made ORDER BY 1") == [(1, 2), (2, 2)]
    assert state(calls)[0][0] == before


def test_a_view_with_other_columns_is_made_anew_for_the_same_readers(calls: Desk) -> None:
    """PostgreSQL takes no other columns in place; who may read it still may."""
    calls.rows('CREATE ROLE "o""dd reader"')
    try:
        calls.rows('GRANT SELECT ON zoom.calls_made TO "o""dd reader", PUBLIC')
        refresh(calls, OTHER)
        assert calls.rows("SELECT one, number FROM zoom.calls_made ORDER BY 2") == [(1, 1), (1, 2)]
        may = "SELECT has_table_privilege('o\"dd reader', 'zoom.calls_made', 'SELECT'), relacl::text LIKE '%,=r/%'"
        assert calls.rows(f"{may} FROM pg_class WHERE relname = 'calls_made'") == [(True, True)]
    finally:
        calls.rows('DROP OWNED BY "o""dd reader"')
        calls.rows('DROP ROLE "o""dd reader"')


def test_a_view_that_others_depend_on_stays_and_is_told(
    calls: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody's own view is dropped with ours; the log says what to do."""
    calls.rows("CREATE VIEW public.theirs AS SELECT number FROM zoom.calls_made")
    before = state(calls)
    refresh(calls, OTHER)
    assert state(calls) == before
    assert "Could not make the view calls_made in schema zoom: cannot drop view" in caplog.text
    assert "drop it yourself and make it again afterwards" in caplog.text


def test_a_view_that_is_being_read_stays_and_is_told(
    calls: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long query of somebody's is not waited for; the next load tries again."""
    monkeypatch.setattr("include.warehouse.views.LOCK_TIMEOUT_SECONDS", 0.1)
    before = state(calls)
    reader = psycopg2.connect(calls.warehouse.uri)
    reader.cursor().execute("SELECT * FROM zoom.calls_made")
    refresh(calls, OTHER)
    reader.close()
    assert state(calls) == before
    assert "Another session holds a lock on it" in caplog.text
    refresh(calls, OTHER)
    assert state(calls) != before


def test_a_view_of_somebody_elses_is_left_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """What stands under the name and was not made by us stays."""
    load(desk.warehouse, a_stream(CALLS), Frames(), open_file)
    desk.rows("CREATE VIEW zoom.calls_made AS SELECT 7 AS seven")
    refresh(desk, ONE)
    assert desk.rows("SELECT seven FROM zoom.calls_made") == [(7,)]
    assert "zoom.calls_made is not the view that this project makes under that name" in caplog.text


def test_a_view_follows_a_table_that_was_made_anew(calls: Desk) -> None:
    """After a rename the view would show the old table for ever."""
    calls.rows("ALTER TABLE zoom.calls RENAME TO old_calls")
    load(calls.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(3))]), open_file)
    refresh(calls, ONE)
    assert calls.rows("SELECT number FROM zoom.calls_made") == [(3,)]


def test_a_view_that_cannot_be_made_fails_no_load(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A view that the server refuses is told, those after it are made, and the rows are loaded."""
    broken = replace(ONE, name="broken", text="-- No.\nSELECT\n    nothing -- No\nFROM {calls}\n")
    monkeypatch.setattr("include.warehouse.views.views", lambda: (broken, ONE))
    load(desk.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(1))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls_made") == [(1,)]
    (record,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert 'Could not make the view broken in schema zoom: column "nothing" does not exist' in record.message


SILENT = """
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'v')
AND (coalesce(obj_description(c.oid, 'pg_class'), '') = '' OR coalesce(col_description(c.oid, a.attnum), '') = '')
"""


def test_every_relation_and_column_says_what_it_means(desk: Desk) -> None:
    """All streams' tables, their views, the ledger, and the views that answer: a comment each, whatever the schema."""
    schema = '"o""dd; n\'ame"'
    with desk.warehouse.connect() as connection:
        for stream in STREAMS.values():
            ensure(connection, "o\"dd; n'ame", stream)
        refresh_views(connection, "o\"dd; n'ame")
    there = desk.rows("SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace", schema)
    assert {(view.name,) for view in views()} < set(there)
    assert desk.rows(SILENT, schema) == []
    for view in views():
        desk.rows(f"SELECT * FROM {schema}.{view.name}")
