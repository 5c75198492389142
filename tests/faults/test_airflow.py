"""Faults 8, 28, 32 and 37: Airflow's own API server, its REST API and its execution API."""

import asyncio
import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote, quote_plus

import httpx
import pytest
import sqlalchemy as sa

from include.grant.broker_client import BrokerClient
from include.grant.holder import AccessToken
from include.grant.journal import digest
from include.launch.postgres import EmbeddedPostgres
from include.launch.processes import Processes
from include.zoom.errors import ZoomError
from tests.faults import postgres
from tests.faults.conftest import set_stage
from tests.faults.execution_api import ExecutionApi
from tests.faults.report import Record
from tests.faults.stage import CLIENT_SECRET, Stage, Zoom
from tests.faults.work import read_in_task
from tests.grant.installation import Installation, migrated_on, wait_for

pytestmark = pytest.mark.processes

URI = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"


class Serving:
    """A stage with a real API server, which logs at DEBUG."""

    def __init__(self, stage: Stage, processes: Processes) -> None:
        self.stage = stage
        self.processes = processes
        self.url = ""

    def start(self) -> None:
        """Starts it, where it is not running."""
        if not self.url:
            at = Installation(self.stage.folder, self.stage.env, self.stage.zoom.url, self.processes)
            self.url = at.start_api_server()

    def stop(self) -> None:
        """SIGTERM, and it has ended."""
        self.processes.stop("api-server")
        self.url = ""

    async def ask(self, rejected: str | None = None) -> AccessToken:
        """What a task does, without its patience."""
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            return await BrokerClient(self.url, "zoom_default", CLIENT_SECRET, http).ask(rejected)


@pytest.fixture(scope="module")
def started(
    postgres_server: EmbeddedPostgres,
    templates: Path,
    tmp_path_factory: pytest.TempPathFactory,
    zoom_of: Callable[[str], Zoom],
) -> Iterator[Serving]:
    """One API server for the tests here."""
    folder = tmp_path_factory.mktemp("serving")
    uri = postgres_server.create("serving", template=migrated_on(postgres_server, templates))
    with ExitStack() as stack:
        stage = set_stage(folder, uri, zoom_of("strict"), stack)
        stage.env["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "DEBUG"
        processes = stack.enter_context(Processes(folder / "logs", grace_seconds=60))
        yield Serving(stage, processes)


@pytest.fixture
def serving(started: Serving, enter: Callable[[Stage], Stage]) -> Serving:
    """It runs, and its grant is new."""
    enter(started.stage).begin_anew()
    started.start()
    return started


async def test_fault_08_api_server_stopped_mid_post(serving: Serving, record: Record) -> None:
    """SIGTERM waits for Zoom's answer and its commit: nothing is refused afterwards."""
    stage = serving.stage
    line = stage.proxy.next(holds="answer")
    asking = asyncio.create_task(serving.ask())
    await asyncio.to_thread(line.until_answered)
    stopping = asyncio.create_task(asyncio.to_thread(serving.stop))
    log = serving.processes.log("api-server")
    await asyncio.to_thread(wait_for, lambda: "Shutting down" in log.read_text())
    assert stage.grant().journal.generation == 0
    line.let_go()
    await asyncio.gather(asking, stopping, return_exceptions=True)
    assert stage.grant().journal.generation == 1
    assert stage.ask().token == stage.shown()["access_token"]
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("finishes first", posts=1)


async def test_fault_28_connection_edited_in_the_ui_meanwhile(serving: Serving, record: Record) -> None:
    """A form that was loaded before a refresh and saved during it: its change stays, and so does the new token."""
    stage, path = serving.stage, f"{serving.url}/api/v2/connections/zoom_default"
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
        token = (await http.get(f"{serving.url}/auth/token")).json()["access_token"]
        http.headers["Authorization"] = f"Bearer {token}"
        form = (await http.get(path)).json()
        line = stage.proxy.next(holds="answer")
        asking = asyncio.create_task(serving.ask())
        await asyncio.to_thread(line.until_answered)
        extra = json.loads(form["extra"]) | {"plan": "business", "note": "a person's"}
        saved = await http.patch(path, json=form | {"extra": json.dumps(extra), "description": "Ours"})
        assert saved.is_success, saved.text
        line.let_go()
        told = await asking
    shown = stage.shown()
    assert (shown["plan"], shown["note"], shown["access_token"]) == ("business", "a person's", told.value)
    assert stage.ask(rejected=told.value).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("both survive", posts=1)


@pytest.mark.parametrize("statuses", [(500, 500, 500, 200), (500,), (404,)], ids=str)
def test_fault_32_execution_api_500(on_postgres: Stage, statuses: tuple[int, ...], record: Record) -> None:
    """Airflow's SDK says "isn't defined" of every fault: it is asked again, and only a proven 404 is called missing."""
    with ExecutionApi(*statuses) as api:
        told = on_postgres.start(
            read_in_task,
            env={"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": api.url},
            values={"include.grant.hook.reading._PAUSES_SECONDS": (0.1, 0.1, 0.1, 0.1)},
        ).told()
    if statuses[-1] == 200:
        assert (told.message, api.asked) == ("sandbox-client-id", [500, 500, 500, 200])
        record("retried, read", posts=0)
    elif statuses == (500,):
        assert told.error == "TransientError"
        assert "There is no Connection" not in told.message
        assert len(api.asked) > 4
        record("retried, then a passing fault: never “not configured”", posts=0)
    else:
        assert told.error == "Misconfigured"
        assert "There is no Connection zoom_default" in told.message
        record("(a 404 of a healthy API is told as what it is)", posts=0)


async def test_fault_37_nothing_secret_is_written(
    serving: Serving, postgres_server: EmbeddedPostgres, record: Record
) -> None:
    """At DEBUG, through faults of every kind: no form of any token or secret is in a log, a table or a file."""
    stage = serving.stage
    canaries = {CLIENT_SECRET, base64.b64encode(f"sandbox-client-id:{CLIENT_SECRET}".encode()).decode()}
    canaries |= secrets(stage)
    for fault in ({"kind": "reset"}, {"kind": "html"}, {"kind": "edit", "drop": ["expires_in"]}):
        stage.zoom.order(**fault)
        canaries |= await asked(serving)
    stage.end_pause()
    stage.start(at="before the commit", rejected=stage.shown()["access_token"]).killed()
    assert stage.spilled() != []
    stage.end_lease()
    stage.zoom.revoke()
    canaries |= await asked(serving)
    posts = stage.zoom.posts
    serving.stop()
    forms = {form.encode() for each in canaries for form in (each, quote(each, safe=""), quote_plus(each))}
    assert len(canaries) > 8
    assert found_in_tables(stage, forms) == []
    assert found_in_files([stage.folder], forms) == []
    assert found_in_files(database_folders(stage, postgres_server), forms) == []
    assert b"Grant zoom_default is" in serving.processes.log("api-server").read_bytes()
    record("0 hits", posts=posts)


async def asked(serving: Serving) -> set[str]:
    """A task refuses what it has; the secrets there are then."""
    stage = serving.stage
    try:
        await serving.ask(digest(stage.shown().get("access_token", "")))
    except ZoomError:
        stage.end_pause()
    return secrets(stage)


def secrets(stage: Stage) -> set[str]:
    """The tokens that the Connection holds."""
    shown = stage.shown()
    return {shown[name] for name in ("refresh_token", "access_token") if name in shown}


def found_in_tables(stage: Stage, forms: set[bytes]) -> list[str]:
    """The tables in which one of these lies in the open."""
    tables = sa.MetaData()
    tables.reflect(stage.engine)
    assert {"connection", "zoom_grant", "log"} <= set(tables.tables)
    with stage.engine.begin() as database:
        texts = {
            name: str(database.execute(sa.select(table)).all()).encode()
            for name, table in tables.tables.items()
        }
    return [name for name, text in texts.items() if any(form in text for form in forms)]


def database_folders(stage: Stage, server: EmbeddedPostgres) -> list[Path]:
    """Where PostgreSQL keeps this database, what it wrote ahead, and what it logged."""
    oid = postgres.run(stage.env[URI], "SELECT oid FROM pg_database WHERE datname = current_database()")[0][0]
    data = Path(postgres.run(server.uri(), "SHOW data_directory")[0][0])
    return [data / "base" / str(oid), data / "pg_wal", data / "log"]


def found_in_files(places: list[Path], forms: set[bytes]) -> list[str]:
    """The files in which one of these lies in the open."""
    files = [
        file
        for place in places
        for file in (place, *place.rglob("*"))
        if file.is_file() and file.stat().st_size
    ]
    assert files
    return [str(file) for file in files if any(form in file.read_bytes() for form in forms)]
