"""The simulated Zoom as one ASGI application."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

from include.sandbox.account import Account
from include.sandbox.admin import Admin
from include.sandbox.api import Api, route_of
from include.sandbox.clock import Clock
from include.sandbox.faults import Faults, NoAnswer
from include.sandbox.limits import Limits
from include.sandbox.oauth import OAuth
from include.sandbox.products import every_scope
from include.sandbox.requests import RequestLog
from include.sandbox.settings import Settings
from include.sandbox.tokens import Tokens

Step = Callable[[], Awaitable[Response]]


class Sandbox:
    """A simulated Zoom account with its OAuth server; `app` serves it."""

    def __init__(self, settings: Settings, clock: Clock | None = None) -> None:
        settings = replace(settings, scopes=settings.scopes or every_scope())
        self.settings = settings
        self.clock = clock or Clock(settings.now)
        self.log = RequestLog(self.clock)
        self.tokens = Tokens(settings, self.clock)
        self.limits = Limits(settings, self.clock)
        self.faults = Faults(self.tokens.end_grant)
        self.account = Account(settings, self.clock)
        self._api = Api(self.account, self.tokens, self.limits)
        self._oauth = OAuth(settings, self.clock, self.tokens, self.log)
        self.app = self._app()

    def _app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/oauth/authorize", self._authorize, methods=["GET", "POST"]),
                Route("/oauth/token", self._token, methods=["POST"]),
                Route("/oauth/revoke", self._revoke, methods=["POST"]),
                Route("/v2/{rest:path}", self._answer, methods=["GET"]),
                Mount(
                    "/_sandbox",
                    routes=Admin(self.account, self.tokens, self.limits, self.faults, self.log).routes(),
                ),
            ]
        )

    async def _authorize(self, request: Request) -> Response:
        return await self._served(request, "/oauth/authorize", lambda: self._oauth.authorize(request))

    async def _token(self, request: Request) -> Response:
        latency = self.settings.token_latency_ms / 1000
        return await self._served(
            request, "/oauth/token", lambda: self._oauth.token(request), latency=latency
        )

    async def _revoke(self, request: Request) -> Response:
        return await self._served(request, "/oauth/revoke", lambda: self._oauth.revoke(request))

    async def _answer(self, request: Request) -> Response:
        route, values = route_of(raw_path(request.scope).removeprefix("/v2"))

        async def answer() -> Response:
            return self._api.answer(request, route, values)

        return await self._served(
            request,
            f"/v2{route.template}",
            answer,
            label=route.label,
            asked={**request.query_params, **values},
            latency=self.settings.latency_ms / 1000,
        )

    async def _served(
        self,
        request: Request,
        template: str,
        answer: Step,
        *,
        label: str = "",
        asked: Mapping[str, str] | None = None,
        latency: float = 0,
    ) -> Response:
        """Latency, faults and the log around an answer."""
        self.log.began()
        status = 0
        try:
            await asyncio.sleep(latency)
            response = await self._with_faults(request, template, answer)
            status = 0 if isinstance(response, NoAnswer) else response.status_code
        finally:
            self.log.ended()
            self.log.answered(template, label, status, asked or {})
        response.headers["date"] = format_datetime(self.clock.now().replace(microsecond=0), usegmt=True)
        response.headers["x-zm-trackingid"] = f"v=2.0;clid=sandbox;rid=WEB_{secrets.token_hex(16)}"
        return response

    async def _with_faults(self, request: Request, template: str, answer: Step) -> Response:
        fault = self.faults.next_for(request.method, raw_path(request.scope))
        if fault is None:
            return await answer()
        if template == "/oauth/token" and fault.keeps_away:
            self.log.token_post("unread", "fault")
        return await self.faults.strike(fault, request, answer)


def raw_path(scope: Any) -> str:  # noqa: ANN401 (an ASGI scope)
    """The path as it was sent: Starlette routes by the decoded one, in which a uuid's slashes are lost."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.partition(b"?")[0].decode("ascii")
