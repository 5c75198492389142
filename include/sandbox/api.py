"""The API under `/v2`: which paths there are, who may ask them, and what a request goes through."""

from typing import Any
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError, json_answer
from include.sandbox.limits import LIGHT, Limits
from include.sandbox.products import ROUTES
from include.sandbox.routes import Route
from include.sandbox.tokens import Tokens

_UNKNOWN = Route("(unknown)", LIGHT, (), lambda *_: {})


def route_of(raw_path: str) -> tuple[Route, dict[str, str]]:
    """The endpoint of an undecoded path below `/v2`, and the values in it.

    Zoom's gateway decodes a path once before it looks where its segments end, the endpoint decodes what it
    got once more. So a uuid that was encoded once falls apart where that left a `/` at its start or a `//`.
    """
    segments = raw_path.strip("/").split("/")
    for route in ROUTES:
        names = route.template.strip("/").split("/")
        if len(names) == len(segments) and all(
            name.startswith("{") or name == segment for name, segment in zip(names, segments, strict=True)
        ):
            found = zip(names, segments, strict=True)
            return route, {name[1:-1]: _value(segment) for name, segment in found if name.startswith("{")}
    return _UNKNOWN, {}


def _value(segment: str) -> str:
    once = unquote(segment)
    return "" if once.startswith("/") or "//" in once else unquote(once)


class Api:
    """Answers requests: token, limits, scope, plan, endpoint."""

    def __init__(self, account: Account, tokens: Tokens, limits: Limits) -> None:
        self._account = account
        self._tokens = tokens
        self._limits = limits

    def answer(self, request: Request, route: Route, values: dict[str, str]) -> Response:
        """Zoom's answer to a request for this route."""
        headers: dict[str, str] = {}
        try:
            token = self._token(request)
            verdict = self._limits.ask(route.label, phone=route.needs == "phone")
            headers = verdict.headers
            if verdict.refused:
                return json_answer(verdict.body, 429, headers)
            by_a_person, account_id = self._tokens.of_a_person(token), self._tokens.account(token)
            asked = Asked(route.template, values, dict(request.query_params), by_a_person, account_id)
            return json_answer(self._rows(route, asked, self._tokens.scopes(token)), headers=headers)
        except ApiError as error:
            return json_answer(error.body, error.status, headers)

    def _rows(self, route: Route, asked: Asked, granted: set[str]) -> dict[str, Any]:
        if route is _UNKNOWN:
            raise ApiError(400, 2300, "This API endpoint is not recognized.")
        if not set(route.scopes) & granted:
            missing = ", ".join(route.scopes)
            raise ApiError(400, 4711, f"Invalid access token, does not contain scopes:[{missing}].")
        settings = self._account.settings
        if route.paid and settings.plan == "free":
            return self._unpaid(route)
        if route.business and settings.plan != "business":
            raise ApiError(400, 200, "This API is only available for Business or higher plan.")
        if route.needs and route.needs in settings.without:
            raise ApiError(400, 200, f"No permission: the account has no {route.needs} plan.")
        return route.endpoint(self._account, asked)

    def _unpaid(self, route: Route) -> dict[str, Any]:
        # Some endpoints refuse a free account with the status 200 (Zoom's descriptions list it there).
        message = "Only available for Paid account."
        if route.paid == "in_200":
            return {"code": 200, "message": message}
        raise ApiError(400, 200, message)

    def _token(self, request: Request) -> str:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        verdict = self._tokens.verdict(token) if scheme.lower() == "bearer" else "unknown"
        if verdict == "expired":
            raise ApiError(401, 124, "Access token is expired.")
        if verdict == "unknown":
            raise ApiError(401, 124, "Invalid access token.")
        return token
