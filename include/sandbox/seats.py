"""Who sat in a meeting: the rows of its participants.

A row is a seat, not a person: who comes back gets a new `user_id` and a new row, breakout rooms and the
waiting room add rows, guests have no id, and two rows may be equal and yet two.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from include.sandbox.chance import draw, url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.meetings import Meeting, crowd_size
from include.sandbox.people import People

Row = dict[str, Any]
_GUESTS = ("Guest", "iPhone", "Zoë's iPad", "+49*****12", "")


@dataclass(frozen=True)
class Seat:
    """One participant's stay."""

    person: int | None
    """A user of the account; None for a guest."""
    guest: int
    """Which guest, so that one who comes back is the same."""
    number: int
    join: datetime
    leave: datetime
    room: str = ""
    waiting: bool = False

    @property
    def seconds(self) -> int:
        """How long."""
        return int((self.leave - self.join).total_seconds())


def seats(people: People, meeting: Meeting) -> list[Seat]:
    """Everyone's stays, the host's first."""
    chance = draw(people.seed, "seats", meeting.day, meeting.slot)
    found = [Seat(meeting.host, 0, 16_778_240, meeting.start, meeting.end)]
    for _ in range(_guests(meeting, chance, people.guests)):
        found += _stays(people, meeting, chance, len(found))
    if meeting.what in ("twins", "webinar") and len(found) > 1:
        found.append(found[-1])  # truly two: a room's two devices under one number
    return found


def as_past(people: People, meeting: Meeting, seat: Seat, *, settled: bool = True) -> Row:
    """A record of `/past_meetings/{uuid}/participants`."""
    row = _row(people, meeting, seat, settled=settled) | {"internal_user": seat.person is not None}
    if seat.number % 5 == 0:
        row["network_type"] = "Wifi"  # a field that Zoom's description does not know
    return row


def as_report(people: People, meeting: Meeting, seat: Seat, *, settled: bool = True) -> Row:
    """A record of `/report/meetings/{uuid}/participants`."""
    row = _row(people, meeting, seat, settled=settled) | {"customer_key": ""}
    if seat.person is not None:
        row["participant_user_id"] = row["id"]
    if seat.room:
        row["bo_mtg_id"] = seat.room
    return row


def minutes(found: list[Seat]) -> int:
    """All stays together, each rounded up."""
    return sum(-(-seat.seconds // 60) for seat in found)


def _row(people: People, meeting: Meeting, seat: Seat, *, settled: bool) -> Row:
    row: Row = {
        "user_id": str(seat.number),
        "name": _name(people, meeting, seat),
        "user_email": _email(people, seat),
        "join_time": zulu(seat.join),
        "leave_time": zulu(seat.leave),
        "duration": seat.seconds if settled else 0,
        "failover": seat.number % 41 == 0,
        "status": "in_waiting_room" if seat.waiting else "in_meeting",
    }
    if seat.person is not None:
        return {"id": people.user_id(seat.person)} | row
    if seat.guest % 4 == 1:
        row["registrant_id"] = url_safe_id(people.seed, "registrant", seat.guest)
    # A guest's id is "" or not there at all.
    return row if seat.guest % 2 else {"id": ""} | row


def _name(people: People, meeting: Meeting, seat: Seat) -> str:
    if seat.person is not None:
        return people.display_name(seat.person)
    if meeting.what == "strange" and not people.plain:
        return "Gu\x00est \udc00"
    return _GUESTS[seat.guest % len(_GUESTS)]


def _email(people: People, seat: Seat) -> str:
    if seat.person is not None:
        return people.email_then(seat.person)
    # Since 2022 only those of registered or invited guests are shown.
    return f"guest{seat.guest}@elsewhere.example" if seat.guest % 4 == 1 else ""


def _guests(meeting: Meeting, chance: Random, usual: float) -> int:
    if meeting.what == "alone":
        return 0
    if meeting.what == "crowd":
        return crowd_size(meeting)
    return 1 + min(int(chance.expovariate(1 / usual)), int(6 * usual))


def _stays(people: People, meeting: Meeting, chance: Random, taken: int) -> list[Seat]:
    """One more person: one stay, or with a wait before it, a breakout room in it, or a second one after."""
    length = int((meeting.end - meeting.start).total_seconds())
    join = meeting.start + timedelta(seconds=_joins_at(meeting, chance, length))
    leave = join + timedelta(seconds=chance.randint(1, max(1, int((meeting.end - join).total_seconds()))))
    person = chance.randrange(people.active) if chance.random() < 0.6 else None  # noqa: PLR2004
    seat = Seat(person, chance.randrange(1, 1000), 16_778_240 + 1024 * taken, join, leave)
    kind = chance.random()
    if kind < 0.05:  # noqa: PLR2004
        wait = replace(seat, waiting=True, leave=seat.join, join=seat.join - timedelta(seconds=20))
        return [wait, replace(seat, number=seat.number + 1024)]
    if kind < 0.10 and seat.seconds > 10:  # noqa: PLR2004
        room = replace(
            seat, room=str(seat.number + 7), number=seat.number + 1024, leave=leave - timedelta(seconds=5)
        )
        return [seat, room]
    if kind < 0.20:  # noqa: PLR2004
        again = leave + timedelta(seconds=chance.randint(1, 60))
        return [
            seat,
            replace(seat, number=seat.number + 1024, join=again, leave=again + timedelta(seconds=90)),
        ]
    return [seat]


def _joins_at(meeting: Meeting, chance: Random, length: int) -> int:
    if meeting.what == "over_midnight" and chance.random() < 0.5:  # noqa: PLR2004
        return 1800 + chance.randrange(600)  # ten past midnight
    return chance.randrange(max(1, length // 2))
