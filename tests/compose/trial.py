"""A running deployment with the simulated Zoom, acted on as its users do."""

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from json import dumps, loads
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx
import psycopg2

from tests.compose.deployment import Container, Deployment
from tests.compose.podman import PodmanError
from tests.rows import rows

_Seen = TypeVar("_Seen")
# What a server gives that is killed, restarts, or has not got its turn on a busy machine.
AWAY = (httpx.HTTPError, PodmanError, OSError, psycopg2.OperationalError, subprocess.TimeoutExpired)
RUNS = "/dags/zoom_daily/dagRuns"


@dataclass
class Trial:
    """Airflow's API by either of its servers, the warehouse, and the simulated Zoom's own endpoints."""

    deployment: Deployment
    _tokens: dict[str, str] = field(default_factory=dict)
    _passwords: dict[str, str] = field(default_factory=dict)

    def one(self, service: str) -> Container:
        """A service's first container."""
        return self.deployment.of(service)[0]

    def api(self, method: str, path: str, **kwargs: Any) -> Any:
        """What Airflow's public API answers, by the first server that does."""
        errors: list[Exception] = []
        for container in self.deployment.of("api-server"):
            try:
                answer = self._asked(container, method, f"/api/v2{path}", **kwargs)
                answer.raise_for_status()
                return answer.json()
            except AWAY as error:
                errors.append(error)
        raise errors[-1]

    def until(self, look: Callable[[], _Seen | None], *, seconds: float, what: str) -> _Seen:
        """What `look` gives once it is truthy; a server that is away meanwhile is no error."""
        deadline = time.monotonic() + seconds
        last = ""
        while time.monotonic() < deadline:
            try:
                if seen := look():
                    self.deployment.tell(what)
                    return seen
            except AWAY as error:
                last = f"; the last error was {error!r}"
            time.sleep(0.5)
        told = "\n".join(self.deployment.told)
        raise AssertionError(f"waited {seconds:.0f} s for: {what}{last}\n{told}\n{self._counts()}")

    def connect(self) -> None:
        """A person's consent: opens the address that the command prints, and pastes where it ended."""
        words = (
            "exec",
            "--interactive",
            self.one("api-server").name,
            "python",
            "-u",
            "-m",
            "include.grant",
            "connect",
        )
        with self.deployment.podman.begun(*words) as process:
            assert process.stdout is not None
            address = next(line.strip() for line in process.stdout if line.strip().startswith("https://"))
            said, _ = process.communicate(f"{self._allowed(address)}\n", timeout=120)
        assert process.returncode == 0, said
        self.deployment.tell("consented")

    def unpause(self) -> None:
        """Lets the daily Dag run; it is there once it was parsed."""
        self.until(
            lambda: self.api("PATCH", "/dags/zoom_daily", json={"is_paused": False}),
            seconds=120,
            what="unpaused",
        )

    def backfill(self, first: date, last: date, *, active: int = 10) -> None:
        """A backfill as the UI makes it; a Dag has one at a time, and the scheduler looks now and then if it is over."""
        ended = lambda: all(one["completed_at"] for one in self._backfills())  # noqa: E731 (a look)
        self.until(ended, seconds=180, what="no backfill under way")
        body = {
            "dag_id": "zoom_daily",
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T23:59:59Z",
            "max_active_runs": active,
            "reprocess_behavior": "none",
        }
        self.api("POST", "/backfills", json=body)

    def _backfills(self) -> list[dict[str, Any]]:
        return list(self.api("GET", "/backfills", params={"dag_id": "zoom_daily"})["backfills"])

    def runs(self, kind: str) -> list[dict[str, Any]]:
        """The Dag's runs of this kind."""
        return list(self.api("GET", RUNS, params={"limit": 100, "run_type": kind})["dag_runs"])

    def ended(self, kind: str, count: int, *, seconds: float) -> set[str]:
        """The states of all runs of a kind, once there are so many and all have ended."""

        def look() -> set[str] | None:
            states = [run["state"] for run in self.runs(kind)]
            return set(states) if len(states) == count and set(states) <= {"success", "failed"} else None

        return self.until(look, seconds=seconds, what=f"{count} {kind} runs ended")

    def tasks(self, *states: str) -> list[dict[str, Any]]:
        """Task instances of all runs in these states."""
        found = self.api("GET", f"{RUNS}/~/taskInstances", params={"limit": 100, "state": list(states)})
        return list(found["task_instances"])

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the warehouse answers."""
        return self._selected("warehouse", "zoom", query, *values)

    def journal(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the metadata database answers."""
        return self._selected("postgres", "airflow", query, *values)

    def sandbox(self, method: str, path: str, *, params: Any = None, body: Any = None) -> Any:
        """The simulated Zoom's own endpoints, asked from inside."""
        address = f"https://sandbox:8443/_sandbox/{path}" + (f"?{urlencode(params)}" if params else "")
        command = ["curl", "--silent", "--fail-with-body", "--insecure", "--request", method, address]
        if body is not None:
            command += ["--header", "Content-Type: application/json", "--data", dumps(body)]
        return loads(self.deployment.execute(self.one("sandbox").name, *command))

    def refreshing(self) -> Container | None:
        """The API server that has a connection to Zoom open: API servers ask it for nothing but tokens."""
        port = f":{8443:04X} "
        for container in self.deployment.of("api-server"):
            listed = self.deployment.execute(container.name, "cat", "/proc/net/tcp").splitlines()
            if any(port in line and line.split()[3] == "01" for line in listed[1:]):
                return container
        return None

    def container_of(self, hostname: str) -> Container:
        """The container that has this host name."""
        return next(each for each in self.deployment.containers.values() if each.hostname == hostname)

    def _allowed(self, address: str) -> str:
        """Where a browser ends; the simulated Zoom allows by itself."""
        command = (
            "curl",
            "--silent",
            "--insecure",
            "--output",
            "/dev/null",
            "--write-out",
            "%{redirect_url}",
            address,
        )
        return self.deployment.execute(self.one("sandbox").name, *command)

    def _asked(self, container: Container, method: str, path: str, **kwargs: Any) -> httpx.Response:
        url = f"http://127.0.0.1:{self.deployment.published(container.name, 8080)}"
        if container.name not in self._tokens:
            (user,) = loads(
                self.deployment.execute(container.name, "cat", "/opt/state/passwords.json")
            ).items()
            body = {"username": user[0], "password": user[1]}
            answer = httpx.post(
                f"{url}/auth/token", json=body, timeout=30, trust_env=False
            ).raise_for_status()
            self._tokens[container.name] = answer.json()["access_token"]
        headers = {"Authorization": f"Bearer {self._tokens[container.name]}"}
        return httpx.request(method, f"{url}{path}", headers=headers, timeout=30, trust_env=False, **kwargs)

    def _selected(self, service: str, name: str, query: str, *values: Any) -> list[dict[str, Any]]:
        container = self.one(service).name
        if container not in self._passwords:
            read = ("sh", "-c", 'cat "$POSTGRES_PASSWORD_FILE"')
            self._passwords[container] = self.deployment.execute(container, *read)
        return rows(
            query,
            values,
            host=self.deployment.address(container),
            dbname=name,
            user=name,
            password=self._passwords[container],
            connect_timeout=10,
        )

    def _counts(self) -> str:
        query = "SELECT run_id, task_id, state, try_number, hostname FROM task_instance WHERE state NOT IN ('success', 'skipped')"
        try:
            return "\n".join(str(row) for row in self.journal(query)[:60])
        except AWAY as error:
            return repr(error)
