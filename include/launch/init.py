"""What a deployment does once before its services start: migrate, and make the Connections of the environment."""

import json
import os
import subprocess
import tempfile
from typing import Any

from include.launch.airflow import program, run_to_end
from include.launch.local import zoom_connection


def make_connections() -> int:
    """Migrates the metadata database and makes `zoom_default` and `zoom_warehouse`, never over existing ones.

    Reads WAREHOUSE_URI and the ZOOM_ variables; a Connection that exists may hold tokens and stays as it is.
    """
    run_to_end([program("airflow"), "db", "migrate"], os.environ)
    connections: dict[str, Any] = {}
    if uri := os.environ.get("WAREHOUSE_URI"):
        connections["zoom_warehouse"] = uri
    if os.environ.get("ZOOM_CLIENT_ID") and os.environ.get("ZOOM_CLIENT_SECRET"):
        connections["zoom_default"] = zoom_connection(os.environ)
    # A file, not arguments: those can be read by every process of the machine.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(connections, file)
        file.flush()
        command = [program("airflow"), "connections", "import", file.name]
        return subprocess.run(command, check=False).returncode  # noqa: S603 (our own command)
