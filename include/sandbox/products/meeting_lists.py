"""Two more lists of meetings: those that AI Companion summed up, and those of a user's report."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.clock import zulu
from include.sandbox.directory import find_user
from include.sandbox.limits import HEAVY, MEDIUM
from include.sandbox.meetings import Meeting
from include.sandbox.paging import counted, over, page_size
from include.sandbox.reports import features, listed
from include.sandbox.routes import Route, Truth
from include.sandbox.seats import minutes, seats
from include.sandbox.windows import report_window, utc_times

Row = dict[str, Any]
_TYPES = ("past", "pastOne", "pastJoined")


def summaries(account: Account, asked: Asked) -> Row:
    """`GET /meetings/meeting_summaries`: meetings and webinars, by the summary's start or by when it was made."""
    since, until = utc_times(asked)
    if "ai-companion" in account.settings.without:
        raise ApiError(
            400, 3000, "Meeting summary disabled. Enable the setting Meeting Summary with AI Companion."
        )
    by = asked.parameters.get("time_filter_field", "summary_start_time")
    days = [(since - timedelta(days=1)).date() + timedelta(days=n) for n in range((until - since).days + 3)]
    rows = (row for day in days for row in _summaries(account, day))
    found = [row for row in rows if since <= datetime.fromisoformat(row[by]) <= until]
    page = account.page(asked, over(found, dict))
    return {
        "page_size": page_size(asked.parameters, 300),
        "next_page_token": page.token,
        "from": zulu(since),
        "to": zulu(until),
        "summaries": page.rows,
    }


def of_user(account: Account, asked: Asked) -> Row:
    """`GET /report/users/{userId}/meetings`: those of two or more, or with `pastOne` the others."""
    host, kind = find_user(account, asked), asked.parameters.get("type", "past")
    if kind not in _TYPES:
        raise ApiError(400, 300, "Invalid field: type.")
    since, until = report_window(account, asked)
    days = [since.date() + timedelta(days=n) for n in range((until - since).days + 1)]
    found = [
        meeting
        for day in days
        for meeting in account.meetings.hosted(host, day)
        if since <= meeting.start < until and listed(account, meeting)
        if (meeting.what == "alone") == (kind == "pastOne")
    ]
    page = account.page(asked, over(found, lambda meeting: _report_row(account, meeting)))
    return counted(len(found), page_size(asked.parameters, 300)) | {
        "page_number": 1,
        "from": asked.parameters["from"],
        "to": asked.parameters["to"],
        "next_page_token": page.token,
        "meetings": page.rows,
    }


def _summaries(account: Account, day: date) -> Iterator[Row]:
    """The summaries of the meetings of a day that are made by now."""
    for meeting in account.meetings.on(day):
        made = meeting.end + timedelta(minutes=4)
        if features(account, meeting)["meeting_summary"] and made <= account.now():
            yield _summary(account, meeting, made)


def _summary(account: Account, meeting: Meeting, made: datetime) -> Row:
    row: Row = {
        "meeting_host_id": account.people.user_id(meeting.host),
        "meeting_host_email": account.people.email(meeting.host),
        "meeting_uuid": meeting.uuid,
        "meeting_id": meeting.number,
        "meeting_topic": meeting.topic,
        "meeting_start_time": zulu(meeting.start),
        "meeting_end_time": zulu(meeting.end),
        # In a meeting that begins in a day's last second, it begins on the next day.
        "summary_start_time": zulu(meeting.start + timedelta(seconds=2)),
        "summary_end_time": zulu(meeting.end),
        "summary_created_time": zulu(made),
    }
    if meeting.slot % 2:
        row["summary_last_modified_time"] = zulu(made + timedelta(minutes=1))
        row["summary_template"] = "General"  # a field that Zoom's description does not know
    return row


def _report_row(account: Account, meeting: Meeting) -> Row:
    people, found = account.people, seats(account.people, meeting)
    row: Row = {
        "uuid": meeting.uuid,
        "id": meeting.number,
        "type": meeting.type,
        "topic": meeting.topic,
        "user_name": people.display_name(meeting.host),
        "user_email": people.email_then(meeting.host),
        "start_time": zulu(meeting.start),
        "end_time": zulu(meeting.end),
        "duration": meeting.minutes,
        "total_minutes": minutes(found),
        "participants_count": 1 if meeting.what == "alone" else len(found),
        "source": "Zoom",
    }
    if meeting.slot % 2:
        american = meeting.start.strftime("%m/%d/%Y %H:%M")
        row |= {"schedule_time": american, "join_time": american, "join_waiting_room_time": ""}
        row |= {"has_chat": False, "has_recording": meeting.recorded, "meeting_encryption_status": 2}
        row |= {"custom_keys": [{"key": "Host nation", "value": "日本"}], "host_name": ""}
        row["dept"] = people.department(meeting.host)  # a field that Zoom's description does not know
    return row


def _true_summaries(account: Account, day: date, _: str) -> Iterator[Row]:
    for each in (day - timedelta(days=1), day):
        for row in _summaries(account, each):
            if row["summary_start_time"][:10] == day.isoformat():
                yield row


def _true_one_person(account: Account, day: date, _: str) -> Iterator[Row]:
    for meeting in account.meetings.on(day):
        if meeting.what == "alone" and meeting.end <= account.now():
            yield {"user_id": account.people.user_id(meeting.host), **_report_row(account, meeting)}


ROUTES = (
    Route(
        "/meetings/meeting_summaries",
        MEDIUM,
        ("meeting:read:list_summaries:admin", "meeting_summary:read:admin"),
        summaries,
        paid="refused",
    ),
    Route(
        "/report/users/{userId}/meetings",
        HEAVY,
        ("report:read:user:admin", "report:read:admin"),
        of_user,
        paid="refused",
    ),
)
TABLES: Truth = {
    "meeting_summaries": _true_summaries,
    "one_person_meetings": _true_one_person,
}
