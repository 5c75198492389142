"""Values that Zoom writes as text for people, as numbers: lengths as clocks, sizes with a unit."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from include.zoom.stream import Form

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,2}):(\d\d)", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB|PB)?", re.ASCII | re.IGNORECASE)
_POWERS = {"B": 0, "KB": 1, "MB": 2, "GB": 3, "TB": 4, "PB": 5}

Value = Any  # whatever JSON holds


def plain(form: Form, values: list[Value]) -> list[Value]:
    """The values as JSON would have them; what is not of the form stays as it is, and doesn't fit its column."""
    read = _READERS.get(form)
    return values if read is None else [read(value) if isinstance(value, str) else value for value in values]


def _seconds(text: str) -> int | str:
    if (found := _CLOCK.fullmatch(text)) is None:
        return text
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return (hours * 60 + minutes) * 60 + seconds


def _bytes(text: str) -> int | None:
    if (found := _SIZE.fullmatch(text.strip())) is None:
        return None
    return int(float(found[1]) * 1024 ** _POWERS[(found[2] or "B").upper()])


_READERS: Mapping[Form, Callable[[str], Value]] = {Form.CLOCK: _seconds, Form.SIZE: _bytes}
