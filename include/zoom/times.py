"""Zoom's ways of writing a moment, as ISO 8601.

Most of its times are `2024-02-13T15:00:42Z`. Some lists leave the zone out, or write milliseconds behind a colon
(`/report/meeting_activities`), or a date as Americans do (`/report/users/{id}/meetings`): UTC, as
https://developers.zoom.us/docs/api/ gives UTC wherever it gives no offset.
"""

import re
from datetime import UTC, datetime

_WITHOUT_ZONE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?", re.ASCII)
_COLON_MILLISECONDS = re.compile(r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d):(\d{3})", re.ASCII)
_AMERICAN = re.compile(r"(\d\d)/(\d\d)/(\d{4}) (\d\d:\d\d)(:\d\d)?", re.ASCII)


def as_iso(text: str) -> str:
    """The text with `Z` behind it where it is a moment in one of Zoom's own forms, else as it is."""
    if not text or text[-1] == "Z":
        return text
    if _WITHOUT_ZONE.fullmatch(text):
        return f"{text}Z"
    if found := _COLON_MILLISECONDS.fullmatch(text):
        return f"{found[1]}.{found[2]}Z"
    if found := _AMERICAN.fullmatch(text):
        month, day, year, minute, second = found.groups()
        return f"{year}-{month}-{day}T{minute}{second or ':00'}Z"
    return text


def parse_time(text: object) -> datetime | None:
    """A UTC time from one of Zoom's forms (a date alone is its midnight), else None."""
    if not isinstance(text, str) or not text:
        return None
    try:
        parsed = datetime.fromisoformat(as_iso(text))
    except ValueError:
        return None
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
