"""Pulls of meetings and what hangs on them, again and again, from a simulated Zoom whose answers may change."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from include.flow.reuse import reuse
from include.landing import Attempt, Landing, Manifest
from include.sandbox.api import route_of
from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.settings import Settings
from include.zoom.catalog import STREAMS, streams
from include.zoom.client import ZoomClient
from include.zoom.fanout import root_records
from include.zoom.pull import pull
from tests.zoom.simulated import Unpaced, at_once

ACCOUNT = "abc-1@127.0.0.1:8080"
DAY = date(2026, 3, 10)  # a Tuesday
FINAL = datetime(2026, 3, 13, 0, 40, tzinfo=UTC)
"""48 hours and 40 minutes after the day's end."""

Payload = dict[str, Any]
Change = Callable[[Payload], None]


class Repeated:
    """A simulated Zoom, a landing, and what was asked."""

    def __init__(self, tmp_path: Path, now: datetime = FINAL, **settings: Any) -> None:
        self.clock = Clock(now, tick=None)
        wanted: dict[str, Any] = {"users": 20, "limits": False, **settings}
        self.sandbox = Sandbox(Settings(**wanted), self.clock)
        self.landing = Landing(f"file://{tmp_path}/landing", clock=self.clock.now)
        self.settings = {"participants_source": "past_meetings"}
        self.asked: Counter[str] = Counter()
        self.changes: dict[str, Change] = {}
        """By a part of the address, what its answers are changed by."""
        self.refused: dict[str, tuple[int, Payload]] = {}
        """By a part of the address, status and body of what is answered instead."""
        self._http = httpx.AsyncClient(transport=_Changing(self), base_url="http://zoom.test/v2")
        self._authorise()
        self.client = ZoomClient(self._http, Unpaced("business"), sleep=at_once, clock=self.clock.now)

    async def meetings(self, *days: date) -> Manifest:
        """A finished pull of the meetings, as a run's first task leaves it."""
        attempt = self.landing.begin(
            ACCOUNT, STREAMS["meetings"], days=days or (DAY,), settings=self.settings
        )
        return await self._filled(attempt, "meetings", None)

    async def again(self, name: str, parents: Manifest, *, anew: bool = False) -> Manifest:
        """A finished pull of a stream that is asked per meeting, as a run's next task does it."""
        return await self.finish(name, self.begin(name, parents, anew=anew), parents)

    def begin(self, name: str, parents: Manifest, *, anew: bool = False) -> Attempt:
        """An attempt with what it takes over."""
        return self._begun(name, parents, None, anew=anew)

    def resume(self, name: str, parents: Manifest, cursor: str) -> Attempt:
        """The next try of one that was killed."""
        return self._begun(name, parents, cursor, anew=False)

    async def finish(self, name: str, attempt: Attempt, parents: Manifest, *, unsettled: int = 0) -> Manifest:
        """Asks what is left of an attempt, and ends it."""
        manifest = await self._filled(attempt, name, parents, unsettled)
        reusing = reuse(self.landing, streams(self.settings)[name], streams(self.settings), parents)
        if reusing is not None:
            reusing.point(manifest)
        return manifest

    def later(self, **passed: float) -> None:
        """Lets time pass, and counts requests from nothing."""
        self.clock.advance(timedelta(**passed).total_seconds())
        self._authorise()
        self.asked.clear()

    def bodies(self, manifest: Manifest) -> dict[str, list[bytes]]:
        """The pages by their parent's uuid."""
        found: dict[str, list[bytes]] = {}
        for page in self.landing.pages(manifest):
            assert page.parent is not None
            found.setdefault(next(iter(page.parent.keys.values())), []).append(page.body)
        return found

    def _begun(self, name: str, parents: Manifest, cursor: str | None, *, anew: bool) -> Attempt:
        stream = streams(self.settings)[name]
        attempt = self.landing.begin(
            ACCOUNT, stream, days=parents.days, settings=self.settings, resume=cursor
        )
        reusing = reuse(self.landing, stream, streams(self.settings), parents)
        if reusing is not None and anew:
            reusing.ask_anew(parents.days, self.clock.now())
        elif reusing is not None:
            reusing.fill(attempt, parents.days, self.settings)
        return attempt

    def _authorise(self) -> None:
        self._http.headers["Authorization"] = f"Bearer {self.sandbox.tokens.consent()['access_token']}"

    async def _filled(
        self, attempt: Attempt, name: str, parents: Manifest | None, unsettled: int = 0
    ) -> Manifest:
        self.clock.advance(1)
        days = parents.days if parents else attempt._about.days
        counts = await pull(
            streams(self.settings)[name],
            days,
            self.client,
            sink=attempt,
            parents=list(root_records(STREAMS[parents.stream], self.landing.pages(parents), days))
            if parents
            else None,
            today=self.clock.now().date(),
        )
        counts.unsettled += unsettled
        return attempt.finish(counts)


class _Changing(httpx.AsyncBaseTransport):
    """Counts requests by the list they ask, and changes answers."""

    def __init__(self, of: Repeated) -> None:
        self._of = of
        self._to = httpx.ASGITransport(of.sandbox.app)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().removeprefix("/v2")
        self._of.asked[route_of(path.partition("?")[0])[0].template] += 1
        for part, (status, body) in self._of.refused.items():
            if part in path:
                return httpx.Response(status, json=body)
        answer = await self._to.handle_async_request(request)
        changes = [change for part, change in self._of.changes.items() if part in path]
        if not changes or answer.status_code != httpx.codes.OK:
            return answer
        await answer.aread()
        payload: Payload = answer.json()
        for change in changes:
            change(payload)
        return httpx.Response(200, content=json.dumps(payload), headers={"date": answer.headers["date"]})


def edited(key: str, uuid: str, **fields: Any) -> Change:
    """Gives one record of a list other fields."""

    def change(payload: Payload) -> None:
        for record in payload[key]:
            if uuid in (record.get("uuid"), record.get("meeting_uuid")):
                record.update(fields)

    return change


def without(uuid: str) -> Change:
    """Leaves one meeting out."""

    def change(payload: Payload) -> None:
        payload["history_meetings"] = [
            record for record in payload["history_meetings"] if record["meeting_uuid"] != uuid
        ]

    return change


def files_of(tmp_path: Path, manifest: Manifest) -> list[Path]:
    """The files of pages of an attempt."""
    folder = tmp_path / "landing" / manifest.address.rsplit("/", 2)[0]
    return [folder / file.name for file in manifest.files]
