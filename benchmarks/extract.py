"""Extracting participants: the project's pull beside bare loops that only get, parse and write.

    python -m benchmarks.extract [--meetings 600] [--latency-ms 20] [--at-once 20] [--rounds 5] [--json FILE]

Every contender asks the same list for the same meetings with as many requests in flight, each in a process of its
own, one after the other, round by round; wall and CPU seconds are of the asking, without starting Python. The answers
come from `benchmarks.replay`, which has them from a simulated Zoom, so that the server is no part of the result.
"""

import argparse
import asyncio
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx
import orjson

NOW, DAY, TODAY = "2026-03-11T09:00:00Z", date(2026, 3, 10), date(2026, 3, 11)
_MEETINGS_PER_USER = 0.42  # on that day
Records = list[dict[str, Any]]


async def ours(url: str, token: str, records: Records, at_once: int, folder: Path) -> int:
    """What the `pull` task does, into landing."""
    from include.landing import Landing
    from include.zoom.catalog import streams
    from include.zoom.client import ZoomClient
    from include.zoom.pull import pull

    stream = streams({})["meeting_participants"]
    attempt = Landing(folder.as_uri()).begin("benchmark", stream, days=(DAY,))
    async with our_http(url, token) as http:
        counts = await pull(
            stream,
            [DAY],
            ZoomClient(http, no_pace()),
            sink=attempt,
            parents=((record, DAY) for record in records),
            today=TODAY,
            concurrency=at_once,
        )
    return int(attempt.finish(counts).counts["records"])


@asynccontextmanager
async def our_http(url: str, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """The client that the hook makes, with this token."""
    from include.zoom.auth import BearerAuth
    from include.zoom.transport import Transport

    async def ask(_: str | None) -> str:
        return token

    async with httpx.AsyncClient(
        base_url=f"{url}/v2", auth=BearerAuth(ask), transport=Transport(), timeout=60, trust_env=False
    ) as http:
        yield http


def no_pace() -> Any:  # noqa: ANN401 - a class that is made here
    """A pace that lets every request out at once."""
    from include.zoom.pace import Leave, OwnTurns, Pace

    class NoPace(Pace):
        async def wait(self, label: Any) -> Leave:  # noqa: ANN401 - as imported above
            """Lets every request out at once: the loops beside have no pace either."""
            return Leave(label, 1)

        def is_hungry(self, label: Any) -> bool:  # noqa: ANN401, ARG002 - as imported above
            """Always: as many as were asked for are to be under way."""
            return True

    return NoPace(OwnTurns("business"))


def _limits(at_once: int) -> httpx.Limits:
    return httpx.Limits(max_connections=at_once, max_keepalive_connections=at_once)


async def bare_httpx(url: str, token: str, records: Records, at_once: int, folder: Path) -> int:
    """Workers over one httpx client."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=f"{url}/v2", headers=headers, timeout=60, trust_env=False, limits=_limits(at_once)
    ) as http:

        async def get(path: str, params: dict[str, str]) -> bytes:
            answer = await http.get(path, params=params)
            answer.raise_for_status()
            return answer.content

        return await _loop(get, records, at_once, folder)


async def bare_aiohttp(url: str, token: str, records: Records, at_once: int, folder: Path) -> int:
    """Workers over one aiohttp session."""
    import aiohttp
    from yarl import URL

    headers = {"Authorization": f"Bearer {token}"}
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(headers=headers, connector=connector) as session:

        async def get(path: str, params: dict[str, str]) -> bytes:
            address = URL(f"{url}/v2{path}?{httpx.QueryParams(params)}", encoded=True)
            async with session.get(address) as answer:
                answer.raise_for_status()
                return await answer.read()

        return await _loop(get, records, at_once, folder)


async def _loop(
    get: Callable[[str, dict[str, str]], Awaitable[bytes]], records: Records, at_once: int, folder: Path
) -> int:
    """The least there is to do: every page of every meeting, parsed, and written as it came."""
    waiting, count = iter(_paths(records)), 0
    with (folder / "pages.ndjson").open("wb") as file:

        async def work() -> None:
            nonlocal count
            for path in waiting:
                token: str | None = None
                while token != "":
                    more = {"next_page_token": token} if token else {}
                    body = await get(path, {"page_size": "300"} | more)
                    page = _parsed(body)
                    count += len(page["participants"])
                    file.write(body + b"\n")
                    token = str(page["next_page_token"])

        await asyncio.gather(*(work() for _ in range(at_once)))
    return count


def _parsed(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:  # half of a surrogate pair: the simulated Zoom has such names
        return json.loads(body)


def _paths(records: Records) -> Iterator[str]:
    from include.zoom.client import quoted

    for record in records:
        yield f"/past_meetings/{quoted(record['meeting_uuid'])}/participants"


CONTENDERS = {"ours": ours, "bare httpx": bare_httpx, "bare aiohttp": bare_aiohttp}


def contend(name: str, url: str, token: str, records_file: str, at_once: int) -> dict[str, float]:
    """One contender's run in this process."""
    if name == "ours":  # what it imports while it runs is not what is measured
        import_module("include.flow.pull")
    records: Records = orjson.loads(Path(records_file).read_bytes())
    before = _peak_mb()
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = time.perf_counter(), time.process_time()
        rows = asyncio.run(CONTENDERS[name](url, token, records, at_once, Path(folder)))
        spent = {"wall_seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}
    return {**spent, "peak_mb": _peak_mb(), "peak_mb_before": before, "rows": rows}


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def started(*arguments: str) -> Iterator[str]:
    """A server of ours in a process of its own; gives its address."""
    with subprocess.Popen([sys.executable, "-m", *arguments], stdout=subprocess.PIPE) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101 - for the types
            yield str(json.loads(process.stdout.readline())["url"])
        finally:
            process.terminate()


def token_of(sandbox: str) -> str:
    """An access token of the simulated Zoom."""
    answer = httpx.post(
        f"{sandbox}/oauth/token",
        auth=("sandbox-client-id", "sandbox-client-secret"),
        data={"grant_type": "account_credentials", "account_id": "sandbox-account"},
        trust_env=False,
    )
    return str(answer.json()["access_token"])


def meetings_of(sandbox: str, token: str, count: int) -> Records:
    """The first meetings of the day, those with participants."""
    found: Records = []
    query = {"from": str(DAY), "to": str(DAY), "date_type": "start_time", "page_size": "300"}
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60) as http:
        while len(found) < count:
            answer = http.get(f"{sandbox}/v2/report/history_meetings", params=query).json()
            found += [
                each
                for each in answer["history_meetings"]
                if each["type"] == "Meeting" and each["participants"] > 1
            ]
            if not (page_token := answer["next_page_token"]):
                break
            query["next_page_token"] = page_token
    return found[:count]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.extract", description=__doc__)
    parser.add_argument("--meetings", type=int, default=600)
    parser.add_argument("--latency-ms", type=float, default=20)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="*", choices=[*CONTENDERS], default=[*CONTENDERS])
    parser.add_argument("--json", type=Path, help="where the result is written too")
    parser.add_argument("--contend", nargs=5, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.contend:
        name, url, token, records_file, at_once = asked.contend
        print(json.dumps(contend(name, url, token, records_file, int(at_once))))
        return
    result = measured(asked)
    print(json.dumps(result, indent=2))
    if asked.json:
        asked.json.write_text(json.dumps(result, indent=2) + "\n")


def measured(asked: argparse.Namespace) -> dict[str, Any]:
    """All rounds of all contenders, after one that fills the server's memory."""
    users = int(asked.meetings / _MEETINGS_PER_USER) + 200
    options = ["--users", str(users), "--now", NOW, "--no-limits", "--token-seconds", "36000"]
    with (
        started("include.sandbox", *options) as sandbox,
        started("benchmarks.replay", "--upstream", sandbox, "--latency-ms", str(asked.latency_ms)) as url,
        tempfile.NamedTemporaryFile() as file,
    ):
        token = token_of(sandbox)
        records = meetings_of(sandbox, token, asked.meetings)
        Path(file.name).write_bytes(orjson.dumps(records))

        def run(name: str) -> dict[str, float]:
            return _run(name, url, token, file.name, asked.at_once)

        run("bare aiohttp")
        warm = _report(url)
        rounds = [{name: run(name) for name in asked.only} for _ in range(asked.rounds)]
        served = _report(url)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("httpx", "aiohttp", "orjson", "pyarrow")}
        | {"python": platform.python_version()},
        "cores": os.cpu_count(),
        "meetings": len(records),
        "latency_ms": asked.latency_ms,
        "at_once": asked.at_once,
        "server": {name: served[name] - warm[name] for name in warm},
        "medians": {name: _medians([each[name] for each in rounds]) for name in asked.only},
        "rounds": rounds,
    }


def _medians(runs: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(statistics.median(run[key] for run in runs), 3) for key in runs[0]}


def _run(name: str, *arguments: object) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.extract", "--contend", name, *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own module
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    print(f"{name}: {told}", file=sys.stderr)
    return told


def _report(url: str) -> dict[str, float]:
    told: dict[str, float] = httpx.get(f"{url}/_replay", trust_env=False).json()
    return told


if __name__ == "__main__":
    main()
