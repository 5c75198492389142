"""The bearer scheme: asks the grant for a token, and once more when Zoom refuses it."""

import json
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

import httpx

from include.zoom.reply import Reply

_UNAUTHORIZED, _BAD_REQUEST = 401, 400
_TOKEN_REFUSED = 124
_NO_ACCOUNT = "account does not exist"  # some of Zoom Phone's lists say so with the same code
_SCOPE_MISSING = {4700, 4711}  # "Invalid access token, does not contain scopes": no new token would have them
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Of a request to Zoom, in seconds: until it is connected, and between any two parts of what is sent or read."""

Ask = Callable[[str | None], Awaitable[str]]
"""Gives an access token other than the one that Zoom rejected."""


class BearerAuth(httpx.Auth):
    """Signs each request; `ask(rejected)` gives an access token other than the one Zoom `rejected`.

    Saying *which* token was refused is what makes ten tasks that hold the same dead token cost one rotation.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Retries a request once, with a replaced token."""
        token = await self._ask(None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code in (_UNAUTHORIZED, _BAD_REQUEST) and _refused(
            response.status_code, await response.aread()
        ):
            request.headers["Authorization"] = f"Bearer {await self._ask(token)}"
            yield request


class Wire(httpx.AsyncBaseTransport, ABC):
    """A transport of httpx that also answers without httpx's requests and responses."""

    @abstractmethod
    async def fetch(self, address: str, headers: Mapping[str, str]) -> Reply:
        """The whole answer to a GET of an address that is encoded already; raises `httpx.RequestError`."""


class SignedClient(httpx.AsyncClient):
    """httpx's client that signs each request, with a short way for those that a pull sends by the ten thousand.

    For each request httpx parses two addresses, builds four objects, and looks for redirects and cookies: more than
    half of a pull's CPU time. `fetch` does none of it. No redirects, no proxies from the environment.
    """

    def __init__(self, base_url: str, ask: Ask, wire: Wire) -> None:
        super().__init__(
            base_url=base_url,
            auth=BearerAuth(ask),
            transport=wire,
            timeout=TIMEOUT,
            follow_redirects=False,
            trust_env=False,
        )
        self._ask = ask
        self._wire = wire
        self._unsigned = dict(self.headers)

    async def fetch(self, address: str) -> Reply:
        """The answer to a GET, signed as by `BearerAuth`; raises `httpx.RequestError`."""
        token = await self._ask(None)
        reply = await self._wire.fetch(address, self._signed(token))
        if reply.status_code in (_UNAUTHORIZED, _BAD_REQUEST) and _refused(reply.status_code, reply.content):
            return await self._wire.fetch(address, self._signed(await self._ask(token)))
        return reply

    def _signed(self, token: str) -> dict[str, str]:
        return {**self._unsigned, "authorization": f"Bearer {token}"}


def _refused(status: int, body: bytes) -> bool:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    answer = answer if isinstance(answer, dict) else {}
    code = answer.get("code")
    if _NO_ACCOUNT in str(answer.get("message", "")).lower():
        return False
    return code == _TOKEN_REFUSED or (status == _UNAUTHORIZED and code not in _SCOPE_MISSING)
