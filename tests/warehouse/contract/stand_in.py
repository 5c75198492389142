"""PostgreSQL as it must speak for Redshift's own driver to talk with it, since there is no Redshift to be had.

Between the two stands a server that leaves out of the driver's greeting what PostgreSQL does not know, and of the two
words of our SQL that Redshift alone has makes PostgreSQL's. So what passes shows how the driver is used and what the
statements mean to PostgreSQL; what Redshift refuses of them, how it locks and what it calls an error it does not show.
"""

import re
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

DRIVER = Path(__file__).parents[3] / ".local" / "redshift"
_GREETED = (b"user", b"database", b"application_name")
_WORDS = (
    (re.compile(rb"\bSYSDATE\b"), b"(now() AT TIME ZONE 'UTC')"),
    (re.compile(rb" SORTKEY \([^)]*\)"), b""),
)
_PARSE = b"P"


def need_driver() -> None:
    """Makes Redshift's driver importable here and in the processes that a test starts, after all that is installed."""
    if not (DRIVER / "redshift_connector").exists():
        pytest.skip("Redshift's driver is not here: `make redshift` takes it from PyPI")
    if str(DRIVER) not in sys.path:
        sys.path.append(str(DRIVER))


@contextmanager
def stand_in(folder: str, port: int) -> Iterator[int]:
    """The port on loopback at which a PostgreSQL of this socket folder passes for Redshift."""
    with _Server(("127.0.0.1", 0), _Between) as server:
        server.socket_path = f"{folder}/.s.PGSQL.{port}"
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield server.server_address[1]
        server.shutdown()
        serving.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    socket_path = ""


class _Between(socketserver.BaseRequestHandler):
    """One connection."""

    server: _Server

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as postgres, suppress(OSError, EOFError):
            postgres.connect(self.server.socket_path)
            answers = threading.Thread(target=_copy, args=(postgres, self.request))
            postgres.sendall(_greeting(_body(self.request)))
            answers.start()
            try:
                while True:
                    kind = _exactly(self.request, 1)
                    body = _body(self.request)
                    postgres.sendall(kind + _sized(_translated(body) if kind == _PARSE else body))
            finally:
                postgres.shutdown(socket.SHUT_RDWR)
                answers.join()


def _greeting(said: bytes) -> bytes:
    """The protocol's version and those parameters that PostgreSQL knows; Redshift is in UTC, and serializable."""
    words = said[4:].split(b"\0")
    known = {name: value for name, value in zip(words[::2], words[1::2], strict=False) if name in _GREETED}
    told = {**known, b"TimeZone": b"UTC", b"default_transaction_isolation": b"serializable"}
    return _sized(said[:4] + b"".join(name + b"\0" + value + b"\0" for name, value in told.items()) + b"\0")


def _translated(parse: bytes) -> bytes:
    """A statement's name, the statement, its parameters' types."""
    name, statement, types = parse.split(b"\0", 2)
    for theirs, ours in _WORDS:
        statement = theirs.sub(ours, statement)
    return b"\0".join((name, statement, types))


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)


def _body(source: socket.socket) -> bytes:
    (size,) = struct.unpack("!i", _exactly(source, 4))
    return _exactly(source, size - 4)


def _sized(body: bytes) -> bytes:
    return struct.pack("!i", len(body) + 4) + body


def _exactly(source: socket.socket, size: int) -> bytes:
    read = bytearray()
    while len(read) < size:
        if not (some := source.recv(size - len(read))):
            raise EOFError
        read += some
    return bytes(read)
