"""The true rows of each warehouse table, straight from the generator: no pages, no limits, no lateness."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from include.sandbox.account import Account
from include.sandbox.meetings import Meeting
from include.sandbox.profiles import profile, summary
from include.sandbox.recordings import with_host
from include.sandbox.reports import daily_rows, history_row
from include.sandbox.routes import Truth
from include.sandbox.seats import as_past, as_report, seats

Row = dict[str, Any]


def _users(account: Account, _: date, __: str) -> Iterator[Row]:
    return (profile(account.people, index, account.now()) for index in range(account.people.count))


def _user_summary(account: Account, _: date, __: str) -> Iterator[Row]:
    yield summary(account.people)


def _groups(account: Account, _: date, __: str) -> Iterator[Row]:
    return map(account.people.group, range(account.people.groups))


def _group_members(account: Account, _: date, __: str) -> Iterator[Row]:
    people = account.people
    for group in range(people.groups):
        for index in people.members(group):
            yield {"group_id": people.group_id(group), **people.member(index)}


def _meetings(account: Account, day: date, _: str) -> Iterator[Row]:
    return (history_row(account, meeting) for meeting in _over(account, day))


def _participants(account: Account, day: date, form: str) -> Iterator[Row]:
    record = as_report if form == "report" else as_past
    for meeting in _over(account, day):
        # Zoom gives nobody for webinars (they have a list of their own) and for those who were alone.
        if meeting.what not in ("webinar", "alone"):
            for seat in seats(account.people, meeting):
                yield {"meeting_uuid": meeting.uuid, **record(account.people, meeting, seat)}


def _recordings(account: Account, day: date, form: str) -> Iterator[Row]:
    for seen, row in account.recordings.on(day):
        if seen <= account.now():
            yield with_host(account.people, row) if form == "account" else row


def _recording_files(account: Account, day: date, form: str) -> Iterator[Row]:
    for row in _recordings(account, day, form):
        for file in row["recording_files"]:
            yield {"recording_uuid": row["uuid"], **file}


def _daily_usage(account: Account, day: date, _: str) -> Iterator[Row]:
    return daily_rows(account, day.replace(day=1))


def _over(account: Account, day: date) -> Iterator[Meeting]:
    return (meeting for meeting in account.meetings.on(day) if meeting.end <= account.now())


TABLES: Truth = {
    "users": _users,
    "user_summary": _user_summary,
    "groups": _groups,
    "group_members": _group_members,
    "meetings": _meetings,
    "meeting_participants": _participants,
    "recordings": _recordings,
    "recording_files": _recording_files,
    "daily_usage": _daily_usage,
}


def as_json(table: str, day: date, found: Iterator[Row]) -> Iterator[str]:
    """The answer, row by row, so that a large day needs no memory."""
    yield f'{{"table":{json.dumps(table)},"day":"{day}","rows":['
    for number, row in enumerate(found):
        yield ("," if number else "") + json.dumps(row)
    yield "]}"
