"""The views' SQL is plain: DuckDB, which shares no code with PostgreSQL, takes it as it is and answers alike."""

from collections.abc import Iterator
from typing import Any

import pytest
from adbc_driver_duckdb.dbapi import connect

from include.warehouse.catalogue import declared_types
from include.warehouse.views import View, views
from include.zoom.catalog import STREAMS
from tests.warehouse.attendance_cases import CASES, DAY, QUESTION, ROWS, expected

TYPES = {table.name: declared_types(table) for stream in STREAMS.values() for table in stream.tables}
VERSION = {"valid_from": "date", "valid_to": "date"}
SLICES = {"table_name": "text", "slice_date": "date", "final": "boolean"}


def types(relation: str) -> dict[str, str]:
    """The columns of what a view reads."""
    if relation == "slices":
        return SLICES
    table, _, kind = relation.rpartition("_")
    if kind in ("current", "history"):
        return TYPES[table] | (VERSION if kind == "history" else {})
    return TYPES[relation]


@pytest.fixture(scope="module")
def duck() -> Iterator[Any]:
    """A database of empty tables, but for the seats."""
    with connect() as database, database.cursor() as cursor:
        cursor.execute("CREATE SCHEMA zoom")
        for relation in {read for view in views() for read in view.reads}:
            columns = (
                f'"{name}" {type_.replace("jsonb", "json")}' for name, type_ in types(relation).items()
            )
            cursor.execute(f'CREATE TABLE zoom."{relation}" ({", ".join(columns)})')
        for row in ROWS:
            names, places = ", ".join(row), ", ".join("?" for _ in row)
            statement = f"INSERT INTO zoom.meeting_participants ({names}, _slice_date) VALUES ({places}, ?)"
            cursor.execute(statement, (*row.values(), DAY))
        yield cursor


def make(duck: Any, view: View) -> None:
    """The view as its file has it."""
    query = view.text.format(**{read: f'zoom."{read}"' for read in view.reads})
    duck.execute(f"CREATE OR REPLACE VIEW zoom.{view.name} AS {query}")


@pytest.mark.parametrize("view", views(), ids=lambda view: view.name)
def test_every_view_can_be_made(duck: Any, view: View) -> None:
    """With the columns that it comments on, in that order."""
    make(duck, view)
    duck.execute(f"SELECT * FROM zoom.{view.name}")
    assert [name for name, *_ in duck.description or []] == list(view.columns)


@pytest.mark.parametrize("name", CASES)
def test_attendance_is_counted_alike(duck: Any, name: str) -> None:
    """The same people, order, moments and seconds."""
    (view,) = (view for view in views() if view.name == "meeting_attendance")
    make(duck, view)
    duck.execute(QUESTION.format(place="?"), (name,))
    assert duck.fetchall() == expected(name)
