"""Recordings of the whole account, who registered for them, how often they were watched."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw
from include.sandbox.limits import MEDIUM
from include.sandbox.meetings import Meeting
from include.sandbox.paging import counted, over, page_size
from include.sandbox.recordings import with_host
from include.sandbox.registrations import STATUSES, asked_status, registrants
from include.sandbox.routes import Route, Truth
from include.sandbox.windows import recording_window

Row = dict[str, Any]
_UPLOAD = "99"
_WATCHED_DAYS = 29


def of_account(account: Account, asked: Asked) -> Row:
    """`GET /accounts/{accountId}/recordings`: `me` is the account; the host's address beside the users' fields."""
    if asked.values["accountId"] != "me":
        scope = "cloud_recording:read:list_account_recordings:master"
        raise ApiError(400, 4711, f"Invalid access token, does not contain scopes:[{scope}].")
    since, until = recording_window(account, asked)
    lag, now = timedelta(hours=account.settings.late_hours), account.now()
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    found = [row for day in days for seen, row in account.recordings.on(day) if seen + lag <= now]
    page = account.page(asked, over(found, lambda row: with_host(account.people, row)))
    return (
        {"from": since.isoformat(), "to": until.isoformat()}
        | counted(len(found), page_size(asked.parameters, 300))
        | {"next_page_token": page.token, "meetings": page.rows}
    )


def list_registrants(account: Account, asked: Asked) -> Row:
    """`GET /meetings/{meetingId}/recordings/registrants`: the approved ones, unless another status is asked."""
    name, status = asked.values["meetingId"], asked_status(asked)
    if not name.isdecimal() or account.meetings.latest(int(name), account.now()) is None:
        raise _no_recording()
    if not _on_demand(account, int(name)):
        raise ApiError(404, 404, f"Registration has not been enabled for this meeting: {name}.")
    found = list(_registrants(account, int(name), status))
    return account.numbered_page(asked, "registrants", found, dict)


def analytics(account: Account, asked: Asked) -> Row:
    """`GET /meetings/{meetingId}/recordings/analytics_summary`: days on which nobody watched are not there."""
    meeting = account.meetings.find(asked.values["meetingId"])
    if meeting is None or not meeting.recorded or meeting.end > account.now():
        raise _no_recording()
    since, until = recording_window(account, asked)
    rows = [row for row in _views(account, meeting) if since.isoformat() <= row["date"] <= until.isoformat()]
    return {"from": since.isoformat(), "to": until.isoformat(), "analytics_summary": rows}


def _no_recording() -> ApiError:
    return ApiError(404, 3301, "There is no recording for this meeting.")


def _on_demand(account: Account, number: int) -> bool:
    return draw(account.settings.seed, "on demand", number).random() < 0.6  # noqa: PLR2004


def _registrants(account: Account, number: int, status: str) -> Iterator[Row]:
    for row in registrants(account.settings.seed, number, status):
        yield {name: value for name, value in row.items() if name not in ("create_time", "join_url")}


def _views(account: Account, meeting: Meeting) -> Iterator[Row]:
    last = account.now().date()
    for day in (meeting.day + timedelta(days=n) for n in range(_WATCHED_DAYS)):
        chance = draw(account.settings.seed, "views", meeting.uuid, day)
        if day <= last and (day == meeting.day or chance.random() < 0.5):  # noqa: PLR2004
            views = chance.randrange(1, 40)
            row: Row = {"date": day.isoformat(), "views_total_count": views}
            # A field that Zoom's description does not know.
            yield row | {"downloads_total_count": views // 3, "shares_total_count": 0}


def _recorded(account: Account, day: date) -> Iterator[Row]:
    """A day's recordings of meetings."""
    for seen, row in account.recordings.on(day):
        if seen <= account.now() and row["type"] != _UPLOAD:
            yield row


def _true_registrants(account: Account, day: date, _: str) -> Iterator[Row]:
    for number in dict.fromkeys(row["id"] for row in _recorded(account, day)):
        if _on_demand(account, number):
            for status in STATUSES:
                yield from ({"meeting_id": number, **row} for row in _registrants(account, number, status))


def _true_views(account: Account, day: date, _: str) -> Iterator[Row]:
    for recording in _recorded(account, day):
        if meeting := account.meetings.find(recording["uuid"]):
            yield from ({"recording_uuid": meeting.uuid, **row} for row in _views(account, meeting))


ROUTES = (
    Route(
        "/accounts/{accountId}/recordings",
        MEDIUM,
        ("cloud_recording:read:list_account_recordings:admin", "account:read:admin"),
        of_account,
        paid="refused",
    ),
    Route(
        "/meetings/{meetingId}/recordings/registrants",
        MEDIUM,
        ("cloud_recording:read:list_recording_registrants:admin", "recording:read:admin"),
        list_registrants,
        paid="refused",
    ),
    # Zoom's description names neither a label nor classic scopes.
    Route(
        "/meetings/{meetingId}/recordings/analytics_summary",
        MEDIUM,
        ("cloud_recording:read:recording_analytics_summary:admin", "recording:read:admin"),
        analytics,
        paid="refused",
    ),
)
TABLES: Truth = {
    "recording_registrants": _true_registrants,
    "recording_views": _true_views,
}
