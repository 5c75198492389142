"""The bearer scheme: asks the grant for a token, and once more when Zoom refuses it."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable

import httpx

_UNAUTHORIZED, _BAD_REQUEST = 401, 400
_TOKEN_REFUSED = 124
_NO_ACCOUNT = "account does not exist"  # some of Zoom Phone's lists say so with the same code
_SCOPE_MISSING = {4700, 4711}  # "Invalid access token, does not contain scopes": no new token would have them


class BearerAuth(httpx.Auth):
    """Signs each request; `ask(rejected)` gives an access token other than the one Zoom `rejected`.

    Saying *which* token was refused is what makes ten tasks that hold the same dead token cost one rotation.
    """

    def __init__(self, ask: Callable[[str | None], Awaitable[str]]) -> None:
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
