"""Secrets go to the one server that proves to be Zoom's: certificates verified, no redirect followed, no proxy."""

import base64
import http.server
import json
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import trustme

from include.grant.consent import Request, _account_id, follow
from include.grant.fields import Fields
from include.grant.hook import ZoomHook
from include.grant.journal import GrantType
from include.zoom import oauth
from include.zoom.errors import Misconfigured, TransientError
from include.zoom.oauth import App, Kind, Outcome, TokenSet

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
SECRET = base64.b64encode(b"an-id:a-secret").decode()


class Server(http.server.ThreadingHTTPServer):
    """Remembers what it was sent; redirects to `elsewhere` where one is given, else grants tokens."""

    def __init__(self, context: ssl.SSLContext | None = None, elsewhere: str = "", status: int = 302) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[str] = []
        self.elsewhere, self.status = elsewhere, status
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server_address[1]}"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: object) -> None:
        """A handshake that the client breaks off is what is tested."""


class Handler(http.server.BaseHTTPRequestHandler):
    """Writes down the request and answers."""

    server: Server

    def answer(self) -> None:
        """A redirect, or what both token endpoint and broker would give."""
        length = int(self.headers.get("Content-Length") or 0)
        self.server.seen.append(f"{self.requestline}\n{self.headers}\n{self.rfile.read(length).decode()}")
        body = json.dumps({"access_token": "access", "expires_in": 3599, "ask_again_in": 60})
        self.send_response(self.server.status if self.server.elsewhere else 200)
        if self.server.elsewhere:
            self.send_header("Location", f"{self.server.elsewhere}{self.path}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = do_CONNECT = answer  # noqa: N815 - the names that the library calls

    def log_message(self, *_: object) -> None:
        """Nothing."""


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts servers that end with the test."""
    running: list[Server] = []

    def new(*args: object, **kwargs: object) -> Server:
        made = Server(*args, **kwargs)  # type: ignore[arg-type]
        running.append(made)
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        return made

    yield new
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def private(tmp_path: Path) -> ssl.SSLContext:
    """What a server shows whose certificate comes from an authority of its own, in `ca.pem`."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    return context


@pytest.fixture
def tempting(
    start: Start, private: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Server, Server]:
    """A server that nobody vouches for but the environment; and a proxy that is named there too."""
    for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    proxy = start()
    for name in PROXIES:
        monkeypatch.setenv(name, proxy.url)
    return start(private), proxy


@pytest.fixture
def local_proxy(start: Start, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A proxy that the environment names."""
    proxy = start()
    for name in PROXIES:
        monkeypatch.setenv(name, proxy.url)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    return proxy


def app(server: Server) -> App:
    """An app whose token endpoint is this server."""
    return App("an-id", "a-secret", f"{server.url}/oauth")


def fields(server: Server) -> Fields:
    """A Connection to this server."""
    return Fields("zoom_default", app(server), f"{server.url}/v2", GrantType.AUTHORIZATION_CODE, None, "pro")


@asynccontextmanager
async def hook_client(
    server: Server, broker: Server, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The client that tasks get: of this server, its access token from this broker."""

    async def given(_: str) -> Fields:
        return fields(server)

    monkeypatch.setattr("include.grant.hook.aread_fields", given)
    monkeypatch.setattr("include.grant.hook.has_database", lambda: False)
    monkeypatch.setattr("include.grant.hook.api_server_url", lambda: broker.url)
    async with ZoomHook().client() as client:
        yield client


async def test_the_temptation_is_real(tempting: tuple[Server, Server], tmp_path: Path) -> None:
    """A client that heeds the environment trusts that certificate and goes through that proxy."""
    server, proxy = tempting
    trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    async with httpx.AsyncClient(verify=trusting, trust_env=False) as client:
        assert (await client.get(server.url)).status_code == 200
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.HTTPError):
            await client.get(server.url)
    assert (len(server.seen), proxy.seen[0].split()[0]) == (1, "CONNECT")


@pytest.mark.parametrize("post", ["refresh", "account_credentials", "revoke", "exchange"])
async def test_an_unproven_token_endpoint_gets_nothing(tempting: tuple[Server, Server], post: str) -> None:
    """Neither SSL_CERT_FILE nor a proxy of the environment makes us trust: no byte of a secret is sent."""
    server, proxy = tempting
    outcome = await {
        "refresh": lambda: oauth.refresh(app(server), "refresh"),
        "account_credentials": lambda: oauth.account_credentials(app(server), "account"),
        "revoke": lambda: oauth.revoke(app(server), "access"),
        "exchange": lambda: oauth.exchange_code(app(server), "code", redirect_uri="https://a", verifier="v"),
    }[post]()
    assert outcome.kind is Kind.NOT_SENT
    assert (server.seen, proxy.seen) == ([], [])


async def test_an_unproven_api_gets_nothing(
    tempting: tuple[Server, Server], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hook's client and the consent's look at the account refuse the certificate alike."""
    server, proxy = tempting
    async with hook_client(server, start(), monkeypatch) as client:
        with pytest.raises(httpx.ConnectError, match="certificate verify failed"):
            await client.get("/users/me")
    granted = Outcome(Kind.GRANTED, tokens=TokenSet("access", "refresh"))
    assert await _account_id(fields(server), granted) is None
    assert (server.seen, proxy.seen) == ([], [])


async def test_the_api_server_is_trusted_as_airflow_itself_trusts_it(
    start: Start, private: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A private authority in [api] ssl_cert is for the broker alone; without it nothing is asked there."""
    broker, zoom = start(private), start()
    async with hook_client(zoom, broker, monkeypatch) as client:
        with pytest.raises(TransientError, match="could not be asked"):
            await client.auth._ask.ask(None)
    assert broker.seen == []
    monkeypatch.setenv("AIRFLOW__API__SSL_CERT", str(tmp_path / "ca.pem"))
    async with hook_client(zoom, broker, monkeypatch) as client:
        assert (await client.get("/users")).status_code == 200
    assert len(broker.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_token_endpoint_that_redirects_is_refused(
    start: Start, local_proxy: Server, status: int
) -> None:
    """The secret went to the listed host alone, once, and not to where that host pointed."""
    elsewhere = start()
    server = start(elsewhere=elsewhere.url, status=status)
    outcome = await oauth.refresh(app(server), "refresh-token")
    assert outcome.kind is Kind.MISCONFIGURED
    assert "redirect" in outcome.reason
    assert len(server.seen) == 1
    assert SECRET in server.seen[0]
    assert (elsewhere.seen, local_proxy.seen) == ([], [])


async def test_an_api_that_redirects_is_not_followed(
    start: Start, local_proxy: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bearer token is not repeated elsewhere, by the hook nor by the consent."""
    elsewhere, broker = start(), start()
    server = start(elsewhere=elsewhere.url, status=307)
    async with hook_client(server, broker, monkeypatch) as client:
        assert (await client.get("/users")).status_code == 307
    granted = Outcome(Kind.GRANTED, tokens=TokenSet("access", "refresh"))
    assert await _account_id(fields(server), granted) is None
    assert ["Authorization: Bearer access" in seen for seen in server.seen] == [True, True]
    assert (elsewhere.seen, local_proxy.seen) == ([], [])


async def test_an_authorise_page_elsewhere_is_not_followed_by_the_command(
    start: Start, local_proxy: Server
) -> None:
    """`connect --follow` takes one answer of this machine's server, and only if it leads to the redirect address."""
    elsewhere = start()
    server = start(elsewhere=elsewhere.url)
    request = Request(fields(server), "https://airflow.example.com/callback", "state", "verifier")
    with pytest.raises(Misconfigured, match="wants a person"):
        await follow(request)
    assert elsewhere.seen == []
