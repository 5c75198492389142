"""This project: pull into landing, transform, load, of users, meetings and participants, as its tasks do it.

What a run does is in it: checks, ledger, retries, sealed files. Airflow is not, neither its scheduler nor its import
(a task costs about 0.7 CPU seconds before it begins), nor what asks it: Connections, the broker, the quota. No peer
runs under a scheduler here either.
"""

import asyncio
from collections.abc import Iterator
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from upath import UPath

from benchmarks.peers.task import Task
from include.flow.reuse import reuse
from include.landing import Landing, Manifest
from include.zoom.auth import SignedClient
from include.zoom.catalog import STREAMS
from include.zoom.client import ZoomClient
from include.zoom.fanout import Dated, root_records
from include.zoom.oauth import App, account_credentials
from include.zoom.pace import OwnTurns, Pace
from include.zoom.privacy import KEEP_ALL
from include.zoom.pull import pull
from include.zoom.stream import Kind, Label, Stream
from include.zoom.transport import Transport
from include.zoom.turns import Feedback, Turn

if TYPE_CHECKING:
    from include.warehouse.session import Warehouse

NAMES = ("users", "meetings", "meeting_participants")
SCHEMA = "zoom"


class Token:
    """The app's access token; all requests that were refused with it wait for one new one."""

    def __init__(self, task: Task) -> None:
        self._app = App(task.client_id, task.client_secret, f"{task.url}/oauth")
        self._account = task.account_id
        self._value = ""
        self._lock = asyncio.Lock()

    async def ask(self, rejected: str | None) -> str:
        """A token other than the one that was rejected."""
        async with self._lock:
            if not self._value or self._value == rejected:
                tokens = (await account_credentials(self._app, self._account)).tokens
                self._value = (tokens and tokens.access_token) or ""
            return self._value


class NoLimits:
    """Leave to ask at any time, for an account without rate limits."""

    async def take(self, _: Label, wanted: int, __: Feedback) -> Turn:
        """All at once."""
        return Turn(count=wanted, starts_in=0.0, apart=1e-9)


class Run:
    """One run over one day."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._day = date.fromisoformat(task.day)
        self._today = date.fromisoformat(task.today)
        self._landing = Landing(UPath(f"file://{Path(task.folder).absolute()}/landing"))
        self._manifests: dict[str, Manifest] = {}
        self._pulled = {name: asyncio.Event() for name in NAMES}
        self._token = Token(task)
        self._turns = OwnTurns("business") if task.limits else NoLimits()
        self._publishing = asyncio.Lock()

    async def whole(self) -> None:
        """As the Dag has it: a stream's pull waits for its parent's and for nothing else."""
        async with asyncio.TaskGroup() as group:
            for name in NAMES:
                group.create_task(self._stream(STREAMS[name]))

    async def _stream(self, stream: Stream) -> None:
        if stream.parent:
            await self._pulled[stream.parent.stream].wait()
        asked = await self._pull(stream)
        self._pulled[stream.name].set()
        if asked and not self._task.extract_only:
            async with self._publishing:  # in one process more at once would only take turns
                await asyncio.to_thread(self._publish, stream)

    async def _pull(self, stream: Stream) -> bool:
        """Whether it had to be asked: a snapshot of today is there for every run."""
        if stream.kind is Kind.SNAPSHOT and (address := self._todays(stream)):
            self._manifests[stream.name] = self._landing.manifest(address)
            return False
        self._manifests[stream.name] = await self._landed(stream)
        return True

    def _publish(self, stream: Stream) -> None:
        """Transform and load."""
        from include.flow.frame_files import write_frames
        from include.flow.publish import Publication
        from include.warehouse.forgetting import forgotten_people

        manifest = self._manifests[stream.name]
        with self._warehouse.connect() as connection:
            forgotten = forgotten_people(connection, SCHEMA, b"")
        frames = write_frames(stream, self._landing, manifest, KEEP_ALL, forgotten)
        Publication(self._landing, self._warehouse, lambda _: True).publish(stream, manifest, frames)

    @cached_property
    def _warehouse(self) -> "Warehouse":
        from include.warehouse.session import Warehouse

        return Warehouse(self._task.postgres, SCHEMA)

    def _todays(self, stream: Stream) -> str | None:
        return self._landing.latest_snapshot(self._task.account_id, stream.name, self._today)

    async def _landed(self, stream: Stream) -> Manifest:
        days = () if stream.kind is Kind.SNAPSHOT else (self._day,)
        attempt = self._landing.begin(self._task.account_id, stream, days=days)
        parent = self._manifests[stream.parent.stream] if stream.parent else None
        reusing = reuse(self._landing, stream, STREAMS, parent)
        if reusing is not None:
            reusing.fill(attempt, days, {})
        async with SignedClient(f"{self._task.url}/v2", self._token.ask, Transport()) as http:
            client = ZoomClient(http, Pace(self._turns))
            records = self._records(parent, days) if parent else None
            counts = await pull(stream, days, client, sink=attempt, parents=records, today=self._today)
        manifest = attempt.finish(counts)
        if reusing is not None:
            reusing.point(manifest)
        return manifest

    def _records(self, parent: Manifest, days: tuple[date, ...]) -> Iterator[Dated]:
        pages = self._landing.pages(parent)
        return root_records(STREAMS[parent.stream], pages, days, snapshot_date=parent.snapshot_date)


def main() -> None:
    """Does what the task says."""
    asyncio.run(Run(Task.read()).whole())


if __name__ == "__main__":
    main()
