"""A simulated account's day, pulled into a landing and loaded, and a way to look through all of it as text."""

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq

from include.flow.framing import framed
from include.flow.publish import Publication
from include.landing import FrameManifest, Landing, Manifest
from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.settings import Settings
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.choice import with_parents
from include.zoom.client import ZoomClient
from include.zoom.fanout import root_records
from include.zoom.forgotten import NOBODY, Forgotten
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.pull import pull
from include.zoom.stream import Label

ACCOUNT = "sandbox@zoom.test"
NOW = datetime(2026, 3, 11, 0, 40, tzinfo=UTC)  # a Wednesday
DAY, TODAY = date(2026, 3, 10), date(2026, 3, 11)


class Unpaced(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, apart=0.01)


async def _pulled(landing: Landing, names: Collection[str]) -> dict[str, Manifest]:
    sandbox = Sandbox(Settings(users=14, limits=False, repeat_percent=20), Clock(NOW, tick=None))
    headers = {"Authorization": f"Bearer {sandbox.tokens.consent()['access_token']}"}
    manifests: dict[str, Manifest] = {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://zoom.test/v2", headers=headers
    ) as http:
        client = ZoomClient(http, Unpaced(OwnTurns("business")), sleep=lambda _: asyncio.sleep(0))
        for name in (name for name in STREAMS if name in names):
            stream = STREAMS[name]
            parents, attempt = None, landing.begin(ACCOUNT, stream, days=[DAY])
            if stream.parent is not None:
                above = STREAMS[stream.parent.stream]
                pages = landing.pages(manifests[above.name])
                slices = {DAY, DAY.replace(day=1)}
                parents = list(root_records(above, pages, slices, snapshot_date=TODAY))
            counts = await pull(stream, [DAY], client, sink=attempt, parents=parents, today=TODAY)
            manifests[name] = attempt.finish(counts)
    return manifests


@dataclass
class Account:
    """Everything that a day's pull of a simulated account has landed."""

    root: Path
    manifests: dict[str, Manifest] = field(default_factory=dict)
    frames: dict[str, FrameManifest] = field(default_factory=dict)
    address: str = ""
    """Where it lies, if not in the folder."""

    @property
    def landing(self) -> Landing:
        """Where it lies."""
        return Landing(self.address or f"file://{self.root}")

    def pull(self, *names: str) -> None:
        """Asks for every stream, or for these and their parents."""
        wanted = with_parents(names, STREAMS) if names else STREAMS
        self.manifests = asyncio.run(_pulled(self.landing, wanted))

    def copy(self, root: Path) -> "Account":
        """The same in another place."""
        shutil.copytree(self.root, root)
        return Account(root, dict(self.manifests))

    def frame(self, name: str, forgotten: Forgotten = NOBODY) -> FrameManifest:
        """Types a stream's pages, by the settings of now."""
        self.frames[name] = framed(STREAMS[name], self.landing, self.manifests[name], forgotten)
        return self.frames[name]

    def tables(self, name: str) -> Iterator[tuple[str, pa.Table]]:
        """The Parquet files that were made of a stream, by table."""
        manifest = self.frames[name]
        for file in manifest.files:
            with self.landing.open_frame(manifest, file) as opened:
                yield file.table, pq.read_table(opened)

    def load(self, uri: str, *names: str, forgotten: Forgotten = NOBODY) -> "Loaded":
        """Types and loads all of it, or these streams."""
        loaded = Loaded(Warehouse(uri, "zoom"), self)
        for name in names or self.manifests:
            self.frame(name, forgotten)
            loaded.publish(name)
        return loaded

    def texts(self) -> Iterator[tuple[str, str]]:
        """Each file of landing as text, by what it is of: the stream, and pages, index, manifest or frames."""
        for path in sorted(self.root.rglob("*")):
            if path.is_file():
                stream = path.relative_to(self.root).parts[1]
                yield f"{stream} {_KINDS.get(path.suffix, path.stem.split('-')[0])}", _text(path)


_KINDS = {".zst": "pages", ".parquet": "frames"}


def _text(path: Path) -> str:
    if path.suffix == ".zst":
        return pa.input_stream(str(path), compression="zstd").read().decode()
    if path.suffix == ".parquet":
        return json.dumps(pq.read_table(path).to_pylist(), default=str, ensure_ascii=False)
    return path.read_text()


@dataclass(frozen=True)
class Loaded:
    """A warehouse that an account was loaded into."""

    warehouse: Warehouse
    account: Account

    def publish(self, stream: str) -> None:
        """Loads what was made of a stream, as a rerun of `load` does."""
        landing = self.account.landing
        pulled = landing.manifest(self.account.manifests[stream].address)
        frames = landing.frame_manifest(self.account.frames[stream].address)
        Publication(landing, self.warehouse, lambda _: True).publish(STREAMS[stream], pulled, frames)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the warehouse answers."""
        connection = psycopg2.connect(self.warehouse.uri)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall()
        finally:
            connection.close()

    def tables(self) -> dict[str, Counter[str]]:
        """Each table's rows as text, without what names the load."""
        names = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'zoom' ORDER BY 1")
        told = "(to_jsonb(t) - '_load_id')::text"
        return {
            name: Counter(row for (row,) in self.rows(f'SELECT {told} FROM zoom."{name}" t'))
            for (name,) in names
        }
