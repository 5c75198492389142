"""A whole installation on this machine: PostgreSQL, Airflow, and a simulated or the real Zoom account."""

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from include.launch.airflow import LaunchError, LocalAirflow, run_to_end
from include.launch.place import Place, free_port
from include.launch.postgres import EmbeddedPostgres
from include.launch.processes import Processes

Say = Callable[[str], None]
_WAREHOUSE = "warehouse"
SANDBOX_SETTINGS = {
    "AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1",
    # Nobody is redirected there: the consent takes the address as the sandbox answers it.
    "AIRFLOW__ZOOM__REDIRECT_URI": "https://airflow.example.com/zoom/callback",
}


@dataclass(frozen=True)
class Local:
    """What runs: Airflow with its Connections, the warehouse's address, the sandbox's where there is one."""

    airflow: LocalAirflow
    processes: Processes
    warehouse_uri: str
    sandbox_url: str | None


@contextmanager
def local(
    place: Place,
    *,
    zoom: Mapping[str, str] | None = None,
    sandbox_arguments: Sequence[str] = (),
    settings: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> Iterator[Local]:
    """Starts everything, makes the Connections and, with the sandbox, consents; ends everything after the block.

    `zoom` holds the ZOOM_ variables of a real account; without it a sandbox stands in. `settings` are added to
    the environment of Airflow's processes.
    """
    with ExitStack() as stack:
        say("Starting PostgreSQL …")
        postgres = EmbeddedPostgres(place.postgres_folder)
        stack.callback(postgres.stop)
        processes = stack.enter_context(Processes(place.folder / "processes"))
        env = place.environment(metadata_uri=postgres.create("airflow"), port=free_port()) | dict(
            settings or {}
        )
        sandbox_url = None if zoom else _start_sandbox(processes, env, sandbox_arguments)
        env |= _sandbox_settings(env) if sandbox_url else {}
        airflow = stack.enter_context(LocalAirflow(processes, env))
        say("Migrating Airflow's metadata database …")
        airflow.migrate()
        say("Starting Airflow …")
        airflow.start()
        airflow.wait_until_healthy()
        warehouse_uri = postgres.create(_WAREHOUSE)
        airflow.put_connection(_warehouse_connection(postgres))
        airflow.put_connection(zoom_connection(zoom) if zoom else _sandbox_connection(str(sandbox_url)))
        if sandbox_url:
            say("Consenting to the sandbox …")
            run_to_end([sys.executable, "-m", "include.grant", "connect", "--follow"], env)
        yield Local(airflow, processes, warehouse_uri, sandbox_url)


def zoom_connection(zoom: Mapping[str, str]) -> dict[str, Any]:
    """The Connection `zoom_default` from ZOOM_ variables."""
    extra = {
        "grant_type": zoom.get("ZOOM_GRANT_TYPE", "authorization_code"),
        "account_id": zoom.get("ZOOM_ACCOUNT_ID", ""),
        "oauth_url": zoom.get("ZOOM_OAUTH_URL", ""),
        "plan": zoom.get("ZOOM_PLAN", "pro"),
    }
    return {
        "connection_id": "zoom_default",
        "conn_type": "zoom",
        "host": zoom.get("ZOOM_API_URL") or None,
        "login": zoom["ZOOM_CLIENT_ID"],
        "password": zoom["ZOOM_CLIENT_SECRET"],
        "extra": json.dumps({name: value for name, value in extra.items() if value}),
    }


def _sandbox_connection(url: str) -> dict[str, Any]:
    return {
        "connection_id": "zoom_default",
        "conn_type": "zoom",
        "host": f"{url}/v2",
        "login": "sandbox-client-id",
        "password": "sandbox-client-secret",
        "extra": json.dumps({"oauth_url": f"{url}/oauth", "plan": "business"}),
    }


def _sandbox_settings(env: Mapping[str, str]) -> dict[str, str]:
    """With a redirect address that is this Airflow's own, so that its page connects."""
    redirect_uri = f"{env['AIRFLOW__API__BASE_URL']}/zoom/callback"
    return SANDBOX_SETTINGS | {"AIRFLOW__ZOOM__REDIRECT_URI": redirect_uri}


def _warehouse_connection(postgres: EmbeddedPostgres) -> dict[str, Any]:
    return {
        "connection_id": "zoom_warehouse",
        "conn_type": "postgres",
        "host": postgres.socket_folder,
        "port": postgres.port,
        "login": "postgres",
        "schema": _WAREHOUSE,
    }


def _start_sandbox(processes: Processes, env: Mapping[str, str], arguments: Sequence[str]) -> str:
    command = [
        sys.executable,
        "-m",
        "include.sandbox",
        "--port",
        "0",
        "--plan",
        "business",
        "--allow",
        *arguments,
    ]
    log = processes.log("sandbox")
    log.unlink(missing_ok=True)
    process = processes.start("sandbox", command, env)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("{"):
                return str(json.loads(line)["url"])
        time.sleep(0.1)
    raise LaunchError(f"The sandbox did not start; see {log}.")
