"""Webinars that took place: who was there, and who was not though registered."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.limits import HEAVY
from include.sandbox.meetings import SPECIALS, Meeting
from include.sandbox.paging import counted, over, page_size
from include.sandbox.registrations import absent, asks_for_registration, came
from include.sandbox.routes import Route, Truth
from include.sandbox.seats import as_report, seats
from include.sandbox.windows import oldest_report_day

Row = dict[str, Any]


def participants(account: Account, asked: Asked) -> Row:
    """`GET /report/webinars/{webinarId}/participants`: registrants' ids only where they are asked."""
    webinar = past_webinar(account, asked)
    if webinar.end.date() < oldest_report_day(account):
        raise no_webinar(asked)
    settled = webinar.end + timedelta(hours=account.settings.late_hours) <= account.now()
    found = attendees(account, webinar, settled=settled)
    if "registrant_id" not in asked.parameters.get("include_fields", ""):
        found = [{name: value for name, value in row.items() if name != "registrant_id"} for row in found]
    page = account.page(asked, over(found, dict))
    return counted(len(found), page_size(asked.parameters, 300)) | {
        "next_page_token": page.token,
        "participants": page.rows,
    }


def absentees(account: Account, asked: Asked) -> Row:
    """`GET /past_webinars/{webinarId}/absentees`: refused with status 200 where the host's licence is gone."""
    webinar = past_webinar(account, asked)
    if _licence_is_gone(webinar):
        return {"code": 200, "message": "Webinar plan subscription is missing."}
    if not asks_for_registration(account.settings.seed, webinar.number):
        raise ApiError(400, 3000, f"This webinar doesn't have registration required: {webinar.uuid}.")
    found = _absent(account, webinar)
    return account.numbered_page(asked, "registrants", found, dict)


def attendees(account: Account, webinar: Meeting, *, settled: bool = True) -> list[Row]:
    """The report's records."""
    found = seats(account.people, webinar)
    registered = asks_for_registration(account.settings.seed, webinar.number)
    known = came(account.settings.seed, webinar, found) if registered else {}
    rows = []
    for seat in found:
        row = as_report(account.people, webinar, seat, settled=settled)
        if seat.person is None:
            row.pop("registrant_id", None)
            row |= _as_registered(known[seat.guest]) if seat.guest in known else {}
        rows.append(row)
    return rows


def past_webinar(account: Account, asked: Asked) -> Meeting:
    """The webinar that took place whom a path names by uuid, or the latest one by number."""
    name, now = asked.values["webinarId"], account.now()
    found = account.meetings.latest(int(name), now) if name.isdecimal() else account.meetings.find(name)
    if found is None or found.end > now or not found.is_webinar:
        raise no_webinar(asked)
    return found


def past_webinars(account: Account, day: date) -> Iterator[Meeting]:
    """Those of a day that have ended."""
    return (each for each in account.meetings.on(day) if each.is_webinar and each.end <= account.now())


def no_webinar(asked: Asked) -> ApiError:
    """One that is not there, or not over."""
    return ApiError(404, 3001, f"Webinar {asked.values['webinarId']} not found or has expired.")


def _licence_is_gone(webinar: Meeting) -> bool:
    # Never of a day's first webinar, so that a small account has absentees each day.
    return webinar.slot >= len(SPECIALS) and webinar.slot % 4 == 1


def _as_registered(registrant: Row) -> Row:
    name = f"{registrant['first_name']} {registrant['last_name']}".strip()
    return {"registrant_id": registrant["id"], "name": name, "user_email": registrant["email"]}


def _absent(account: Account, webinar: Meeting) -> list[Row]:
    return absent(account.settings.seed, webinar, seats(account.people, webinar))


def _true_participants(account: Account, day: date, _: str) -> Iterator[Row]:
    for webinar in past_webinars(account, day):
        yield from ({"webinar_uuid": webinar.uuid, **row} for row in attendees(account, webinar))


def _true_absentees(account: Account, day: date, _: str) -> Iterator[Row]:
    for webinar in past_webinars(account, day):
        if asks_for_registration(account.settings.seed, webinar.number) and not _licence_is_gone(webinar):
            yield from ({"webinar_uuid": webinar.uuid, **row} for row in _absent(account, webinar))


ROUTES = (
    Route(
        "/report/webinars/{webinarId}/participants",
        HEAVY,
        ("report:read:list_webinar_participants:admin", "report:read:admin"),
        participants,
        paid="in_200",
        needs="webinar",
    ),
    Route(
        "/past_webinars/{webinarId}/absentees",
        HEAVY,
        ("webinar:read:list_absentees:admin", "webinar:read:admin"),
        absentees,
        paid="refused",
        needs="webinar",
    ),
)
TABLES: Truth = {
    "webinar_participants": _true_participants,
    "webinar_absentees": _true_absentees,
}
