"""A schema goes forward only: what an older version left is brought up to date, what a newer one made is left alone."""

import pytest

from include.warehouse.errors import NewerSchema
from include.warehouse.load import load
from include.warehouse.version import SCHEMA_VERSION
from tests.warehouse.frames_of_calls import CALLS, Desk, Frames, a_file, a_stream, numbers, open_file

ONE_ROW = Frames([a_file(CALLS, numbers(1))])
EVERYTHING = (
    "SELECT c.relname::text, c.xmin::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
    "WHERE c.relnamespace = 'zoom'::regnamespace AND a.attnum > 0 ORDER BY 1, 3"
)


def version(desk: Desk) -> list[tuple[int]]:
    """What the schema says."""
    return desk.rows("SELECT version FROM zoom.schema_version")


def test_a_new_schema_says_its_version(desk: Desk) -> None:
    """From the first load on."""
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    assert version(desk) == [(SCHEMA_VERSION,)]


def test_a_schema_without_a_version_gets_one(desk: Desk) -> None:
    """As schemas are that were made before there were versions."""
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    desk.rows("DROP TABLE zoom.schema_version")
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    assert version(desk) == [(SCHEMA_VERSION,)]


def test_an_older_schema_is_raised_though_nothing_lacks(desk: Desk) -> None:
    """A version that changes what rows mean and no table is told as well."""
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    desk.rows("UPDATE zoom.schema_version SET version = 0")
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    assert version(desk) == [(SCHEMA_VERSION,)]


def test_a_newer_schema_is_left_as_it_is(desk: Desk) -> None:
    """Older code changes no table, no row and no version there, also where it would find something lacking."""
    load(desk.warehouse, a_stream(), ONE_ROW, open_file)
    desk.rows(f"UPDATE zoom.schema_version SET version = {SCHEMA_VERSION + 1}")
    desk.rows("DROP TABLE zoom.legs")
    before = desk.rows(EVERYTHING)
    with pytest.raises(NewerSchema) as refused:
        load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert str(refused.value) == (
        f"The tables of schema zoom are version {SCHEMA_VERSION + 1}, of a newer version of this project: this one knows "
        f"{SCHEMA_VERSION}. Nothing was changed or loaded. Install that version or a later one wherever tasks run; "
        "the only way back is a backup of the schema."
    )
    assert desk.rows(EVERYTHING) == before
    assert desk.rows("SELECT number FROM zoom.calls") == [(1,)]
    assert version(desk) == [(SCHEMA_VERSION + 1,)]
