"""What is loaded is compared with what else the warehouse knows, which warns and refuses nothing."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.warehouse.comparisons import COMPARISONS
from include.warehouse.load import load
from include.warehouse.tables import ensure
from include.zoom.catalog import STREAMS
from include.zoom.checks import Check
from tests.warehouse.frames_of_calls import CALLS, DAY, Desk, Frames, a_file, a_stream, numbers, open_file

SETTLED = datetime(2026, 11, 4, tzinfo=UTC)
EARLY = datetime(2026, 11, 2, 1, tzinfo=UTC)


def loaded(desk: Desk, stream: str, rows: Sequence[Mapping[str, Any]], at: datetime = SETTLED) -> list[Check]:
    """What the load of these rows into a stream's only table checks."""
    (table,) = STREAMS[stream].tables
    frames = Frames([a_file(table, rows)], [DAY], extracted_at=at)
    return load(desk.warehouse, STREAMS[stream], frames, open_file).checks


def told(checks: Sequence[Check], name: str) -> list[tuple[str, str]]:
    """Outcome and finding of a check."""
    return [(check.outcome.value, check.found) for check in checks if check.name == name]


def meeting(uuid: str, people: int, minutes: int, kind: str = "Meeting") -> dict[str, Any]:
    """A meeting as Zoom counts it."""
    return {"meeting_uuid": uuid, "type": kind, "participants": people, "total_participant_minutes": minutes}


def seat(uuid: str, seconds: int) -> dict[str, Any]:
    """Somebody's stay."""
    return {"meeting_uuid": uuid, "duration_seconds": seconds}


def test_participants_are_compared_with_what_zoom_counts_for_each_meeting(desk: Desk) -> None:
    """Fewer seats than people warn; more are stays of who came back; webinars and lone people have no list."""
    loaded(
        desk,
        "meetings",
        [
            meeting("a", 2, 20),
            meeting("b", 10, 100),
            meeting("c", 1, 9),
            meeting("d", 300, 900, "Webinar"),
        ],
    )
    seats = [*[seat("a", 300)] * 4, *[seat("b", 600)] * 8]
    checks = loaded(desk, "meeting_participants", seats)
    assert told(checks, "participants") == [("failed", "1 of 2 meetings differ")]
    assert told(checks, "minutes") == [("failed", "1 of 2 meetings differ")]


def test_minutes_may_differ_by_what_zoom_rounds(desk: Desk) -> None:
    """A minute for each seat, or a tenth: 30 minutes of three seats of 570 seconds are 28.5."""
    loaded(desk, "meetings", [meeting("a", 3, 30)])
    checks = loaded(desk, "meeting_participants", [seat("a", 570)] * 3)
    assert told(checks, "minutes") == [("passed", "0 of 1 meetings differ")]


def test_two_tables_are_compared_by_whichever_is_loaded_last(desk: Desk) -> None:
    """Where meetings come after their participants, theirs is the load that compares."""
    first = loaded(desk, "meeting_participants", [seat("a", 600)] * 2)
    assert told(first, "participants") == [("not_applicable", "")]
    then = loaded(desk, "meetings", [meeting("a", 2, 20)])
    assert told(then, "participants") == [("passed", "0 of 1 meetings differ")]


def test_seats_are_not_searched_once_for_each_meeting(desk: Desk) -> None:
    """Of tables without statistics, which new ones are, PostgreSQL would do so by a nested loop: for hours."""
    loaded(desk, "meetings", [meeting("a", 2, 20)])
    loaded(desk, "meeting_participants", [seat("a", 600)] * 2)
    for comparison in COMPARISONS[:2]:
        tables = {table: f"zoom.{table}" for table in comparison.tables}
        with desk.connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {comparison.statement.format(**tables)}".replace("$1", "'2026-11-01'"))
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "meeting_participants" in plan
        assert "Nested Loop" not in plan


def test_the_latest_comparison_counts_whichever_load_made_it(desk: Desk) -> None:
    """Meetings that came before their participants failed, until these came too."""
    loaded(desk, "meeting_participants", [])
    loaded(desk, "meetings", [meeting("a", 2, 20)])
    failing = "SELECT check_name, stream, table_name FROM zoom.failing ORDER BY 1"
    assert desk.rows(failing) == [
        ("minutes", "meetings", "meetings"),
        ("participants", "meetings", "meetings"),
    ]
    loaded(desk, "meeting_participants", [seat("a", 600)] * 2)
    assert desk.rows(failing) == []


def test_one_meeting_in_a_hundred_may_differ(desk: Desk) -> None:
    """A warning that always comes is read by nobody."""
    loaded(desk, "meetings", [meeting(f"{n}", 2, 20) for n in range(100)])
    checks = loaded(desk, "meeting_participants", [seat(f"{n}", 600) for n in range(1, 100) for _ in (1, 2)])
    assert told(checks, "participants") == [("passed", "1 of 100 meetings differ")]


@pytest.mark.parametrize(
    ("at", "outcome"), [(EARLY, ("failed", "1")), (SETTLED, ("passed", "1"))], ids=["provisional", "final"]
)
def test_a_duration_of_zero_warns_until_its_day_is_final(
    desk: Desk, at: datetime, outcome: tuple[str, str]
) -> None:
    """Zoom says 0 while it still counts; two days later a zero is a zero."""
    checks = loaded(desk, "meeting_participants", [seat("a", 0), seat("a", 60)], at)
    assert told(checks, "settled") == [outcome]


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [(39, "failed"), (40, "passed"), (210, "passed"), (211, "failed")],
)
def test_a_final_days_volume_is_compared_with_the_same_weekdays(desk: Desk, rows: int, outcome: str) -> None:
    """The median of the last final ones is 100: half of it to twice as many, and ten rows besides, are usual."""
    stream = a_stream(CALLS)
    with desk.warehouse.connect() as connection:
        ensure(connection, "zoom", stream)
    for week, held, final in (
        (1, 5000, True),
        (2, 90, True),
        (3, 100, True),
        (4, 7, False),
        (5, 100, True),
        (8, 101, True),
        (9, 1, True),
    ):
        desk.rows(
            "INSERT INTO zoom.slices VALUES ('calls', %s, 'calls', now(), 'a', 'l', %s, %s, now(), 'interval')",
            DAY - timedelta(weeks=week),
            held,
            final,
        )
    (check,) = [
        check
        for check in load(desk.warehouse, stream, of_day(DAY, rows), open_file).checks
        if check.name == "volume"
    ]
    assert (check.outcome, check.expected) == (outcome, "40 to 210")
    assert check.told == "The median of 5 such weekdays is 100."


def of_day(day: date, rows: int) -> Frames:
    """A final day of calls."""
    return Frames([a_file(CALLS, numbers(*range(rows)), day)], [day], extracted_at=SETTLED)


def test_a_volume_without_four_final_weeks_is_not_judged(desk: Desk) -> None:
    """Three weekdays are no habit, and neither is a day that is still to settle."""
    stream = a_stream(CALLS)
    for week in (1, 2, 3):
        load(desk.warehouse, stream, of_day(DAY - timedelta(weeks=week), 100), open_file)
    final = load(desk.warehouse, stream, of_day(DAY, 1), open_file).checks
    assert [check.told for check in final if check.name == "volume"] == [
        "3 final days of this weekday are there."
    ]


def test_a_comparison_that_fails_leaves_the_load_alone(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """Where somebody put a view in the other table's place, the slices are loaded and the log says so."""
    loaded(desk, "meetings", [meeting("a", 2, 20)])
    desk.rows("DROP TABLE zoom.meetings CASCADE")
    desk.rows("CREATE VIEW zoom.meetings AS SELECT 1 AS number")
    loaded(desk, "meeting_participants", [seat("a", 600)])
    assert desk.rows("SELECT count(*) FROM zoom.meeting_participants") == [(1,)]
    assert "Could not compare what was loaded of meeting_participants" in caplog.text


def account(active: int, inactive: int, pending: int) -> list[dict[str, Any]]:
    """Users of these statuses."""
    statuses = ["active"] * active + ["inactive"] * inactive + ["pending"] * pending
    return [{"id": f"u{number}", "status": status} for number, status in enumerate(statuses)]


@pytest.mark.parametrize(
    ("total", "rooms", "pending", "outcome"),
    [
        (8, 0, 1, "passed"),
        (17, 0, 1, "passed"),
        (18, 0, 1, "failed"),
        (18, 1, 1, "passed"),
        (7, 0, 1, "failed"),
        (12, 0, 4, "failed"),
    ],
)
def test_users_are_compared_with_the_accounts_own_count(
    desk: Desk, total: int, rooms: int, pending: int, outcome: str
) -> None:
    """Zoom says not whether inactive and pending ones count: from the active ones to all, but for 2; no rooms."""
    loaded(desk, "users", account(active=10, inactive=4, pending=1))
    told_by_zoom = {
        "total_users_count": total,
        "room_users_count": rooms,
        "pending_users_count": pending,
    }
    checks = loaded(desk, "user_summary", [told_by_zoom])
    assert told(checks, "users_summary") == [
        (
            outcome,
            f"{total - rooms} with {pending} pending in the summary; 10 active, 1 pending, 15 in all in the list",
        )
    ]
