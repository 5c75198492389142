"""Who was in a meeting and how long: hand-made seats, the expected people beside them."""

from collections.abc import Iterator
from datetime import date

import psycopg2
import pytest

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from tests.warehouse.attendance_cases import CASES, DAY, QUESTION, ROWS, expected
from tests.warehouse.frames_of_calls import Desk, Frames, a_file, open_file

STREAM = STREAMS["meeting_participants"]


@pytest.fixture(scope="module")
def attended(postgres_server: EmbeddedPostgres) -> Iterator[Desk]:
    """All cases, a meeting each."""
    uri = postgres_server.create("attendance")
    # The same meeting on another day is another meeting: it must not mix.
    files = [a_file(STREAM.tables[0], ROWS, DAY), a_file(STREAM.tables[0], ROWS[:1], date(2026, 11, 2))]
    load(Warehouse(uri, "zoom"), STREAM, Frames(files, [DAY, date(2026, 11, 2)]), open_file)
    connection = psycopg2.connect(uri)
    yield Desk(Warehouse(uri, "zoom"), connection)
    connection.close()


@pytest.mark.parametrize("name", CASES)
def test_no_second_of_a_person_counts_twice(attended: Desk, name: str) -> None:
    """Each person of the meeting once, with join order, first join, last leave and the union of the seats."""
    assert attended.rows(QUESTION.format(place="%s"), name) == expected(name)


def test_who_only_waited_did_not_attend(attended: Desk) -> None:
    """`attended` tells them apart."""
    found = attended.rows(
        "SELECT person, attended FROM zoom.meeting_attendance WHERE meeting_uuid = 'only waiting'"
    )
    assert sorted(found) == [("Bo", False), ("ann", True)]


def test_a_day_is_found_by_the_index_of_the_table(attended: Desk) -> None:
    """A condition on the day goes down through every window to the slice."""
    plan = attended.rows(
        "SET enable_seqscan = off; "
        "EXPLAIN SELECT * FROM zoom.meeting_attendance WHERE day = '2026-11-01' AND meeting_uuid = 'rejoin'"
    )
    told = "\n".join(line for (line,) in plan)
    assert "Index Cond: (_slice_date = '2026-11-01'::date)" in told
    assert "Filter: (meeting_uuid = 'rejoin'::text)" in told
