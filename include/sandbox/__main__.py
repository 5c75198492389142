"""`python -m include.sandbox`: serves a simulated Zoom account until it is told to stop."""

import argparse
import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import get_args

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from include.sandbox.app import Sandbox
from include.sandbox.settings import Plan, Rotation, Settings


class Protocol(H11Protocol):
    """Shows the connection to the application, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keeps the transport in the state of this connection's requests."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def main(arguments: list[str] | None = None) -> None:
    """Serves; the first line of standard output says where, as JSON."""
    asked = vars(_parser().parse_args(arguments))
    port = asked.pop("port")
    listener = _listener(asked.pop("host"), port)
    tls = asked.pop("tls")
    if asked.pop("no_limits"):
        asked["limits"] = False
    settings = Settings(**asked)
    host, port = listener.getsockname()[:2]
    scheme = "https" if tls else "http"
    sys.stdout.write(json.dumps({"url": f"{scheme}://{host}:{port}", "pid": os.getpid()}) + "\n")
    sys.stdout.flush()
    _serve(settings, listener, tls)


def _serve(settings: Settings, listener: socket.socket, tls: Path | None) -> None:
    config = uvicorn.Config(
        Sandbox(settings).app,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        ssl_certfile=tls and tls / "certificate.pem",
        ssl_keyfile=tls and tls / "key.pem",
    )
    uvicorn.Server(config).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    listener = socket.create_server((host, port), backlog=1024)
    listener.setblocking(False)
    return listener


def _parser() -> argparse.ArgumentParser:
    defaults = {each.name: each.default for each in fields(Settings)}
    parser = argparse.ArgumentParser(prog="python -m include.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--tls", type=Path, help="a folder with certificate.pem and key.pem")
    for name, kind in _OPTIONS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=kind, default=defaults[name])
    for name, choices in _CHOICES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", choices=choices, default=defaults[name])
    parser.add_argument("--allow", action="store_true", help="the authorise page consents by itself")
    parser.add_argument("--plain", action="store_true", help="only names and topics that PostgreSQL takes")
    parser.add_argument("--no-limits", action="store_true", help="no rate limits")
    parser.add_argument("--now", type=_moment, help="where the clock starts (ISO); it goes on from there")
    return parser


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _from_file(text: str) -> str:
    """A secret may stand in a file, `@path`, to stay out of the list of processes."""
    return Path(text[1:]).read_text().strip() if text.startswith("@") else text


_OPTIONS: dict[str, Callable[[str], object]] = {
    "users": int,
    "seed": int,
    "client_id": str,
    "client_secret": _from_file,
    "account": str,
    "scopes": str,
    "redirect_uri": str,
    "refresh_token": _from_file,
    "grace_seconds": float,
    "token_seconds": int,
    "latency_ms": float,
    "token_latency_ms": float,
    "late_hours": float,
    "guests": float,
    "repeat_percent": int,
    "report_zone": str,
    "without": lambda text: tuple(text.split()),
}
_CHOICES = {
    "rotation": get_args(Rotation),
    "plan": get_args(Plan),
    "old_access_token": ("lives", "dies"),
    "limit_form": ("full", "bare", "seconds", "http_date"),
    "report_to": ("inclusive", "exclusive"),
}

if __name__ == "__main__":
    main()
