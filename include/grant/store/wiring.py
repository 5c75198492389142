"""Joins the rotation to Airflow's database, Zoom's token endpoint and the alerts of this process."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import anyio
from airflow import settings
from airflow.configuration import AIRFLOW_HOME, conf
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from include.grant.desk import Desk
from include.grant.journal import Grant, Journal, State
from include.grant.rotation import Rotation
from include.grant.spill import Kept, SpillFolder
from include.grant.store import Store, metrics
from include.grant.store.quotas import Quotas
from include.grant.store.secrecy import mask_tokens, opened, seal
from include.grant.turnstile import Change, Given, Turnstile
from include.zoom import oauth

log = logging.getLogger(__name__)

ALERTS = "zoom_alerts"
_DATABASE_THREADS = 4  # of the API server's 40, which it needs for its own routes
_T = TypeVar("_T")


def database_threads() -> anyio.CapacityLimiter:
    """What bounds the threads of this process that wait for the database; one per event loop."""
    return anyio.CapacityLimiter(_DATABASE_THREADS)


def new_desk(threads: anyio.CapacityLimiter | None = None) -> Desk:
    """A desk for this process, which must have the metadata database; one per event loop."""
    limiter = threads or database_threads()
    return Desk(lambda connection_id: _rotation(connection_id, limiter), served=metrics.served)


def new_turnstile(threads: anyio.CapacityLimiter | None = None) -> Turnstile:
    """The same for turns."""
    quotas, limiter = Quotas(settings.get_engine), threads or database_threads()

    async def change(account: str, change: Change) -> Given:
        return await anyio.to_thread.run_sync(quotas.change, account, change, limiter=limiter)

    return Turnstile(change, lambda: conf.getfloat("zoom", "backfill_share"))


async def recover(desk: Desk) -> None:
    """Brings the answers that an earlier process could not store where they belong."""
    left = await anyio.to_thread.run_sync(lambda: list(spill_folder().all()))
    await desk.recover(left)


def store(connection_id: str) -> Store:
    """The grant of this Connection in Airflow's metadata database."""
    return Store(connection_id, settings.get_engine)


def spill_folder() -> SpillFolder:
    """Where the newest answers lie as well: [zoom] spill_folder."""
    folder = conf.get("zoom", "spill_folder", fallback="") or Path(AIRFLOW_HOME) / "zoom-spill"
    return SpillFolder(Path(folder), seal, opened)


def page_address() -> str:
    """Where a person sees the grants and connects them, in Airflow's own pages."""
    return f"{conf.get('api', 'base_url', fallback='').rstrip('/')}/plugin/zoom"


def _rotation(connection_id: str, limiter: anyio.CapacityLimiter) -> Rotation:
    return Rotation(
        storage=StoreInThreads(store(connection_id), limiter),
        spill=SpillInThreads(spill_folder(), limiter),
        post=_post,
        revoke=_revoke,
        alert=partial(_alert, limiter),
        count=metrics.refreshed,
    )


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

    async def commit(self, held: Grant, journal: Journal, by: str | None = None) -> bool:
        """See Store."""
        return await self._run(partial(self._inner.commit, held, journal, by))

    async def release(self, held: Grant) -> None:
        """See Store."""
        await self._run(partial(self._inner.release, held))

    async def claim_alert(self, seen: Grant) -> bool:
        """See Store."""
        return await self._run(partial(self._inner.claim_alert, seen))

    async def heal(self, seen: Grant) -> None:
        """See Store."""
        await self._run(partial(self._inner.heal, seen))

    async def keep_orphan(self, kept: Kept) -> None:
        """See Store."""
        await self._run(partial(self._inner.keep_orphan, kept))

    async def _run(self, call: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(call, limiter=self._limiter)


class SpillInThreads:
    """A spill folder whose files are written in a thread."""

    def __init__(self, inner: SpillFolder, limiter: anyio.CapacityLimiter) -> None:
        self._inner = inner
        self._limiter = limiter

    async def keep(self, kept: Kept) -> None:
        """See SpillFolder."""
        await anyio.to_thread.run_sync(self._inner.keep, kept, limiter=self._limiter)

    async def find(self, connection_id: str) -> Kept | None:
        """See SpillFolder."""
        return await anyio.to_thread.run_sync(self._inner.find, connection_id, limiter=self._limiter)

    async def drop(self, connection_id: str) -> None:
        """See SpillFolder."""
        await anyio.to_thread.run_sync(self._inner.drop, connection_id, limiter=self._limiter)


async def _post(grant: Grant, refresh_token: str | None) -> oauth.Outcome:
    if grant.rotates:
        outcome = await oauth.refresh(grant.app, refresh_token or "")
    else:
        outcome = await oauth.account_credentials(grant.app, grant.account_id or "")
    mask_tokens(outcome.tokens)  # before anything can print them
    return outcome


async def _revoke(grant: Grant, access_token: str) -> oauth.Outcome:
    return await oauth.revoke(grant.app, access_token)


async def _alert(limiter: anyio.CapacityLimiter, grant: Grant) -> None:
    reason = f"{grant.journal.reason} {page_address()}"
    log.error("%s", reason)
    await anyio.to_thread.run_sync(partial(_notify, grant, reason), limiter=limiter)


_EVENTS = {State.CONSENT_REQUIRED: "zoom_consent_required", State.MISCONFIGURED: "zoom_misconfigured"}


def _notify(grant: Grant, reason: str) -> None:
    """One post through the `http` Connection zoom_alerts; no such Connection, no noise."""
    from airflow.providers.http.notifications.http import HttpNotifier  # noqa: PLC0415 - costs a second, once

    event = _EVENTS[grant.journal.state]
    body = {"text": reason, "connection_id": grant.connection_id, "event": event}
    try:
        HttpNotifier(http_conn_id=ALERTS, json=body).notify({})
    except AirflowNotFoundException:
        log.debug("No Connection %s: nobody is alerted.", ALERTS)
    except (AirflowException, OSError):  # requests' errors are OSErrors
        log.warning("The alert through Connection %s failed.", ALERTS, exc_info=True)
