"""`python -m include.launch run | up | connect | init`: what `make run`, `make up` and the compose file call."""

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from dotenv import dotenv_values
from rich.console import Console

from include.launch.airflow import LaunchError
from include.launch.daily import daily_run, warehouse_table
from include.launch.init import make_connections
from include.launch.local import SANDBOX_SETTINGS, Local, local
from include.launch.place import PROJECT, Place
from include.launch.postgres import EmbeddedPostgres

_console = Console(highlight=False)
_SANDBOX_SIZE = ("--users", "25", "--seed", "7")


def main() -> int:
    """Does what the first argument says; 1 with a sentence where it could not."""
    parser = argparse.ArgumentParser(prog="python -m include.launch", description=__doc__)
    parser.add_argument("command", choices=("run", "up", "connect", "init"))
    command = parser.parse_args().command
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return {"run": _run, "up": _up, "connect": _connect, "init": make_connections}[command]()
    except LaunchError as error:
        _console.print(f"[red]{error}[/red]")
        return 1
    except KeyboardInterrupt:
        _console.print("Stopped.")
        return 130


def _run() -> int:
    with _installation() as running:
        _consent_where_needed(running)
        daily_run(running, _console)
        _console.print(warehouse_table(running.warehouse_uri))
    _console.print("Look at it in Airflow's UI, backfill and rerun: [bold]make up[/bold]")
    return 0


def _up() -> int:
    with _installation() as running:
        _consent_where_needed(running)
        _console.print(f"Airflow: [bold]{running.airflow.url}[/bold]  (Ctrl-C ends it)")
        _console.print(f"Warehouse: psql '{running.warehouse_uri}'", soft_wrap=True)
        if running.sandbox_url:
            _console.print(f"Sandbox: {running.sandbox_url}")
        threading.Event().wait()
    return 0


def _installation() -> AbstractContextManager[Local]:
    settings = _consent_settings()
    return local(
        _place(), zoom=_zoom(), sandbox_arguments=_SANDBOX_SIZE, settings=settings, say=_console.print
    )


def _connect() -> int:
    """The first consent for `zoom_default` of this installation, on the command line."""
    place = _place()
    postgres = EmbeddedPostgres(place.postgres_folder)
    try:
        env = place.environment(metadata_uri=postgres.uri("airflow"), port=0) | _consent_settings()
        return subprocess.run(_CONNECT, env=env, check=False).returncode  # noqa: S603 (our own command)
    finally:
        postgres.stop()


_CONNECT = (sys.executable, "-m", "include.grant", "connect")


def _consent_where_needed(running: Local) -> None:
    """Asks for the consent of a real account that was never given; it is given once."""
    connection = running.airflow.api("GET", "/connections/zoom_default")
    if '"account_credentials"' in (connection["extra"] or "") or "refresh_token" in (
        connection["extra"] or ""
    ):
        return
    _console.print("This Zoom app was never authorised here. It takes a browser, once:")
    if subprocess.run(_CONNECT, env=running.airflow.env | _consent_settings(), check=False).returncode != 0:  # noqa: S603
        raise LaunchError("Without consent there is nothing to pull; `make run` asks again.")


def _place() -> Place:
    return Place(PROJECT / ".local" / ("zoom" if _zoom() else "sandbox"))


def _zoom() -> Mapping[str, str] | None:
    """The real account's ZOOM_ variables from .env and the environment; None without a client id and secret."""
    found: dict[str, Any] = {**dotenv_values(PROJECT / ".env"), **os.environ}
    zoom = {name: value for name, value in found.items() if name.startswith("ZOOM_") and value}
    return zoom if {"ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"} <= zoom.keys() else None


def _consent_settings() -> dict[str, str]:
    zoom = _zoom()
    if zoom is None:
        return SANDBOX_SETTINGS
    redirect_uri = zoom.get("ZOOM_REDIRECT_URI")
    return {"AIRFLOW__ZOOM__REDIRECT_URI": redirect_uri} if redirect_uri else {}


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
