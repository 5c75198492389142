"""Zoom's answers from memory: a server that is never the bottleneck of what is measured against it.

    python -m benchmarks.replay --upstream http://127.0.0.1:8000 --latency-ms 20

It asks a simulated Zoom once for each address and then repeats its answer, byte for byte, after the set latency. On
one core it answers about ten times as many requests a second as the simulated Zoom does. HTTP/1.1, GET only,
keep-alive. `GET /_replay` tells how many requests it had, how many it had to ask upstream, and its CPU seconds.
"""

import argparse
import asyncio
import json
import os
import time

import httpx

_NOT_PASSED_ON = {"connection", "transfer-encoding", "content-length", "keep-alive"}


class Memory:
    """Answers by what was asked."""

    def __init__(self, upstream: httpx.AsyncClient, latency: float) -> None:
        self.latency = latency
        self.requests = self.misses = 0
        self._upstream = upstream
        self._known: dict[bytes, bytes] = {}
        # More at once would only make the simulated Zoom slower for each.
        self._few = asyncio.Semaphore(16)

    def known(self, target: bytes) -> bytes | None:
        """The answer, if it was asked before."""
        if target == b"/_replay":
            return self._report()
        self.requests += 1
        return self._known.get(target)

    async def ask(self, target: bytes, authorization: str) -> bytes:
        """The upstream's answer, which is kept where it is a page."""
        self.misses += 1
        async with self._few:
            answer = await self._upstream.get(target.decode(), headers={"Authorization": authorization})
        written = _written(answer)
        if answer.is_success:
            self._known[target] = written
        return written

    def _report(self) -> bytes:
        told = {"requests": self.requests, "misses": self.misses, "cpu_seconds": time.process_time()}
        return _written(httpx.Response(200, json=told))


def _written(answer: httpx.Response) -> bytes:
    kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON]
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}", *(f"{n}: {v}" for n, v in kept)]
    head = "\r\n".join([*lines, f"content-length: {len(answer.content)}", "", ""])
    return head.encode() + answer.content


class Connection(asyncio.Protocol):
    """One connection; a client sends its next request when it has the answer to the last."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._came = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keeps the transport to answer on."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the types
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answers a request when its head is complete; a GET has no body."""
        self._came += data
        while (end := self._came.find(b"\r\n\r\n")) >= 0:
            head, self._came = self._came[:end], self._came[end + 4 :]
            self._answer(head)

    def _answer(self, head: bytes) -> None:
        loop = asyncio.get_running_loop()
        target = head.split(b" ", 2)[1]
        if (known := self._memory.known(target)) is not None:
            loop.call_later(self._memory.latency, self._write, known)
            return
        lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
        authorization = next((v.strip().decode() for n, _, v in lines if n.lower() == b"authorization"), "")
        task = loop.create_task(self._ask(target, authorization))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _ask(self, target: bytes, authorization: str) -> None:
        self._write(await self._memory.ask(target, authorization))

    def _write(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)


async def serve(upstream: str, latency: float, port: int) -> None:
    """Serves until it is told to stop; the first line of standard output says where, as JSON."""
    async with httpx.AsyncClient(base_url=upstream, trust_env=False, timeout=60) as http:
        memory = Memory(http, latency)
        server = await asyncio.get_running_loop().create_server(lambda: Connection(memory), "127.0.0.1", port)
        found = server.sockets[0].getsockname()[1]
        print(json.dumps({"url": f"http://127.0.0.1:{found}", "pid": os.getpid()}), flush=True)
        await server.serve_forever()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.replay", description=__doc__)
    parser.add_argument("--upstream", required=True, help="the simulated Zoom's address")
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    asked = parser.parse_args()
    asyncio.run(serve(asked.upstream, asked.latency_ms / 1000, asked.port))


if __name__ == "__main__":
    main()
