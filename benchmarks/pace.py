"""How much of Zoom's ceiling the pace reaches: tasks of ours and a foreign app at the simulated Zoom, over HTTP.

    python -m benchmarks.pace [--quick] [--at-once 8] [--json benchmarks/results/pace.json]

Each cell (plan, latency, number of tasks, with and without a foreign app) has a simulated account as a process and
another process for what asks it: tasks that each ask one heavy list, over a client and a pace of their own, as often as
the quota that they share lets them. The foreign app asks half of the ceiling, evenly, and takes no notice of refusals.
Cells mostly wait, so several run at once; each tells the CPU time of both its processes.

A pace learns in its first minute what it may have. So 30 seconds are left out, 90 where a foreign app asks (10 and 30
with `--quick`); of as much time after them or more, `share_of_ceiling` has the foreign app's answers too, and
`refused_percent` is of our requests. `refused_percent_learning` is of those before.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.measure import spent_by
from include.zoom.answers import retry_after
from include.zoom.limits import PER_SECOND
from include.zoom.pace import OwnTurns, Pace
from include.zoom.stream import Label

_LIST = "/report/operationlogs?from=2026-03-10&to=2026-03-10"
_TOO_MANY = 429
_PLANS, _LATENCIES_MS, _TASKS, _FOREIGN = ("pro", "business"), (20, 200, 1_000), (1, 4, 16), (False, True)
_QUICK = (("pro", "business"), (200,), (4,), (False, True))
_SPANS = {False: (30.0, 60.0), True: (90.0, 150.0)}
"""Seconds until counting begins, and until the end, without and with a foreign app."""


@dataclass(frozen=True)
class Cell:
    """A plan, how many ms an answer takes, how many tasks, whether a foreign app takes half, and for how long."""

    plan: str
    latency_ms: int
    tasks: int
    foreign: bool
    settled: float
    """Seconds after which is counted."""
    seconds: float

    @property
    def ceiling(self) -> float:
        """Requests per second."""
        return PER_SECOND[self.plan][Label.HEAVY]


class Run:
    """A cell from `begins` on, in seconds since 1970, and what its apps were answered."""

    def __init__(self, cell: Cell, url: str, token: str) -> None:
        self._cell, self._url, self._token = cell, url, token
        self._turns = OwnTurns(cell.plan)
        self._begins = time.time()
        self._ends = self._begins + cell.seconds
        self.counted: Counter[str] = Counter()
        self.of_each = [0] * cell.tasks

    async def all(self) -> None:
        """All tasks and the foreign app, side by side."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._cell.tasks):
                group.create_task(self._task(number))
            if self._cell.foreign:
                group.create_task(self._foreign())

    async def _task(self, number: int) -> None:
        pace = Pace(self._turns)
        async with self._http() as http, asyncio.TaskGroup() as group:
            for _ in range(4 + int(1.2 * self._cell.ceiling * self._cell.latency_ms / 1_000)):
                group.create_task(self._asking(number, http, pace))

    async def _asking(self, number: int, http: httpx.AsyncClient, pace: Pace) -> None:
        while time.time() < self._ends:
            leave = await pace.wait(Label.HEAVY)
            answer = await http.get(_LIST)
            if answer.status_code == _TOO_MANY:
                self._count("refused")
                await pace.refused(leave, retry_after(answer, received_at=datetime.now(UTC)))
            else:
                answer.raise_for_status()
                pace.answered(leave)
                self._count("answered")
                self.of_each[number] += 1

    async def _foreign(self) -> None:
        apart, due = 2 / self._cell.ceiling, self._begins
        async with self._http() as http, asyncio.TaskGroup() as group:
            while (due := due + apart) < self._ends:
                await asyncio.sleep(max(0.0, due - time.time()))
                group.create_task(self._foreign_ask(http))

    async def _foreign_ask(self, http: httpx.AsyncClient) -> None:
        answer = await http.get(_LIST)
        self._count("foreign refused" if answer.status_code == _TOO_MANY else "foreign answered")

    def _count(self, what: str) -> None:
        passed = time.time() - self._begins
        if passed <= self._cell.seconds:
            self.counted[f"{'learning' if passed <= self._cell.settled else 'settled'}, {what}"] += 1

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url=f"{self._url}/v2",
            headers={"Authorization": f"Bearer {self._token}"},
            # The server closes what was idle for five seconds, and may do so just when it is used again.
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=200, keepalive_expiry=2),
            timeout=60,
            trust_env=False,
        )


def measured(cell: Cell) -> dict[str, Any]:
    """A cell's figures; prints them."""
    with _sandbox(cell) as (url, pid):
        run = Run(cell, url, _token(url))
        spent = time.process_time() + spent_by(pid)
        asyncio.run(run.all())
        spent = time.process_time() + spent_by(pid) - spent
    told = asdict(cell) | figures(cell, run.counted, run.of_each) | {"cpu_seconds": round(spent, 1)}
    sys.stdout.write("  ".join(f"{name} {value}" for name, value in told.items()) + "\n")
    sys.stdout.flush()
    return told


def figures(cell: Cell, counted: Counter[str], of_each: list[int]) -> dict[str, float]:
    """Shares of what was counted."""
    taken = counted["settled, answered"] + counted["settled, foreign answered"]
    return {
        "share_of_ceiling": round(taken / (cell.seconds - cell.settled) / cell.ceiling, 4),
        "refused_percent": _refused(counted, "settled"),
        "refused_percent_learning": _refused(counted, "learning"),
        "slowest_of_fair_share": round(min(of_each) * cell.tasks / max(1, sum(of_each)), 3),
        "requests": sum(count for what, count in counted.items() if "foreign" not in what),
    }


def _refused(counted: Counter[str], when: str) -> float:
    refused, answered = counted[f"{when}, refused"], counted[f"{when}, answered"]
    return round(100 * refused / max(1, refused + answered), 3)


@contextlib.contextmanager
def _sandbox(cell: Cell) -> Iterator[tuple[str, int]]:
    """A simulated account of its own: its address and its process."""
    options = ["--plan", cell.plan, "--latency-ms", str(cell.latency_ms), "--users", "5"]
    command = [sys.executable, "-m", "include.sandbox", *options, "--now", "2026-03-11T09:00:00Z"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 (ours)
        try:
            yield json.loads(server.stdout.readline() if server.stdout else "")["url"], server.pid
        finally:
            server.terminate()


def _token(url: str) -> str:
    answer = httpx.post(
        f"{url}/oauth/token",
        auth=("sandbox-client-id", "sandbox-client-secret"),
        data={"grant_type": "account_credentials", "account_id": "sandbox-account"},
        timeout=60,
        trust_env=False,
    )
    return str(answer.raise_for_status().json()["access_token"])


def cells(*, quick: bool) -> list[Cell]:
    """All of them, those that take longest first."""
    shares = itertools.product(*(_QUICK if quick else (_PLANS, _LATENCIES_MS, _TASKS, _FOREIGN)))
    shorter = 3 if quick else 1
    found = [Cell(*share, *(seconds / shorter for seconds in _SPANS[share[-1]])) for share in shares]
    return sorted(found, key=lambda cell: -cell.seconds)


def main() -> None:
    """Prints a line per cell and writes them all."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pace",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="four cells, of 20 and 50 seconds")
    parser.add_argument("--at-once", type=int, default=8, help="cells")
    parser.add_argument("--json", type=Path, default=Path("benchmarks/results/pace.json"))
    asked = parser.parse_args()
    began, _ = time.time(), psutil.cpu_percent()
    with ProcessPoolExecutor(asked.at_once, multiprocessing.get_context("spawn")) as pool:
        results = list(pool.map(measured, cells(quick=asked.quick)))
    told = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "packages": {"httpx": version("httpx")},
        "seconds": round(time.time() - began),
        "at_once": asked.at_once,
        "machine_cpu_percent": psutil.cpu_percent(),
        "cells": results,
    }
    asked.json.parent.mkdir(parents=True, exist_ok=True)
    asked.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
