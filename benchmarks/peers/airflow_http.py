"""Airflow's HttpHook in a loop, or HttpAsyncHook with 20 requests in flight (`async` as the second argument).

https://airflow.apache.org/docs/apache-airflow-providers-http/stable/: a Connection, a hook, `run`; the access token
goes along as a header. Extract only; neither renews a token, and the synchronous one retries nothing by itself.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
from airflow.providers.http.hooks.http import HttpAsyncHook, HttpHook

from benchmarks.peers.task import STATUSES, Task
from benchmarks.peers.walk import extract, quoted

AT_ONCE = 20


def connect(task: Task) -> None:
    """Defines the two Connections, one of them with the app's credentials."""
    at = {"conn_type": "http", "host": task.url}
    os.environ["AIRFLOW_CONN_ZOOM_API"] = json.dumps(at)
    signed = at | {"login": task.client_id, "password": task.client_secret}
    os.environ["AIRFLOW_CONN_ZOOM_OAUTH"] = json.dumps(signed)


def signed(task: Task) -> dict[str, str]:
    """The header of every request."""
    hook = HttpHook(method="POST", http_conn_id="zoom_oauth")
    asked = {"grant_type": "account_credentials", "account_id": task.account_id}
    token = hook.run("/oauth/token", data=asked).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def loop(task: Task) -> None:
    """One request after another."""
    headers = signed(task)
    hook = HttpHook(method="GET", http_conn_id="zoom_api")

    def get(path: str, params: dict[str, Any]) -> dict[str, Any]:
        page: dict[str, Any] = hook.run(f"/v2/{path}", data=params, headers=headers).json()
        return page

    extract(task, get)


class AtOnce:
    """Twenty requests in flight."""

    def __init__(self, task: Task, session: aiohttp.ClientSession, headers: dict[str, str]) -> None:
        self._task = task
        self._session = session
        self._headers = headers
        self._hook = HttpAsyncHook(method="GET", http_conn_id="zoom_api")

    async def run(self) -> None:
        """All three lists, each into its file."""
        users = [row for status in STATUSES for row in await self._rows("users", "users", status=status)]
        self._write("users", users)
        day = {"from": self._task.day, "to": self._task.day}
        meetings = await self._rows("report/history_meetings", "history_meetings", **day)
        self._write("meetings", meetings)
        uuids = iter([each["meeting_uuid"] for each in meetings if each["type"] == "Meeting"])
        found = await asyncio.gather(*(self._participants(uuids) for _ in range(AT_ONCE)))
        self._write("meeting_participants", [row for rows in found for row in rows])

    async def _participants(self, uuids: Iterator[str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for uuid in uuids:
            rows = await self._rows(f"past_meetings/{quoted(uuid)}/participants", "participants")
            found += ({"meeting_uuid": uuid} | row for row in rows)
        return found

    async def _rows(self, path: str, key: str, **params: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        token = ""
        while True:
            asked = {"page_size": "300", **params, **({"next_page_token": token} if token else {})}
            answer = await self._hook.run(
                session=self._session, endpoint=f"/v2/{path}", data=asked, headers=self._headers
            )
            page = await answer.json()
            found += page[key]
            token = page["next_page_token"]
            if not token:
                return found

    def _write(self, table: str, rows: list[dict[str, Any]]) -> None:
        lines = (json.dumps(row) + "\n" for row in rows)
        with Path(self._task.folder, f"{table}.ndjson").open("w") as file:
            file.writelines(lines)


async def at_once(task: Task) -> None:
    """Does it with HttpAsyncHook."""
    headers = await asyncio.to_thread(signed, task)
    async with aiohttp.ClientSession() as session:
        await AtOnce(task, session, headers).run()


def main() -> None:
    """Does what the task says."""
    task = Task.read()
    connect(task)
    if "async" in sys.argv:
        asyncio.run(at_once(task))
    else:
        loop(task)


if __name__ == "__main__":
    main()
