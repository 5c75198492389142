"""What a test or a demo asks of the sandbox itself, under `/_sandbox`."""

from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from include.sandbox.account import Account
from include.sandbox.answers import json_answer
from include.sandbox.clock import zulu
from include.sandbox.faults import Faults
from include.sandbox.limits import Limits
from include.sandbox.products import TABLES
from include.sandbox.requests import RequestLog
from include.sandbox.tokens import Tokens
from include.sandbox.truth import as_json


class Admin:
    """The routes that Zoom does not have."""

    def __init__(
        self, account: Account, tokens: Tokens, limits: Limits, faults: Faults, log: RequestLog
    ) -> None:
        self._account = account
        self._tokens = tokens
        self._limits = limits
        self._faults = faults
        self._log = log

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/truth", self._truth),
            Route("/requests", self._requests, methods=["GET", "POST"]),
            Route("/clock", self._clock, methods=["GET", "POST"]),
            Route("/faults", self._order, methods=["GET", "POST"]),
            Route("/limits", self._use_up, methods=["POST"]),
            Route("/revoke", self._revoke, methods=["POST"]),
            Route("/grant", self._grant, methods=["POST"]),
            Route("/secrets", self._secrets),
        ]

    async def _truth(self, request: Request) -> Response:
        table, day = request.query_params.get("table", ""), request.query_params.get("day", "")
        form = request.query_params.get("form", "past")
        if table not in TABLES:
            return json_answer({"error": f"table is one of {sorted(TABLES)}"}, 400)
        try:
            moment = date.fromisoformat(day) if day else self._account.now().date()
        except ValueError:
            return json_answer({"error": "day is yyyy-mm-dd"}, 400)
        rows = TABLES[table](self._account, moment, form)
        return StreamingResponse(as_json(table, moment, rows), media_type="application/json")

    async def _requests(self, request: Request) -> Response:
        report = self._log.report()
        if request.method == "POST":
            self._log.reset()
        return json_answer(report)

    async def _clock(self, request: Request) -> Response:
        if request.method == "POST":
            self._account.clock.advance((await request.json())["advance_seconds"])
        return json_answer({"now": zulu(self._account.now())})

    async def _order(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                self._faults.order(await request.json())
            except ValueError as error:
                return json_answer({"error": str(error)}, 400)
        return json_answer({"waiting": self._faults.waiting()})

    async def _use_up(self, request: Request) -> Response:
        """Leaves `left` requests of `label` for today."""
        wanted: dict[str, Any] = await request.json()
        self._limits.use_up(wanted["label"], wanted.get("left", 0))
        return json_answer({})

    async def _revoke(self, _: Request) -> Response:
        self._tokens.end_grant()
        return json_answer({})

    async def _secrets(self, _: Request) -> Response:
        return json_answer(self._tokens.handed_out.report())

    async def _grant(self, request: Request) -> Response:
        asked = request.query_params
        return json_answer(self._tokens.consent(asked.get("account", ""), asked.get("scopes", "")))
