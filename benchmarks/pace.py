"""How much of Zoom's ceiling the pace reaches: tasks of ours and a foreign app at the simulated Zoom, over HTTP.

    python -m benchmarks.pace [--quick] [--seconds 60] [--json benchmarks/results/pace.json]

Each cell starts a simulated account of its own (plan, latency), and each task is a process of its own that asks one
heavy list as often as its turns let it; the tasks share their quota through a file. The foreign app asks half of the
ceiling, evenly, and takes no notice of refusals. Counted after the first 30 seconds (10 with `--quick`), the share of
the ceiling with the foreign app's answers; the refusals are of the whole run.

"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import platform
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from include.zoom.answers import retry_after
from include.zoom.limits import PER_SECOND
from include.zoom.pace import Pace
from include.zoom.quota import Quota, take
from include.zoom.stream import Label
from include.zoom.turns import Closed, Feedback, Turn

_LIST = "/report/operationlogs?from=2026-03-10&to=2026-03-10"
_TOO_MANY = 429
_PLANS, _LATENCIES_MS, _TASKS, _FOREIGN = ("pro", "business"), (20, 200, 1_000), (1, 4, 16), (False, True)
_QUICK = (("pro", "business"), (200,), (4,), (False, True))


class FileTurns:
    """An account's quota in a SQLite file, for tasks on one machine."""

    def __init__(self, file: str, plan: str) -> None:
        self._plan = plan
        self._rows = sqlite3.connect(file, timeout=30, isolation_level=None)

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `include.zoom.pace.Turns`."""
        self._rows.execute("BEGIN IMMEDIATE")
        row = self._rows.execute("SELECT state FROM quota").fetchone()
        quota = Quota.from_json(row[0]) if row else Quota()
        quota, turn = take(
            quota, plan=self._plan, label=label, wanted=wanted, now=time.time(), feedback=feedback
        )
        self._rows.execute("DELETE FROM quota")
        self._rows.execute("INSERT INTO quota VALUES (?)", (quota.to_json(),))
        self._rows.execute("COMMIT")
        if isinstance(turn, Closed):
            raise turn.as_error()
        return turn


@dataclass(frozen=True)
class Cell:
    """A plan, how many ms an answer takes, how many tasks, and whether a foreign app takes half."""

    plan: str
    latency_ms: int
    tasks: int
    foreign: bool

    @property
    def ceiling(self) -> float:
        """Requests per second."""
        return PER_SECOND[self.plan][Label.HEAVY]


@dataclass(frozen=True)
class Run:
    """Where and when a cell is run, in seconds since 1970."""

    cell: Cell
    url: str
    token: str
    file: str
    begins: float
    settled: float
    ends: float


def main() -> None:
    """Prints a line per cell and writes them all."""
    asked = _arguments()
    cells = _QUICK if asked.quick else (_PLANS, _LATENCIES_MS, _TASKS, _FOREIGN)
    seconds, settled = (asked.seconds, 30.0) if not asked.quick else (min(asked.seconds, 30.0), 10.0)
    results = [_cell(Cell(*cell), seconds, settled) for cell in itertools.product(*cells)]
    told = {
        "date": f"{datetime.now(UTC):%F %T} UTC",
        "python": platform.python_version(),
        "httpx": version("httpx"),
        "seconds": seconds,
        "cells": results,
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(told, indent=1) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pace", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="four cells of 30 seconds")
    parser.add_argument("--seconds", type=float, default=60.0, help="of each cell")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/pace.json"))
    return parser.parse_args()


def _cell(cell: Cell, seconds: float, settled: float) -> dict[str, Any]:
    with _sandbox(cell) as url, tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "quota.db")
        with contextlib.closing(sqlite3.connect(file)) as rows:
            rows.execute("CREATE TABLE quota (state TEXT)")
        begins = time.time() + 2 + 0.3 * cell.tasks  # until then the processes start
        run = Run(cell, url, _token(url), file, begins, begins + settled, begins + seconds)
        with multiprocessing.get_context("spawn").Pool(cell.tasks + cell.foreign) as pool:
            others = [pool.apply_async(_foreign, (run,)) for _ in range(cell.foreign)]
            ours = [pool.apply_async(_task, (run,)) for _ in range(cell.tasks)]
            counted = [each.get() for each in ours]
            taken = sum(each.get() for each in others)
    return _told(cell, counted, taken, seconds - settled)


def _told(cell: Cell, counted: list[dict[str, int]], taken: int, seconds: float) -> dict[str, Any]:
    answered, refused = sum(each["answered"] for each in counted), sum(each["refused"] for each in counted)
    settled = sum(each["settled"] for each in counted) + taken
    least = min(each["answered"] for each in counted)
    told = asdict(cell) | {
        "share_of_ceiling": round(settled / seconds / cell.ceiling, 4),
        "refused_percent": round(100 * refused / max(1, refused + answered), 3),
        "slowest_of_fair_share": round(least * cell.tasks / max(1, answered), 3),
        "requests": answered + refused,
    }
    sys.stdout.write("  ".join(f"{name} {value}" for name, value in told.items()) + "\n")
    sys.stdout.flush()
    return told


@contextlib.contextmanager
def _sandbox(cell: Cell) -> Iterator[str]:
    options = ["--plan", cell.plan, "--latency-ms", str(cell.latency_ms), "--users", "5"]
    options += ["--now", "2026-03-11T09:00:00Z"]
    command = [sys.executable, "-m", "include.sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 (ours)
        try:
            yield json.loads(server.stdout.readline() if server.stdout else "")["url"]
        finally:
            server.terminate()


def _token(url: str) -> str:
    answer = httpx.post(
        f"{url}/oauth/token",
        auth=("sandbox-client-id", "sandbox-client-secret"),
        data={"grant_type": "account_credentials", "account_id": "sandbox-account"},
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


def _http(run: Run) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=f"{run.url}/v2",
        headers={"Authorization": f"Bearer {run.token}"},
        limits=httpx.Limits(max_connections=200, max_keepalive_connections=200),
        timeout=60,
        trust_env=False,
    )


def _task(run: Run) -> dict[str, int]:
    """What one task was answered."""
    counted = {"answered": 0, "refused": 0, "settled": 0}

    async def ask(http: httpx.AsyncClient, pace: Pace) -> None:
        while time.time() < run.ends:
            leave = await pace.wait(Label.HEAVY)
            answer = await http.get(_LIST)
            if answer.status_code != _TOO_MANY:
                answer.raise_for_status()
                pace.answered(leave)
                counted["answered"] += 1
                counted["settled"] += run.settled < time.time() <= run.ends
            else:
                counted["refused"] += 1
                await pace.refused(leave, retry_after(answer, received_at=datetime.now(UTC)))

    async def work() -> None:
        await asyncio.sleep(run.begins - time.time())
        pace = Pace(FileTurns(run.file, run.cell.plan))
        async with _http(run) as http, asyncio.TaskGroup() as group:
            for _ in range(4 + int(1.2 * run.cell.ceiling * run.cell.latency_ms / 1_000)):
                group.create_task(ask(http, pace))

    asyncio.run(work())
    return counted


def _foreign(run: Run) -> int:
    """How often the foreign app was answered after `settled`."""
    answered = 0

    async def ask(http: httpx.AsyncClient) -> None:
        nonlocal answered
        answer = await http.get(_LIST)
        answered += answer.status_code != _TOO_MANY and run.settled < time.time() <= run.ends

    async def work() -> None:
        apart, due = 2 / run.cell.ceiling, run.begins
        async with _http(run) as http, asyncio.TaskGroup() as group:
            while (due := due + apart) < run.ends:
                await asyncio.sleep(max(0.0, due - time.time()))
                group.create_task(ask(http))

    asyncio.run(work())
    return answered


if __name__ == "__main__":
    main()
