"""The API server's routes for tasks: access tokens (never a refresh token), a grant kept alive, turns to ask Zoom.

Every route brings its own authentication (Airflow mounts the apps of plugins without any): the caller signs
with the client secret, see assertion.py. An unknown Connection and a bad signature look the same, and take the
same time.
"""

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import timedelta

from airflow.configuration import conf
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from include.grant import assertion, turn_messages
from include.grant.desk import Desk
from include.grant.freshness import PauseError, access_token, ask_again_seconds, granted_scopes, seconds_left
from include.grant.journal import Grant
from include.grant.keeping import keep
from include.grant.store import NoGrantError
from include.grant.store.wiring import database_threads, new_desk, new_turnstile, recover
from include.grant.turn_messages import Wish
from include.grant.turnstile import Turnstile
from include.zoom.errors import ConsentRequired, PermanentError, TransientError, ZoomError

log = logging.getLogger(__name__)

PREFIX = "/zoom"
_BODY_LIMIT = 8_192
_RETRY_SECONDS = 2.0
_REFUSAL_SECONDS = 0.1  # at least: more than the reading of a Connection that exists takes


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Makes desk and turnstile, and waits for the refreshes under way when the API server stops."""
    threads = database_threads()
    app.state.desk, app.state.turnstile = new_desk(threads), new_turnstile(threads)
    await recover(app.state.desk)
    yield
    await app.state.desk.finish()


router = APIRouter()


@router.post("/grants/{connection_id}/access-token")
async def give_access_token(connection_id: str, request: Request) -> JSONResponse:
    """An access token for who can sign with the Connection's client secret."""
    desk: Desk = request.app.state.desk
    try:
        signed, asked = assertion.parse(await _body(request))
        rejected = asked.get("rejected")
        grant = await _authenticated(desk, connection_id, signed)
        if grant is None:
            return _answer(401, {"error": "unauthorized"})
        return _token(await desk.serve(grant, rejected), rejected)
    except ZoomError as error:
        return _failure(error)


@router.post("/grants/{connection_id}/keep")
async def keep_alive(connection_id: str, request: Request) -> JSONResponse:
    """How the grant stands, refreshed where nobody used it for a while; never a token."""
    desk: Desk = request.app.state.desk
    try:
        signed, _ = assertion.parse(await _body(request))
        grant = await _authenticated(desk, connection_id, signed)
        if grant is None:
            return _answer(401, {"error": "unauthorized"})
        unused_for = timedelta(hours=conf.getfloat("zoom", "keep_alive_hours"))
        return _answer(200, asdict(await keep(desk, grant, unused_for=unused_for)))
    except ZoomError as error:
        return _failure(error)


@router.post("/grants/{connection_id}/turns")
async def give_turn(connection_id: str, request: Request) -> JSONResponse:
    """Leave to ask Zoom, at the pace that the whole account shares; or until when there is none."""
    turnstile: Turnstile = request.app.state.turnstile
    try:
        signed, asked = assertion.parse(await _body(request))
        grant = await _authenticated(request.app.state.desk, connection_id, signed)
        if grant is None:
            return _answer(401, {"error": "unauthorized"})
        return _answer(200, turn_messages.answer(await turnstile.take(grant, Wish.of(asked))))
    except ValueError:
        return _answer(400, {"error": "malformed", "message": "This is no wish for a turn."})
    except ZoomError as error:
        return _failure(error)


async def _body(request: Request) -> bytes:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _BODY_LIMIT:
            return b""
    return body


async def _authenticated(desk: Desk, connection_id: str, signed: str) -> Grant | None:
    """The grant, for who can sign for it; None takes its time, whatever was wrong."""
    began = time.monotonic()
    grant = await _read(desk, connection_id)
    secret = grant.app.client_secret if grant else ""
    if assertion.is_signed(signed, connection_id, secret) and secret:
        return grant
    await asyncio.sleep(_REFUSAL_SECONDS - (time.monotonic() - began))
    return None


async def _read(desk: Desk, connection_id: str) -> Grant | None:
    try:
        # Airflow's ids are printable; PostgreSQL's driver fails on a NUL before it asks.
        return await desk.read(connection_id) if connection_id.isprintable() else None
    except NoGrantError:
        return None
    except PermanentError as error:  # said in the log, not to somebody who has not proven anything
        log.error("No access token for Connection %s: %s", connection_id, error)  # noqa: TRY400
        return None


def _token(grant: Grant, rejected: str | None) -> JSONResponse:
    body = {
        "access_token": access_token(grant, rejected),
        "expires_in": math.floor(seconds_left(grant)),
        "ask_again_in": round(ask_again_seconds(grant), 1),
        "scopes": granted_scopes(grant),
    }
    return _answer(200, body)


def _failure(error: ZoomError) -> JSONResponse:
    if isinstance(error, TransientError):
        seconds = error.retry_after_seconds if isinstance(error, PauseError) else _RETRY_SECONDS
        return _answer(
            503, {"error": "later", "message": str(error)}, {"Retry-After": str(math.ceil(seconds))}
        )
    name = "consent_required" if isinstance(error, ConsentRequired) else "misconfigured"
    return _answer(409, {"error": name, "message": str(error)})


def _answer(status: int, body: Mapping[str, object], headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(body, status, {"Cache-Control": "no-store", **(headers or {})})
