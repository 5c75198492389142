"""The model against sandboxes of 1,000 users: requests that they counted, and time at their limits."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import httpx

from include.warehouse.counted import asked_share, root_table
from include.zoom.catalog import STREAMS
from include.zoom.client import ZoomClient
from include.zoom.duration import duration
from include.zoom.estimate import by_label, cost
from include.zoom.fanout import root_records
from include.zoom.pace import OwnTurns, Pace
from include.zoom.pages import Page
from include.zoom.pull import pull
from include.zoom.sizes import Size
from include.zoom.stream import Kind, Label, Stream
from include.zoom.turns import Feedback, Turn
from include.zoom.window import reachable_days

_USERS = 1_000
_DAY = timedelta(days=1)


async def checked(seconds: float) -> list[dict[str, Any]]:
    """Foretold and measured, side by side."""
    return [await _counted(), *[await _timed(plan, seconds) for plan in ("pro", "business")]]


async def _counted() -> dict[str, Any]:
    """A daily run of the default streams; the model knows the sandbox's numbers of records."""
    wanted = {name: stream for name, stream in STREAMS.items() if stream.on_by_default}
    with _sandbox("--no-limits") as url:
        async with _client(url) as (http, admin):
            client = ZoomClient(http, Pace(_Unpaced()))
            today = await _today(admin)
            days = (today - _DAY,)
            await _pulled(client, wanted, days, today)
            asked = (await admin.get("/requests")).json()["requests"]
            known = await _known(admin, wanted, today)
        told = by_label(cost(stream, days, known, today=today) for stream in wanted.values())
    foretold = sum(told.values())
    return {
        "what": "requests of a daily run of the default streams, 1,000 users",
        "foretold": foretold,
        "measured": asked,
        "off": round(foretold / asked - 1, 4),
    }


async def _timed(plan: str, seconds: float) -> dict[str, Any]:
    """As many of the recordings of each user as should fit into the time, at a plan's limits."""
    with _sandbox("--plan", plan) as url:
        async with _client(url) as (http, admin):
            client = ZoomClient(http, Pace(OwnTurns(plan)))
            today = await _today(admin)
            users = await _pulled(client, {"users": STREAMS["users"]}, (), today)
            records = list(root_records(STREAMS["users"], users["users"], (), snapshot_date=today))
            fits = int(seconds / duration({Label.MEDIUM: 3600}, plan=plan).longest_hours)
            await admin.post("/requests")
            began = time.monotonic()
            await pull(
                STREAMS["recordings"],
                (today - _DAY,),
                client,
                sink=_Kept(),
                parents=records[:fits],
                today=today,
            )
            took = time.monotonic() - began
            report = (await admin.get("/requests")).json()
    refused = sum(each["count"] for each in report["counts"] if each["status"] == 429)  # noqa: PLR2004
    answered = report["requests"] - refused
    foretold = duration({Label.MEDIUM: answered}, plan=plan).longest_hours * 3600
    return {
        "what": f"seconds of {answered} medium requests at plan {plan}",
        "foretold": round(foretold, 2),
        "measured": round(took, 2),
        "off": round(foretold / took - 1, 4),
        "refused": refused,
    }


async def _pulled(
    client: ZoomClient, wanted: Mapping[str, Stream], days: tuple[date, ...], today: date
) -> dict[str, list[Page]]:
    landed: dict[str, list[Page]] = {}
    for name, stream in wanted.items():
        kept, parents = _Kept(), None
        asked = (
            () if stream.kind is Kind.SNAPSHOT else tuple(day for day in days if _told(stream, day, today))
        )
        if stream.parent is not None:
            above = STREAMS[stream.parent.stream]
            parents = list(root_records(above, landed[above.name], asked, snapshot_date=today))
        if asked or stream.kind is Kind.SNAPSHOT:
            await pull(stream, asked, client, sink=kept, parents=parents, today=today)
        landed[name] = kept.pages
    return landed


def _told(stream: Stream, day: date, today: date) -> bool:
    return bool(reachable_days(stream, (day,), today=today))


async def _known(admin: httpx.AsyncClient, wanted: Mapping[str, Stream], today: date) -> dict[str, Size]:
    """The sizes of the sandbox's lists of the last days, from what it knows to be true."""
    days = [today - _DAY * back for back in (3, 2, 1)]
    rows = {name: await _rows(admin, stream, days, today) for name, stream in wanted.items()}
    return {name: _size(stream, rows) for name, stream in wanted.items()}


async def _rows(
    admin: httpx.AsyncClient, stream: Stream, days: Sequence[date], today: date
) -> dict[date, list[Any]]:
    if (table := root_table(stream)) is None:
        return {}
    of = {Kind.SNAPSHOT: [today], Kind.MONTH: [days[-1].replace(day=1)], Kind.INTERVAL: days}[stream.kind]
    asked = [(day, {"table": table.name, "day": str(day)}) for day in of]
    return {day: (await admin.get("/truth", params=params)).json()["rows"] for day, params in asked}


def _size(stream: Stream, rows: Mapping[str, Mapping[date, list[Any]]]) -> Size:
    counted = {day: len(of_day) for day, of_day in rows[stream.name].items()}
    lists: tuple[float, ...] = ()
    asked = 1.0
    if stream.name == "users":
        (users,) = rows["users"].values()
        found = Counter(record["status"] for record in users)
        lists = tuple(found[status] / len(users) for status in ("active", "inactive", "pending"))
    if stream.parent is not None:
        above = rows[stream.parent.stream]
        asked = asked_share(
            stream.parent, [(record, day) for day, of_day in above.items() for record in of_day]
        )
    return Size((max(counted.values(), default=0),), "the sandbox", counted, asked, lists)


class _Unpaced:
    """Leave for as much as is wanted: a sandbox without limits."""

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `include.zoom.pace.Turns`."""
        del label, feedback
        return Turn(0, 1e-6, wanted)


class _Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.pages: list[Page] = []

    def write(self, pages: Sequence[Page]) -> None:
        """Takes a unit."""
        self.pages += pages

    def finished(self) -> tuple[str, ...]:
        """Nothing."""
        return ()


@contextmanager
def _sandbox(*options: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "include.sandbox",
        "--users",
        str(_USERS),
        "--repeat-percent",
        "0",
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 (ours)
    try:
        line = process.stdout.readline() if process.stdout else ""
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        process.wait()


@asynccontextmanager
async def _client(url: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    """Clients of the simulated API and of the sandbox itself."""
    async with httpx.AsyncClient(base_url=f"{url}/_sandbox", timeout=120) as admin:
        token = (await admin.post("/grant")).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=f"{url}/v2", headers=headers, timeout=60) as http:
            yield http, admin


async def _today(admin: httpx.AsyncClient) -> date:
    return datetime.fromisoformat((await admin.get("/clock")).json()["now"]).date()
