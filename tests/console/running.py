"""An Airflow with people of every role, under a path prefix, beside a simulated Zoom: for the page's tests."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from include.launch.airflow import program
from include.launch.place import Place, free_port
from include.launch.processes import Processes
from tests.grant.installation import start_sandbox, wait_for

ROLES = ("viewer", "user", "op", "admin")
PREFIX = "/data"
SHADOWED = "zoom_shadowed"


@dataclass
class Running:
    """The API server, and what its tests do to it from outside."""

    folder: Path
    env: dict[str, str]
    sandbox: str
    processes: Processes
    tokens: dict[str, str] = field(default_factory=dict)
    open: ExitStack = field(default_factory=ExitStack)

    @property
    def address(self) -> str:
        """Airflow's own, with its prefix."""
        return self.env["AIRFLOW__API__BASE_URL"]

    @property
    def origin(self) -> str:
        """What a browser sends as Origin from Airflow's pages."""
        return self.address.removesuffix(PREFIX)

    def token(self, name: str) -> str:
        """A token of Airflow for this person."""
        if name not in self.tokens:
            body = {"username": name, "password": f"fake-{name}"}
            answer = httpx.post(f"{self.address}/auth/token", json=body, trust_env=False, timeout=60)
            self.tokens[name] = str(answer.raise_for_status().json()["access_token"])
        return self.tokens[name]

    def program(self, name: str = "admin") -> httpx.Client:
        """A program of this person: a bearer token, no cookies yet."""
        bearer = {"Authorization": f"Bearer {self.token(name)}", "Accept": "application/json"}
        return httpx.Client(base_url=self.address, headers=bearer, trust_env=False, timeout=60)

    def browser(self, name: str | None = "admin") -> "Browser":
        """A browser in which this person is signed in, without scripts."""
        http = httpx.Client(
            base_url=self.address, trust_env=False, timeout=60, headers={"Origin": self.origin}
        )
        self.open.enter_context(http)
        if name is not None:
            http.cookies.set("_token", self.token(name))
        return Browser(self, http)

    def put(self, connection_id: str, *, by: str = "admin", **extra: str) -> str:
        """A new Connection to the sandbox that nobody has authorised; its id."""
        fields = {"oauth_url": f"{self.sandbox}/oauth", "plan": "business", **extra}
        body = {
            "connection_id": connection_id,
            "conn_type": "zoom",
            "host": f"{self.sandbox}/v2",
            "login": "sandbox-client-id",
            "password": "sandbox-client-secret",
            "extra": json.dumps(fields),
        }
        with self.program(by) as http:
            http.delete(f"/api/v2/connections/{connection_id}")
            http.post("/api/v2/connections", json=body).raise_for_status()
        self.sql("DELETE FROM zoom_grant WHERE connection_id = ?", connection_id)
        return connection_id

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Runs a statement on the metadata database."""
        with closing(sqlite3.connect(self.folder / "airflow.db", timeout=30)) as connection, connection:
            return connection.execute(statement, values).fetchall()

    def generation(self, connection_id: str) -> int:
        """How often this grant was answered or consented."""
        found = self.sql("SELECT generation FROM zoom_grant WHERE connection_id = ?", connection_id)
        return int(found[0][0]) if found else 0

    def log(self) -> str:
        """What the API server has logged."""
        return self.processes.log("api-server").read_text()

    def run(self, *arguments: str, typed: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """`python -m include.grant …`, as a person types it elsewhere: without this Airflow's settings."""
        own = {name: value for name, value in self.env.items() if not name.startswith("AIRFLOW__")}
        own |= {"AIRFLOW_HOME": str(self.folder / "elsewhere"), **env}
        command = [sys.executable, "-m", "include.grant", *arguments]
        return subprocess.run(
            command, env=own, input=typed, capture_output=True, text=True, timeout=120, check=False
        )


@dataclass
class Browser:
    """What the page does, as requests; the client keeps the cookies as a browser keeps them."""

    running: Running
    http: httpx.Client

    def page(self) -> dict[str, Any]:
        """What the page is told."""
        return dict(self.http.get("/zoom/accounts").raise_for_status().json())

    def account(self, connection_id: str) -> dict[str, Any]:
        """What the page is told of one Connection."""
        return next(each for each in self.page()["accounts"] if each["connection_id"] == connection_id)

    def post(self, path: str, **form: str) -> httpx.Response:
        """A form of the page, with the page's token."""
        return self.http.post(path, data={"token": self.page()["token"], **form})

    def authorise_address(self, connection_id: str) -> str:
        """Where the Connect button leads."""
        answer = self.post(f"/zoom/accounts/{connection_id}/connect")
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def allowed(self, connection_id: str, **choices: str) -> str:
        """The address to which Zoom sends the browser back after Allow."""
        return decided(self.authorise_address(connection_id), decision="allow", **choices)

    def follow(self, address: str) -> httpx.Response:
        """Goes where Zoom sent the browser: from another site, so without Origin."""
        parts = urlsplit(address)
        path = parts.path.removeprefix(PREFIX)
        return self.http.get(f"{path}?{parts.query}", headers={"Origin": ""})

    def notice(self) -> dict[str, str]:
        """What the page says next."""
        return dict(self.page()["notice"] or {})


def decided(address: str, **choices: str) -> str:
    """Where the sandbox's authorise page leads after a choice."""
    parts = urlsplit(address)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    return str(httpx.post(page, data={**asked, **choices}, trust_env=False).headers["Location"])


def state_of(address: str) -> str:
    """The state in an address."""
    return parse_qs(urlsplit(address).query)["state"][0]


@contextmanager
def running(
    folder: Path,
    metadata_uri: str,
    settings: Mapping[str, str] | None = None,
    before: Callable[[dict[str, str]], None] = lambda _: None,
) -> Iterator[Running]:
    """Starts it, after `before` was given its environment; everything ends with the block."""
    port = free_port()
    passwords = folder / "passwords.json"
    passwords.write_text(json.dumps({role: f"fake-{role}" for role in ROLES}))
    env = Place(folder).environment(metadata_uri=metadata_uri, port=port) | {
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}{PREFIX}",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{role}:{role}" for role in ROLES),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1",
        "AIRFLOW__ZOOM__REDIRECT_URI": f"http://127.0.0.1:{port}{PREFIX}/zoom/callback",
        f"AIRFLOW_CONN_{SHADOWED.upper()}": "zoom://fake-id:fake-secret@",
        **(settings or {}),
    }
    before(env)
    with Processes(folder / "processes", grace_seconds=30) as processes, ExitStack() as stack:
        sandbox = start_sandbox(processes, env)
        command = (program("airflow"), "api-server", "--host", "127.0.0.1", "--port", str(port))
        processes.start("api-server", command, env)
        made = Running(folder, env, sandbox, processes)
        stack.push(made.open)
        wait_for(lambda: httpx.get(f"{made.address}/api/v2/version", trust_env=False).is_success, 120)
        yield made
