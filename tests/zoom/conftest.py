"""A small Zoom behind `httpx.MockTransport`, and time that passes only when somebody sleeps."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from include.zoom.client import ZoomClient
from include.zoom.pace import OwnTurns, Pace
from include.zoom.pages import Page

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
Answer = httpx.Response | Exception
Json = Any


class VirtualTime:
    """A clock that `sleep` moves on."""

    def __init__(self) -> None:
        self.now = NOON
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Takes no time."""
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)

    def clock(self) -> datetime:
        """The moment."""
        return self.now

    def seconds(self) -> float:
        """How long since noon."""
        return (self.now - NOON).total_seconds()


class FakeZoom:
    """Answers by path: what was ordered next for it, else what stands there for good."""

    def __init__(self, time: VirtualTime) -> None:
        self.asked: list[httpx.Request] = []
        self._time = time
        self._next: dict[str, list[Answer]] = {}
        self._always: dict[str, Callable[[httpx.Request], Answer]] = {}

    def order(self, path: str, *answers: Answer) -> None:
        """These answers come next at `path`, one each."""
        self._next.setdefault(path, []).extend(answers)

    def serve(self, path: str, key: str, records: Sequence[Any], *, size: int = 2, **more: Json) -> None:
        """A list in pages of `size` whose page token is the next record's index."""

        def page(request: httpx.Request) -> Answer:
            start = int(request.url.params.get("next_page_token", "0"))
            end = start + size
            token = str(end) if end < len(records) else ""
            return ok(
                {key: records[start:end], "next_page_token": token, "total_records": len(records), **more}
            )

        self._always[path] = page

    def handle(self, request: httpx.Request) -> httpx.Response:
        """What `MockTransport` calls."""
        self.asked.append(request)
        path = request.url.raw_path.decode().partition("?")[0].removeprefix("/v2")
        waiting = self._next.get(path)
        answer = waiting.pop(0) if waiting else self._always[path](request)
        if isinstance(answer, Exception):
            raise answer
        answer.headers.setdefault("Date", self._time.now.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        return answer

    def params(self) -> list[dict[str, str]]:
        """The query of each request."""
        return [dict(request.url.params) for request in self.asked]


def ok(body: Json) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(200, json=body)


class Kept:
    """A sink in memory."""

    def __init__(self, finished: Sequence[str] = ()) -> None:
        self.units: list[list[Page]] = []
        self._finished = finished

    def write(self, pages: Sequence[Page]) -> None:
        """Keeps a unit."""
        self.units.append(list(pages))

    def finished(self) -> Sequence[str]:
        """What it was told to have already."""
        return self._finished


@pytest.fixture
def virtual_time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def zoom(virtual_time: VirtualTime) -> FakeZoom:
    return FakeZoom(virtual_time)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
async def client(zoom: FakeZoom, virtual_time: VirtualTime) -> AsyncIterator[ZoomClient]:
    # Its own time: waiting for a turn is not what these tests count.
    turns = VirtualTime()
    pace = Pace(OwnTurns("business", clock=turns.seconds), clock=turns.seconds, sleep=turns.sleep)
    transport = httpx.MockTransport(zoom.handle)
    async with httpx.AsyncClient(transport=transport, base_url="https://zoom.example/v2") as http:
        yield ZoomClient(http, pace, sleep=virtual_time.sleep, clock=virtual_time.clock, random=lambda: 0.5)
