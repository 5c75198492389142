"""Every stream for a day from a simulated Zoom in its own process, compared with its truth."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any

import httpx
import pytest

from include.zoom.catalog import streams as every_stream
from include.zoom.client import ZoomClient
from include.zoom.fanout import root_records
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.pages import Page
from include.zoom.pull import PullCounts, pull
from include.zoom.seats import settle
from include.zoom.stream import Kind, Label, Stream, Table, record_date

pytestmark = pytest.mark.processes

Kept = Json = Any
NOW = "2026-03-11T00:40:00Z"  # a Wednesday; the day before has everything but a crowd of more than a page
DAY, TODAY = date(2026, 3, 10), date(2026, 3, 11)
WEDNESDAY_NOW, WEDNESDAY = "2026-03-12T09:00:00Z", date(2026, 3, 11)
COMPARED = ("users", "groups", "group_members", "meetings", "recordings", "recording_files", "daily_usage")


def streams(sources: Mapping[str, str] | None = None) -> dict[str, Stream]:
    """The streams whose lists are asked here over sockets; the others are of the same shapes."""
    names = (
        "users",
        "groups",
        "group_members",
        "meetings",
        "meeting_participants",
        "recordings",
        "daily_usage",
    )
    return {name: every_stream(sources)[name] for name in names}


class NoPace(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, apart=0.01)


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """A simulated Zoom without rate limits; gives its address."""
    command = [sys.executable, "-m", "include.sandbox", "--port", "0", "--no-limits", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())["url"]
        finally:
            process.terminate()


def bearer(url: str) -> dict[str, str]:
    credentials = ("sandbox-client-id", "sandbox-client-secret")
    grant = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
    answer = httpx.post(f"{url}/oauth/token", auth=credentials, data=grant, trust_env=False)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def order(url: str, faults: list[Json]) -> None:
    httpx.post(f"{url}/_sandbox/faults", json=faults, trust_env=False).raise_for_status()


def faults_left(url: str) -> int:
    return int(httpx.get(f"{url}/_sandbox/faults", trust_env=False).json()["waiting"])


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[ZoomClient]:
    async def at_once(_: float) -> None:
        """Waiting is tested elsewhere."""

    async with httpx.AsyncClient(base_url=f"{url}/v2", headers=bearer(url), trust_env=False) as http:
        yield ZoomClient(http, NoPace(OwnTurns("business")), sleep=at_once)


async def pull_all(
    url: str, every: Mapping[str, Stream], kept: type[Kept], day: date, today: date
) -> tuple[dict[str, list[Page]], dict[str, PullCounts]]:
    """All streams of a day, parents first: their pages and counts."""
    pages: dict[str, list[Page]] = {}
    counts: dict[str, PullCounts] = {}
    async with client_of(url) as client:
        for name, stream in every.items():
            parents = None
            if (parent := stream.parent) is not None:
                parents = list(
                    root_records(every[parent.stream], pages[parent.stream], {day}, snapshot_date=today)
                )
            sink = kept()
            counts[name] = await pull(stream, [day], client, sink=sink, parents=parents, today=today)
            pages[name] = [page for unit in sink.units for page in unit]
    return pages, counts


def roots(stream: Stream, pages: list[Page], day: date) -> Iterator[tuple[Page, Json]]:
    """The root records of a day, repeats included where the list has a key."""
    for (index, _), group in groupby(pages, key=lambda page: (page.listing, page.parent)):
        listing, unit = stream.lists[index], list(group)
        records = [page.records(listing) for page in unit]
        if not listing.identity:
            records = [settle(records, unit[-1].total_records(), asked_again=True)]
        for record in (record for page in records for record in page):
            if stream.kind is not Kind.INTERVAL or not stream.dated_by or record_date(stream, record) == day:
                yield unit[0], record


def rows(stream: Stream, table: Table, pages: list[Page], day: date) -> Iterator[Json]:
    """A table's rows by Zoom's own field names."""
    for page, root in roots(stream, pages, day):
        of_parent = {
            column.name: page.parent.keys[column.name] for column in table.from_parent if page.parent
        }
        for item in root[table.records] if table.records else [root]:
            yield {**item, **({"recording_uuid": root["uuid"]} if table.records else {}), **of_parent}


def truth(url: str, table: str, day: date, form: str) -> list[Json]:
    asked = {"table": table, "day": day.isoformat(), "form": form}
    return list(httpx.get(f"{url}/_sandbox/truth", params=asked, trust_env=False).json()["rows"])


def keys(table: Table, found: list[Json]) -> Counter[str]:
    """How often each key came, by Zoom's own field names."""
    sources = {column.name: column.path[0] for column in table.columns}
    names = [sources.get(name, name) for name in table.key if name != "_ordinal"]
    return Counter(json.dumps([record.get(name) or None for name in names]) for record in found)


def same_rows(
    url: str, every: Mapping[str, Stream], pages: Mapping[str, list[Page]], day: date, form: str
) -> None:
    """Not one is missing or too many; where there is a key, a repeat is none too many."""
    for name, stream in every.items():
        for table in stream.tables:
            found = keys(table, list(rows(stream, table, pages[name], day)))
            true = keys(table, truth(url, table.name, day, form))
            if table.name in COMPARED:
                assert set(found) == set(true), table.name
            else:
                assert found == true, table.name


@pytest.fixture(scope="module")
def plain() -> Iterator[str]:
    with sandbox("--users", "60", "--now", NOW, "--repeat-percent", "60") as url:
        yield url


async def test_a_day_of_every_stream_is_the_truth(plain: str, kept: Kept) -> None:
    """Users, groups, members, meetings, participants, recordings, files and usage."""
    every = streams()
    pages, counts = await pull_all(plain, every, type(kept), DAY, TODAY)
    same_rows(plain, every, pages, DAY, "past")
    assert counts["meeting_participants"].parents > 0
    assert counts["meeting_participants"].skipped == []
    # One who may not host, and one who has no recording.
    assert (counts["recordings"].absent, counts["recordings"].skipped) == (2, [])


async def test_participants_by_report_are_the_truth(plain: str, kept: Kept) -> None:
    """The other list of participants, in its own form."""
    every = streams({"participants_source": "report"})
    pages, counts = await pull_all(plain, every, type(kept), DAY, TODAY)
    same_rows(plain, every, pages, DAY, "report")
    assert counts["meeting_participants"].skipped == []


async def test_recordings_of_the_account_are_those_of_its_users(plain: str, kept: Kept) -> None:
    """One request finds what every user's list has, uploads included."""
    every = {"recordings": streams({"recordings_source": "account"})["recordings"]}
    pages, counts = await pull_all(plain, every, type(kept), DAY, TODAY)
    same_rows(plain, every, pages, DAY, "past")
    assert counts["recordings"].parents == 0
    assert len(pages["recordings"]) == 1


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Pacific/Honolulu"])
async def test_a_far_zone_with_an_exclusive_end_loses_no_meeting(zone: str, kept: Kept) -> None:
    """Right after the day's end, wherever the account is; participants over several pages come along."""
    options = ("--users", "60", "--report-zone", zone, "--report-to", "exclusive", "--repeat-percent", "50")
    every = {name: streams()[name] for name in ("meetings", "meeting_participants")}
    with sandbox("--now", WEDNESDAY_NOW, *options) as url:
        pages, _ = await pull_all(url, every, type(kept), WEDNESDAY, WEDNESDAY + timedelta(days=1))
        same_rows(url, every, pages, WEDNESDAY, "past")
    assert any(page.number > 1 for page in pages["meeting_participants"])


async def test_a_fault_in_every_list_changes_nothing(kept: Kept) -> None:
    """Cut connections, error pages, cut answers, throttling: asked again, none of it in the data."""
    faults = [
        {"path": "/v2/users", "kind": "reset", "times": 2},
        {"path": "/v2/groups", "kind": "html"},
        {"path": "/v2/report", "kind": "status", "status": 503, "times": 2},
        {"path": "/v2/past_meetings", "kind": "truncate", "times": 2},
        {"path": "/v2/past_meetings", "kind": "empty", "skip": 5},
        {"path": "/v2/users", "kind": "status", "status": 429, "skip": 9, "headers": {"Retry-After": "3"}},
    ]
    with sandbox("--users", "30", "--now", NOW) as url:
        order(url, faults)
        every = streams()
        pages, _ = await pull_all(url, every, type(kept), DAY, TODAY)
        same_rows(url, every, pages, DAY, "past")
        assert faults_left(url) == 0


async def test_no_secret_comes_out_of_a_pull(plain: str, kept: Kept) -> None:
    """Neither by its field's name nor in an address's query."""
    pages, _ = await pull_all(plain, streams(), type(kept), DAY, TODAY)
    landed = b"".join(page.body for every in pages.values() for page in every)
    assert landed
    for secret in (
        b"pwd=",
        b"passcode",
        b'"password"',
        b"host_key",
        b"start_url",
        b"join_url",
        b"personal_meeting_url",
    ):
        assert secret not in landed


async def test_answers_carry_zooms_clock(plain: str, kept: Kept) -> None:
    """Pages are as old as Zoom says, not as our machine does."""
    pages, _ = await pull_all(plain, {"users": streams()["users"]}, type(kept), DAY, TODAY)
    assert pages["users"][0].received_at.astimezone(UTC) - datetime(
        2026, 3, 11, 0, 40, tzinfo=UTC
    ) < timedelta(minutes=5)
