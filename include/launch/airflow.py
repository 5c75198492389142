"""A real Airflow on this machine: api-server, scheduler, dag-processor and triggerer, a process each.

`airflow standalone` ignores SIGTERM, forks 32 workers and restarts nothing; these four are healthy in about
16 seconds and end when they are told to.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from include.launch.processes import Processes

_Seen = TypeVar("_Seen")
_COMPONENTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


class LaunchError(Exception):
    """A process did not start, ended by itself, or did not do what was waited for."""


class LocalAirflow:
    """The four processes, and Airflow's public REST API as its UI uses it."""

    def __init__(self, processes: Processes, env: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.url = env["AIRFLOW__API__BASE_URL"]
        self._processes = processes
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def migrate(self) -> None:
        """Creates or upgrades the metadata database, the grant's journal included."""
        run_to_end([program("airflow"), "db", "migrate"], self.env)

    def start(self) -> None:
        """Starts the four processes; `wait_until_healthy` tells when they are ready."""
        port = self.url.rsplit(":", 1)[1]
        for name, arguments in {
            "api-server": ("api-server", "--host", "127.0.0.1", "--port", port),
            "scheduler": ("scheduler", "--skip-serve-logs"),
            "dag-processor": ("dag-processor",),
            "triggerer": ("triggerer", "--skip-serve-logs"),
        }.items():
            self._processes.start(name, (program("airflow"), *arguments), self.env)

    def wait_until_healthy(self, *, seconds: float = 180) -> None:
        """Returns when every component says it is healthy; from then on `api` is signed in."""
        self.wait_for(self._healthy, seconds=seconds, what="Airflow to be healthy")
        answer = self._http.get("/auth/token").raise_for_status()
        self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def wait_for(self, look: Callable[[], _Seen | None], *, seconds: float, what: str) -> _Seen:
        """What `look` gives once it is truthy; raises where a process died or the time is over."""
        deadline = time.monotonic() + seconds
        while not (seen := look()):
            if dead := self._processes.dead():
                raise LaunchError(
                    f"Waiting for {what}: {', '.join(dead)} ended; see {self._log_of(dead[0])}."
                )
            if time.monotonic() > deadline:
                raise LaunchError(
                    f"Waited {seconds:.0f} s for {what}; see {self._log_of('scheduler').parent}."
                )
            time.sleep(0.3)
        return seen

    def api(self, method: str, path: str, **kwargs: Any) -> Any:  # noqa: ANN401 (whatever JSON the API gives)
        """Airflow's public REST API: `path` below /api/v2; the answer's JSON."""
        answer = self._http.request(method, f"/api/v2{path}", **kwargs)
        if answer.is_error:
            raise LaunchError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    def every(self, path: str, key: str) -> list[dict[str, Any]]:
        """All items of one of the API's lists, which gives a hundred at a time at most."""
        items: list[dict[str, Any]] = []
        while True:
            page = self.api("GET", path, params={"limit": 100, "offset": len(items)})
            items += page[key]
            if not page[key] or len(items) >= page["total_entries"]:
                return items

    def put_connection(self, connection: Mapping[str, Any]) -> None:
        """Creates a Connection, or replaces the one of that id; a grant's tokens are in `extra`, so not those."""
        known = self._http.get(f"/api/v2/connections/{connection['connection_id']}")
        if known.is_success:
            self.api("PATCH", f"/connections/{connection['connection_id']}", json=dict(connection))
        else:
            self.api("POST", "/connections", json=dict(connection))

    def _healthy(self) -> bool:
        try:
            answer = self._http.get("/api/v2/monitor/health")
        except httpx.TransportError:
            return False
        return answer.is_success and all(
            (answer.json().get(name) or {}).get("status") == "healthy" for name in _COMPONENTS
        )

    def _log_of(self, name: str) -> Path:
        return self._processes.log(name)


def program(name: str) -> str:
    """A program of the environment that runs this."""
    return str(Path(sys.executable).parent / name)


def run_to_end(command: list[str], env: Mapping[str, str]) -> str:
    """What a command prints; its last lines in the error where it fails."""
    done = subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise LaunchError(f"{' '.join(command[:3])} ended with {done.returncode}:\n{tail}")
    return done.stdout
