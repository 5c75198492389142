"""Memory and CPU seconds of `pull` by the number of participants, a process per measurement.

A server of this module answers `past_meetings/{uuid}/participants` for `benchmarks.landed`'s meetings, 16 participants
each; the parents are the landed list of meetings, as in the daily run. From the project's root:

    python -m benchmarks.pull_memory [--rows 1000000] [--json benchmarks/results/pull_memory.json]

Peak memory is the process's, Airflow included, as Linux tells it. The pull has no pace and up to 128 requests under
way, as many as it ever has.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx

from benchmarks.extract import no_pace, our_http, started
from benchmarks.landed import DAY, RECEIVED_AT, History, Meetings, land
from benchmarks.measure import peak_mb
from benchmarks.replay import Connection, Memory
from benchmarks.steps import about

RESULTS = Path("benchmarks/results/pull_memory.json")
EACH = 16
"""Participants of a meeting."""
_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Tue, 03 Nov 2026 01:00:00 GMT\r\n"


class Answers(Memory):
    """Each meeting's only page of participants."""

    def __init__(self, meetings: Meetings) -> None:
        super().__init__(httpx.AsyncClient(), 0)
        pages = (page for unit in meetings.pages() for page in unit)
        self._pages = {page.parent.keys["meeting_uuid"]: page.body for page in pages if page.parent}

    def known(self, target: bytes) -> bytes:
        """The answer to a request's target; the id in its path is encoded twice, as Zoom wants it."""
        uuid = target.decode().partition("?")[0].split("/")[-2]
        body = self._pages[unquote(unquote(uuid))]
        return f"{_HEAD}content-length: {len(body)}\r\n\r\n".encode() + body


async def serve(rows: int) -> None:
    """Serves until it is ended; the first line of standard output says where, as JSON."""
    answers = Answers(Meetings(rows, EACH))
    server = await asyncio.get_running_loop().create_server(lambda: Connection(answers), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    await server.serve_forever()


def pulled(url: str, root: str, parents: str) -> dict[str, Any]:
    """A pull as its task does it, in this process, which does nothing else."""
    import_module("include.flow.pull")  # what the task imports stands in memory, too
    imported, began, spent = peak_mb(), time.perf_counter(), time.process_time()
    records = asyncio.run(_pulled(url, root, parents))
    return {
        "records": records,
        "wall_seconds": round(time.perf_counter() - began, 2),
        "cpu_seconds": round(time.process_time() - spent, 2),
        "imported_mb": imported,
        "peak_mb": peak_mb(),
    }


async def _pulled(url: str, root: str, parents: str) -> int:
    from include.landing import Landing
    from include.zoom.catalog import STREAMS
    from include.zoom.client import ZoomClient
    from include.zoom.fanout import root_records
    from include.zoom.pull import pull

    stream, landing = STREAMS["meeting_participants"], Landing(root)
    listed = landing.pages(landing.manifest(parents))
    attempt = landing.begin("benchmark@zoom.us", stream, days=(DAY,))
    async with our_http(url, "a token") as http:
        counts = await pull(
            stream,
            [DAY],
            ZoomClient(http, no_pace()),
            sink=attempt,
            parents=root_records(STREAMS["meetings"], listed, (DAY,), snapshot_date=None),
            today=RECEIVED_AT.date(),
        )
    return int(attempt.finish(counts).counts["records"])


def measured(rows: int) -> dict[str, Any]:
    """The pull of so many participants, in a process of its own."""
    from include.landing import Landing

    with (
        tempfile.TemporaryDirectory() as root,
        started("benchmarks.pull_memory", "--serve", str(rows)) as url,
    ):
        parents = land(Landing(root), "meetings", History(Meetings(rows, EACH)).pages()).address
        command = [sys.executable, "-m", "benchmarks.pull_memory", "--measure", url, root, parents]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this script itself
    told = dict(json.loads(done.stdout.splitlines()[-1]))
    print(json.dumps(told), flush=True)
    return told


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.pull_memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--serve", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        asyncio.run(serve(asked.serve))
    elif asked.measure:
        print(json.dumps(pulled(*asked.measure)))
    else:
        found = about()
        for rows in (asked.rows // 10, asked.rows):
            found[f"{rows} participants"] = measured(rows)
        asked.json.write_text(json.dumps(found, indent=2) + "\n")
        print(f"Wrote {asked.json}.")


if __name__ == "__main__":
    main()
