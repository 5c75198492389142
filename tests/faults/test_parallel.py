"""Faults 1, 2, 7, 34 and 36: many processes, tasks and hosts that want the same token at once."""

import asyncio
import json
import signal

import httpx
import pytest
import sqlalchemy as sa

from include.grant.broker_client import BrokerClient
from include.grant.holder import TokenHolder
from include.launch.postgres import EmbeddedPostgres
from tests.faults.pgbouncer import pgbouncer
from tests.faults.report import Record
from tests.faults.stage import CLIENT_SECRET, Stage
from tests.faults.work import page
from tests.grant.installation import run_module, wait_for

pytestmark = pytest.mark.processes


def test_fault_01_twenty_four_processes_due_at_once(stage: Stage, record: Record) -> None:
    """Ten times all 24 processes refuse the same access token at once: one post each time, and 23 adopt its answer."""
    seen = json.loads(run_module(stage.env, "tests.grant.rounds", "24", "10"))
    assert seen == {"tokens": [1] * 10, "errors": []}
    assert (stage.zoom.posts, stage.zoom.refused, stage.zoom.most_at_once) == (10, 0, 1)
    record("1 post in each of 10 rounds, 23 adopt", posts=10)


async def test_fault_02_three_hosts_and_fifty_backfill_tasks(stage: Stage, record: Record) -> None:
    """Fifty tasks ask three hosts with one database: one post, fifty times the same token."""
    hosts = [await asyncio.to_thread(stage.host) for _ in range(3)]
    async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None)) as http:
        tokens = await asyncio.gather(*(wanted(http, hosts[number % 3]) for number in range(50)))
        rejected = tokens[0]
        again = await asyncio.gather(*(wanted(http, hosts[number % 3], rejected) for number in range(50)))
    assert [len(set(tokens)), len(set(again)), len({*tokens, *again})] == [1, 1, 2]
    assert (stage.zoom.posts, stage.zoom.refused, stage.zoom.most_at_once) == (2, 0, 1)
    record("1 post, 50 adopt; all refuse it: 1 more", posts="1; 1")


async def wanted(http: httpx.AsyncClient, host: str, rejected: str | None = None) -> str:
    """What a task is given."""
    broker = BrokerClient(host, "zoom_default", CLIENT_SECRET, http)
    return await TokenHolder(broker.ask, asyncio.Lock())(rejected)


@pytest.mark.parametrize("ended", ["cleared", "killed"])
def test_fault_07_task_ended_while_it_waits(stage: Stage, ended: str, record: Record) -> None:
    """Airflow ends a waiting task with SIGTERM, then SIGKILL; the API server finishes what the task asked for."""
    host = stage.host()
    line = stage.proxy.next(holds="answer")
    task = stage.start(page, words={"host": host, "zoom": stage.zoom.url})
    line.until_answered()
    task.end(signal.SIGTERM if ended == "cleared" else signal.SIGKILL)
    line.let_go()
    wait_for(lambda: stage.grant().journal.generation == 1)
    assert stage.ask().generation == 1
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("the API server finishes", posts=1)


def test_fault_34_old_access_token_dies_while_twenty_tasks_page(stage: Stage, record: Record) -> None:
    """Somebody's rotation kills the token under 20 tasks: each asks again once, gets the new one and goes on."""
    words = {"host": stage.host(), "zoom": stage.zoom.url}
    tasks = [stage.start(page, words=words) for _ in range(20)]
    for task in tasks:
        task.until("paged")
    stage.ask(rejected=stage.shown()["access_token"])
    assert stage.zoom.posts == 2
    for task in tasks:
        task.pipe.send("go on")
    assert {task.told().message for task in tasks} == {"3 users"}
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("each re-reads and goes on, 0 extra refreshes", posts=2)


def test_fault_36_behind_pgbouncer_in_transaction_mode(
    on_postgres: Stage, postgres_server: EmbeddedPostgres, record: Record
) -> None:
    """Where every transaction may meet another server connection it is still one post a round."""
    stage, setting = on_postgres, "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
    name = sa.make_url(stage.env[setting]).database
    with pgbouncer(postgres_server) as port:
        env = stage.env | {setting: f"postgresql+psycopg2://postgres@127.0.0.1:{port}/{name}"}
        seen = json.loads(run_module(env, "tests.grant.rounds", "24", "3"))
    assert seen == {"tokens": [1] * 3, "errors": []}
    assert (stage.zoom.posts, stage.zoom.refused, stage.zoom.most_at_once) == (3, 0, 1)
    record("still 1 post in each of 3 rounds", posts=3)
