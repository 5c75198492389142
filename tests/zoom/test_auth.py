"""The bearer scheme, against a server that refuses tokens."""

from collections.abc import Mapping

import httpx
import pytest

from include.zoom.auth import SignedClient, Wire
from include.zoom.reply import Reply


class Grant:
    """Gives numbered tokens and remembers which it was told were rejected."""

    def __init__(self, *, short: bool) -> None:
        self.short = short
        self.rejected: list[str | None] = []

    async def ask(self, rejected: str | None) -> str:
        """Another token than the rejected one."""
        self.rejected.append(rejected)
        return f"token-{sum(1 for name in self.rejected if name)}"


@pytest.fixture(params=[False, True], ids=["httpx", "fetch"])
def grant(request: pytest.FixtureRequest) -> Grant:
    """Of a client that is asked by httpx's means, and by the short way."""
    return Grant(short=request.param)


class Simulated(Wire):
    """A server in memory."""

    def __init__(self, server: httpx.MockTransport) -> None:
        self._server = server

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Asks it."""
        return await self._server.handle_async_request(request)

    async def fetch(self, address: str, headers: Mapping[str, str]) -> Reply:
        """The same."""
        return await self.handle_async_request(httpx.Request("GET", address, headers=headers))


async def statuses(
    grant: Grant, refused: tuple[str, ...], status: int, body: object
) -> tuple[int, list[str]]:
    """One request to a server that answers `refused` tokens so: the last status, the tokens it saw."""
    seen = []

    def handle(request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        seen.append(token)
        return httpx.Response(status, json=body) if token in refused else httpx.Response(200, json={})

    async with SignedClient("https://x", grant.ask, Simulated(httpx.MockTransport(handle))) as http:
        answer = await (http.fetch if grant.short else http.get)("https://x/users")
        return answer.status_code, seen


@pytest.mark.parametrize(("status", "body"), [(401, {"code": 124}), (400, {"code": 124}), (401, None)])
async def test_a_refused_token_is_named_and_replaced_once(grant: Grant, status: int, body: object) -> None:
    """The grant hears which token was refused, and the request goes on with another."""
    assert await statuses(grant, ("token-0",), status, body) == (200, ["token-0", "token-1"])
    assert grant.rejected == [None, "token-0"]


async def test_a_second_refusal_is_the_answer(grant: Grant) -> None:
    """One retry per request: a server that refuses everything costs two requests, not a loop."""
    assert await statuses(grant, ("token-0", "token-1"), 401, {"code": 124}) == (
        401,
        ["token-0", "token-1"],
    )


@pytest.mark.parametrize(("status", "code"), [(400, 4711), (401, 4711), (400, 4700), (401, 4700), (400, 300)])
async def test_a_missing_scope_never_refreshes(grant: Grant, status: int, code: int) -> None:
    """No new token would have the scope, so the error goes to who asked."""
    assert await statuses(grant, ("token-0",), status, {"code": code}) == (status, ["token-0"])
    assert grant.rejected == [None]


async def test_an_account_without_the_product_is_no_refused_token(grant: Grant) -> None:
    """A new token would be answered the same, and cost a rotation."""
    body = {"code": 124, "message": "Account does not exist: abc."}
    assert await statuses(grant, ("token-0",), 401, body) == (401, ["token-0"])
    assert grant.rejected == [None]
