"""Keeps what passes through our routes out of caches, referrers and access logs."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

ANSWER = "zoom.answer"
"""Where in the scope the callback finds what Zoom answered."""


class Discretion:
    """Middleware around all routes of this app.

    The access log prints the query string that it finds in the scope after the answer, so the callback's is
    taken out of it before anything else looks, also where the request is refused.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["path"].rstrip("/").endswith("/callback"):
            scope[ANSWER] = scope["query_string"].decode("latin-1")
            scope["query_string"] = b""

        async def discreetly(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["Referrer-Policy"] = "no-referrer"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, discreetly)
