"""Airflow's execution API as far as a task that reads a Connection sees it; it fails when it is told to."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Self


class ExecutionApi:
    """Answers with these statuses, one after the other and the last one for good; its health is always good."""

    def __init__(self, *statuses: int) -> None:
        self.asked: list[int] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path.endswith("/health"):
                    self._answer(200, {"metadatabase": {"status": "healthy"}})
                    return
                status = statuses[min(len(asked), len(statuses) - 1)]
                asked.append(status)
                self._answer(status, _CONNECTION if status == 200 else _ERRORS[status])

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                content = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}/execution/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


_CONNECTION = {
    "conn_id": "zoom_default",
    "conn_type": "zoom",
    "host": None,
    "schema": None,
    "login": "sandbox-client-id",
    "password": "sandbox-client-secret",
    "port": None,
    "extra": "{}",
}
_ERRORS = {
    404: {"detail": {"reason": "not_found", "message": "Connection with ID zoom_default not found"}},
    500: {"detail": {"message": "Internal server error"}},
}
