"""What a deployment does once before its services start: migrate, and make the Connections of the environment."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from include.launch.airflow import program, run_to_end
from include.launch.local import zoom_connection


def make_connections() -> int:
    """Migrates the metadata database and makes `zoom_default`, `zoom_warehouse` and `aws_default`.

    Reads WAREHOUSE_URI, or the file that WAREHOUSE_URI_FILE names, and the ZOOM_ and S3_ variables; a Connection
    that exists may hold tokens and stays as it is.
    """
    run_to_end([program("airflow"), "db", "migrate"], os.environ)
    # A file, not arguments: those can be read by every process of the machine.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(importable(os.environ), file)
        file.flush()
        command = [program("airflow"), "connections", "import", file.name]
        return subprocess.run(command, check=False).returncode  # noqa: S603 (our own command)


def importable(variables: Mapping[str, str]) -> dict[str, Any]:
    """The Connections of these variables as `airflow connections import` reads them: by id, without the id inside."""
    found: dict[str, Any] = {}
    if uri := _warehouse_uri(variables):
        found["zoom_warehouse"] = uri
    if variables.get("ZOOM_CLIENT_ID") and variables.get("ZOOM_CLIENT_SECRET"):
        connection = zoom_connection(variables)
        found[connection.pop("connection_id")] = connection
    if variables.get("S3_ACCESS_KEY_ID") and variables.get("S3_SECRET_ACCESS_KEY"):
        found["aws_default"] = _s3_connection(variables)
    return found


def _s3_connection(variables: Mapping[str, str]) -> dict[str, Any]:
    endpoint = variables.get("S3_ENDPOINT_URL")
    return {
        "conn_type": "aws",
        "login": variables["S3_ACCESS_KEY_ID"],
        "password": variables["S3_SECRET_ACCESS_KEY"],
        "extra": json.dumps({"endpoint_url": endpoint} if endpoint else {}),
    }


def _warehouse_uri(variables: Mapping[str, str]) -> str:
    file = variables.get("WAREHOUSE_URI_FILE")
    return Path(file).read_text().strip() if file else variables.get("WAREHOUSE_URI", "")
