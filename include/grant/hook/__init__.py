"""ZoomHook, what tasks use: an authenticated client of Zoom's API."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
from airflow.sdk import BaseHook, conf
from airflow.sdk.log import amask_secret

from include.grant.broker_client import BrokerClient
from include.grant.fields import Fields
from include.grant.freshness import access_token, ask_again_seconds, granted_scopes, seconds_left
from include.grant.holder import AccessToken, TokenHolder
from include.grant.hook.reading import (
    api_server_trust,
    api_server_url,
    aread_fields,
    has_database,
    read_fields,
)
from include.grant.journal import GrantType, digest
from include.grant.keeping import Health, keep
from include.grant.masking import forms
from include.grant.shared_turns import SharedTurns
from include.grant.turn_messages import Wish
from include.zoom.auth import SignedClient
from include.zoom.errors import ZoomError
from include.zoom.pace import Turns
from include.zoom.transport import Transport
from include.zoom.turns import Closed, Turn

__all__ = ["Health", "ZoomHook"]

_TIMEOUT = httpx.Timeout(60, connect=10)


class ZoomHook(BaseHook):
    """A `zoom` Connection: its client, its account, its plan. Nothing is read before it is needed."""

    conn_name_attr = "zoom_conn_id"
    default_conn_name = "zoom_default"
    conn_type = "zoom"
    hook_name = "Zoom"

    def __init__(self, zoom_conn_id: str = default_conn_name, logger_name: str | None = None) -> None:
        super().__init__(logger_name=logger_name)
        self.zoom_conn_id = zoom_conn_id
        self.supervisor = asyncio.Lock()
        """Held by whoever asks Airflow's supervisor; a synchronous question beside an asynchronous one is fatal."""
        self._fields: Fields | None = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client of Zoom's API (its base address ends in /v2) that signs each request.

        A token that Zoom refuses is replaced once per request. No redirects, no proxies from the environment.
        """
        fields = await self.load()
        async with _to_api_server() as own:
            holder = TokenHolder(_source(fields, own), self.supervisor)
            async with SignedClient(fields.api_url, holder, Transport()) as http:
                yield http

    @asynccontextmanager
    async def turns(self, *, backfill: bool = False) -> AsyncIterator[Turns]:
        """Where leave to ask Zoom comes from: the quota that all tasks of the Zoom account share.

        Args:
            backfill: Whether it is for a backfill, which has a share of the daily caps alone.
        """
        fields = await self.load()
        async with _to_api_server() as own:
            yield SharedTurns.of(fields.plan, _turns_source(fields, own), backfill=backfill)

    async def load(self) -> Fields:
        """Reads the Connection, once; afterwards the properties cost nothing."""
        async with self.supervisor:
            if self._fields is None:
                self._fields = await aread_fields(self.zoom_conn_id)
            return self._fields

    async def keep(self) -> Health:
        """How the grant stands, refreshed first where nobody used it for [zoom] keep_alive_hours; one try."""
        fields = await self.load()
        if has_database():
            return await _Local(fields.connection_id).keep()
        async with _to_api_server() as own:
            return await _broker(fields, own).keep()

    async def granted(self, *, anew: bool = False) -> str:
        """The scopes that Zoom gave with the access token; empty where nobody knows. One try.

        Args:
            anew: With a new access token, where that is how an app learns of scopes that were added to it since:
                server-to-server.

        Raises:
            ZoomError: There is no token at the moment, or none without a person.
        """
        fields = await self.load()
        async with _to_api_server() as own, self.supervisor:
            ask = _source(fields, own)
            token = await ask(None)
            if anew and fields.grant_type is GrantType.ACCOUNT_CREDENTIALS:
                token = await ask(digest(token.value))
        return token.scopes

    @property
    def account(self) -> str:
        """Zoom's account id, as landing and warehouse know the account."""
        return self._loaded().account

    @property
    def plan(self) -> str:
        """The account's plan, which sets the pace: free, pro or business."""
        return self._loaded().plan

    @property
    def told_plan(self) -> str | None:
        """The same where the Connection tells it: what nobody entered must not keep a list from being asked."""
        fields = self._loaded()
        return fields.plan if fields.plan_told else None

    def test_connection(self) -> tuple[bool, str]:
        """Checks the fields and that Zoom's API can be reached; never spends a token.

        Airflow's UI tests under a random id in an environment variable, so neither broker nor journal know it.
        """
        try:
            fields = read_fields(self.zoom_conn_id)
            with httpx.Client(timeout=10, trust_env=False) as http:
                http.get(f"{fields.api_url}/users/me")
        except ZoomError as error:
            return False, str(error)
        except httpx.HTTPError as error:
            return False, f"Zoom's API could not be reached ({type(error).__name__})."
        return (
            True,
            "The fields are complete and Zoom's API can be reached. Whether the grant lives is not tested.",
        )

    def _loaded(self) -> Fields:
        if self._fields is None:
            self._fields = read_fields(self.zoom_conn_id)
        return self._fields


def _to_api_server() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=api_server_trust())


def _source(fields: Fields, http: httpx.AsyncClient) -> Callable[[str | None], Awaitable[AccessToken]]:
    if has_database():
        return _Local(fields.connection_id).ask
    return _Remote(_broker(fields, http)).ask


def _turns_source(fields: Fields, http: httpx.AsyncClient) -> Callable[[Wish], Awaitable[Turn | Closed]]:
    if has_database():
        return _LocalTurns(fields.connection_id).ask
    return _broker(fields, http).turn


def _broker(fields: Fields, http: httpx.AsyncClient) -> BrokerClient:
    return BrokerClient(api_server_url(), fields.connection_id, fields.app.client_secret, http)


class _Remote:
    """Asks the broker and masks what it gives, in the way that coroutines may."""

    def __init__(self, broker: BrokerClient) -> None:
        self._broker = broker

    async def ask(self, rejected: str | None) -> AccessToken:
        token = await self._broker.ask(rejected)
        await amask_secret([*forms(token.value)])
        return token


class _Local:
    """The same rotation without the way over the API server, where the database is at hand."""

    def __init__(self, connection_id: str) -> None:
        from include.grant.store.wiring import new_desk  # noqa: PLC0415 - a task must not load the database's models

        self._connection_id = connection_id
        self._desk = new_desk()

    async def ask(self, rejected: str | None) -> AccessToken:
        began = time.monotonic()
        grant = await self._desk.serve(await self._desk.read(self._connection_id), rejected)
        value = access_token(grant, rejected) or ""
        await amask_secret([*forms(value)])
        again, ends = began + ask_again_seconds(grant), began + seconds_left(grant)
        return AccessToken(value, again, ends, granted_scopes(grant))

    async def keep(self) -> Health:
        unused_for = timedelta(hours=conf.getfloat("zoom", "keep_alive_hours"))
        return await keep(self._desk, await self._desk.read(self._connection_id), unused_for=unused_for)


class _LocalTurns:
    """Turns without the way over the API server, likewise."""

    def __init__(self, connection_id: str) -> None:
        from include.grant.store.wiring import new_desk, new_turnstile  # noqa: PLC0415 - as above

        self._connection_id = connection_id
        self._desk, self._turnstile = new_desk(), new_turnstile()

    async def ask(self, wish: Wish) -> Turn | Closed:
        return await self._turnstile.take(await self._desk.read(self._connection_id), wish)
