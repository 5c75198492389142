"""A TCP proxy of ours in front of Zoom or of PostgreSQL: it holds, cuts and loses what a test tells it to."""

import contextlib
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Self

SECONDS = 60.0
Target = tuple[str, int] | str


@dataclass
class Line:
    """One connection: what was seen on it, and what may pass.

    `asked` and `answered` are set when the first bytes of that direction reach the proxy, `passed` when the
    answer has gone on, `gone` when the client sends no more; a held direction passes on nothing before it is
    let go. With `loses` nothing comes back any more once these texts went by,
    one after the other: the reply to the last of them is lost, with the connection.
    """

    holds: str = ""
    loses: tuple[bytes, ...] = ()
    asked: threading.Event = field(default_factory=threading.Event)
    answered: threading.Event = field(default_factory=threading.Event)
    passed: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    seen: bytearray = field(default_factory=bytearray)
    _go: threading.Event = field(default_factory=threading.Event)
    _sockets: tuple[socket.socket, ...] = ()
    _losing: bool = False

    @property
    def complete(self) -> bool:
        """Whether a whole HTTP request with a form has come to the proxy."""
        head, _, body = bytes(self.seen).partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: *(\d+)", head)
        return length is not None and len(body) >= int(length.group(1))

    def until_asked(self) -> None:
        """Returns when a request has come to the proxy."""
        assert self.asked.wait(SECONDS), "nobody asked"

    def until_answered(self) -> None:
        """Returns when the answer has come to the proxy: the request took effect."""
        assert self.answered.wait(SECONDS), "nobody answered"

    def let_go(self) -> None:
        """Passes on what is held."""
        self._go.set()

    def cut(self) -> None:
        """Ends the connection with a reset, whatever is held."""
        for each in self._sockets:
            with contextlib.suppress(OSError):
                # Linger 0 makes the close a reset and not an orderly end.
                each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                each.shutdown(socket.SHUT_RDWR)
        self.ended.set()
        self.gone.set()
        self._go.set()

    def serve(self, client: socket.socket, server: socket.socket) -> None:
        """Passes bytes on in both directions until one side ends."""
        self._sockets = (client, server)
        back = threading.Thread(target=self._pass_answers, args=(server, client), daemon=True)
        back.start()
        self._pass_requests(client, server)
        back.join()
        for each in self._sockets:
            each.close()

    def _pass_requests(self, client: socket.socket, server: socket.socket) -> None:
        with self._together():
            waiting = b""
            while part := client.recv(65536):
                self.seen += part
                waiting += part
                if self.holds == "request" and not self.complete:
                    continue  # what is held is a whole one
                self.asked.set()
                self._wait("request")
                self._notice(waiting)
                server.sendall(waiting)
                waiting = b""
            self.gone.set()
            if self.complete:  # a sender that died does not call its request back
                self.answered.wait(SECONDS)
            server.shutdown(socket.SHUT_WR)

    def _pass_answers(self, server: socket.socket, client: socket.socket) -> None:
        with self._together():
            while part := server.recv(65536):
                self.answered.set()
                self._wait("answer")
                if self._losing:
                    self.cut()
                client.sendall(part)
                self.passed.set()
            client.shutdown(socket.SHUT_WR)

    @contextlib.contextmanager
    def _together(self) -> Iterator[None]:
        """One side's reset is the other's."""
        try:
            yield
        except OSError:
            self.cut()

    def _wait(self, direction: str) -> None:
        if self.holds == direction:
            self._go.wait()
        if self.ended.is_set():
            raise ConnectionResetError

    def _notice(self, part: bytes) -> None:
        while self.loses and self.loses[0] in part:
            part = part.partition(self.loses[0])[2]
            self.loses = self.loses[1:]
            self._losing = not self.loses


class Proxy:
    """Listens on a port of the loopback address; `next` orders what happens to the next connection."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.lines: list[Line] = []
        self.orders: deque[Line] = deque()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for line in [*self.lines, *self.orders]:
            line.cut()

    def next(self, *, holds: str = "", loses: tuple[bytes, ...] = ()) -> Line:
        """Orders the fate of the next connection that has none yet; `holds` is request or answer."""
        line = Line(holds, loses)
        self.orders.append(line)
        return line

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                line = self.orders.popleft() if self.orders else Line()
                self.lines.append(line)
                threading.Thread(target=self._serve, args=(line, client), daemon=True).start()

    def _serve(self, line: Line, client: socket.socket) -> None:
        try:
            server = _connect(self.target)
        except OSError:
            client.close()
            return
        line.serve(client, server)


def _connect(target: Target) -> socket.socket:
    if isinstance(target, tuple):
        return socket.create_connection(target, timeout=None)
    server = socket.socket(socket.AF_UNIX)
    server.connect(target)
    return server
