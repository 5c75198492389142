"""The benchmark's harness: what it counts, compares and tells, and this project through it on a tiny account."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from benchmarks import report
from benchmarks.account import SIZES, Comparison, compared, seconds, truth
from benchmarks.cases import Case
from benchmarks.house import Account, House
from benchmarks.pace import Cell, figures
from benchmarks.run import narrowed
from benchmarks.server import Conditions, Server, listening
from benchmarks.tools import TOOLS
from include.sandbox.app import Sandbox

USERS = "/v2/users?status=pending&page_size=300"


def run(**figures) -> dict:
    """A run's figures, those of a tool that did all right unless told otherwise."""
    rows = {"users": {"right": 10, "missing": 0, "surplus": 0}}
    usual = {
        "seconds": 2.0,
        "seconds_from_first_request": 1.0,
        "cpu_seconds": 1.0,
        "postgres_cpu_seconds": 0.1,
        "server_cpu_seconds": 0.1,
    }
    counts = {
        "peak_megabytes": 100,
        "requests": 588,
        "refused": 0,
        "token_posts": 1,
        "exit_code": 0,
        "broke": "",
    }
    return {**usual, **counts, "rows": rows, **figures}


def case(name: str, **runs) -> dict:
    """A case as it is kept."""
    about = {"case": name, "title": "20 ms latency", "date": "2026-11-24", "versions": {"dlt": "1.31.0"}}
    machine = {"cpus": 2, "memory_gigabytes": 25, "python": "3.11.7"}
    return about | {"machine": machine, "runs": runs}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[httpx.AsyncClient]:
    """The benchmark's server in this process, without latency."""
    listener, url = await listening(Server(Sandbox(SIZES["tiny"].settings())))
    async with listener, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await http.post("/_bench", json={"latency_ms": 0})
        yield http


async def token(http: httpx.AsyncClient) -> dict[str, str]:
    """The header with a new access token."""
    asked = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
    client = ("sandbox-client-id", "sandbox-client-secret")
    answer = await http.post("/oauth/token", data=asked, auth=client)
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def test_rows_are_compared_by_how_often_each_is_there() -> None:
    """A doubled row is one too many, a lost twin one too few, an altered row both."""
    true = Counter({("a", 1): 1, ("twin", 1): 2, ("c", 3): 1})
    found = Counter({("a", 1): 2, ("twin", 1): 1, ("c", 4): 1})
    assert compared(true, found) == Comparison(right=2, missing=2, surplus=2)


def test_a_time_is_the_same_from_text_and_database() -> None:
    """Zoom's text and a time without a zone, as some tools store it, are one moment."""
    assert seconds("2026-09-16T00:00:01Z") == 1_789_516_801
    assert seconds("2026-09-16 00:00:01") == 1_789_516_801


def test_each_repetition_begins_with_another_tool() -> None:
    """None is always the first, and slow ones run once."""
    tools = ("ours", "dlt", "singer")
    of = Case("a", "A", "tiny", Conditions(), tools, repetitions=2, at_most={"singer": 1})
    assert [tool.name for tool in of.taking_part(0)] == ["ours", "dlt", "singer"]
    assert [tool.name for tool in of.taking_part(1)] == ["dlt", "ours"]
    assert narrowed(of, ["dlt"], 7).tools == ("dlt",)


def test_figures_are_told_with_their_spread() -> None:
    """The median, and the least and the most where they differ."""
    assert report.Spread.of([3, 1, 2.5]).told() == "2.5 (1.0 to 3.0)"
    assert report.Spread.of([1_234, 1_234]).told(0) == "1,234"


def test_what_broke_is_told_by_its_class() -> None:
    """Also where a message has none of a class's usual forms, and none of a message's own words is shown."""
    assert report.error_name("requests.exceptions.HTTPError: 401 for url") == "HTTPError"
    assert (
        report.error_name("<class 'dlt.extract.exceptions.ResourceExtractionError'>")
        == "ResourceExtractionError"
    )
    assert report.error_name("") == "no word"


def test_the_page_tells_a_tool_that_was_wrong_and_one_that_broke() -> None:
    """Rows are counted over all tables, failures over all runs."""
    lost = run(
        rows={
            "users": {"right": 9, "missing": 1, "surplus": 0},
            "b": {"right": 1, "missing": 2, "surplus": 1},
        }
    )
    failed = run(exit_code=1, broke="HTTPError: 401")
    told = report.figures({"latency_20": case("latency_20", ours=[run()], dlt=[lost, failed])})
    assert "| dlt, parallelized | 2.0 | 1.0 | 1.0 | 0.1 | 100 | 588 | 0 | 1 | 3 missing, 1 surplus | " in told
    assert "| 1 of 2: `HTTPError` |" in told
    assert "| this project | 2.0 | 1.0 | 1.0 | 0.1 | 100 | 588 | 0 | 1 | none |  |" in told


def test_the_page_compares_with_the_best_peer_that_lost_nothing() -> None:
    """A tool that failed, or lost rows, is no measure; one that doubled some is."""
    doubled = run(rows={"users": {"right": 9, "missing": 0, "surplus": 1}}, seconds=6.0, cpu_seconds=2.0)
    wrong = run(rows={"users": {"right": 9, "missing": 1, "surplus": 0}}, seconds=0.1)
    runs = {
        "ours": [run(seconds=2.0, cpu_seconds=0.5)],
        "dlt": [doubled],
        "singer": [wrong],
        "dlt_sequential": [run(seconds=0.1, exit_code=1)],
        "bare": [run(seconds_from_first_request=2.0)],
        "bare_64": [run(seconds_from_first_request=0.1, exit_code=1)],
        "ours_extract": [run(seconds_from_first_request=3.0)],
    }
    told = report.ratios(case("latency_20", **runs))
    assert "pull from the first request: 1.50 times what the bare loop, 20 in flight, takes" in told
    assert "64 in flight" not in told
    assert "whole process: dlt, parallelized takes 3.0 times as long as this project" in told
    assert "CPU: dlt, parallelized spends 4.0 times as much" in told


def test_a_tool_that_asks_one_by_one_is_computed_for_the_longer_latency() -> None:
    """588 requests that each wait 180 ms longer take 105.84 s more."""
    results = {
        "latency_20": case("latency_20", pyzoom=[run(seconds=14.0, seconds_from_first_request=13.0)]),
        "latency_200": case("latency_200", ours=[run()]),
    }
    assert "| pyzoom | about 120, computed | about 119, computed |" in report.figures(results)


def test_the_million_is_computed_for_what_did_not_run_there() -> None:
    """From the small account: ten times the requests take ten times as long, the start does not."""
    small = run(seconds=15.0, seconds_from_first_request=12.0)
    results = {
        "latency_20": case("latency_20", pyzoom=[small], bare=[run()], singer=[run(exit_code=1)]),
        "big": case("big", bare=[run(requests=5_880)]) | {"title": "1 M rows"},
    }
    told = report.section(results["big"], results)
    assert "| pyzoom | about 123, computed | about 120, computed |" in told
    assert "Singer" not in told


def test_the_page_tells_how_busy_the_simulated_account_was() -> None:
    """In the run in which it was busiest."""
    told = report.ratios(case("latency_20", bare=[run(), run(server_cpu_seconds=0.5)]))
    assert "the server of the simulated account was busy for 25 % of a core at most" in told


def test_the_page_has_all_that_was_measured(tmp_path: Path) -> None:
    """Side by side, the pull's memory, and a section per other file."""
    cell = {
        "plan": "pro",
        "latency_ms": 200,
        "tasks": 4,
        "share_of_ceiling": 0.951,
        "slowest_of_fair_share": 0.97,
    }
    shares = {"refused_percent": 0.0, "refused_percent_learning": 1.23}
    cells = [cell | shares | {"foreign": False}, cell | shares | {"foreign": True, "share_of_ceiling": 0.9}]
    about = {"date": "2026-11-24T18:00:00+00:00", "cores": 2, "python": "3.11.7", "packages": {"orjson": "3"}}
    loaded = {
        "rows": 10,
        "wall_seconds": 1.5,
        "cpu_seconds": 0.4,
        "postgres_cpu_seconds": 0.1,
        "peak_mb": 191,
    }
    transformed = {"rows": 10, "cpu_seconds": 0.4, "rows_per_cpu_second": 25, "imported_mb": 1, "peak_mb": 2}
    for name, told in {
        "latency_20": case("latency_20", ours_extract=[run()]),
        "pace": about | {"at_once": 8, "machine_cpu_percent": 31.2, "cells": cells},
        "steps": about
        | {"transform": {"users": transformed}, "steps": {"parse": {"microseconds_per_row": 0.714}}},
        "load": about | {"10 participants": {"users, again": loaded}},
    }.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(told))
    told = report.content(tmp_path)
    assert "| Pro | 200 | 4 | 95.1 % | 0.0 % | 1.2 % | 97 % | 90.0 % | 0.0 % | 1.2 % |" in told
    assert "8 accounts at once, all CPUs 31 % busy." in told
    assert "| Users | 10 | 0.40 | 25 | 1 | 2 |" in told
    assert "| Parse | 0.71 |" in told
    assert "| Users, again | 10 | 1.50 | 0.40 | 0.10 | 191 |" in told
    assert "Peak of its process: 100 MB for 10,000 rows." in told


def test_the_page_keeps_what_stands_around_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what is between the marks is replaced, each time anew."""
    page = tmp_path / "benchmarks.md"
    page.write_text(f"# Before\n\n{report.BEGIN}\n\nfigures of last year\n\n{report.END}\n\nAfter.\n")
    monkeypatch.setattr(report, "PAGE", page)
    report.main()
    once = page.read_text()
    report.main()
    assert page.read_text() == once
    assert once.startswith(f"# Before\n\n{report.BEGIN}\n\n")
    assert once.endswith(f"\n\n{report.END}\n\nAfter.\n")
    assert "last year" not in once


def test_the_pace_is_counted_from_where_it_has_settled() -> None:
    """With the foreign app's answers; refusals of ours alone, those while it learns told apart."""
    cell = Cell("pro", 200, tasks=2, foreign=True, settled=10, seconds=20)
    settled = {"settled, answered": 49, "settled, refused": 1, "settled, foreign answered": 46}
    learning = {"learning, answered": 30, "learning, refused": 10, "learning, foreign refused": 7}
    assert figures(cell, Counter(settled | learning), [50, 29]) == {
        "share_of_ceiling": 0.95,
        "refused_percent": 2.0,
        "refused_percent_learning": 25.0,
        "slowest_of_fair_share": 0.734,
        "requests": 90,
    }


async def test_the_server_remembers_an_answer(server: httpx.AsyncClient) -> None:
    """The same question is answered the same, page tokens and all."""
    header = await token(server)
    first = await server.get("/v2/users?page_size=5", headers=header)
    assert first.content == (await server.get("/v2/users?page_size=5", headers=header)).content
    assert first.json()["next_page_token"]


async def test_the_server_asks_the_account_once() -> None:
    """Whatever the order of a question's parameters, so that no tool waits for what another has been told."""
    sandbox, asked = Sandbox(SIZES["tiny"].settings()), []
    app = sandbox.app

    async def counting(scope: dict, receive: Callable, send: Callable) -> None:
        asked.append(scope["path"])
        await app(scope, receive, send)

    sandbox.app = counting
    listener, url = await listening(Server(sandbox))
    async with listener, httpx.AsyncClient(base_url=url, trust_env=False) as http:
        await http.post("/_bench", json={"latency_ms": 0})
        header = await token(http)
        first = await http.get(USERS, headers=header)
        again = await http.get("/v2/users?page_size=300&status=pending", headers=header)
    assert (first.status_code, first.content) == (200, again.content)
    assert "date" in first.headers
    assert asked == ["/oauth/token", "/v2/users"]


async def test_the_server_closes_a_connection_that_is_asked_to_close(server: httpx.AsyncClient) -> None:
    """What asks once per connection is served like all others."""
    header = await token(server) | {"connection": "close"}
    assert [(await server.get(USERS, headers=header)).status_code for _ in range(2)] == [200, 200]


async def test_the_server_refuses_each_so_many_th_request(server: httpx.AsyncClient) -> None:
    """It says when to come back, and counts by path and status."""
    header = await token(server)
    await server.post("/_bench", json={"latency_ms": 0, "refuse_every": 2})
    answers = [await server.get(USERS, headers=header) for _ in range(4)]
    assert [(each.status_code, each.headers.get("retry-after")) for each in answers] == [
        (200, None),
        (429, "1"),
        (200, None),
        (429, "1"),
    ]
    told = (await server.post("/_bench", json={})).json()
    assert told["asked"] == [["/users", 200, 2], ["/users", 429, 2]]


async def test_the_server_lets_a_token_die(server: httpx.AsyncClient) -> None:
    """From the request on that is told; a new token lives."""
    header = await token(server)
    await server.post("/_bench", json={"latency_ms": 0, "token_dies_after": 2})
    assert [(await server.get(USERS, headers=header)).status_code for _ in range(3)] == [200, 401, 401]
    assert (await server.get(USERS, headers=await token(server))).status_code == 200


@pytest.mark.processes
def test_this_project_goes_through_the_harness(tmp_path: Path) -> None:
    """On a tiny account every row is right, and what it cost is counted."""
    account = Account("tiny")
    try:
        with House.opened(tmp_path) as house:
            house.fresh(TOOLS["ours"])
            outcome = house.run(TOOLS["ours"], account, Conditions(latency_ms=0))
    finally:
        account.stop()
    meetings = truth(SIZES["tiny"].settings())["meetings"].total()
    assert outcome.broke == ""
    assert outcome.rows["users"] == {"right": 40, "missing": 0, "surplus": 0}
    assert outcome.rows["meetings"] == {"right": meetings, "missing": 0, "surplus": 0}
    assert outcome.rows["meeting_participants"]["right"] > 400
    assert outcome.rows["meeting_participants"]["missing"] == 0
    assert (outcome.token_posts, outcome.refused, outcome.by_path["/users"]) == (1, 0, 3)
    assert outcome.cpu_seconds > 0
    assert outcome.peak_megabytes > 0
