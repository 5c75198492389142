"""The best possible, to compare an extract with: a bare loop over aiohttp, no care at all.

No retries, no checks, nothing that a second run could go on from. Pages go to the disk as they come. 20 requests in
flight, as many as the peers have, or the second argument: 20 in flight cannot be faster than 20 answers per latency.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote

import aiohttp
import orjson
import yarl

from benchmarks.peers.task import STATUSES, Task

AT_ONCE = 20


class Loop:
    """One extract."""

    def __init__(self, task: Task, http: aiohttp.ClientSession, at_once: int) -> None:
        self._task = task
        self._http = http
        self._at_once = at_once
        self._token = ""

    async def run(self) -> None:
        """All three lists."""
        await self._sign_in()
        with self._file("users") as file:
            for status in STATUSES:
                async for page in self._pages("users", status=status):
                    self._write(file, page["users"])
        found: list[dict[str, Any]] = []
        async for page in self._pages(
            "report/history_meetings", **{"from": self._task.day, "to": self._task.day}
        ):
            found += page["history_meetings"]
        with self._file("meetings") as file:
            self._write(file, found)
        uuids = iter([each["meeting_uuid"] for each in found if each["type"] == "Meeting"])
        with self._file("meeting_participants") as file:
            await asyncio.gather(*(self._participants(file, uuids) for _ in range(self._at_once)))

    async def _participants(self, file: BinaryIO, uuids: Any) -> None:  # noqa: ANN401
        for uuid in uuids:
            async for page in self._pages(f"past_meetings/{quoted(uuid)}/participants"):
                self._write(file, [{"meeting_uuid": uuid} | row for row in page["participants"]])

    async def _pages(self, path: str, **params: str) -> AsyncIterator[dict[str, Any]]:
        token = ""
        while True:
            asked = "&".join(f"{name}={value}" for name, value in params.items())
            more = f"&next_page_token={token}" if token else ""
            address = yarl.URL(f"{self._task.url}/v2/{path}?page_size=300&{asked}{more}", encoded=True)
            async with self._http.get(address, headers={"Authorization": self._token}) as response:
                response.raise_for_status()
                page = orjson.loads(await response.read())
            yield page
            token = page["next_page_token"]
            if not token:
                return

    async def _sign_in(self) -> None:
        asked = {"grant_type": "account_credentials", "account_id": self._task.account_id}
        client = aiohttp.encode_basic_auth(self._task.client_id, self._task.client_secret)
        address, headers = f"{self._task.url}/oauth/token", {"Authorization": client}
        async with self._http.post(address, data=asked, headers=headers) as response:
            self._token = f"Bearer {(await response.json())['access_token']}"

    def _file(self, table: str) -> BinaryIO:
        return Path(self._task.folder, f"{table}.ndjson").open("wb")

    def _write(self, file: BinaryIO, rows: list[dict[str, Any]]) -> None:
        file.writelines(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows)


def quoted(uuid: str) -> str:
    """As a path holds it: Zoom wants some encoded twice."""
    once = quote(uuid, safe="")
    return quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once


async def main() -> None:
    """Does what the task says."""
    at_once = int(sys.argv[2]) if sys.argv[2:] else AT_ONCE
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=at_once)) as http:
        await Loop(Task.read(), http, at_once).run()


if __name__ == "__main__":
    asyncio.run(main())
