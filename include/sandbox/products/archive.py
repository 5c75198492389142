"""The archive: meetings, webinars and breakout rooms, each with its files."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, meeting_uuid
from include.sandbox.clock import zulu
from include.sandbox.limits import MEDIUM
from include.sandbox.meetings import FIRST_DAY, SLOTS, Meeting
from include.sandbox.paging import over, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.windows import utc_times

Row = dict[str, Any]
_LONGEST = timedelta(days=7)
_ROOMS = 1_500_000  # a room's slot: this and its meeting's, out of the way of meetings and uploads
# (file type, extension, recording type)
_FILES = (
    ("MP4", "MP4", "shared_screen_with_speaker_view"),
    ("M4A", "M4A", "audio_only"),
    ("CHAT_MESSAGE", "JSON", "chat_message"),
)


def archive_files(account: Account, asked: Asked) -> Row:
    """`GET /archive_files`: seven days at most; the total is of the page, the ends belong to it."""
    since, until = utc_times(asked)
    if until < since or until - since > _LONGEST:
        raise ApiError(400, 300, "The time range cannot exceed 7 days.")
    days = [since.date() + timedelta(days=n) for n in range((until - since).days + 2)]
    rows = (row for day in days for row in _archived(account, day))
    found = [row for row in rows if since <= datetime.fromisoformat(row["start_time"]) <= until]
    page = account.page(asked, over(found, dict))
    return {
        "from": zulu(since),
        "to": zulu(until),
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "total_records": len(page.rows),
        "meetings": page.rows,
    }


def _archived(account: Account, day: date) -> Iterator[Row]:
    """A day's archived meetings, those with rooms followed by them."""
    for meeting in account.meetings.on(day):
        if meeting.end <= account.now():
            yield _row(account, meeting)
            if meeting.what == "crowd":
                yield _room(account, meeting)


def _row(account: Account, meeting: Meeting) -> Row:
    people, done = account.people, meeting.end + timedelta(minutes=40)
    complete = done <= account.now()
    files = [_file(account, meeting, number) for number in range(1 + meeting.slot % len(_FILES))]
    row: Row = {
        "account_name": "Sandbox & Söhne",
        "archive_files": files,
        # "" while it is not complete.
        "complete_time": zulu(done) if complete else "",
        "duration": meeting.minutes,
        "duration_in_second": int((meeting.end - meeting.start).total_seconds()),
        "host_id": people.user_id(meeting.host),
        "id": meeting.number,
        "is_breakout_room": False,
        "meeting_type": ("internal", "external")[meeting.slot % 2],
        "recording_count": len(files),
        "start_time": zulu(meeting.start),
        "timezone": "Asia/Shanghai",
        "topic": meeting.topic,
        "total_size": sum(file["file_size"] for file in files),
        "type": meeting.type,
        "uuid": meeting.uuid,
        "status": "completed" if complete else "processing",
        "group_id": people.group_id(people.group_of(meeting.host)),
    }
    if meeting.slot % 3 == 0:
        row["physical_files"] = [_physical_file(meeting)]
        row["retention_days"] = 2555  # a field that Zoom's description does not know
    return row


def _physical_file(meeting: Meeting) -> Row:
    secret = f"sandbox-secret-{meeting.number}"
    return {
        "file_id": f"physical-{meeting.number}",
        "file_name": "Bildschirmfoto 10.42 Uhr Übersicht.png",
        "file_size": 540_680,
        "download_url": f"https://zoom.example/rec/archive/attached/download/x?access_token={secret}",
    }


def _room(account: Account, meeting: Meeting) -> Row:
    number = (meeting.day - FIRST_DAY).days * SLOTS + _ROOMS + meeting.slot
    return _row(account, meeting) | {
        "uuid": meeting_uuid(account.settings.seed, number),
        "parent_meeting_id": meeting.uuid,
        "is_breakout_room": True,
        "type": 100,
        "topic": "Raum 1",
    }


def _file(account: Account, meeting: Meeting, number: int) -> Row:
    file_type, extension, recording_type = _FILES[number]
    chance = draw(account.settings.seed, "archive", meeting.uuid, number)
    row: Row = {
        "id": str(UUID(int=chance.getrandbits(128), version=4)),
        "download_url": f"https://zoom.example/rec/archive/download/{meeting.number}-{number}",
        "file_extension": extension,
        "file_size": chance.randrange(3_000_000_000, 5_000_000_000),
        "file_type": file_type,
        "individual": number == 1,
        "participant_join_time": zulu(meeting.start),
        "participant_leave_time": zulu(meeting.end),
        "recording_type": recording_type,
        "status": "completed",
        "encryption_fingerprint": f"{chance.getrandbits(256):064x}",
    }
    if number == 1:
        row["participant_email"] = account.people.email(meeting.host)
    if extension == "JSON":
        row["number_of_messages"] = chance.randrange(99)
    return row


def _true_files(account: Account, day: date, _: str) -> Iterator[Row]:
    for row in _archived(account, day):
        yield from ({"meeting_uuid": row["uuid"], **file} for file in row["archive_files"])


ROUTES = (
    Route(
        "/archive_files",
        MEDIUM,
        ("archiving:read:list_archived_files:admin", "recording:read:admin"),
        archive_files,
        needs="archiving",
    ),
)
TABLES: Truth = {
    "archived_meetings": lambda account, day, _: _archived(account, day),
    "archive_files": _true_files,
}
