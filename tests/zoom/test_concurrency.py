"""How many units are under way at once."""

import asyncio
from datetime import date
from typing import Any

import httpx
import pytest

from include.zoom.catalog import STREAMS
from include.zoom.client import ZoomClient
from include.zoom.pace import OwnTurns, Pace
from include.zoom.pull import pull
from tests.zoom.limited import now, run

DAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)
Json = Any


class Sink:
    """Counts units."""

    units = 0

    def write(self, _: Json) -> None:
        """Takes one."""
        self.units += 1

    def finished(self) -> tuple[str, ...]:
        """Nothing."""
        return ()


async def pulled(latency: float) -> tuple[int, int, float]:
    """Of the participants of 1,200 meetings: units, requests under way at the most, and seconds."""
    under_way = most = 0

    async def answer(request: httpx.Request) -> httpx.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(latency)
        under_way -= 1
        return httpx.Response(200, json={"participants": [], "next_page_token": "", "total_records": 0})

    sink, began = Sink(), now()
    meetings = [({"meeting_uuid": f"{n}==", "type": "Meeting"}, DAY) for n in range(1_200)]
    transport = httpx.MockTransport(answer)
    async with httpx.AsyncClient(transport=transport, base_url="https://zoom.example/v2") as http:
        client = ZoomClient(http, Pace(OwnTurns("business", clock=now), clock=now))
        stream = STREAMS["meeting_participants"]
        await pull(stream, [DAY], client, sink=sink, parents=meetings, today=TODAY)
    return sink.units, most, now() - began


@pytest.mark.parametrize(
    ("latency", "least", "most"), [(0.02, 1, 4), (0.2, 7, 14), (1.0, 34, 64)], ids=["20 ms", "200 ms", "1 s"]
)
def test_as_many_are_under_way_as_rate_and_latency_need(latency: float, least: int, most: int) -> None:
    """1,200 heavy requests at 30 to 38.8 a second take less than 40 s, however long an answer takes."""
    units, under_way, seconds = run(pulled(latency))
    assert units == 1_200
    assert least <= under_way <= most
    assert seconds < 42
