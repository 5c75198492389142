"""A backfill in the tests' own process: its runs' tasks in any order, at once, and killed, against a simulated Zoom."""

import contextlib
import random
import shutil
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from include.flow import pull as pulling
from include.flow import transform as transforming
from include.flow.run import PLAN_KEY, Run
from include.landing import Landing
from include.sandbox.api import route_of
from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.settings import Settings
from include.sandbox.truth import TABLES
from include.zoom.catalog import STREAMS
from include.zoom.forgotten import NOBODY
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.stream import Label
from tests.truth import declared, stored, told

ACCOUNT = "sandbox@zoom.test"
NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = NOW.date()
DAY = timedelta(days=1)


class Killed(BaseException):
    """SIGKILL: nothing that the task does from here on takes place."""


class Unpaced(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, apart=0.01)


@dataclass
class World:
    """A simulated Zoom, a landing, and what each task of each run remembers and has left."""

    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    """Requests by path, pages after the first apart as `further`."""
    memories: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    left: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    params: dict[str, Any] = field(default_factory=lambda: {"zoom_conn_id": "zoom_default", "schema": "zoom"})
    meanwhile: Callable[[], None] = lambda: None
    """What others do while a task has just begun to ask."""
    kill_after: int | None = None
    """The next task is killed when it has asked so often."""
    address: str = ""
    """Landing's, where it is not `folder`."""

    def __post_init__(self) -> None:
        self.clock = Clock(NOW, tick=None)
        wanted = {"users": 5, "limits": False, "token_seconds": 10**9, **self.settings}
        self.sandbox = Sandbox(Settings(**wanted), self.clock)
        address = self.address or f"file://{self.folder}/landing"
        self.landing = Landing(address, clock=self.clock.now, pause=lambda _: None)
        token = self.sandbox.tokens.consent()["access_token"]
        self.headers = {"Authorization": f"Bearer {token}"}

    def run(self, day: date, task: str, run_type: str = "backfill") -> Run:
        """A task's view of the run of a day."""
        memory = self.memories.setdefault((str(day), task), {})
        store = SimpleNamespace(
            get=memory.get, set=memory.__setitem__, delete=lambda name: memory.pop(name, None)
        )
        dag_run = SimpleNamespace(run_type=run_type, dag_id="zoom_daily", run_id=f"{run_type}__{day}")
        ti = SimpleNamespace(xcom_pull=lambda task_ids, key="": self._xcom(day, task_ids, key))
        context = {"dag_run": dag_run, "params": self.params, "ti": ti, "task_state_store": store}
        return Run(context, self.clock.now())

    def _xcom(self, day: date, task: str, key: str) -> Any:
        if key == PLAN_KEY:
            return {name: [str(day)] for name in STREAMS}
        return self.left.get(("", task)) or self.left.get((str(day), task))

    def pull(self, stream: str, day: date, run_type: str = "backfill") -> dict[str, Any]:
        """The task `pull`, which may raise as it does in Airflow."""
        task = f"{stream}.pull"
        run = self.run(day, task, run_type)
        result = pulling._Pull(run, STREAMS[stream], self.landing, {}).result()
        self.left[str(day), task] = result
        return result

    def transform(self, stream: str, day: date) -> dict[str, Any]:
        """The task `transform`."""
        run = self.run(day, f"{stream}.transform")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(transforming.Run, "current", lambda: run)
            result = transforming.transform(stream)
        self.left[str(day), f"{stream}.transform"] = result
        return result

    def snapshot(self, stream: str) -> None:
        """Today's users and the like, which every run reuses."""
        result = self.pull(stream, TODAY - DAY)
        self.left["", f"{stream}.pull"] = result

    def rows(self, table: str, day: date) -> Counter[Any]:
        """What a load of the day's run would write."""
        stream, declaration = declared(table)
        manifest = self.landing.frame_manifest(self.left[str(day), f"{stream.name}.transform"]["frames"])
        found: Counter[Any] = Counter()
        for file in manifest.files:
            if (file.table, file.slice_date) == (table, day):
                with self.landing.open_frame(manifest, file) as opened:
                    found.update(stored(declaration, row) for row in pq.read_table(opened).to_pylist())
        return found

    def truth(self, table: str, day: date) -> Counter[Any]:
        """What Zoom knows of the day."""
        _, declaration = declared(table)
        return Counter(told(declaration, row) for row in TABLES[table](self.sandbox.account, day, "past"))

    def hook(self, connection_id: str) -> "Hook":
        """The grant."""
        return Hook(self, connection_id)

    @contextlib.contextmanager
    def killing(self, day: date, task: str) -> Iterator[None]:
        """Puts back what was there at the moment of the kill, whatever the dying task has done since."""
        try:
            yield
        except Killed:
            shutil.rmtree(self.folder / "landing")
            shutil.move(self.folder / "killed", self.folder / "landing")
            self.memories[str(day), task] = self.remembered[str(day), task]
            raise

    def killed(self) -> Killed:
        """The moment of the kill."""
        self.kill_after = None
        shutil.copytree(self.folder / "landing", self.folder / "killed")
        self.remembered = {key: dict(memory) for key, memory in self.memories.items()}
        return Killed()


class Hook:
    """A grant that gives everything, and a client that counts what it is asked."""

    account, plan = ACCOUNT, "business"

    def __init__(self, world: World, connection_id: str) -> None:
        self.world, self.connection_id = world, connection_id

    async def load(self) -> None:
        """Reads nothing."""

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Asks the simulated Zoom; others get their turn first."""
        others = threading.Thread(target=self.world.meanwhile)
        others.start()
        others.join()
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(self.world.sandbox.app),
            base_url="http://zoom.test/v2",
            headers=self.world.headers,
            event_hooks={"request": [self._count]},
        ) as http:
            yield http

    @contextlib.asynccontextmanager
    async def turns(self, *, backfill: bool) -> AsyncIterator[OwnTurns]:
        """As many as it likes: nobody else is asking."""
        del backfill
        yield OwnTurns(self.plan)

    async def _count(self, request: httpx.Request) -> None:
        route, _ = route_of(request.url.raw_path.decode().partition("?")[0].removeprefix("/v2"))
        self.world.asked["further" if "next_page_token" in request.url.params else route.template] += 1
        if self.world.kill_after is not None:
            self.world.kill_after -= 1
            if not self.world.kill_after:
                raise self.world.killed()


@dataclass
class Backfill:
    """One stream's tasks of a backfill's runs, as a scheduler with many workers would bring them on."""

    world: World
    stream: str
    days: Sequence[date]
    chance: random.Random
    kills: int = 0
    """How many pulls are killed in the middle."""

    def __post_init__(self) -> None:
        self.due: dict[date, datetime] = dict.fromkeys(self.days, self.world.clock.now())
        self.under_way: set[date] = set()

    def play(self) -> None:
        """Until each run has pulled and transformed its day."""
        self.world.meanwhile = self._others
        while self.due:
            ready = self._ready()
            if not ready:
                self.world.clock.advance((min(self.due.values()) - self.world.clock.now()).total_seconds())
                continue
            if self.kills and self.world.kill_after is None:
                self.kills -= 1
                self.world.kill_after = self.chance.randint(1, 4)
            self._step(self.chance.choice(ready))
        self.world.meanwhile = lambda: None

    def _ready(self) -> list[date]:
        now = self.world.clock.now()
        return [day for day, moment in self.due.items() if moment <= now and day not in self.under_way]

    def _others(self) -> None:
        """While one asks, up to three others begin."""
        if len(self.under_way) < 4:
            for day in self.chance.sample(ready := self._ready(), min(len(ready), 3)):
                if day not in self.under_way and day in self.due:
                    self._step(day)

    def _step(self, day: date) -> None:
        self.under_way.add(day)
        try:
            with self.world.killing(day, f"{self.stream}.pull"):
                self.world.pull(self.stream, day)
            self.world.transform(self.stream, day)
            del self.due[day]
        except AirflowRescheduleException as later:
            self.due[day] = later.reschedule_date
        except Killed:
            # Airflow tries it again, after its delay; the others may be sooner.
            self.due[day] = self.world.clock.now() + timedelta(seconds=300)
        finally:
            self.under_way.discard(day)


def patched(monkeypatch: pytest.MonkeyPatch, world: World) -> World:
    """Has the tasks work in this world."""
    monkeypatch.setattr(pulling, "ZoomHook", world.hook)
    monkeypatch.setattr(pulling, "Pace", Unpaced)
    monkeypatch.setattr(pulling, "warehouse", lambda **_: None)
    monkeypatch.setattr(pulling, "confirmation", lambda *_, **__: None)
    monkeypatch.setattr(transforming, "landing", lambda: world.landing)
    monkeypatch.setattr(transforming, "warehouse", lambda **_: None)
    monkeypatch.setattr(transforming, "forgotten_in", lambda _: NOBODY)
    return world
