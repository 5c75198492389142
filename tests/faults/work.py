"""What the processes under test do. A fork server imports this once, and Airflow with it."""

import asyncio
import importlib
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
import uvicorn
from airflow import settings
from airflow.models.crypto import get_fernet
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from include.grant.freshness import access_token
from include.grant.journal import digest
from include.grant.store import database, wiring
from include.zoom.errors import ZoomError


@dataclass(frozen=True)
class Told:
    """What a process got: an access token, or the error that it would have raised."""

    token: str = ""
    generation: int = 0
    error: str = ""
    message: str = ""
    wait_seconds: float = 0.0


@dataclass(frozen=True)
class Order:
    """What a process is to do, and what is to happen to it on the way.

    Args:
        rejected: The access token that Zoom refused.
        at: The named point (see POINTS) at which `does` happens.
        does: `die`: SIGKILL to itself; `stop`: SIGSTOP to itself.
        values: Dotted names of module constants, and what they are in this process.
        clock_jumps_seconds: So much time has passed for this process once it is woken from a SIGSTOP.
        database_clock_off_seconds: The database that this process asks has a clock that is off by so much.
        read_only: SQLite refuses every write of this process.
        marks: Tells of each of the POINTS that it passes.
        words: Whatever else the work needs.
    """

    connection_id: str = "zoom_default"
    rejected: str | None = None
    at: str = ""
    does: str = "die"
    values: Mapping[str, object] = field(default_factory=dict)
    clock_jumps_seconds: float = 0.0
    database_clock_off_seconds: int = 0
    read_only: bool = False
    marks: bool = False
    words: Mapping[str, Any] = field(default_factory=dict)


# Where in a refresh a process can be struck: module, class or "", function, and on which side of its call.
POINTS = {
    "before the read": ("include.grant.store.wiring", "StoreInThreads", "read", "before"),
    "before the lease": ("include.grant.store.wiring", "StoreInThreads", "lease", "before"),
    "after the lease": ("include.grant.store.wiring", "StoreInThreads", "lease", "after"),
    "before the post": ("include.zoom.oauth", "", "refresh", "before"),
    "after receiving": ("include.zoom.oauth", "", "classify", "before"),
    "before the file": ("include.grant.store.wiring", "SpillInThreads", "keep", "before"),
    "after the file": ("include.grant.store.wiring", "SpillInThreads", "keep", "after"),
    "before the commit": ("include.grant.store.wiring", "StoreInThreads", "commit", "before"),
    "after the commit": ("include.grant.store.wiring", "StoreInThreads", "commit", "after"),
}


def run(
    work: Callable[[Order, Connection], Any],
    order: Order,
    env: Mapping[str, str],
    log: Path,
    pipe: Connection,
) -> None:
    """A process: it says when it is ready, waits for the word, and tells what it got."""
    _write_to(log)
    _enter(env)
    _prepare(order, pipe)
    pipe.send(("ready", None))
    pipe.recv()
    pipe.send(("told", work(order, pipe)))


def ask(order: Order, _: Connection) -> Told:
    """Asks for an access token as a process with the metadata database does."""
    return asyncio.run(_ask(order))


def ask_and_stay(order: Order, pipe: Connection) -> None:
    """The same, and does not end by itself."""
    pipe.send(("told", ask(order, pipe)))
    pipe.recv()


async def _ask(order: Order) -> Told:
    desk, refused = wiring.new_desk(), digest(order.rejected) if order.rejected else None
    try:
        grant = await desk.serve(await desk.read(order.connection_id), refused)
    except ZoomError as error:
        return told(error)
    finally:
        await desk.finish()  # as the API server does at its end
    return Told(access_token(grant, refused) or "", grant.journal.generation)


def serve(order: Order, _: Connection) -> None:
    """Serves the broker's routes on a port until SIGTERM, as Airflow's API server mounts them."""
    from include.console.app import app

    async def health(_: Request) -> Response:
        return Response("ok")

    whole = Starlette(
        routes=[Route("/health", health), Mount("/zoom", app)],
        lifespan=lambda _: app.router.lifespan_context(app),
    )
    uvicorn.run(whole, host="127.0.0.1", port=order.words["port"], log_level="warning")


def page(order: Order, pipe: Connection) -> Told:
    """A task: asks a host's broker for its token and pages through the users; after the first page it waits."""
    from include.grant.broker_client import BrokerClient
    from include.grant.holder import TokenHolder
    from include.zoom.auth import BearerAuth

    async def through() -> Told:
        seen = 0
        async with httpx.AsyncClient(trust_env=False, timeout=60) as own:
            broker = BrokerClient(order.words["host"], order.connection_id, "sandbox-client-secret", own)
            auth = BearerAuth(TokenHolder(broker.ask, asyncio.Lock()))
            token = ""
            while not seen or token:
                params = {"page_size": 1, "next_page_token": token}
                answer = await own.get(f"{order.words['zoom']}/v2/users", params=params, auth=auth)
                seen += len(answer.raise_for_status().json()["users"])
                token = answer.json()["next_page_token"]
                if seen == 1:
                    pipe.send(("paged", None))
                    await asyncio.to_thread(pipe.recv)
        return Told(message=f"{seen} users")

    return asyncio.run(through())


def consent(order: Order, _: Connection) -> Told:
    """Authorises the app anew, as the command does against a server that allows by itself."""
    from include.grant.consent import Request as Consent
    from include.grant.consent import follow, grant

    async def through() -> Told:
        wish = Consent.new(order.connection_id, "https://airflow.example.com/zoom/callback")
        await grant(wish, await follow(wish), by="somebody")
        return Told()

    try:
        return asyncio.run(through())
    except ZoomError as error:
        return told(error)


def read_in_task(order: Order, _: Connection) -> Told:
    """Reads the Connection as a task does: no database, Airflow's own client of the execution API."""
    from airflow.sdk.api.client import Client
    from airflow.sdk.execution_time import task_runner
    from tenacity import stop_after_attempt

    from include.grant.hook.reading import aread_fields

    settings.SQL_ALCHEMY_CONN = "airflow-db-not-allowed:///"
    Client.request.retry.stop = stop_after_attempt(1)  # its own five tries take half a minute
    client = Client(base_url=os.environ["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"], token="")
    task_runner.SUPERVISOR_COMMS = _Supervisor(client)
    try:
        return Told(message=asyncio.run(aread_fields(order.connection_id)).app.client_id)
    except ZoomError as error:
        return told(error)


class _Supervisor:
    """Answers a task as its supervisor does, in this process."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, message: Any) -> Any:
        """A question, or a secret to mask."""
        from airflow.sdk.api.client import ServerResponseError
        from airflow.sdk.exceptions import ErrorType
        from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection
        from airflow.sdk.execution_time.request_handlers import handle_get_connection

        if not isinstance(message, GetConnection):
            return None
        try:
            return handle_get_connection(self._client, message)[0]
        except ServerResponseError:
            return ErrorResponse(error=ErrorType.API_SERVER_ERROR)

    async def asend(self, message: Any) -> Any:
        """The same for coroutines."""
        return self.send(message)


def press_test(order: Order, _: Connection) -> Told:
    """What the form's Test button runs."""
    from include.grant.hook import ZoomHook

    ok, message = ZoomHook(order.connection_id).test_connection()
    return Told(error="" if ok else "failed", message=message)


def parse_dags(order: Order, _: Connection) -> Told:
    """What the Dag processor runs."""
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    return Told(error=str(bag.import_errors or ""), message=" ".join(sorted(bag.dags)))


def told(error: ZoomError) -> Told:
    """An error as it crosses the pipe."""
    wait = getattr(error, "retry_after_seconds", 0.0)
    return Told(error=type(error).__name__, message=str(error), wait_seconds=wait or 0.0)


def _write_to(log: Path) -> None:
    opened = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(opened, 1)
    os.dup2(opened, 2)


def _enter(env: Mapping[str, str]) -> None:
    """Makes this process one of another installation than the fork server's."""
    os.environ.clear()
    os.environ.update(env)
    logging.getLogger().setLevel(env.get("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO"))
    get_fernet.cache_clear()
    settings.configure_vars()
    settings.configure_orm()


def _prepare(order: Order, pipe: Connection) -> None:
    for name, value in order.values.items():
        module, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(module), attribute, value)
    if order.database_clock_off_seconds:
        _set_database_clock(order.database_clock_off_seconds)
    if order.read_only:
        sa.event.listen(
            settings.engine, "connect", lambda sqlite, _: sqlite.execute("PRAGMA query_only = ON")
        )
    if order.at:
        _strike_at(order.at, order.does)
    if order.clock_jumps_seconds:
        _jump_when_woken(order.clock_jumps_seconds)
    for name in POINTS if order.marks else ():
        _tell(*POINTS[name], partial(pipe.send, ("passed", name)))
    _tell(
        "include.grant.store.wiring", "StoreInThreads", "read", "before", partial(pipe.send, ("read", None))
    )


def _set_database_clock(seconds: int) -> None:
    database._NOW.update(
        sqlite=f"SELECT strftime('%Y-%m-%d %H:%M:%f', 'now', '{seconds} seconds')",
        postgresql=f"SELECT clock_timestamp() + interval '{seconds} seconds'",
    )


def _strike_at(point: str, does: str) -> None:
    number = {"die": signal.SIGKILL, "stop": signal.SIGSTOP}[does]
    _tell(*POINTS[point], lambda: os.kill(os.getpid(), number))


def _tell(module: str, owner: str, name: str, side: str, act: Callable[[], None]) -> None:
    """Lets `act` happen before or after each call of a function."""
    place: Any = importlib.import_module(module)
    place = getattr(place, owner) if owner else place
    inner = getattr(place, name)

    @wraps(inner)
    async def around(*arguments: Any, **named: Any) -> Any:
        if side == "before":
            act()
        result = await inner(*arguments, **named)
        if side == "after":
            act()
        return result

    @wraps(inner)
    def plainly(*arguments: Any, **named: Any) -> Any:
        act()
        return inner(*arguments, **named)

    setattr(place, name, around if asyncio.iscoroutinefunction(inner) else plainly)


def _jump_when_woken(seconds: float) -> None:
    """A stop of two minutes in no time: this process's clock moves on when SIGCONT comes."""
    real, passed = time.monotonic, [0.0]
    signal.signal(signal.SIGCONT, lambda *_: passed.append(seconds))
    time.monotonic = lambda: real() + sum(passed)  # the event loop's
    wiring.Rotation = partial(wiring.Rotation, monotonic=time.monotonic)  # type: ignore[misc]
