"""One alert per failed run, where somebody wants it."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from include.flow.alerts import run_failed

CONTEXT: Any = {
    "dag": SimpleNamespace(dag_id="zoom_daily"),
    "run_id": "scheduled__2026-11-22",
    "reason": "task_failure",
}


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web server that keeps what it is posted: its address, and the posts."""
    posts: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", posts
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_failed_run_is_posted_once(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the run and the Dag."""
    url, posts = receiver
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", url)
    run_failed(CONTEXT)
    assert posts == [
        {
            "text": "Airflow: run scheduled__2026-11-22 of zoom_daily failed (task_failure). "
            "Fix what its log names, then clear the failed tasks."
        }
    ]


def test_without_the_connection_nobody_is_alerted(receiver: Any) -> None:
    """No Connection, no noise."""
    _, posts = receiver
    run_failed(CONTEXT)
    assert posts == []
