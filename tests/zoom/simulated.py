"""A simulated Zoom in the tests' own process, and what is pulled from it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from include.sandbox.api import route_of
from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.settings import Settings
from include.zoom.client import ZoomClient
from include.zoom.fanout import root_records
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.pages import Page
from include.zoom.pull import PullCounts, pull
from include.zoom.stream import Label, Stream

NOW = datetime(2026, 3, 11, 0, 40, tzinfo=UTC)  # a Wednesday
DAY, TODAY = date(2026, 3, 10), date(2026, 3, 11)


class Simulated:
    """A simulated Zoom, what it was asked and answered, and what was pulled from it."""

    def __init__(self, **settings: Any) -> None:
        wanted: dict[str, Any] = {"users": 30, "limits": False, "repeat_percent": 60, **settings}
        self.sandbox = Sandbox(Settings(**wanted), Clock(NOW, tick=None))
        self.answers: list[tuple[str, Any]] = []
        self.pages: dict[str, list[Page]] = {}
        self.counts: dict[str, PullCounts] = {}
        token = self.sandbox.tokens.consent()["access_token"]
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.sandbox.app),
            base_url="http://zoom.test/v2",
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [self._remember]},
        )
        self.client = ZoomClient(self.http, Unpaced(OwnTurns("business")), sleep=at_once)

    async def _remember(self, response: httpx.Response) -> None:
        await response.aread()
        route, _ = route_of(response.request.url.raw_path.decode().partition("?")[0].removeprefix("/v2"))
        if response.status_code == 200:
            self.answers.append((route.template, response.json()))

    async def pull(self, every: dict[str, Stream]) -> None:
        """Pulls these streams over the day, parents first."""
        for stream in every.values():
            await self.pull_one(stream, every)

    async def pull_one(self, stream: Stream, every: dict[str, Stream]) -> None:
        """Pulls one of these streams, whose parent has been pulled."""
        parents = None
        if (parent := stream.parent) is not None:
            above, slices = every[parent.stream], {DAY, DAY.replace(day=1)}
            parents = list(root_records(above, self.pages[above.name], slices, snapshot_date=TODAY))
        sink = Sink()
        self.counts[stream.name] = await pull(
            stream, [day_of(stream)], self.client, sink=sink, parents=parents, today=TODAY
        )
        self.pages[stream.name] = sink.pages


class Unpaced(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, apart=0.01)


class Sink:
    """Pages in memory."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def write(self, pages: Any) -> None:
        """Takes a unit."""
        self.pages += pages

    def finished(self) -> tuple[str, ...]:
        """Nothing."""
        return ()


async def at_once(_: float) -> None:
    """Waiting is tested elsewhere."""


def day_of(stream: Stream) -> date:
    """Yesterday, or the newest day of which Zoom tells."""
    return TODAY - timedelta(days=max(1, *(listing.days_late for listing in stream.lists)))
