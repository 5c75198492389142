"""The Zoom Connections of Airflow's database: what stands in them for the page, and new ones."""

import json
from collections.abc import Callable
from typing import TypeVar

import anyio
from airflow import settings
from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.log import Log
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from include.console.new_account import InvalidFormError, NewAccount
from include.console.standing import Standing, standing, unreadable
from include.grant.journal import Grant
from include.grant.redaction import mask
from include.grant.storage import StoreError
from include.grant.store.connection_row import refuse_unsafe, zoom_ids
from include.grant.store.database import transaction
from include.grant.store.quotas import Quotas
from include.grant.store.wiring import store
from include.grant.turnstile import quota_of
from include.zoom.catalog import SOURCES, settled_sources, streams
from include.zoom.choice import BadChoice, choose, words_of
from include.zoom.errors import ZoomError
from include.zoom.quota import Quota
from include.zoom.stream import Stream
from include.zoom.turns import Usage

_LIMITER = anyio.CapacityLimiter(2)  # of the API server's 40 threads, which it needs for its own routes
_T = TypeVar("_T")


async def in_thread(call: Callable[[], _T]) -> _T:
    """Runs what waits for the database without stopping the API server."""
    return await anyio.to_thread.run_sync(call, limiter=_LIMITER)


def connection_ids() -> set[str]:
    """All Connections of type `zoom`."""
    with transaction(settings.get_engine) as connection:
        return set(zoom_ids(connection))


def look(connection_id: str) -> Standing:
    """What the page shows of one; also of one that cannot be used, with the reason."""
    try:
        refuse_unsafe(connection_id)
        kept = store(connection_id)
        fields = kept.fields()
        grant = kept.read()
        newest = grant.journal.newest
        streams = pulled(newest.scopes if newest else "")
        return standing(grant, plan=fields.plan, streams=streams, caps=used_today(grant))
    except ZoomError as error:
        return unreadable(connection_id, str(error))


def used_today(grant: Grant) -> list[Usage]:
    """What is used of each daily cap of the grant's account; nothing where that can't be read."""
    try:
        state, now = Quotas(settings.get_engine).read(quota_of(grant))
    except StoreError:  # `airflow db migrate` did not run yet: the rest of the page is of use
        return []
    return Quota.from_json(state).usage(grant.plan, now.timestamp())


def pulled(granted: str = "") -> tuple[Stream, ...]:
    """The streams that this installation pulls where neither a run nor a Dag's own list says otherwise.

    Where a source follows the scopes, it does for these.
    """
    catalogue = _catalogue(granted)
    try:
        chosen = choose(words_of(conf.get("zoom", "streams", fallback="")), catalogue)
    except BadChoice:  # the runs fail of it, with the reason; the page must stay of use
        chosen = choose((), catalogue)
    return tuple(catalogue[name] for name in chosen.streams)


def unpulled() -> tuple[Stream, ...]:
    """The others, which somebody may switch on."""
    chosen = {stream.name for stream in pulled()}
    return tuple(stream for stream in _catalogue().values() if stream.name not in chosen)


def add(account: NewAccount, by: str) -> None:
    """Makes the Connection, with a line in Airflow's audit log.

    Raises:
        InvalidFormError: There is one of this id.
        Misconfigured: It could not be kept safely, or something shadows it.
        StoreError: The database failed.
    """
    refuse_unsafe(account.connection_id)
    mask(account.client_secret)
    values = account.values
    made = Connection(conn_id=account.connection_id, **{**values, "extra": json.dumps(values["extra"])})
    line = Log(
        event="zoom_account.added", owner=by, extra=json.dumps({"connection_id": account.connection_id})
    )
    try:
        with Session(settings.get_engine()) as session, session.begin():  # type: ignore[no-untyped-call]
            session.add_all((made, line))
    except IntegrityError as error:
        taken = {"connection_id": "There is a Connection of this id: choose another."}
        raise InvalidFormError(taken) from error
    except SQLAlchemyError as error:
        raise StoreError(f"Airflow's metadata database failed ({type(error).__name__}).") from error


def _catalogue(granted: str = "") -> dict[str, Stream]:
    told = {setting: conf.get("zoom", setting, fallback="") for setting in SOURCES}
    settled = settled_sources(told, granted)
    return streams({setting: value for setting, value in settled.items() if value in SOURCES[setting]})
