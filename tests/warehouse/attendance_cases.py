"""Seats in meetings, made by hand, and who must be told to have been there."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

DAY = date(2026, 11, 1)
NINE = datetime(2026, 11, 1, 9, tzinfo=UTC)
ANN = {"id": "ann", "user_email": "Ann@x.example", "name": "Ann"}


def seat(join: int | None, leave: int | None, who: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A seat from one second after nine to another."""
    return {"join_time": at(join), "leave_time": at(leave), **who, **more}


def at(second: int | None) -> datetime | None:
    return None if second is None else NINE + timedelta(seconds=second)


def guest(name: str) -> dict[str, str]:
    """Somebody whom Zoom tells no more of."""
    return {"name": name}


# Meeting: its seats, and of each person: known by, person, join order, first join, last leave, seconds, waiting, seats.
Expected = tuple[str, str, int | None, int | None, int | None, int, int, int]
CASES: dict[str, tuple[Sequence[Mapping[str, Any]], list[Expected]]] = {
    "rejoin": (
        [seat(0, 60, ANN), seat(100, 130, ANN)],
        [("user id", "ann", 1, 0, 130, 90, 0, 2)],
    ),
    "breakout room": (
        [seat(0, 600, ANN), seat(100, 200, ANN, bo_mtg_id="7"), seat(300, 700, ANN, bo_mtg_id="8")],
        [("user id", "ann", 1, 0, 700, 700, 0, 3)],
    ),
    "a short stay inside a long one before a third": (
        [seat(0, 500, ANN), seat(10, 20, ANN), seat(400, 600, ANN), seat(800, 810, ANN)],
        [("user id", "ann", 1, 0, 810, 610, 0, 4)],
    ),
    "two devices": (
        [seat(0, 100, ANN), seat(0, 100, ANN, user_id="2"), seat(50, 150, ANN)],
        [("user id", "ann", 1, 0, 150, 150, 0, 3)],
    ),
    "one leaves as the other joins": (
        [seat(0, 100, ANN), seat(100, 200, ANN)],
        [("user id", "ann", 1, 0, 200, 200, 0, 2)],
    ),
    "twins": (
        [seat(5, 65, guest("Room"), user_id="9", _ordinal=n) for n in (1, 2)],
        [("name", "Room", 1, 5, 65, 60, 0, 2)],
    ),
    "join order": (
        [seat(30, 40, guest("Cy")), seat(0, 10, guest("Bo")), seat(30, 90, guest("Di")), seat(31, 32, ANN)],
        [
            ("name", "Bo", 1, 0, 10, 10, 0, 1),
            ("name", "Cy", 2, 30, 40, 10, 0, 1),
            ("name", "Di", 2, 30, 90, 60, 0, 1),
            ("user id", "ann", 4, 31, 32, 1, 0, 1),
        ],
    ),
    "a wait before": (
        [seat(0, 20, ANN, status="in_waiting_room"), seat(20, 50, ANN, status="in_meeting")],
        [("user id", "ann", 1, 20, 50, 30, 20, 1)],
    ),
    "only waiting": (
        [seat(0, 20, guest("Bo"), status="in_waiting_room"), seat(10, 50, ANN)],
        [("name", "Bo", None, None, None, 0, 20, 0), ("user id", "ann", 1, 10, 50, 40, 0, 1)],
    ),
    "guests of whom nothing is known": (
        [seat(0, 10, {}, user_id="1"), seat(0, 10, {}, user_id="2")],
        [("seat", "1", 1, 0, 10, 10, 0, 1), ("seat", "2", 1, 0, 10, 10, 0, 1)],
    ),
    "an address in two ways of writing": (
        [seat(0, 10, {"user_email": "bo@y.example"}), seat(20, 30, {"user_email": "Bo@Y.example"})],
        [("address", "bo@y.example", 1, 0, 30, 20, 0, 2)],
    ),
    "not logged in the second time": (
        [seat(0, 10, ANN), seat(5, 30, {"user_email": "ann@x.example"})],
        [("user id", "ann", 1, 0, 30, 30, 0, 2)],
    ),
    "one registrant with two joins, of which one tells the address": (
        [
            seat(0, 10, {"registrant_id": "r", "user_email": "bo@y.example"}),
            seat(20, 30, {"registrant_id": "r"}),
        ],
        [("address", "bo@y.example", 1, 0, 30, 20, 0, 2)],
    ),
    "registrants without an address": (
        [seat(0, 10, {"registrant_id": "r"}), seat(20, 30, {"registrant_id": "r"})],
        [("registration", "r", 1, 0, 30, 20, 0, 2)],
    ),
    "the report's id and the old one": (
        [seat(0, 10, {"participant_user_id": "ann"}), seat(20, 30, {"id": "ann"})],
        [("user id", "ann", 1, 0, 30, 20, 0, 2)],
    ),
    "a key of the SDK": (
        [seat(0, 10, {"customer_key": "k", "name": "A"}), seat(10, 30, {"customer_key": "k", "name": "B"})],
        [("sdk key", "k", 1, 0, 30, 30, 0, 2)],
    ),
    "over midnight": (
        [seat(53_999, 54_001, ANN), seat(54_600, 54_660, ANN)],
        [("user id", "ann", 1, 53_999, 54_660, 62, 0, 2)],
    ),
    "no leave time, a leave before the join, no time at all": (
        [seat(0, None, ANN), seat(10, 5, ANN), seat(20, 50, ANN), seat(None, None, ANN)],
        [("user id", "ann", 1, 0, 50, 30, 0, 4)],
    ),
}

ROWS = [{**seat, "meeting_uuid": name} for name, (seats, _) in CASES.items() for seat in seats]


def expected(name: str) -> list[tuple[Any, ...]]:
    """The people of a meeting by what they are known, with moments in place of seconds."""
    people = [(*one[:3], at(one[3]), at(one[4]), *one[5:]) for one in CASES[name][1]]
    return sorted(people, key=lambda one: one[1])


QUESTION = """
SELECT known_by, person, join_order, first_join, last_leave, total_seconds, waiting_seconds, seats
FROM zoom.meeting_attendance WHERE meeting_uuid = {place} AND day = '2026-11-01' ORDER BY person
"""
