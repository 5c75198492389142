"""The sandbox behind a memory of its answers, so that no tool waits for a simulated account to be made up.

    python -m benchmarks.server small

The first line of standard output says where it is. Each answer is made by the sandbox once and then repeated, byte for
byte but for its `Date`, after the latency that is set; access tokens are the sandbox's own. `POST /_bench` sets latency
and faults for the next run, tells what the last one asked, and begins to count anew. HTTP/1.1, keep-alive.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, cast

import httptools
import httpx
import uvloop

from benchmarks.account import SIZES
from include.sandbox.api import route_of
from include.sandbox.app import Sandbox
from include.sandbox.limits import MEDIUM

Headers = Iterable[tuple[str, str]]
_JSON = ("content-type", "application/json")
_REFUSED = b'{"code":429,"message":"You have reached the maximum per-second rate limit for this API."}'
_EXPIRED = b'{"code":124,"message":"Access token is expired."}'
_OK, _UNAUTHORIZED, _TOO_MANY = 200, 401, 429
_KEPT_HEADERS = ("content-type", "x-ratelimit-category")


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


@dataclass(frozen=True)
class Answer:
    """An answer as it goes over the wire, but for its `Date`."""

    status: int
    head: bytes
    rest: bytes

    @classmethod
    def of(cls, status: int, headers: Headers, body: bytes) -> "Answer":
        """Written once, repeated often."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
        head = (
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}content-length: {len(body)}\r\ndate: "
        )
        return cls(status, head.encode(), b"\r\n\r\n" + body)


@dataclass(frozen=True)
class Target:
    """What a request's first line asks for, looked at once."""

    template: str
    label: str
    same: bytes
    """One for all orders of the same parameters."""

    @classmethod
    def of(cls, target: bytes) -> "Target":
        """Of the undecoded path and query."""
        path, _, query = target.partition(b"?")
        route = route_of(path.decode().removeprefix("/v2"))[0]
        asked = b"&".join(sorted(part for part in query.split(b"&") if part))
        return cls(route.template, route.label or MEDIUM, path + b"?" + asked)


@dataclass
class Request:
    """One that has come."""

    method: str
    target: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes

    def bearer(self) -> bytes:
        """The access token."""
        value = next((value for name, value in self.headers if name.lower() == b"authorization"), b"")
        return value.partition(b" ")[2]


class Server:
    """One simulated account."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._upstream = httpx.AsyncClient(
            transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox"
        )
        self._targets: dict[bytes, Target] = {}
        self._kept: dict[bytes, Answer] = {}
        self._limited = Sandbox(replace(sandbox.settings, limits=True), sandbox.clock).limits
        self._begin(Conditions())

    def _begin(self, conditions: Conditions) -> None:
        self.latency = conditions.latency_ms / 1000
        self._conditions = conditions
        self._asked: Counter[tuple[str, int]] = Counter()
        self._dead: set[bytes] = set()
        self._seen: set[bytes] = set()
        self._number = 0
        self._first_at: float | None = None

    def known(self, request: Request) -> Answer | None:
        """The answer of the API where nothing has to be made up for it; None: `make` it."""
        if not request.target.startswith(b"/v2/"):
            return None
        self._came()
        target = self._targets.get(request.target)
        if target is None:
            target = self._targets[request.target] = Target.of(request.target)
        answer = self._refusal(target, request.bearer()) or self._kept.get(target.same)
        if answer is not None:
            self._asked[target.template, answer.status] += 1
        return answer

    async def make(self, request: Request) -> Answer:
        """The sandbox's answer, which is kept where it is a page; tokens; the answer to `/_bench`."""
        if request.target == b"/_bench":
            return self._control(request.body)
        self._came()
        said = await self._upstream.request(
            request.method, request.target.decode(), headers=request.headers, content=request.body
        )
        headers = [(name, value) for name, value in said.headers.items() if name in _KEPT_HEADERS]
        answer = Answer.of(said.status_code, headers, said.content)
        target = self._targets.get(request.target)
        if target is None:
            self._asked[request.target.decode(), 0] += 1
        else:
            self._asked[target.template, answer.status] += 1
            # A page's token dies some day, and what is said then is no lasting answer.
            if answer.status == _OK or b"next_page_token" not in target.same:
                self._kept[target.same] = answer
        return answer

    def _came(self) -> None:
        if self._first_at is None:
            self._first_at = time.time()

    def written(self, answer: Answer) -> bytes:
        """With the `Date` of now."""
        now = self._sandbox.clock.now().replace(microsecond=0)
        return answer.head + format_datetime(now, usegmt=True).encode() + answer.rest

    def _refusal(self, target: Target, token: bytes) -> Answer | None:
        self._number += 1
        asked = self._conditions
        self._seen.add(token)
        if asked.token_dies_after == self._number:
            self._dead |= self._seen
        if token in self._dead or self._sandbox.tokens.verdict(token.decode()) != "live":
            return Answer.of(_UNAUTHORIZED, [_JSON], _EXPIRED)
        if asked.refuse_every and self._number % asked.refuse_every == 0:
            return Answer.of(_TOO_MANY, [_JSON, ("retry-after", "1")], _REFUSED)
        if asked.limits and (verdict := self._limited.ask(target.label)).refused:
            return Answer.of(_TOO_MANY, [_JSON, *verdict.headers.items()], _REFUSED)
        return None

    def _control(self, body: bytes) -> Answer:
        report = {
            "asked": [[path, status, count] for (path, status), count in sorted(self._asked.items())],
            "first_at": self._first_at,
            "cpu_seconds": time.process_time(),
        }
        self._begin(Conditions(**json.loads(body)))
        return Answer.of(_OK, [_JSON], json.dumps(report).encode())


class Connection(asyncio.Protocol):
    """One connection; a client sends its next request when it has the answer to the last."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to answer on."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """The parser calls the methods below."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """A request begins."""
        self._request = Request("", b"", [], b"")

    def on_url(self, url: bytes) -> None:
        """A part of its target."""
        self._request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One of its headers."""
        self._request.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        """A part of its body."""
        self._request.body += body

    def on_message_complete(self) -> None:
        """Answers after the latency, at once where no page is asked for."""
        request, last = self._request, not self._parser.should_keep_alive()
        if (answer := self._server.known(request)) is not None:
            self._later(answer, last=last)
            return
        request.method = self._parser.get_method().decode()
        task = self._loop.create_task(self._make(request, last=last))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make(self, request: Request, *, last: bool) -> None:
        answer = await self._server.make(request)
        if request.target.startswith(b"/v2/"):
            self._later(answer, last=last)
        else:
            self._write(answer, last)

    def _later(self, answer: Answer, *, last: bool) -> None:
        if self._server.latency:
            self._loop.call_later(self._server.latency, self._write, answer, last)
        else:
            self._write(answer, last)

    def _write(self, answer: Answer, last: bool) -> None:
        if self._transport.is_closing():
            return
        self._transport.write(self._server.written(answer))
        if last:
            self._transport.close()


async def listening(server: Server) -> tuple[asyncio.Server, str]:
    """The server at a free port of this machine, and its address."""
    loop = asyncio.get_running_loop()
    found = await loop.create_server(lambda: Connection(server), "127.0.0.1", 0, backlog=1024)
    port: Any = found.sockets[0].getsockname()[1]
    return found, f"http://127.0.0.1:{port}"


async def serve(size: str) -> None:
    """Serves until it is ended."""
    found, url = await listening(Server(Sandbox(SIZES[size].settings())))
    sys.stdout.write(json.dumps({"url": url}) + "\n")
    sys.stdout.flush()
    await found.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", choices=SIZES)
    uvloop.run(serve(parser.parse_args().size))


if __name__ == "__main__":
    main()
