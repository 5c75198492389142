"""What a local installation keeps, and what its processes are told."""

import json
import sys
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from include.launch.local import zoom_connection
from include.launch.place import Place
from include.launch.processes import Processes


def test_keys_are_made_once_and_are_the_owners_alone(tmp_path: Path) -> None:
    """A second start decrypts what the first one encrypted, and nobody else can."""
    place = Place(tmp_path / "installation")
    keys = place.keys()
    assert Fernet(keys["AIRFLOW__CORE__FERNET_KEY"])
    assert place.keys() == keys
    assert (place.folder / "keys.json").stat().st_mode & 0o777 == 0o600


def test_another_airflows_settings_stay_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody's shell says of another Airflow would redirect this one."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_DEFAULT", "zoom://other")
    monkeypatch.setenv("https_proxy", "http://proxy.example.com")
    env = Place(tmp_path).environment(metadata_uri="postgresql://postgres@/airflow", port=8123)
    assert env["AIRFLOW__CORE__EXECUTOR"] == "LocalExecutor"
    assert env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == "postgresql+psycopg2://postgres@/airflow"
    assert {"AIRFLOW_CONN_ZOOM_DEFAULT", "https_proxy"} & env.keys() == set()


def test_a_real_account_becomes_a_connection() -> None:
    """The ZOOM_ variables of .env; what is empty is left to the defaults."""
    made = zoom_connection(
        {
            "ZOOM_CLIENT_ID": "fake-id",
            "ZOOM_CLIENT_SECRET": "fake-secret",
            "ZOOM_GRANT_TYPE": "account_credentials",
            "ZOOM_ACCOUNT_ID": "fake-account",
        }
    )
    assert json.loads(made.pop("extra")) == {
        "grant_type": "account_credentials",
        "account_id": "fake-account",
        "plan": "pro",
    }
    assert made == {
        "connection_id": "zoom_default",
        "conn_type": "zoom",
        "host": None,
        "login": "fake-id",
        "password": "fake-secret",
    }


@pytest.mark.processes
def test_processes_end_with_their_children_even_when_they_do_not_want_to(tmp_path: Path) -> None:
    """A group that ignores SIGTERM is killed, what it started with it."""
    code = (
        "import signal, subprocess, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "print(child.pid, flush=True); time.sleep(600)"
    )
    with Processes(tmp_path, grace_seconds=0.2) as processes:
        processes.start("stubborn", [sys.executable, "-c", code], {})
        deadline = time.monotonic() + 30
        while not (told := processes.log("stubborn").read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert processes.dead() == []
    child = Path(f"/proc/{int(told)}/stat")
    while child.exists() and child.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert time.monotonic() < deadline
