"""How requests reach Zoom: HTTP/2 on one connection where the server offers it, else HTTP/1.1 on kept ones.

httpx's own pool looks at every connection for every other one at each request: with 100 in flight that was 4 ms of
CPU per request, more than Zoom's fastest plan leaves. On one HTTP/2 connection there is nothing to look at; HTTP/1.1
goes through aiohttp, whose pool is a stack.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

from include.zoom.auth import TIMEOUT, Wire
from include.zoom.reply import Reply

if TYPE_CHECKING:
    from aiohttp import ClientSession, ClientTimeout

MOST_CONNECTIONS = 200
# Requests to some lists go out every ten seconds, and servers commonly keep a silent connection for a minute.
_KEPT_SECONDS = 50.0
_LONGEST_HEADER = 65_536


def _trusting_certifi() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class Transport(Wire):
    """Learns from the first answer which of the two a server speaks; one server for each transport."""

    def __init__(self, trust: Callable[[], ssl.SSLContext] = _trusting_certifi) -> None:
        self._trust = trust
        self._first = asyncio.Lock()
        self._http1: Http1 | None = None
        self._http2: httpx.AsyncHTTPTransport | None = None
        self._known = asyncio.Event()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request; the others wait for the first one's answer."""
        if self._known.is_set():
            return await self._sent(request)
        async with self._first:
            if not self._known.is_set():
                response = await self._sent(request)
                self._known.set()
                return response
        return await self._sent(request)

    async def fetch(self, address: str, headers: Mapping[str, str]) -> Reply:
        """Sends a GET; over HTTP/1.1 with nothing of httpx in between."""
        if self._http1 is not None and self._known.is_set():
            return await self._http1.fetch(address, headers)
        extensions = {"timeout": TIMEOUT.as_dict()}
        response = await self.handle_async_request(
            httpx.Request("GET", address, headers=headers, extensions=extensions)
        )
        try:
            await response.aread()
        finally:
            await response.aclose()
        return response

    async def aclose(self) -> None:
        """Closes all connections."""
        for transport in (self._http1, self._http2):
            if transport is not None:
                await transport.aclose()

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        if self._http1 is not None or request.url.scheme == "http":
            self._http1 = self._http1 or Http1(self._trust)
            return await self._http1.handle_async_request(request)
        self._http2 = self._http2 or _http2(self._trust())
        response = await self._http2.handle_async_request(request)
        if response.extensions["http_version"] != b"HTTP/2":
            self._http1 = self._http1 or Http1(self._trust)  # also where a server stops offering HTTP/2
        return response


def _http2(trust: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
    limits = httpx.Limits(max_connections=1, keepalive_expiry=_KEPT_SECONDS)
    return httpx.AsyncHTTPTransport(verify=trust, http2=True, limits=limits, trust_env=False)


@dataclass(frozen=True)
class _Whole:
    """An answer with nothing left to read."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


class Http1(httpx.AsyncBaseTransport):
    """HTTP/1.1 by aiohttp. Answers come whole; what goes wrong are httpx's errors, without the address."""

    def __init__(self, trust: Callable[[], ssl.SSLContext]) -> None:
        self._trust = trust
        self._session: ClientSession | None = None
        self._limits: ClientTimeout | None = None

    async def fetch(self, address: str, headers: Mapping[str, str]) -> Reply:
        """Sends a GET; nothing is followed, nothing kept but the connection."""
        from aiohttp import ClientError, ClientTimeout  # noqa: PLC0415 - only where HTTP/1.1 is spoken
        from yarl import URL  # noqa: PLC0415

        url = URL(address, encoded=True)
        self._session = self._session or self._opened(url.scheme)
        self._limits = self._limits or ClientTimeout(sock_connect=TIMEOUT.connect, sock_read=TIMEOUT.read)
        try:
            async with self._session.get(
                url, headers=headers, allow_redirects=False, timeout=self._limits
            ) as answer:
                content = await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise _as_httpx(error) from None
        if "Content-Encoding" in answer.headers:
            return httpx.Response(answer.status, headers=list(answer.raw_headers), content=content)
        return _Whole(answer.status, answer.headers, content)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends a request with httpx's timeouts; nothing is followed, nothing kept but the connection."""
        from aiohttp import ClientError, ClientTimeout  # noqa: PLC0415 - only where HTTP/1.1 is spoken
        from yarl import URL  # noqa: PLC0415

        self._session = self._session or self._opened(request.url.scheme)
        limits = request.extensions["timeout"]
        try:
            async with self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=ClientTimeout(
                    connect=limits["pool"], sock_connect=limits["connect"], sock_read=limits["read"]
                ),
            ) as answer:
                content = await answer.read()
        except (ClientError, TimeoutError, OSError) as error:
            raise _as_httpx(error, request) from None
        return httpx.Response(
            answer.status,
            headers=list(answer.raw_headers),
            content=content,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": (answer.reason or "").encode()},
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        if self._session is not None:
            await self._session.close()

    def _opened(self, scheme: str) -> "ClientSession":
        from aiohttp import ClientSession, DummyCookieJar, TCPConnector  # noqa: PLC0415

        connector = TCPConnector(
            limit=MOST_CONNECTIONS,
            keepalive_timeout=_KEPT_SECONDS,
            ssl=self._trust() if scheme == "https" else True,
        )
        return ClientSession(
            connector=connector,
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,  # httpx does, by the same header
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            read_bufsize=1 << 20,
        )


def _as_httpx(error: Exception, request: httpx.Request | None = None) -> httpx.TransportError:
    import aiohttp  # noqa: PLC0415

    kinds: tuple[tuple[type[BaseException], type[httpx.TransportError]], ...] = (
        (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
        (TimeoutError, httpx.ReadTimeout),
        (aiohttp.ClientConnectorError, httpx.ConnectError),
        (OSError, httpx.ReadError),
        (Exception, httpx.RemoteProtocolError),
    )
    name = type(error).__name__
    return next(found(name, request=request) for kind, found in kinds if isinstance(error, kind))
