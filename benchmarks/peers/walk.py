"""The way through Zoom's lists for libraries that bring a request and nothing more."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.peers.task import STATUSES, Task

Get = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks a path below /v2 with parameters; gives the answer's JSON."""


def quoted(uuid: str) -> str:
    """As a path holds it: Zoom wants some encoded twice."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


def extract(task: Task, get: Get) -> None:
    """One thing after another, page by page, into a file per table."""
    folder = Path(task.folder)
    day = {"from": task.day, "to": task.day}
    users = (row for status in STATUSES for row in _rows(get, "users", "users", {"status": status}))
    _write(folder / "users.ndjson", users)
    meetings = list(_rows(get, "report/history_meetings", "history_meetings", day))
    _write(folder / "meetings.ndjson", meetings)
    _write(folder / "meeting_participants.ndjson", _participants(get, meetings))


def _participants(get: Get, meetings: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for uuid in (each["meeting_uuid"] for each in meetings if each["type"] == "Meeting"):
        for row in _rows(get, f"past_meetings/{quoted(uuid)}/participants", "participants", {}):
            yield {"meeting_uuid": uuid} | row


def _rows(get: Get, path: str, key: str, params: dict[str, Any]) -> Iterator[dict[str, Any]]:
    token = ""
    while True:
        asked = {"page_size": 300, **params, **({"next_page_token": token} if token else {})}
        page = get(path, asked)
        yield from page[key]
        token = page["next_page_token"]
        if not token:
            return


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
