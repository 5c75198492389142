"""Meetings that are scheduled: a user's, and who registered for each."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError, no_meeting
from include.sandbox.clock import zulu
from include.sandbox.directory import find_user
from include.sandbox.limits import MEDIUM
from include.sandbox.meetings import Meeting
from include.sandbox.registrations import STATUSES, asked_status, asks_for_registration, registrants
from include.sandbox.routes import Route, Truth

Row = dict[str, Any]
_EXPIRES_AFTER_DAYS, _AHEAD_DAYS = 1, 2
_PLANNED, _NO_FIXED_TIME = (2, 3, 8), 3


def scheduled(account: Account, asked: Asked) -> Row:
    """`GET /users/{userId}/meetings`: neither instant meetings nor personal ones nor webinars."""
    host = find_user(account, asked)
    if not account.people.licensed(host):
        message = "Meeting hosting and scheduling capabilities are not allowed for your user account."
        raise ApiError(400, 3161, message)
    found = list(_scheduled(account, host))
    return account.numbered_page(asked, "meetings", found, lambda meeting: _row(account, meeting))


def list_registrants(account: Account, asked: Asked) -> Row:
    """`GET /meetings/{meetingId}/registrants`: the approved ones, unless another status is asked."""
    found = registrants(account.settings.seed, _number(account, asked), asked_status(asked))
    return account.numbered_page(
        asked, "registrants", found, lambda row: row | {"participant_pin_code": 380_303}
    )


def _scheduled(account: Account, host: int) -> Iterator[Meeting]:
    """A user's meetings that have not expired; a series without fixed times is there once."""
    today, seen = account.now().date(), set[int]()
    for day in (today + timedelta(days=n) for n in range(-_EXPIRES_AFTER_DAYS, _AHEAD_DAYS + 1)):
        for meeting in account.meetings.hosted(host, day):
            if meeting.type not in _PLANNED or (meeting.type == _NO_FIXED_TIME and meeting.number in seen):
                continue
            seen.add(meeting.number)
            yield meeting


def _row(account: Account, meeting: Meeting) -> Row:
    row: Row = {
        "uuid": meeting.uuid,
        "id": meeting.number,
        "host_id": account.people.user_id(meeting.host),
        "topic": meeting.topic,
        "type": meeting.type,
        "duration": 60,
        "timezone": "America/Los_Angeles",
        "created_at": zulu(meeting.start - timedelta(days=9)),
        "join_url": f"https://zoom.example/j/{meeting.number}?pwd=sandbox-secret-{meeting.number}",
    }
    if meeting.slot % 2:
        row |= {
            "agenda": "Ordre du jour:\n1. 👋",
            "supportGoLive": False,
        }  # of which Zoom describes the first
    if meeting.slot % 5 == 0:
        row["pmi"] = str(account.people.pmi(meeting.host))
    return row if meeting.type == _NO_FIXED_TIME else row | {"start_time": zulu(meeting.start)}


def _number(account: Account, asked: Asked) -> int:
    """The number of a meeting that one has to register for."""
    name = asked.values["meetingId"]
    horizon = account.now() + timedelta(days=_AHEAD_DAYS + 1)
    found = account.meetings.latest(int(name), horizon) if name.isdecimal() else None
    if found is None:
        raise no_meeting(name)
    if found.is_webinar:
        raise ApiError(400, 300, "Cannot access webinar info.")
    if not _registered(account, found):
        raise ApiError(404, 404, f"Registration has not been enabled for this meeting: {name}.")
    return found.number


def _registered(account: Account, meeting: Meeting) -> bool:
    fixed = meeting.type in _PLANNED and meeting.type != _NO_FIXED_TIME
    return fixed and asks_for_registration(account.settings.seed, meeting.number)


def _all(account: Account) -> Iterator[Meeting]:
    for host in range(account.people.active):
        if account.people.licensed(host):
            yield from _scheduled(account, host)


def _true_scheduled(account: Account, _: date, __: str) -> Iterator[Row]:
    for meeting in _all(account):
        yield {"user_id": account.people.user_id(meeting.host), **_row(account, meeting)}


def _true_registrants(account: Account, _: date, __: str) -> Iterator[Row]:
    for number in dict.fromkeys(each.number for each in _all(account) if _registered(account, each)):
        for status in STATUSES:
            for row in registrants(account.settings.seed, number, status):
                yield {"meeting_id": number, **row}


ROUTES = (
    Route(
        "/users/{userId}/meetings",
        MEDIUM,
        ("meeting:read:list_meetings:admin", "meeting:read:admin"),
        scheduled,
    ),
    Route(
        "/meetings/{meetingId}/registrants",
        MEDIUM,
        ("meeting:read:list_registrants:admin", "meeting:read:admin"),
        list_registrants,
        paid="refused",
    ),
)
TABLES: Truth = {
    "scheduled_meetings": _true_scheduled,
    "meeting_registrants": _true_registrants,
}
