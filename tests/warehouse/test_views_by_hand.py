"""The other views over a few rows, the expected answers beside them."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
import pytest

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from tests.warehouse.frames_of_calls import ONE, Desk, Frames, a_file, open_file

DAY, NEXT = date(2026, 11, 1), date(2026, 11, 2)
NINE = datetime(2026, 11, 1, 9, tzinfo=UTC)
LONG_AGO, FAR_OFF = date(2020, 1, 1), date(2999, 1, 1)


def meeting(
    uuid: str, host: str | None, minutes: int | None, department: str | None, kind: str = "Meeting"
) -> Any:
    """A meeting of three participants."""
    return {
        "meeting_uuid": uuid,
        "host_email": host,
        "duration_minutes": minutes,
        "department": department,
        "type": kind,
        "total_participant_minutes": minutes and 3 * minutes,
    }


def recording(
    uuid: str, host: str, size: int | None, hour: int, delete: date | None = None
) -> dict[str, Any]:
    """A recording that began on the day."""
    return {
        "recording_uuid": uuid,
        "host_id": host,
        "total_size_bytes": size,
        "start_time": NINE + timedelta(hours=hour),
        "auto_delete": delete is not None,
        "auto_delete_date": delete,
    }


def seat(join: int, leave: int, **who: str) -> dict[str, Any]:
    """A seat in the webinar, in seconds after nine."""
    times = {"join_time": NINE + timedelta(seconds=join), "leave_time": NINE + timedelta(seconds=leave)}
    return {"webinar_uuid": "w", "status": "in_meeting", **times, **who}


def absentee(
    registration: str, email: str | None, first: str | None = None, last: str | None = None
) -> dict[str, Any]:
    """Whom Zoom calls absent."""
    return {"webinar_uuid": "w", "id": registration, "email": email, "first_name": first, "last_name": last}


ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"id": "ann", "email": "ann@x.example", "dept": "Sales", "status": "active", "display_name": "Ann"}
        | {"type": 2, "last_login_time": ONE - timedelta(days=30)},
        {"id": "bo", "status": "active", "type": 2, "last_login_time": ONE - timedelta(days=30, seconds=1)},
        {"id": "cy", "status": "active", "type": 2},
        {"email": "di@x.example", "status": "pending", "type": 7},
        {"id": "eve"},
    ],
    "meetings": [
        meeting("1", "Ann@x.example", 10, "Sales"),
        meeting("2", "ann@X.example", 20, "Sales"),
        meeting("3", "bo@x.example", 5, None, "Webinar"),
        meeting("4", None, None, None),
    ],
    "recordings": [
        recording("r1", "ann", 100, 1, FAR_OFF),
        recording("r2", "ann", 20, 2),
        recording("r3", "ann", 3, 3, LONG_AGO),
        recording("r4", "ann", 4000, 0),
        recording("r5", "gone", None, 0),
    ],
    "recording_files": [
        {"recording_uuid": "r1", "id": "1"},
        {"recording_uuid": "r1", "id": None},
        {"recording_uuid": "r2", "id": "2", "deleted_time": NINE},
        {"recording_uuid": "r2", "id": "3"},
        {"recording_uuid": "r3", "id": "4"},
        {"recording_uuid": "r4", "id": "5", "deleted_time": NINE},
    ],
    "webinar_participants": [
        seat(0, 60, id="ann", user_email="ann@x.example", name="Ann"),
        seat(10, 50, registrant_id="r-bo", user_email="Bo@y.example", name="Bo"),
        seat(40, 100, registrant_id="r-bo", name="Bo"),
        seat(20, 30, user_email="cy@y.example", name="Cy"),
        seat(30, 31, name="Guest"),
        {**seat(0, 9, registrant_id="r-di", user_email="di@y.example"), "status": "in_waiting_room"},
    ],
    "webinar_absentees": [
        absentee("r-cy", "CY@y.example", "Cy", "Cole"),
        absentee("r-eve", "Eve@y.example", "Eve", "Ek"),
        absentee("r-flo", None, "Flo"),
        absentee("r-di", "di@y.example"),
    ],
}


@pytest.fixture(scope="module")
def ask(postgres_server: EmbeddedPostgres) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Questions to a warehouse with these rows; the next day is loaded and empty."""
    warehouse = Warehouse(postgres_server.create("views_by_hand"), "zoom")
    for stream in STREAMS.values():
        tables = [table for table in stream.tables if table.name in ROWS]
        if tables:
            files = [a_file(table, ROWS[table.name]) for table in tables]
            load(
                warehouse, stream, Frames(files, [DAY] if stream.name == "users" else [DAY, NEXT]), open_file
            )
    connection = psycopg2.connect(warehouse.uri)
    yield Desk(warehouse, connection).rows
    connection.close()


def test_a_host_counts_once_and_an_empty_day_is_zero(ask: Any) -> None:
    """One address in two ways of writing is one host; a day that is loaded and has no meeting has a row."""
    assert ask("SELECT * FROM zoom.daily_active_hosts ORDER BY day") == [
        (DAY, False, 2, 3, 1, 35),
        (NEXT, False, 0, 0, 0, 0),
    ]


def test_meetings_without_a_department_have_a_row(ask: Any) -> None:
    """They are told as (none), and minutes that Zoom lacks as 0."""
    assert ask("SELECT * FROM zoom.meeting_minutes_by_department ORDER BY department") == [
        (DAY, "(none)", 1, 2, 5, 15),
        (DAY, "Sales", 1, 2, 30, 90),
    ]


def test_what_is_gone_takes_no_storage(ask: Any) -> None:
    """A passed date of deletion, or all files in the trash; a host who is no user any more still counts."""
    assert ask("SELECT * FROM zoom.recording_storage_by_user ORDER BY host_id") == [
        ("ann", "ann@x.example", "Ann", "Sales", "active", 2, 4, 120, 2, 4003, NINE + timedelta(hours=3)),
        ("gone", None, None, None, None, 1, 0, 0, 0, 0, NINE),
    ]


def test_who_registered_attended_or_was_absent(ask: Any) -> None:
    """A panelist, a registrant with two joins, an attendee whom Zoom calls absent, a guest, one who waited, absentees."""
    found = ask(
        "SELECT person, known_by, name, registered, attended, absent, join_order, total_seconds, seats "
        "FROM zoom.webinar_attendance ORDER BY person"
    )
    assert found == [
        ("Guest", "name", "Guest", False, True, False, 4, 1, 1),
        ("ann", "user id", "Ann", False, True, False, 1, 60, 1),
        ("bo@y.example", "address", "Bo", True, True, False, 2, 90, 2),
        ("cy@y.example", "address", "Cy Cole", True, True, False, 3, 10, 1),
        ("di@y.example", "address", None, True, False, True, None, 0, 0),
        ("eve@y.example", "address", "Eve Ek", True, False, True, None, 0, 0),
        ("r-flo", "registration", "Flo", True, False, True, None, 0, 0),
    ]


def test_licences_with_those_that_lie_idle(ask: Any) -> None:
    """A type that Zoom invents later has its number; whoever was never seen is idle."""
    assert ask("SELECT * FROM zoom.users_by_licence ORDER BY licence") == [
        (DAY, "(none)", "(none)", 1, 1),
        (DAY, "7", "pending", 1, 1),
        (DAY, "Licensed", "active", 3, 2),
    ]
