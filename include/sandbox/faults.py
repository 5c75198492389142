"""Faults that a test orders: they strike the next requests whose path begins so."""

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, fields
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from include.sandbox.answers import json_answer

Answer = Callable[[], Awaitable[Response]]
KINDS = frozenset(
    {"status", "reset", "hang", "html", "empty", "not_entitled", "error_in_200"}  # instead of an answer
    | {"truncate", "drop_list", "repeat_token", "edit"}  # a changed answer
    | {"revoke"}  # the grant ends, the request goes on
)


class NoAnswer(Response):
    """Stands for an answer that nobody gets: the connection is gone."""


@dataclass
class Fault:
    """One order.

    `when="after"` lets the request take effect first: a token rotated and its answer lost. `hang` is silent for
    `seconds` and then cuts the connection, after a request that took effect it then answers. `edit` puts `body`
    into the JSON answer and takes the keys of `drop` out. `skip` lets so many matching requests pass before.
    """

    path: str
    kind: str
    times: int = 1
    skip: int = 0
    method: str = ""
    when: str = "before"
    status: int = 500
    seconds: float = 3600
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: list[str] = field(default_factory=list)

    @property
    def keeps_away(self) -> bool:
        """Whether the request takes no effect."""
        return self.when == "before" and self.kind not in {*_CHANGES, "revoke"}

    def strikes(self, method: str, path: str) -> bool:
        """Whether this request is one of those it waits for; counts down."""
        if not path.startswith(self.path) or self.method not in ("", method) or self.times <= 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


class Faults:
    """The orders that still wait."""

    def __init__(self, revoke: Callable[[], None]) -> None:
        self._orders: list[Fault] = []
        self._revoke = revoke

    def order(self, faults: list[dict[str, Any]]) -> None:
        """Adds orders; an empty list takes all back.

        Raises:
            ValueError: an unknown kind or field.
        """
        known = {each.name for each in fields(Fault)}
        for fault in faults:
            if fault.get("kind") not in KINDS or not set(fault) <= known:
                raise ValueError(f"a fault has a kind of {sorted(KINDS)} and fields of {sorted(known)}")
        self._orders = [*self._orders, *(Fault(**fault) for fault in faults)] if faults else []

    def waiting(self) -> int:
        """How many strikes are left."""
        return sum(fault.times for fault in self._orders)

    def next_for(self, method: str, path: str) -> Fault | None:
        """The fault that strikes this request, if any."""
        return next((fault for fault in self._orders if fault.strikes(method, path)), None)

    async def strike(self, fault: Fault, request: Request, answer: Answer) -> Response:
        """Answers in the fault's way."""
        if fault.kind == "revoke":
            self._revoke()
            return await answer()
        if fault.kind in _CHANGES:
            return _CHANGES[fault.kind](await answer(), fault, request)
        response = await answer() if fault.when == "after" else None
        if fault.kind == "hang":
            await asyncio.sleep(fault.seconds)
            return response or await _reset(request)
        if fault.kind == "reset":
            return await _reset(request)
        return _instead(fault)


def _instead(fault: Fault) -> Response:
    if fault.kind == "html":
        return Response(b"<html><body>We'll be back soon</body></html>", media_type="text/html")
    if fault.kind == "empty":
        return Response(b"", media_type="application/json")
    if fault.kind == "not_entitled":
        return json_answer({"code": 200, "message": "No permission."}, 400)
    if fault.kind == "error_in_200":
        return json_answer({"code": 200, "message": "Only available for Paid or ZMP account."})
    body = fault.body if fault.body is not None else {"code": fault.status, "message": "A simulated fault."}
    return json_answer(body, fault.status, fault.headers)


def _truncate(response: Response, _: Fault, __: Request) -> Response:
    whole = bytes(response.body)
    return Response(whole[: len(whole) // 2], response.status_code, media_type="application/json")


def _drop_list(response: Response, _: Fault, __: Request) -> Response:
    kept = {
        key: value for key, value in json.loads(bytes(response.body)).items() if not isinstance(value, list)
    }
    return json_answer(kept, response.status_code)


def _repeat_token(response: Response, _: Fault, request: Request) -> Response:
    asked = request.query_params.get("next_page_token")
    answer = json.loads(bytes(response.body)) | ({"next_page_token": asked} if asked else {})
    return json_answer(answer, response.status_code)


def _edit(response: Response, fault: Fault, _: Request) -> Response:
    answer = json.loads(bytes(response.body)) | (fault.body or {})
    kept = {key: value for key, value in answer.items() if key not in fault.drop}
    return json_answer(kept, response.status_code, fault.headers)


_CHANGES = {"truncate": _truncate, "drop_list": _drop_list, "repeat_token": _repeat_token, "edit": _edit}


async def _reset(request: Request) -> Response:
    """Cuts the connection with a reset; the server puts its transport into the scope's state."""
    transport = request.scope.get("state", {}).get("transport")
    if transport is None:
        # The application runs without a server: the error goes to the caller in its process.
        raise ConnectionResetError
    # Linger 0 makes the close a reset and not an orderly end.
    transport.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    transport.abort()
    await asyncio.sleep(0)  # lets the server notice
    return NoAnswer()
