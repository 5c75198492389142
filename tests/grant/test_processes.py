"""The promise, proven with real processes against a strict server: one post, nothing refused."""

import asyncio
import json
import logging
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from include.grant.broker_client import BrokerClient
from include.grant.holder import AccessToken
from include.grant.journal import digest
from tests.grant.installation import installation, put_connection

log = logging.getLogger(__name__)
pytestmark = pytest.mark.processes


async def ask_once(client: httpx.AsyncClient, address: str, rejected: str | None = None) -> AccessToken:
    """What one task does, without its patience."""
    return await BrokerClient(address, "zoom_default", "sandbox-client-secret", client).ask(rejected)


async def watch(client: httpx.AsyncClient, address: str, until: asyncio.Event) -> list[float]:
    """How long Airflow's own API took, each time it was asked until then."""
    took = []
    while not until.is_set():
        began = time.monotonic()
        (await client.get(f"{address}/api/v2/monitor/health")).raise_for_status()
        took.append(time.monotonic() - began)
        await asyncio.sleep(0.05)
    return took


async def two_hundred(address: str) -> tuple[list[AccessToken], list[float]]:
    """200 callers at once, and the core API's answers until the last caller has its own."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
        done = asyncio.Event()
        watching = asyncio.create_task(watch(client, address, done))
        tokens = await asyncio.gather(*(ask_once(client, address) for _ in range(200)))
        done.set()
        return tokens, await watching


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
async def test_two_hundred_callers_while_zoom_takes_five_seconds(
    backend: str, tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """One post, 200 answers with the same token, and Airflow's own API answers all the while."""
    with installation(tmp_path, metadata_on(backend), "--token-latency-ms", "5000") as place:
        address = place.start_api_server()
        tokens, took = await two_hundred(address)
        asked = place.requests()
    assert len(tokens) == 200
    assert len({token.value for token in tokens}) == 1
    assert (asked["token_posts"], asked["token_refused"]) == (1, 0)
    assert len(took) > 10
    log.info("%s: core API median %.3f s, longest %.3f s", backend, statistics.median(took), max(took))


def test_account_credentials_are_had_once_a_round(tmp_path: Path, metadata_on: Callable[[str], str]) -> None:
    """A server-to-server app has nothing to rotate; its processes still ask Zoom once."""
    with installation(tmp_path, metadata_on("sqlite")) as place:
        put_connection(place.env, place.url, grant_type="account_credentials")
        seen = json.loads(place.run("tests.grant.rounds", "6", "3"))
        asked = place.requests()
    assert seen == {"tokens": [1] * 3, "errors": []}
    assert (asked["token_posts"], asked["token_refused"]) == (3, 0)


async def two_hundred_at_expiry(address: str) -> tuple[AccessToken, list[AccessToken]]:
    """One caller's token, and what 200 callers get for it at once when Zoom refuses it to all of them."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(trust_env=False, limits=limits, timeout=60) as client:
        first = await ask_once(client, address)
        refused = digest(first.value)
        return first, await asyncio.gather(*(ask_once(client, address, refused) for _ in range(200)))


async def test_two_hundred_callers_of_account_credentials_at_expiry(
    tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """An API server of two processes, a Zoom that takes three seconds: one post, one token for all."""
    with installation(tmp_path, metadata_on("postgresql"), "--token-latency-ms", "3000") as place:
        put_connection(place.env, place.url, grant_type="account_credentials")
        place.env["AIRFLOW__API__WORKERS"] = "2"
        address = place.start_api_server()
        first, others = await two_hundred_at_expiry(address)
        asked = place.requests()
    assert len(others) == 200
    assert len({token.value for token in others} - {first.value}) == 1
    assert (asked["token_posts"], asked["token_refused"], asked["most_at_once"]) == (2, 0, 1)
