"""An S3 server for tests, a process of its own: moto, behind a layer that answers badly, cuts connections and lists late.

Run by its path; prints its port. `/_test/faults` takes a list of faults (see `tests.s3.store.Fault`), `/_test/log` tells which
requests came, `/_test/late` for how many lists a new object is hidden from them.
"""

import json
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from moto.server import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

Start = Callable[..., Any]
_CONTENTS = re.compile(rb"<Contents>\s*<Key>(.*?)</Key>.*?</Contents>", re.DOTALL)


class Faulty:
    """The layer."""

    def __init__(self) -> None:
        self.app = DomainDispatcherApplication(create_backend_app)
        self.faults: list[dict[str, Any]] = []
        self.log: list[str] = []
        self.hidden: Counter[str] = Counter()
        self.late = 0
        self.lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/_test/"):
            return self.told(environ, start)
        what = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}?{environ['QUERY_STRING']}"
        fault = self.fault_of(what)
        if fault == "cut":
            return cut(environ)
        if fault == "cut midway":
            return cut_midway(environ, self.app, start)
        if fault in ANSWERS:
            return refused(environ, start, fault)
        answer = self.answered(what, environ, start)
        return cut(environ) if fault == "cut after" else answer

    def told(self, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """What a test says and asks."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        said = json.loads(environ["wsgi.input"].read(length) or b"null")
        with self.lock:
            match environ["PATH_INFO"].rsplit("/", 1)[-1]:
                case "faults":
                    self.faults, self.log = said, []
                case "late":
                    self.late = said
                    self.hidden.clear()
            body = json.dumps(self.log).encode()
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def fault_of(self, what: str) -> str:
        """What becomes of a request."""
        with self.lock:
            self.log.append(what)
            for fault in self.faults:
                if re.search(fault["request"], what):
                    fault["spared"] -= 1
                    if fault["spared"] < 0 and fault["times"] > 0:
                        fault["times"] -= 1
                        return str(fault["does"])
        return ""

    def answered(self, what: str, environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        """Moto's answer; a list without what is too new."""
        if what.startswith("PUT ") and self.late and what.endswith("?"):
            with self.lock:
                self.hidden[environ["PATH_INFO"].lstrip("/").partition("/")[2]] = self.late
        if "list-type=2" not in what or not self.late:
            return self.app(environ, start)
        told: list[Any] = []
        body = b"".join(self.app(environ, lambda *args, **_: told.extend(args)))
        with self.lock:
            body = _CONTENTS.sub(self.seen, body)
        headers = [each for each in told[1] if each[0].lower() != "content-length"]
        start(told[0], [*headers, ("Content-Length", str(len(body)))])
        return [body]

    def seen(self, entry: re.Match[bytes]) -> bytes:
        """An entry of a list, or nothing."""
        key = unquote(entry.group(1).decode())
        self.hidden[key] -= 1
        return b"" if self.hidden[key] >= 0 else entry.group(0)


ANSWERS = {
    "slow down": ("503 Slow Down", "SlowDown", "Please reduce your request rate."),
    "internal error": ("500 Internal Server Error", "InternalError", "We encountered an internal error."),
    "denied": ("403 Forbidden", "AccessDenied", "Access Denied"),
    "nothing deleted": ("200 OK", "InternalError", "We encountered an internal error."),
}


def refused(environ: dict[str, Any], start: Start, fault: str) -> Iterable[bytes]:
    """An error as S3 tells it."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    status, code, message = ANSWERS[fault]
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()
    if status == "200 OK":
        body = b"<DeleteResult>" + body + b"</DeleteResult>"
    start(status, [("Content-Length", str(len(body))), ("Content-Type", "application/xml")])
    return [body]


def cut(environ: dict[str, Any]) -> Iterable[bytes]:
    """The connection ends without an answer."""
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    raise ConnectionResetError


def cut_midway(environ: dict[str, Any], app: Start, start: Start) -> Iterable[bytes]:
    """The connection ends when half of what is sent, or else of the answer, has passed."""
    if length := int(environ.get("CONTENT_LENGTH") or 0):
        environ["wsgi.input"].read(length // 2)
        return cut(environ)
    return half(environ, b"".join(app(environ, start)))


def half(environ: dict[str, Any], body: bytes) -> Iterator[bytes]:
    """Half of an answer whose length was told."""
    yield body[: len(body) // 2]
    cut(environ)


if __name__ == "__main__":
    server = make_server("127.0.0.1", 0, Faulty(), threaded=True, request_handler=MotoRequestHandler)
    print(server.server_port, flush=True)  # noqa: T201 - to who started it
    server.serve_forever()
