"""A whole installation, started once for the tests that need a running Airflow, and acted on as the UI acts."""

import itertools
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.launch.airflow import run_to_end
from include.launch.local import Local, local
from include.launch.place import PROJECT, Place
from tests.listener import Listener
from tests.rows import rows

TOKEN_SECONDS = 20
# What these tests are about is the same for every stream; that each loads the truth is tested in one run of all.
SEVEN_STREAMS = "users groups group_members meetings meeting_participants recordings daily_usage"
_numbers = itertools.count()


@dataclass
class Pipeline:
    """The running installation, with the few things its tests do to it."""

    local: Local
    dag: str = "zoom_daily"

    @property
    def path(self) -> str:
        """Where its runs are in Airflow's API."""
        return f"/dags/{self.dag}/dagRuns"

    def trigger(self, *, conf: dict[str, Any] | None = None, logical_date: str | None = None) -> str:
        """A manual run, as the UI's form or the API makes it; its id."""
        body = {"logical_date": logical_date, "conf": conf or {}, "dag_run_id": f"manual_{next(_numbers)}"}
        return str(self.local.airflow.api("POST", self.path, json=body)["dag_run_id"])

    def backfill(self, first: date, last: date, *, active: int = 4) -> int:
        """A backfill as the UI makes it, once the one before it is called complete; its id."""
        airflow = self.local.airflow
        airflow.wait_for(
            lambda: all(
                one["completed_at"]
                for one in airflow.api("GET", "/backfills", params={"dag_id": self.dag})["backfills"]
            ),
            seconds=120,
            what="the last backfill to be called complete",
        )
        body = {
            "dag_id": self.dag,
            "from_date": f"{first}T00:00:00Z",
            "to_date": f"{last}T23:59:59Z",
            "max_active_runs": active,
            "reprocess_behavior": "none",
        }
        return int(airflow.api("POST", "/backfills", json=body)["id"])

    def clear(self, run_id: str, *task_ids: str) -> None:
        """Clears exactly these tasks of a run."""
        body = {"dry_run": False, "only_failed": False, "dag_run_id": run_id, "task_ids": list(task_ids)}
        self.local.airflow.api("POST", f"/dags/{self.dag}/clearTaskInstances", json=body)

    def runs(self, **params: Any) -> list[dict[str, Any]]:
        """Runs of the Dag."""
        return list(self.local.airflow.api("GET", self.path, params={"limit": 100, **params})["dag_runs"])

    def ended(self, run_id: str, *, seconds: float = 240) -> str:
        """A run's state once it has ended."""

        def look() -> str | None:
            state = self.local.airflow.api("GET", f"{self.path}/{run_id}")["state"]
            return state if state in {"success", "failed"} else None

        return str(self.local.airflow.wait_for(look, seconds=seconds, what=f"run {run_id} to end"))

    def tasks(self, run_id: str) -> dict[str, dict[str, Any]]:
        """A run's task instances by id."""
        found = self.local.airflow.every(f"{self.path}/{run_id}/taskInstances", "task_instances")
        return {instance["task_id"]: instance for instance in found}

    def task_when(self, run_id: str, task_id: str, state: str, *, seconds: float = 120) -> dict[str, Any]:
        """A task instance once it is in this state."""

        def look() -> dict[str, Any] | None:
            instance = self.tasks(run_id).get(task_id)
            return instance if instance and instance["state"] == state else None

        return self.local.airflow.wait_for(look, seconds=seconds, what=f"{task_id} of {run_id} to be {state}")

    def log(self, run_id: str, task_id: str, try_number: int = 1) -> str:
        """A task's log as text, errors with their messages."""
        found = self.local.airflow.api(
            "GET", f"{self.path}/{run_id}/taskInstances/{task_id}/logs/{try_number}"
        )
        return json.dumps(found["content"])

    def connection(self, name: str, **fields: Any) -> None:
        """Saves a Zoom Connection to this account, as a form does: `extra` is replaced as a whole."""
        url = self.local.sandbox_url
        extra = {"oauth_url": f"{url}/oauth", "plan": "business", **fields.pop("extra", {})}
        body = {
            "connection_id": name,
            "conn_type": "zoom",
            "host": f"{url}/v2",
            "login": "sandbox-client-id",
            "password": "sandbox-client-secret",
            **fields,
            "extra": json.dumps(extra),
        }
        self.local.airflow.put_connection(body)

    def connect(self, connection_id: str = "zoom_default") -> None:
        """A person's consent; the sandbox allows by itself."""
        command = [
            sys.executable,
            "-m",
            "include.grant",
            "connect",
            "--follow",
            "--connection",
            connection_id,
        ]
        run_to_end(command, self.local.airflow.env)

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the warehouse answers."""
        return rows(query, values, dsn=self.local.warehouse_uri)

    def sandbox(self, method: str, path: str, **kwargs: Any) -> Any:
        """The sandbox's own endpoints."""
        answer = httpx.request(
            method, f"{self.local.sandbox_url}/_sandbox/{path}", timeout=60, trust_env=False, **kwargs
        )
        return answer.raise_for_status().json()

    def requests(self) -> dict[str, Any]:
        """What the sandbox was asked since it started."""
        return dict(self.sandbox("GET", "requests"))


def dags_beside_the_projects(folder: Path, *names: str) -> str:
    """The project's Dags and these files of the tests; the folder of both."""
    shutil.copytree(PROJECT / "dags", folder)
    for name in names:
        shutil.copy(Path(__file__).with_name(name), folder)
    return str(folder)


@pytest.fixture(scope="session")
def pipeline() -> Iterator[Pipeline]:
    """Airflow, PostgreSQL and the sandbox; access tokens live 20 seconds."""
    folder = Path(tempfile.mkdtemp(prefix=f"zoom-system-{os.getpid()}-"))
    with local(
        Place(folder),
        sandbox_arguments=("--users", "12", "--seed", "11", "--token-seconds", str(TOKEN_SECONDS)),
        settings={
            "AIRFLOW__ZOOM__RETRY_DELAY_AFTER_KILL_SECONDS": "1",
            "AIRFLOW__ZOOM__STREAMS": SEVEN_STREAMS,
            "AIRFLOW__CORE__DAGS_FOLDER": dags_beside_the_projects(folder / "dags", "other_dags.py"),
            "AIRFLOW__ZOOM__CONSENT_POLL_SECONDS": "10",
            "AIRFLOW_CONN_ZOOM_SHADOWED": "zoom://fake-id:fake-secret@",
        },
    ) as running:
        yield Pipeline(running)


@pytest.fixture(scope="session")
def yesterday() -> date:
    """The last full UTC day when the tests started."""
    return datetime.now(UTC).date() - timedelta(days=1)


@pytest.fixture(scope="session")
def daily(pipeline: Pipeline, yesterday: date) -> str:
    """The scheduled run of yesterday, ended; its id."""

    def look() -> dict[str, Any] | None:
        found = pipeline.runs(run_type="scheduled")
        return found[0] if found else None

    run = pipeline.local.airflow.wait_for(look, seconds=120, what="the scheduled run")
    assert run["logical_date"].startswith(str(yesterday))
    assert pipeline.ended(run["dag_run_id"], seconds=300) == "success"
    return str(run["dag_run_id"])


@pytest.fixture
def elapsed() -> Iterator[Any]:
    """Seconds since the test began, for counting token life-times."""
    began = time.monotonic()
    return lambda: time.monotonic() - began


@pytest.fixture
def alerts(pipeline: Pipeline) -> Iterator[list[dict[str, str]]]:
    """What is posted to the Connection `zoom_alerts`, which exists while the test runs."""
    with Listener() as listener:
        pipeline.local.airflow.put_connection(
            {"connection_id": "zoom_alerts", "conn_type": "http", "host": listener.url}
        )
        yield listener.requests
        pipeline.local.airflow.api("DELETE", "/connections/zoom_alerts")
