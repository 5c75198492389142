"""HTTP/2 and HTTP/1.1 as real servers speak them: connections are kept, and what breaks on the way costs no answer."""

import asyncio
import gzip
import json
import ssl
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

from include.zoom.auth import SignedClient
from include.zoom.client import ZoomClient
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.stream import Label, Listing
from include.zoom.transport import Transport

THINGS = Listing("/things/{of}", "things", Label.LIGHT, paged=False)
CANARY = "canary@example.com"


class Unpaced(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, 1)


class Things:
    """An ASGI application: each thing's one record, and who asked over which connection."""

    def __init__(self, *, together: int = 1) -> None:
        self.connections: list[tuple[str, tuple[str, int]]] = []
        self.refused: Callable[[], bool] = lambda: False
        self._together = asyncio.Barrier(together)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answers when as many as `together` are under way: so they cannot have come one after the other."""
        if scope["type"] != "http":
            raise NotImplementedError
        self.connections.append((scope["http_version"], tuple(scope["client"])))
        if self._together.parties > 1:
            await self._together.wait()
        body = gzip.compress(json.dumps({"things": [{"path": scope["raw_path"].decode()}]}).encode())
        headers = [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a server's certificate and its private authority."""
    folder, ours = tmp_path_factory.mktemp("tls"), trustme.CA()
    certificate = ours.issue_cert("127.0.0.1")
    certificate.private_key_pem.write_to_path(str(folder / "key.pem"))
    certificate.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    ours.cert_pem.write_to_path(str(folder / "ca.pem"))
    return folder


@asynccontextmanager
async def served(app: Things, folder: Path, **options: Any) -> AsyncIterator[int]:
    """The application behind hypercorn with TLS; gives the port."""
    config = Config()
    config.certfile, config.keyfile = str(folder / "cert.pem"), str(folder / "key.pem")
    config.bind, config.errorlog, config.graceful_timeout = ["127.0.0.1:0"], None, 0.1
    for name, value in options.items():
        setattr(config, name, value)
    sockets = config.create_sockets()
    port = sockets.secure_sockets[0].getsockname()[1]
    for each in sockets.secure_sockets:
        each.listen()  # who connects before it serves waits
    config.create_sockets = lambda: sockets  # type: ignore[method-assign] # the port is known before it serves
    end = asyncio.Event()
    task = asyncio.create_task(serve(app, config, shutdown_trigger=end.wait))
    try:
        yield port
    finally:
        end.set()
        await task


@asynccontextmanager
async def http_to(port: int, folder: Path, scheme: str = "https") -> AsyncIterator[httpx.AsyncClient]:
    """The hook's client, but for whom it trusts."""

    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=folder / "ca.pem")

    address = f"{scheme}://127.0.0.1:{port}/v2"
    async with SignedClient(address, any_token, Transport(trust)) as http:
        yield http


async def any_token(_: str | None) -> str:
    """One that nobody refuses."""
    return "token"


async def ask_all(http: httpx.AsyncClient, count: int, first: int = 0) -> list[str]:
    """What as many requests at once came back with, retried as a pull retries; waits take no time."""

    async def at_once(_: float) -> None:
        """Does not wait."""

    client = ZoomClient(http, Unpaced(OwnTurns("business")), sleep=at_once)

    async def ask(of: str) -> str:
        (page,) = [page async for page in client.pages(THINGS, {}, {"of": of})]
        return str(page.records[0]["path"])

    return await asyncio.gather(*(ask(f"{number}/=") for number in range(first, first + count)))


def paths(count: int) -> list[str]:
    return [f"/v2/things/{number}%2F%3D" for number in range(count)]


async def test_a_hundred_requests_at_once_share_one_http2_connection(authority: Path) -> None:
    """None is answered before all have come, and the server saw one connection."""
    app = Things()
    async with served(app, authority) as port, http_to(port, authority) as http:
        await http.get("/first")
        app._together = asyncio.Barrier(100)
        assert await ask_all(http, 100) == paths(100)
    assert [version for version, _ in app.connections] == ["2"] * 101
    assert len(set(app.connections)) == 1


async def test_the_first_requests_wait_for_one_connection(authority: Path) -> None:
    """Before it is known what the server speaks, many at once open no more than one."""
    app = Things()
    async with served(app, authority) as port, http_to(port, authority) as http:
        assert await ask_all(http, 50) == paths(50)
    assert len(set(app.connections)) == 1


async def test_a_server_may_allow_fewer_at_once(authority: Path) -> None:
    """With three streams at a time the rest wait their turn, on the same connection."""
    app = Things()
    async with (
        served(app, authority, h2_max_concurrent_streams=3) as port,
        http_to(port, authority) as http,
    ):
        assert await ask_all(http, 30) == paths(30)
    assert len(set(app.connections)) == 1


async def test_a_connection_that_the_server_ends_costs_no_answer(authority: Path) -> None:
    """After every ten requests it says GOAWAY; what was under way is asked again on the next one."""
    app = Things()
    async with served(app, authority, keep_alive_max_requests=10) as port, http_to(port, authority) as http:
        answers = [await ask_all(http, 5, first) for first in range(0, 60, 5)]
    assert [path for batch in answers for path in batch] == paths(60)
    assert len(set(app.connections)) > 1
    assert {version for version, _ in app.connections} == {"2"}


@pytest.mark.parametrize("protocols", [["h2", "http/1.1"], ["http/1.1"]], ids=["http2", "http1"])
async def test_a_dropped_connection_costs_no_answer(authority: Path, protocols: list[str]) -> None:
    """Thirty requests are under way when the line goes dead; all are asked again and answered."""
    app = Things()
    async with (
        served(app, authority, alpn_protocols=protocols) as port,
        relay(port) as (near, cut),
        http_to(near, authority) as http,
    ):
        await http.get("/first")
        app._together = asyncio.Barrier(31)  # one more than come: they hang until the line is cut
        asking = asyncio.create_task(ask_all(http, 30))
        while len(app.connections) < 31:  # noqa: ASYNC110 - a real server; the test has a time limit
            await asyncio.sleep(0.005)
        app._together = asyncio.Barrier(1)
        cut()
        assert await asking == paths(30)
    assert {version for version, _ in app.connections} == {
        protocols[0].removeprefix("h").removeprefix("ttp/")
    }


@pytest.mark.parametrize("protocol", ["http/1.1", ""], ids=["alpn", "without"])
async def test_http1_connections_are_kept(authority: Path, protocol: str) -> None:
    """Where the server speaks no HTTP/2, eight at once for ten rounds need eight connections, beside the first one."""
    app, protocols = Things(), [protocol] if protocol else []
    async with served(app, authority, alpn_protocols=protocols) as port, http_to(port, authority) as http:
        await http.get("/first")
        app._together = asyncio.Barrier(8)
        for _ in range(10):
            assert await ask_all(http, 8) == paths(8)
    assert {version for version, _ in app.connections} == {"1.1"}
    assert len(set(app.connections)) == 9


async def test_two_hundred_may_be_under_way_on_http1(authority: Path) -> None:
    """None waits for another's connection."""
    app = Things()
    async with served(app, authority, alpn_protocols=["http/1.1"]) as port, http_to(port, authority) as http:
        await http.get("/first")
        app._together = asyncio.Barrier(200)
        assert await ask_all(http, 200) == paths(200)


@pytest.mark.parametrize("short", [False, True], ids=["httpx", "fetch"])
async def test_what_goes_wrong_are_httpx_errors_without_the_address(*, short: bool) -> None:
    """An answer that is no HTTP and a refused connection, by httpx's means and by the short way."""
    answers = iter((b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b"no HTTP at all\r\n\r\n"))

    async def garble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(next(answers))
        writer.close()

    server = await asyncio.start_server(garble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}/?email={CANARY}"
    async with SignedClient("http://zoom.example", any_token, Transport()) as http:
        ask = http.fetch if short else http.get
        assert (await ask(address)).status_code == 200
        with pytest.raises(httpx.RemoteProtocolError) as garbled:
            await ask(address)
        server.close()
        with pytest.raises(httpx.ConnectError):
            await ask(f"http://127.0.0.1:{port}/")
    assert CANARY not in "".join(traceback.format_exception(garbled.value))


@asynccontextmanager
async def relay(port: int) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A line to a port: its near end, and what cuts everything that runs over it."""
    ends: list[asyncio.StreamWriter] = []

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
        except ConnectionError:
            pass
        writer.close()

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        ends.extend((writer, far_writer))
        await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer))

    def cut() -> None:
        for end in ends:
            end.transport.abort()

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], cut
    finally:
        cut()
        server.close()
