"""Which user hosted a meeting, found by what knows it best."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import psycopg2
import pytest

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from tests.warehouse.frames_of_calls import Desk, Frames, a_file, open_file

BEFORE, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)
# Bo gets a new address, and Cy the old one.
USERS = {
    OCTOBER: [{"id": "ann", "email": "ann@x.example"}, {"id": "bo", "email": "bo@x.example"}],
    NOVEMBER: [
        {"id": "ann", "email": "ann@x.example"},
        {"id": "bo", "email": "robert@x.example"},
        {"id": "cy", "email": "bo@x.example"},
    ],
}
# Day, host's address; seats of the meeting; host of its recording; which user, and how that is known.
Case = tuple[date, str | None, list[dict[str, str]], str | None, str | None, str]
CASES: dict[str, Case] = {
    "same address all along": (NOVEMBER, "Ann@x.example", [], None, "ann", "address then"),
    "address since given to another": (OCTOBER, "bo@x.example", [], None, "bo", "address then"),
    "address given to another before": (NOVEMBER, "bo@x.example", [], None, "cy", "address then"),
    "address that came later": (OCTOBER, "robert@x.example", [], None, "bo", "address"),
    "before the first snapshot, two had it since": (BEFORE, "bo@x.example", [], None, None, "ambiguous"),
    "the host's own seat": (
        NOVEMBER,
        "bo@x.example",
        [
            {"id": "bo", "user_email": "BO@x.example"},
            {"participant_user_id": "bo", "user_email": "bo@x.example"},
            {"id": "ann", "user_email": "ann@x.example"},
            {"user_email": "bo@x.example"},
        ],
        "cy",
        "bo",
        "participant",
    ),
    "a seat without an id, and a recording": (
        NOVEMBER,
        "gone@x.example",
        [{"user_email": "gone@x.example"}],
        "dee",
        "dee",
        "recording",
    ),
    "nobody": (NOVEMBER, "gone@x.example", [], None, None, "nobody"),
    "no address": (NOVEMBER, None, [{"id": "ann"}], None, None, "nobody"),
}


@pytest.fixture(scope="module")
def ask(postgres_server: EmbeddedPostgres) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """Questions to a warehouse with these meetings."""
    warehouse = Warehouse(postgres_server.create("meeting_hosts"), "zoom")
    rows: dict[str, dict[date, list[Any]]] = {
        "users": USERS,
        "meetings": {BEFORE: [], OCTOBER: [], NOVEMBER: []},
        "meeting_participants": {BEFORE: [], OCTOBER: [], NOVEMBER: []},
        "recordings": {BEFORE: [], OCTOBER: [], NOVEMBER: []},
    }
    for uuid, (day, address, seats, recorded, _, _) in CASES.items():
        rows["meetings"][day].append({"meeting_uuid": uuid, "host_email": address})
        rows["meeting_participants"][day] += [{"meeting_uuid": uuid, **seat} for seat in seats]
        rows["recordings"][day] += [{"recording_uuid": uuid, "host_id": recorded}] if recorded else []
    for name, days in rows.items():
        (table, *_) = STREAMS[name].tables
        for day, found in days.items():
            asked = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
            frames = Frames([a_file(table, found, day)], [day], extracted_at=asked)
            load(warehouse, STREAMS[name], frames, open_file)
    connection = psycopg2.connect(warehouse.uri)
    yield Desk(warehouse, connection).rows
    connection.close()


@pytest.mark.parametrize("name", CASES)
def test_the_host_is_who_the_best_source_says(ask: Any, name: str) -> None:
    """Seat, recording, address then, address at another time; where one of them says several, none is taken."""
    found = ask(
        "SELECT day, host_email, user_id, matched_by FROM zoom.meeting_hosts WHERE meeting_uuid = %s", name
    )
    day, address, _, _, user, by = CASES[name]
    assert found == [(day, address, user, by)]
