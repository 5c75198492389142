"""Joins the rotation to Airflow's database, Zoom's token endpoint and the alerts of this process."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import anyio
from airflow import settings
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from include.grant.desk import Desk
from include.grant.journal import Grant, Journal, Tokens
from include.grant.rotation import Rotation
from include.grant.store import Store
from include.zoom import oauth

log = logging.getLogger(__name__)

ALERTS = "zoom_alerts"
_DATABASE_THREADS = 4  # of the API server's 40, which it needs for its own routes
_T = TypeVar("_T")


def new_desk() -> Desk:
    """A desk for this process, which must have the metadata database; one per event loop."""
    limiter = anyio.CapacityLimiter(_DATABASE_THREADS)
    return Desk(lambda connection_id: _rotation(connection_id, limiter))


def store(connection_id: str) -> Store:
    """The grant of this Connection in Airflow's metadata database."""
    return Store(connection_id, settings.get_engine)


def _rotation(connection_id: str, limiter: anyio.CapacityLimiter) -> Rotation:
    return Rotation(StoreInThreads(store(connection_id), limiter), _post, partial(_alert, limiter))


class StoreInThreads:
    """A store whose transactions run in a few threads, so that waiting for the database blocks nobody."""

    def __init__(self, inner: Store, limiter: anyio.CapacityLimiter) -> None:
        self._inner = inner
        self._limiter = limiter

    async def read(self) -> Grant:
        """See Store."""
        return await self._run(self._inner.read)

    async def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        """See Store."""
        return await self._run(partial(self._inner.lease, seen, attempt_id))

    async def renew(self, held: Grant) -> Grant | None:
        """See Store."""
        return await self._run(partial(self._inner.renew, held))

    async def commit(self, held: Grant, journal: Journal) -> bool:
        """See Store."""
        return await self._run(partial(self._inner.commit, held, journal))

    async def heal(self, seen: Grant) -> None:
        """See Store."""
        await self._run(partial(self._inner.heal, seen))

    async def keep_orphan(self, tokens: Tokens) -> None:
        """See Store."""
        await self._run(partial(self._inner.keep_orphan, tokens))

    async def _run(self, call: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(call, limiter=self._limiter)


async def _post(grant: Grant, refresh_token: str | None) -> oauth.Outcome:
    if grant.rotates:
        return await oauth.refresh(grant.app, refresh_token or "")
    return await oauth.account_credentials(grant.app, grant.account_id or "")


async def _alert(limiter: anyio.CapacityLimiter, grant: Grant, reason: str) -> None:
    log.error("%s", reason)
    await anyio.to_thread.run_sync(partial(_notify, grant.connection_id, reason), limiter=limiter)


def _notify(connection_id: str, reason: str) -> None:
    """One post through the `http` Connection zoom_alerts; no such Connection, no noise."""
    from airflow.providers.http.notifications.http import HttpNotifier  # noqa: PLC0415 - costs a second, once

    body = {"text": reason, "connection_id": connection_id, "event": "zoom_consent_required"}
    try:
        HttpNotifier(http_conn_id=ALERTS, json=body).notify({})
    except AirflowNotFoundException:
        log.debug("No Connection %s: nobody is alerted.", ALERTS)
    except (AirflowException, OSError):  # requests' errors are OSErrors
        log.warning("The alert through Connection %s failed.", ALERTS, exc_info=True)
