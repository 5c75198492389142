"""Real processes for the grant's tests: a migrated metadata database, a sandbox, an API server."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from include.launch.airflow import program
from include.launch.place import Place, free_port
from include.launch.postgres import EmbeddedPostgres
from include.launch.processes import Processes

REFRESH_TOKEN = "refresh-token-of-the-first-consent"


def migrated(folder: Path) -> Path:
    """An empty metadata database on SQLite, made once and copied from then on."""
    file = folder / "template.db"
    if not file.exists():
        env = Place(folder).environment(metadata_uri=f"sqlite:///{file}", port=1)
        subprocess.run([program("airflow"), "db", "migrate"], env=env, check=True, capture_output=True)
    return file


def migrated_on(server: EmbeddedPostgres, folder: Path) -> str:
    """The name of an empty metadata database on PostgreSQL, made once and used as a template."""
    made = folder / "template.name"
    if not made.exists():
        env = Place(folder).environment(metadata_uri=server.create("grant_template"), port=1)
        subprocess.run([program("airflow"), "db", "migrate"], env=env, check=True, capture_output=True)
        made.write_text("grant_template")
    return made.read_text()


@dataclass
class Installation:
    """An Airflow without processes, whose zoom_default has the sandbox's first refresh token."""

    folder: Path
    env: dict[str, str]
    url: str
    processes: Processes

    def requests(self) -> dict[str, Any]:
        """What the sandbox was asked."""
        return dict(httpx.get(f"{self.url}/_sandbox/requests", trust_env=False).json())

    def start_api_server(self) -> str:
        """Starts a real API server with the broker; its address once it answers."""
        address = self.env["AIRFLOW__API__BASE_URL"]
        port = address.rsplit(":", 1)[1]
        command = (program("airflow"), "api-server", "--host", "127.0.0.1", "--port", port)
        self.processes.start("api-server", command, self.env)
        wait_for(lambda: httpx.get(f"{address}/api/v2/version", trust_env=False).is_success)
        return address

    def run(self, module: str, *arguments: str) -> str:
        """What a module of Python prints last, run beside this Airflow."""
        return run_module(self.env, module, *arguments)


def run_module(env: Mapping[str, str], module: str, *arguments: str) -> str:
    """What a module of Python prints last."""
    command = [sys.executable, "-m", module, *arguments]
    ended = subprocess.run(command, env=dict(env), capture_output=True, text=True, timeout=240, check=False)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return ended.stdout.strip().splitlines()[-1]


@contextmanager
def installation(folder: Path, metadata_uri: str, *sandbox: str) -> Iterator[Installation]:
    """Starts a strict sandbox and puts its Connection into this metadata database."""
    env = Place(folder).environment(metadata_uri=metadata_uri, port=free_port())
    with Processes(folder / "processes", grace_seconds=60) as processes:
        url = start_sandbox(
            processes, env, "--rotation", "strict", "--refresh-token", REFRESH_TOKEN, *sandbox
        )
        env |= {"AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1"}
        made = Installation(folder, env, url, processes)
        put_connection(env, url)
        yield made


def put_connection(
    env: Mapping[str, str],
    url: str,
    *,
    connection_id: str = "zoom_default",
    account_id: str = "sandbox-account",
    client_secret: str = "sandbox-client-secret",
    grant_type: str = "authorization_code",
) -> None:
    """Saves a Connection to the sandbox, in place of one that is there."""
    delete = [program("airflow"), "connections", "delete", connection_id]
    subprocess.run(delete, env=dict(env), check=False, capture_output=True)
    extra = {"oauth_url": f"{url}/oauth", "account_id": account_id, "grant_type": grant_type}
    if grant_type == "authorization_code":
        extra["refresh_token"] = REFRESH_TOKEN
    body = {
        "conn_type": "zoom",
        "host": f"{url}/v2",
        "login": "sandbox-client-id",
        "password": client_secret,
        "extra": extra,
    }
    command = [program("airflow"), "connections", "add", connection_id, "--conn-json", json.dumps(body)]
    subprocess.run(command, env=dict(env), check=True, capture_output=True)


def start_sandbox(processes: Processes, env: Mapping[str, str], *arguments: str) -> str:
    """The sandbox's address once it listens."""
    command = (
        sys.executable,
        "-m",
        "include.sandbox",
        "--port",
        "0",
        "--users",
        "5",
        "--no-limits",
        *arguments,
    )
    processes.start("sandbox", command, env)
    log = processes.log("sandbox")
    wait_for(lambda: log.read_text().startswith("{") and "\n" in log.read_text())
    return str(json.loads(log.read_text().splitlines()[0])["url"])


def copy_of(template: Path, folder: Path) -> str:
    """A copy of a database file; its address."""
    shutil.copy(template, folder / "airflow.db")
    return f"sqlite:///{folder / 'airflow.db'}"


def wait_for(look: Callable[[], bool], seconds: float = 60) -> None:
    """Returns when `look` says so."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if look():
                return
        except (OSError, httpx.HTTPError):
            pass
        time.sleep(0.1)
    message = f"nothing after {seconds} s"
    raise AssertionError(message)
