"""The sandbox as a process of its own."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.sandbox.conftest import in_path

pytestmark = pytest.mark.processes
APP = ("sandbox-client-id", "sandbox-client-secret")
WINDOW = {"from": "2026-11-18", "to": "2026-11-18", "page_size": "300"}


@pytest.fixture
def url() -> Iterator[str]:
    """A sandbox on a free port; it has to end by itself when told."""
    options = (
        "--port 0 --refresh-token given --now 2026-11-24T10:00:00 --latency-ms 300 --no-limits --users 30"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "include.sandbox", *options.split()], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["pid"] == process.pid
    yield said["url"]
    process.terminate()
    assert process.wait(timeout=10) in (0, -15)
    process.stdout.close()


@pytest.fixture
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, timeout=30) as client:
        form = {"grant_type": "refresh_token", "refresh_token": "given"}
        token = client.post("/oauth/token", data=form, auth=APP).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def test_serves_over_the_network(client: httpx.Client) -> None:
    """Uuids encoded twice arrive, half surrogates too, and the Date is the simulated one."""
    answer = client.get("/v2/report/history_meetings", params=WINDOW)
    assert answer.headers["date"].startswith("Tue, 24 Nov 2026 10:0")
    meetings = [each for each in answer.json()["history_meetings"] if each["type"] == "Meeting"]
    uuids = [each["meeting_uuid"] for each in meetings]
    assert any(uuid.startswith("/") for uuid in uuids)
    for uuid in uuids[:8]:
        assert client.get(f"/v2/past_meetings/{in_path(uuid)}").json()["uuid"] == uuid


def test_connection_is_reset(client: httpx.Client) -> None:
    """An ordered reset cuts the connection itself, once."""
    client.post("/_sandbox/faults", json=[{"path": "/v2/users", "kind": "reset"}])
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        client.get("/v2/users")
    assert client.get("/v2/users").status_code == 200
    counts = client.get("/_sandbox/requests").json()["counts"]
    assert [each["status"] for each in counts if each["path"] == "/v2/users"] == [0, 200]


async def test_two_hundred_at_once(url: str, client: httpx.Client) -> None:
    """200 parallel requests share the latency instead of queueing for it."""
    limits = httpx.Limits(max_connections=200)
    headers = {"authorization": client.headers["authorization"]}
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=60, headers=headers) as http:
        began = time.monotonic()
        answers = await asyncio.gather(*(http.get("/v2/groups") for _ in range(200)))
        took = time.monotonic() - began
        counted = (await http.get("/_sandbox/requests")).json()
    assert {answer.status_code for answer in answers} == {200}
    assert took < 30  # one after the other it would be a minute
    assert counted["most_at_once"] > 20
