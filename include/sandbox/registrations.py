"""Who registered for a webinar: a pure function of its number, the same for a whole series.

Of those approved the first come, as far as there are guests; some never do.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from include.sandbox.account import Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.meetings import FIRST_DAY, SLOTS, Meeting
from include.sandbox.people import FIRST, LAST
from include.sandbox.seats import Seat

Row = dict[str, Any]
_EACH = 100  # more than register for any
_FIRST_NUMBER, _FIRST_SERIES = 80_000_000_000, 93_000_000_000
STATUSES = ("approved", "pending", "denied")
_DRAWN = ("approved", "approved", "approved", "approved", "pending", "denied")
_ALWAYS_ABSENT = 2


def asks_for_registration(seed: int, number: int) -> bool:
    """Whether one has to register; else Zoom has no list, which is code 3000."""
    return draw(seed, "registration", number).random() < 0.8  # noqa: PLR2004


def asked_status(asked: Asked) -> str:
    """Which registrants are asked for: the approved ones, unless another status is."""
    status = asked.parameters.get("status", "approved")
    if status not in STATUSES:
        raise ApiError(400, 300, "Invalid field: status.")
    return status


def registrants(seed: int, number: int, status: str) -> list[Row]:
    """The records of a status."""
    found = draw(seed, "registrants", number).randrange(7, 14)
    return [_record(seed, number, each) for each in range(found) if _status(each) == status]


def came(seed: int, meeting: Meeting, seats: list[Seat]) -> dict[int, Row]:
    """Which registration each guest of a webinar came with, if any."""
    guests = list(dict.fromkeys(seat.guest for seat in seats if seat.person is None))
    approved = registrants(seed, meeting.number, "approved")[:-_ALWAYS_ABSENT]
    return dict(zip(guests, approved, strict=False))


def absent(seed: int, meeting: Meeting, seats: list[Seat]) -> list[Row]:
    """Those approved who did not come."""
    there = {row["id"] for row in came(seed, meeting, seats).values()}
    return [row for row in registrants(seed, meeting.number, "approved") if row["id"] not in there]


def _status(each: int) -> str:
    return _DRAWN[each % len(_DRAWN)]


def _record(seed: int, number: int, each: int) -> Row:
    chance = draw(seed, "registrant", number, each)
    coordinates = number * _EACH + each
    row: Row = {
        "id": url_safe_id(seed, "webinar registrant", coordinates),
        "email": f"visitor.{coordinates}@elsewhere.example",
        "first_name": chance.choice(FIRST),
        "last_name": "" if each % 5 == 1 else chance.choice(LAST),
        "status": _status(each),
        "create_time": zulu(_registered(number) + timedelta(minutes=7 * each)),
        # Questions that were not asked are "", those of a newer form are not there at all.
        "address": "",
        "city": chance.choice(("Zürich", "大阪", "Tromsø", "")),
        "country": "CH",
        "zip": "08045",
        "state": "",
        "phone": "",
    }
    if row["status"] == "approved":
        row["join_url"] = f"https://zoom.example/w/{number}?tk=sandbox-secret-{coordinates}"
    return row | _work(each)


def _work(each: int) -> Row:
    if each % 3 == 0:
        return {"language": "de-DE"}  # a field that Zoom's description does not know
    return {
        "industry": "Food",
        "org": "Müller & Söhne",
        "job_title": 'Head of "Everything"',
        "no_of_employees": "1,001-5,000",
        "purchasing_time_frame": "",
        "role_in_purchase_process": "Decision Maker",
        "comments": "Wird es eine Aufzeichnung geben?\nDanke! 🙏",
        "custom_questions": [{"title": "How did you hear of us?", "value": "A friend"}],
    }


def _registered(number: int) -> datetime:
    """When registrations began: a week before, and long ago for a series."""
    begin = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, 9, tzinfo=UTC)
    if number >= _FIRST_SERIES:
        return begin
    return begin + timedelta(days=(number - _FIRST_NUMBER) // SLOTS - 7)
