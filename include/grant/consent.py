"""The first consent: the address to open, the answer that comes back, the grant that is written."""

import base64
import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPSConnection
from typing import Self
from urllib.parse import SplitResult, parse_qs, urlencode, urlsplit

import anyio
import httpx
from airflow import settings
from airflow.configuration import conf

from include.grant.fields import Fields
from include.grant.hosts import is_loopback
from include.grant.journal import Grant, GrantType
from include.grant.redaction import mask
from include.grant.storage import StoreError
from include.grant.store import Store
from include.grant.store.secrecy import mask_tokens
from include.zoom import oauth
from include.zoom.errors import ConsentRequired, Misconfigured, TransientError
from include.zoom.oauth import Kind, Outcome

_TRIES = 20
_POLL_SECONDS = 0.25
_PATIENCE_SECONDS = 90.0  # longer than a lease, shorter than the five minutes of a code


@dataclass(frozen=True)
class Request:
    """One attempt at consent: its one-time state and PKCE verifier stay here until the answer comes."""

    fields: Fields
    redirect_uri: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def new(cls, connection_id: str, redirect_uri: str = "") -> Self:
        """A request with 256 bits of state; the redirect address is the setting's where none is given.

        Raises:
            Misconfigured: There is no such Connection, or its grant type needs no person.
        """
        fields = _store(connection_id).fields()
        if fields.grant_type is not GrantType.AUTHORIZATION_CODE:
            raise Misconfigured(f"Connection {connection_id} is server-to-server: it needs no consent.")
        redirect_uri = redirect_uri or conf.get("zoom", "redirect_uri", fallback="")
        if not redirect_uri:
            raise Misconfigured(
                "No redirect address is set: put the one registered with the Zoom app into [zoom] redirect_uri "
                "(AIRFLOW__ZOOM__REDIRECT_URI)."
            )
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(64)
        mask(state, verifier)
        return cls(fields, redirect_uri, state, verifier)

    @property
    def address(self) -> str:
        """Where a person authorises the app."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self.fields.app.client_id,
            "redirect_uri": self.redirect_uri,
            "state": self.state,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return f"{self.fields.app.oauth_url}/authorize?{urlencode(query)}"

    def code(self, answer: str) -> str:
        """The code in what a person pasted: the address the browser ended at, or the code alone.

        Raises:
            Misconfigured: Zoom refused, the state is another's, or there is no code.
        """
        text = answer.strip()
        if "://" not in text and not any(f"{name}=" in text for name in ("code", "error", "state")):
            return _no_empty(text)
        query = answered(text)
        if "error" in query:
            raise Misconfigured("Zoom did not grant access: authorise again and choose Allow.")
        if not secrets.compare_digest(query.get("state", [""])[0].encode(), self.state.encode()):
            raise Misconfigured("This answer belongs to another attempt (its state differs): start again.")
        return _no_empty(query.get("code", [""])[0])


def answered(text: str) -> dict[str, list[str]]:
    """The parameters of an answer: of an address, or of its query alone; none where it is neither."""
    try:
        return parse_qs(urlsplit(text).query or text.lstrip("?"))
    except ValueError:
        return {}


@dataclass(frozen=True)
class Consented:
    """What was granted; `account_id` is None where Zoom did not tell."""

    connection_id: str
    account_id: str | None
    scopes: str


async def grant(request: Request, answer: str, *, by: str) -> Consented:
    """Exchanges the code at once (it lives five minutes) and writes the grant.

    Raises:
        ConsentRequired: The code was spent or too old.
        Misconfigured: The app is wrong, or another account authorised than before.
        TransientError: Zoom could not be asked; authorise again.
    """
    code = request.code(answer)
    mask(code)
    async with _turn(_store(request.fields.connection_id)) as held:
        outcome = await oauth.exchange_code(
            request.fields.app, code, redirect_uri=request.redirect_uri, verifier=request.verifier
        )
        mask_tokens(outcome.tokens)
        _refuse(outcome)
        account_id = await _account_id(request.fields, outcome)
        await anyio.to_thread.run_sync(_write, held, outcome, account_id, by)
    return Consented(
        request.fields.connection_id, account_id, outcome.tokens.scopes if outcome.tokens else ""
    )


@asynccontextmanager
async def _turn(store: Store) -> AsyncIterator[Grant]:
    """The lease: a consent ends the older chain at Zoom, so what is exchanged last must be written last."""
    held = await _leased(store)
    try:
        yield held
    finally:
        with suppress(StoreError):  # then it ends by itself
            await anyio.to_thread.run_sync(store.release, held)


async def _leased(store: Store) -> Grant:
    with anyio.move_on_after(_PATIENCE_SECONDS):
        while True:
            seen = await anyio.to_thread.run_sync(store.read)
            if held := await anyio.to_thread.run_sync(store.lease, seen, uuid.uuid4().hex):
                return held
            await anyio.sleep(_POLL_SECONDS)
    raise TransientError("Another consent or a refresh of this grant has not ended: authorise again.")


async def follow(request: Request) -> str:
    """The answer of an authorisation server that consents by itself, as the sandbox does; loopback only.

    Raises:
        Misconfigured: The server is not this machine's, or it wants a person.
    """
    if not is_loopback(urlsplit(request.address).hostname or ""):
        raise Misconfigured("Only a server on this machine may authorise without a person.")
    status, location = await anyio.to_thread.run_sync(_redirected, urlsplit(request.address))
    if not location.startswith(request.redirect_uri):
        raise Misconfigured(f"The authorise page answered {status} and wants a person.")
    return location


def _redirected(address: SplitResult) -> tuple[int, str]:
    """Not by httpx: at DEBUG its transport logs the headers of an answer, and this one's have the code."""
    kind = HTTPSConnection if address.scheme == "https" else HTTPConnection
    with closing(kind(address.hostname or "", address.port, timeout=oauth.TOTAL_SECONDS)) as connection:
        connection.request("GET", f"{address.path}?{address.query}")
        answer = connection.getresponse()
        return answer.status, answer.headers.get("Location", "")


def _refuse(outcome: Outcome) -> None:
    if outcome.kind is Kind.DEAD:
        raise ConsentRequired("The code was spent or is older than five minutes: authorise again.")
    if outcome.kind is Kind.MISCONFIGURED:
        raise Misconfigured(
            f"The code was not exchanged ({outcome.reason}): check the app and its redirect address."
        )
    if outcome.kind is not Kind.GRANTED:
        raise TransientError(f"The code was not exchanged ({outcome.reason}): authorise again.")
    if outcome.tokens is None or outcome.tokens.refresh_token is None:
        raise Misconfigured("Zoom granted no refresh token: the app must be of the OAuth kind.")


async def _account_id(fields: Fields, outcome: Outcome) -> str | None:
    """Which account authorised (scope user:read:user); None where the app may not know.

    Raises:
        Misconfigured: It is another than this Connection's.
    """
    token = outcome.tokens.access_token if outcome.tokens else None
    try:
        async with oauth.bare_client() as http:
            answer = await http.get(
                f"{fields.api_url}/users/me", headers={"Authorization": f"Bearer {token}"}
            )
        account_id = answer.json().get("account_id") if answer.is_success else None
    except (httpx.HTTPError, ValueError, AttributeError):
        account_id = None
    if account_id and fields.account_id and account_id != fields.account_id:
        raise Misconfigured(
            f"Another Zoom account authorised than the one of Connection {fields.connection_id}; its grant is "
            "unchanged. One Connection keeps one account: use another Connection."
        )
    return account_id if isinstance(account_id, str) else None


def _write(held: Grant, outcome: Outcome, account_id: str | None, by: str) -> None:
    store = _store(held.connection_id)
    for _ in range(
        _TRIES
    ):  # where the lease ended meanwhile a refresh may move the generation: the consent is newer
        seen = replace(store.read(), now=held.now)  # a token's life counts from before the request
        if seen.journal.consented_at and seen.journal.consented_at > held.now:
            raise Misconfigured(
                "Somebody consented anew meanwhile: that consent counts, and this one is of no use."
            )
        if store.consent(seen, outcome, account_id=account_id, by=by):
            return
    raise TransientError("The grant could not be written: authorise again.")


def _store(connection_id: str) -> Store:
    return Store(connection_id, settings.get_engine)


def _no_empty(code: str) -> str:
    if not code:
        raise Misconfigured(
            "There is no code in this answer: paste the whole address that the browser ended at."
        )
    return code
