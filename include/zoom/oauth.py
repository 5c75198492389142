"""Zoom's token endpoint: exchange a code, refresh, account credentials, revoke.

Nothing here retries, redirects or reads a proxy from the environment: a refresh token is single-use, so who
posts it decides what an answer means. Parameters go in the body (a query string lands in the logs of
proxies), the app's credentials as HTTP Basic, the only way that Zoom's metadata advertises
(https://zoom.us/.well-known/oauth-authorization-server).
"""

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

import httpx

OAUTH_URL = "https://zoom.us/oauth"
CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 60.0
_LAST_LOOK_SECONDS = 1.0
_USABLE_SECONDS = range(1, 366 * 86_400)  # a life of zero, less or centuries is no life


class Kind(StrEnum):
    """What came of a post to the token endpoint, split by what must be done."""

    GRANTED = "granted"
    DEAD = "dead"  # the refresh token or code is spent, revoked or expired
    MISCONFIGURED = "misconfigured"  # the app or the Connection is wrong, the token intact
    NOT_SENT = "not sent"  # Zoom never saw it
    LATER = "later"  # Zoom saw it and asks for patience
    AMBIGUOUS = "ambiguous"  # Zoom may have rotated


@dataclass(frozen=True)
class TokenSet:
    """What Zoom grants; `expires_in_seconds` is None where Zoom sent nothing usable."""

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    expires_in_seconds: int | None = None
    scopes: str = ""


@dataclass(frozen=True)
class Outcome:
    """A classified answer; `reason` is a sentence without secrets."""

    kind: Kind
    reason: str = ""
    tokens: TokenSet | None = None
    retry_after_seconds: float | None = None


@dataclass(frozen=True)
class App:
    """The Zoom app whose credentials sign each post."""

    client_id: str
    client_secret: str = field(repr=False)
    oauth_url: str = OAUTH_URL


async def refresh(app: App, refresh_token: str, http: httpx.AsyncClient | None = None) -> Outcome:
    """Spends `refresh_token` for a new set."""
    return await _post(app, {"grant_type": "refresh_token", "refresh_token": refresh_token}, http)


async def account_credentials(app: App, account_id: str, http: httpx.AsyncClient | None = None) -> Outcome:
    """A server-to-server access token; Zoom sends no refresh token with it."""
    return await _post(app, {"grant_type": "account_credentials", "account_id": account_id}, http)


async def exchange_code(
    app: App, code: str, *, redirect_uri: str, verifier: str, http: httpx.AsyncClient | None = None
) -> Outcome:
    """The first token set of a consent; codes live five minutes and work once."""
    form = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return await _post(app, {"grant_type": "authorization_code", **form}, http)


async def revoke(app: App, access_token: str, http: httpx.AsyncClient | None = None) -> Outcome:
    """Ends the grant: Zoom kills the access token and its refresh token."""
    return await _post(app, {"token": access_token}, http, path="/revoke")


def bare_client() -> httpx.AsyncClient:
    """A client that adds nothing of its own: no redirect, no proxy, no netrc, no retry; TLS verified."""
    timeout = httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Reads Retry-After as seconds, an HTTP date or an ISO date (Zoom's daily caps); None where it says nothing.

    Args:
        value: The header, if there was one.
        now: An aware time to count dates from.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d+)?", text):
        return float(text)
    moment = _http_date(text) or _iso_date(text)
    return None if moment is None else max(0.0, (moment - now).total_seconds())


_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


async def _post(
    app: App, form: Mapping[str, str], http: httpx.AsyncClient | None, path: str = "/token"
) -> Outcome:
    if http is None:
        async with bare_client() as own:
            return await _post(app, form, own, path)
    try:
        answer = await _within(
            TOTAL_SECONDS,
            http.post(
                app.oauth_url.rstrip("/") + path,
                data=dict(form),
                auth=httpx.BasicAuth(app.client_id, app.client_secret),
                timeout=httpx.Timeout(None, connect=CONNECT_SECONDS),
            ),
        )
    except _NOT_SENT as error:
        return Outcome(Kind.NOT_SENT, f"the token endpoint could not be reached ({type(error).__name__})")
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        return Outcome(Kind.AMBIGUOUS, f"the answer of the token endpoint was lost ({type(error).__name__})")
    return classify(answer)


async def _within(seconds: float, posting: Coroutine[Any, Any, httpx.Response]) -> httpx.Response:
    """The answer, or TimeoutError. Who was stopped for longer (SIGSTOP, a frozen machine) takes what came meanwhile.

    `asyncio.timeout` would cancel although the answer is there: both are noticed in the same turn of the loop.
    """
    task = asyncio.create_task(posting)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds - _LAST_LOOK_SECONDS)
        if not done:
            done, _ = await asyncio.wait({task}, timeout=_LAST_LOOK_SECONDS)
        if not done:
            raise TimeoutError
        return task.result()
    finally:
        task.cancel()


# https://developers.zoom.us/docs/integrations/oauth-error-codes/ ; the texts are from answers in the field.
_DEAD_WORDS = ("invalid_grant", "invalid token!")
_DEAD_CODES = {4733, 4734, 4735, 4737, 4738, 4740, 4741}
_OUR_WORDS = (
    "invalid_client",
    "unsupported_grant_type",
    "invalid_request",
    "invalid_scope",
    "unauthorized_client",
)
_OUR_CODES = {4700, 4702, 4703, 4704, 4705, 4706, 4709, 4711, 4717}
_TOO_MANY_REQUESTS, _UNAVAILABLE = 429, 503


def classify(answer: httpx.Response) -> Outcome:
    """What an answer of the token endpoint means."""
    status = answer.status_code
    if status in (_TOO_MANY_REQUESTS, _UNAVAILABLE):
        wait = retry_after_seconds(answer.headers.get("Retry-After"), datetime.now(UTC))
        return Outcome(Kind.LATER, f"the token endpoint answered {status}", retry_after_seconds=wait)
    if answer.has_redirect_location or answer.is_redirect:
        return Outcome(
            Kind.MISCONFIGURED, f"the token endpoint answered with a redirect ({status}), which is refused"
        )
    body = _json_object(answer)
    if body is None or answer.is_server_error:
        return Outcome(Kind.AMBIGUOUS, f"the token endpoint answered {status} without a usable body")
    return _granted(body) if answer.is_success else _refused(status, body)


def _granted(body: Mapping[str, Any]) -> Outcome:
    access, renewed = _text(body, "access_token"), _text(body, "refresh_token")
    if access is None and renewed is None and body.get("status") != "success":
        return Outcome(Kind.AMBIGUOUS, "the token endpoint answered 200 without a token")
    tokens = TokenSet(access, renewed, _life(body.get("expires_in")), _text(body, "scope") or "")
    return Outcome(Kind.GRANTED, tokens=tokens)


def _refused(status: int, body: Mapping[str, Any]) -> Outcome:
    said = " ".join(
        str(body.get(key, "")) for key in ("error", "reason", "error_description", "message")
    ).lower()
    codes = {
        int(number.replace(",", "")) for number in re.findall(r"\b4,?7\d\d\b", f"{said} {body.get('code')}")
    }
    if codes & _DEAD_CODES or any(word in said for word in _DEAD_WORDS):
        return Outcome(Kind.DEAD, f"the token endpoint answered {status}: the grant is not valid (any more)")
    # Only words of the standard are repeated: a reason is free text and may hold what was sent.
    named = [word for word in _OUR_WORDS if word in said] + [str(code) for code in sorted(codes & _OUR_CODES)]
    return Outcome(
        Kind.MISCONFIGURED, f"the token endpoint answered {status}: {named[0] if named else 'refused'}"
    )


def _json_object(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        body = json.loads(answer.content)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _text(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    return value if isinstance(value, str) and value else None


def _life(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    return value if type(value) is int and value in _USABLE_SECONDS else None


def _http_date(text: str) -> datetime | None:
    try:
        return _aware(parsedate_to_datetime(text))
    except ValueError:
        return None


def _iso_date(text: str) -> datetime | None:
    try:
        return _aware(datetime.fromisoformat(text))
    except ValueError:
        return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
