"""What `python -m include.launch init` leaves in a metadata database."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from include.launch.airflow import program
from include.launch.init import importable
from include.launch.place import Place

pytestmark = pytest.mark.processes

VARIABLES = {
    "S3_ACCESS_KEY_ID": "",
    "S3_ENDPOINT_URL": "",
    "S3_SECRET_ACCESS_KEY": "",
    "WAREHOUSE_URI": "postgres://zoom:fake-word@warehouse/zoom",
    "ZOOM_ACCOUNT_ID": "",
    "ZOOM_API_URL": "",
    "ZOOM_CLIENT_ID": "fake-id",
    "ZOOM_CLIENT_SECRET": "fake-secret",
    "ZOOM_GRANT_TYPE": "authorization_code",
    "ZOOM_OAUTH_URL": "",
    "ZOOM_PLAN": "business",
}


@pytest.fixture
def env(metadata_on: Callable[[str], str], tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow with a migrated metadata database."""
    return Place(tmp_path).environment(metadata_uri=metadata_on("sqlite"), port=1)


def init(env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command of the compose file's service, to its end."""
    command = [sys.executable, "-m", "include.launch", "init"]
    return subprocess.run(command, env=dict(env), capture_output=True, text=True, check=False)


def connections(env: Mapping[str, str], folder: Path) -> dict[str, dict[str, Any]]:
    """All Connections as Airflow itself exports them."""
    file = folder / "exported.json"
    command = [program("airflow"), "connections", "export", str(file)]
    subprocess.run(command, env=dict(env), check=True, capture_output=True)
    return dict(json.loads(file.read_text()))


def test_a_first_start_makes_both_connections(env: dict[str, str], tmp_path: Path) -> None:
    """As .env says: the Zoom app with what is not empty, and the warehouse."""
    done = init(env | VARIABLES)
    assert done.returncode == 0, done.stdout + done.stderr
    made = connections(env, tmp_path)
    zoom, warehouse = made["zoom_default"], made["zoom_warehouse"]
    assert (zoom["conn_type"], zoom["login"], zoom["password"]) == ("zoom", "fake-id", "fake-secret")
    assert json.loads(zoom["extra"]) == {"grant_type": "authorization_code", "plan": "business"}
    address = (warehouse["conn_type"], warehouse["host"], warehouse["schema"])
    assert address == ("postgres", "warehouse", "zoom")


def test_a_later_start_leaves_a_connection_with_tokens_alone(env: dict[str, str], tmp_path: Path) -> None:
    """Whatever .env says by then; what is missing is made."""
    consented = {"refresh_token": "fake-token-of-a-consent", "plan": "pro"}
    add = [program("airflow"), "connections", "add", "zoom_default", "--conn-json"]
    connection = {"conn_type": "zoom", "login": "fake-id", "password": "fake-secret", "extra": consented}
    subprocess.run([*add, json.dumps(connection)], env=env, check=True, capture_output=True)
    done = init(env | VARIABLES | {"ZOOM_CLIENT_SECRET": "another-fake-secret"})
    assert done.returncode == 0, done.stdout + done.stderr
    made = connections(env, tmp_path)
    assert json.loads(made["zoom_default"]["extra"]) == consented
    assert made["zoom_default"]["password"] == "fake-secret"
    assert "zoom_warehouse" in made


def test_without_an_account_only_the_warehouse_is_made(env: dict[str, str], tmp_path: Path) -> None:
    """The account is added on the page then; the warehouse's address may stand in a file."""
    file = tmp_path / "uri"
    file.write_text("postgres://zoom:fake-word@warehouse/zoom\n")
    done = init(env | {"WAREHOUSE_URI_FILE": str(file), "ZOOM_CLIENT_ID": "", "ZOOM_CLIENT_SECRET": ""})
    assert done.returncode == 0, done.stdout + done.stderr
    made = connections(env, tmp_path)
    assert sorted(name for name in made if name.startswith("zoom")) == ["zoom_warehouse"]
    assert made["zoom_warehouse"]["password"] == "fake-word"


def test_an_object_store_of_one_s_own_gets_a_connection(env: dict[str, str], tmp_path: Path) -> None:
    """Landing's address names it; without an address of the store it is Amazon's."""
    store = {"S3_ACCESS_KEY_ID": "fake-key", "S3_SECRET_ACCESS_KEY": "fake-word"}
    done = init(env | VARIABLES | store | {"S3_ENDPOINT_URL": "http://s3:5000"})
    assert done.returncode == 0, done.stdout + done.stderr
    made = connections(env, tmp_path)["aws_default"]
    assert (made["conn_type"], made["login"], made["password"]) == ("aws", "fake-key", "fake-word")
    assert json.loads(made["extra"]) == {"endpoint_url": "http://s3:5000"}
    assert json.loads(importable(store)["aws_default"]["extra"]) == {}
