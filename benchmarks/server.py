"""The sandbox behind a memory of its answers, so that no tool waits for a simulated account to be made up.

    python -m benchmarks.server small

The first line of standard output says where it is. Each answer is made by the sandbox once and then repeated
from memory, after the latency that is set; access tokens are the sandbox's own. `POST /_bench` sets latency and
faults for the next run, tells what the last one asked, and begins to count anew.
"""

import argparse
import asyncio
import json
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, replace
from email.utils import format_datetime
from typing import Any

import uvicorn

from benchmarks.account import SIZES
from include.sandbox.api import route_of
from include.sandbox.app import Sandbox
from include.sandbox.limits import MEDIUM

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
_JSON = (b"content-type", b"application/json")
_REFUSED = b'{"code":429,"message":"You have reached the maximum per-second rate limit for this API."}'
_EXPIRED = b'{"code":124,"message":"Access token is expired."}'
_OK, _UNAUTHORIZED, _TOO_MANY = 200, 401, 429


@dataclass(frozen=True)
class Conditions:
    """How the server behaves in one run."""

    latency_ms: float = 20
    refuse_every: int = 0
    """Each so many-th request is answered 429 with `Retry-After: 1`; 0: none."""
    token_dies_after: int = 0
    """After so many requests every access token given out until then is refused; 0: none."""
    limits: bool = False
    """Zoom's rate limits of a Business account."""


class Server:
    """One simulated account as an ASGI application."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._kept: dict[tuple[bytes, bytes], Answer] = {}
        self._limited = Sandbox(replace(sandbox.settings, limits=True), sandbox.clock).limits
        self._begin(Conditions())

    def _begin(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._asked: Counter[tuple[str, int]] = Counter()
        self._dead: set[str] = set()
        self._seen: set[str] = set()
        self._number = 0
        self._first_at: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["path"] == "/_bench":
            await self._control(receive, send)
            return
        if self._first_at is None:
            self._first_at = time.time()
        if scope["path"].startswith("/v2/"):
            await self._api(scope, send)
        else:
            self._asked[scope["path"], 0] += 1
            await self._sandbox.app(scope, receive, send)

    async def _api(self, scope: Scope, send: Send) -> None:
        await asyncio.sleep(self._conditions.latency_ms / 1000)
        template = route_of(scope["raw_path"].decode().removeprefix("/v2"))[0].template
        status, headers, body = self._refusal(scope) or await self._answer(scope)
        self._asked[template, status] += 1
        await _respond(send, status, [*headers, (b"date", self._date())], body)

    def _refusal(self, scope: Scope) -> Answer | None:
        self._number += 1
        asked = self._conditions
        token = _bearer(scope)
        self._seen.add(token)
        if asked.token_dies_after == self._number:
            self._dead |= self._seen
        if token in self._dead or self._sandbox.tokens.verdict(token) != "live":
            return _UNAUTHORIZED, [_JSON], _EXPIRED
        if asked.refuse_every and self._number % asked.refuse_every == 0:
            return _TOO_MANY, [_JSON, (b"retry-after", b"1")], _REFUSED
        if asked.limits:
            return self._limit(scope)
        return None

    def _limit(self, scope: Scope) -> Answer | None:
        label = route_of(scope["raw_path"].decode().removeprefix("/v2"))[0].label
        verdict = self._limited.ask(label or MEDIUM)
        headers = [(name.encode(), value.encode()) for name, value in verdict.headers.items()]
        return (_TOO_MANY, [_JSON, *headers], _REFUSED) if verdict.refused else None

    async def _answer(self, scope: Scope) -> Answer:
        key = (scope["raw_path"], b"&".join(sorted(scope["query_string"].split(b"&"))))
        if (kept := self._kept.get(key)) is not None:
            return kept
        answer = await self._made(scope)
        if answer[0] == _OK:
            self._kept[key] = answer
        return answer

    async def _made(self, scope: Scope) -> Answer:
        events: list[Event] = []

        async def take(event: Event) -> None:
            events.append(event)

        async def nothing() -> Event:
            return {"type": "http.request", "body": b"", "more_body": False}

        await self._sandbox.app(scope, nothing, take)
        status: int = events[0]["status"]
        kept = [(name, value) for name, value in events[0]["headers"] if name in _KEPT_HEADERS]
        return status, kept, b"".join(event.get("body", b"") for event in events[1:])

    def _date(self) -> bytes:
        return format_datetime(self._sandbox.clock.now().replace(microsecond=0), usegmt=True).encode()

    async def _control(self, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            event = await receive()
            body, more = body + event.get("body", b""), event.get("more_body", False)
        report = {
            "asked": [[path, status, count] for (path, status), count in sorted(self._asked.items())],
            "first_at": self._first_at,
        }
        self._begin(Conditions(**json.loads(body)))
        await _respond(send, _OK, [_JSON], json.dumps(report).encode())


_KEPT_HEADERS = (b"content-type", b"x-ratelimit-category")


def _bearer(scope: Scope) -> str:
    header = next((value for name, value in scope["headers"] if name == b"authorization"), b"")
    return bytes(header).decode().partition(" ")[2]


async def _respond(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


def main() -> None:
    """Serves until it is ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=SIZES)
    server = Server(Sandbox(SIZES[parser.parse_args().size].settings()))
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    listener.setblocking(False)
    sys.stdout.write(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}"}) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(
        server,
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=60,
    )
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
