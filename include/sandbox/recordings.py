"""The account's cloud recordings: of meetings, and uploads that no meeting stands behind."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from include.sandbox.chance import draw, meeting_uuid
from include.sandbox.clock import zulu
from include.sandbox.meetings import FIRST_DAY, SLOTS, Meeting, Meetings
from include.sandbox.people import People

Row = dict[str, Any]
Recording = tuple[datetime, Row]
"""When it could first be seen, and its record."""
_UPLOADS = 1_000_000  # an upload's slot: this and its host, out of the way of the meetings'
_UPLOADED_EVERY = 40
# (file type, extension, recording type, bytes per minute)
_FILES = (
    ("MP4", "MP4", "shared_screen_with_speaker_view", 9_000_000),
    ("M4A", "M4A", "audio_only", 700_000),
    ("TIMELINE", "JSON", "", 900),
    ("TRANSCRIPT", "VTT", "audio_transcript", 1_200),
    ("CHAT", "TXT", "chat_file", 40),
    ("CC", "VTT", "", 1_100),
    ("SUMMARY", "JSON", "summary", 300),
)


class Recordings:
    """Every recording of every day, made when it is asked for."""

    def __init__(self, people: People, meetings: Meetings) -> None:
        self._people = people
        self._meetings = meetings

    def of(self, host: int, day: date) -> Iterator[Recording]:
        """A user's recordings whose start is on this UTC day."""
        for meeting in self._meetings.hosted(host, day):
            if meeting.recorded:
                yield meeting.end, self._of_meeting(meeting)
        if self.uploads(host, day):
            yield self._upload(host, day)

    def on(self, day: date) -> Iterator[Recording]:
        """All recordings of a day."""
        for meeting in self._meetings.on(day):
            if meeting.recorded:
                yield meeting.end, self._of_meeting(meeting)
        first = -day.toordinal() % _UPLOADED_EVERY
        for host in range(first, self._people.active, _UPLOADED_EVERY):
            if self.uploads(host, day):
                yield self._upload(host, day)

    def uploads(self, host: int, day: date) -> bool:
        """Whether a user uploads a file on a day; some never host anything."""
        may = self._people.licensed(host) and host < self._people.active and not self.has_none(host)
        return may and (host + day.toordinal()) % _UPLOADED_EVERY == 0

    def has_none(self, host: int) -> bool:
        """A user for whom Zoom answers 404/3301 rather than with an empty list."""
        return host % 400 == 9  # noqa: PLR2004 (any number would do)

    def _of_meeting(self, meeting: Meeting) -> Row:
        return self._record(
            uuid=meeting.uuid,
            number=meeting.number,
            host=meeting.host,
            topic=meeting.topic,
            kind=str(meeting.type),
            start=meeting.start,
            minutes=meeting.minutes,
        )

    def _upload(self, host: int, day: date) -> Recording:
        start = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(seconds=host % 3600)
        slot = (day - FIRST_DAY).days * SLOTS + _UPLOADS + host
        record = self._record(
            uuid=meeting_uuid(self._people.seed, slot),
            number=80_000_000_000 + slot,
            host=host,
            topic="Uploaded film",
            kind="99",
            start=start,
            minutes=1,
        )
        return start, record

    def _record(
        self, *, uuid: str, number: int, host: int, topic: str, kind: str, start: datetime, minutes: int
    ) -> Row:
        files = self._files(uuid, kind, start, minutes)
        row: Row = {
            "uuid": uuid,
            "id": number,
            "account_id": self._people.account_id,
            "host_id": self._people.user_id(host),
            "topic": topic,
            "type": kind,
            "start_time": zulu(start),
            "timezone": "Europe/Berlin",
            "duration": minutes,
            "total_size": sum(each.get("file_size", 0) for each in files),
            "recording_count": len(files),
            "share_url": f"https://zoom.example/rec/share/{_secret(uuid, 'share')}?pwd={_secret(uuid, 'pwd')}",
            "recording_play_passcode": _secret(uuid, "passcode"),
            "password": _secret(uuid, "password"),
            "auto_delete": True,
            "auto_delete_date": (start.date() + timedelta(days=120)).isoformat(),
            "recording_files": files,
        }
        return row

    def _files(self, uuid: str, kind: str, start: datetime, minutes: int) -> list[Row]:
        if kind == "99":
            return [self._file(uuid, 0, start, minutes)]
        chance = draw(self._people.seed, "files", uuid)
        wanted = [n for n in range(len(_FILES)) if n == 0 or chance.random() < 0.6]  # noqa: PLR2004
        files = [self._file(uuid, n, start, minutes) for n in wanted]
        if minutes > 45:  # noqa: PLR2004 (paused and resumed: a second film of the same kind)
            files.append(self._file(uuid, 0, start + timedelta(minutes=30), minutes - 30))
        return files

    def _file(self, uuid: str, number: int, start: datetime, minutes: int) -> Row:
        file_type, extension, recording_type, weight = _FILES[number]
        row: Row = {
            "meeting_id": uuid,
            "recording_start": zulu(start),
            "recording_end": zulu(start + timedelta(minutes=minutes)),
            "file_type": file_type,
            "file_extension": extension,
            "download_url": f"https://zoom.example/rec/download/{_secret(uuid, f'download {number} {start}')}",
        }
        if not recording_type:  # Zoom: CC and TIMELINE have no id, status, size, recording type, play url
            return row
        secret = _secret(uuid, f"play {number} {start}")
        identity = draw(self._people.seed, "file", uuid, number, start).getrandbits(128)
        return (
            {"id": str(UUID(int=identity, version=4))}
            | row
            | {
                "file_size": weight * minutes,
                "play_url": f"https://zoom.example/rec/play/{secret}?pwd={_secret(uuid, 'pwd')}",
                "status": "completed",
                "recording_type": recording_type,
            }
        )


def with_host(people: People, row: Row) -> Row:
    """A record as the account's list has it: with the host's address."""
    index = people.find(row["host_id"])
    return row if index is None else row | {"host_email": people.email(index)}


def _secret(*coordinates: object) -> str:
    """Something that must not reach a warehouse; a test can look for `sandbox-secret`."""
    return f"sandbox-secret-{draw('secret', *coordinates).getrandbits(96):024x}"
