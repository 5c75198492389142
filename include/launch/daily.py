"""The daily run of a local installation: followed while it goes, told as a table when it is done."""

import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg2
from psycopg2 import sql
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from include.launch.airflow import LaunchError
from include.launch.local import Local

DAG = "zoom_daily"
_IDLE = {True: "done", False: "waiting for a worker"}
_ENDED = {"success", "failed", "skipped", "upstream_failed", "removed"}
_RUNS = f"/dags/{DAG}/dagRuns"


def daily_run(running: Local, console: Console, *, seconds: float = 900) -> None:
    """Waits for the scheduled run of the last full day, which a new installation's scheduler makes by itself.

    A run that failed before is cleared, so that it goes on where it stopped. Raises `LaunchError` where it
    fails.
    """
    airflow = running.airflow
    run = airflow.wait_for(lambda: _newest_run(running), seconds=120, what=f"the Dag {DAG} to be scheduled")
    if run["state"] == "failed":
        airflow.api(
            "POST", f"{_RUNS}/{run['dag_run_id']}/clear", json={"dry_run": False, "only_failed": True}
        )
    console.print(f"Run [bold]{run['dag_run_id']}[/bold]")
    with _bar(console) as progress:
        task = progress.add_task("tasks", total=None)
        state = airflow.wait_for(
            lambda: _state_when_ended(running, run["dag_run_id"], progress, task),
            seconds=seconds,
            what="the run",
        )
    if state != "success":
        failed = ", ".join(_in_state(_tasks(running, run["dag_run_id"]), "failed"))
        raise LaunchError(
            f"The run failed in {failed}. Their logs: {airflow.env['AIRFLOW__LOGGING__BASE_LOG_FOLDER']}"
        )


def warehouse_table(uri: str, schema: str = "zoom") -> Table:
    """What is in the warehouse: each table with its rows and days."""
    shown = Table("warehouse table", "rows", "days", "from", "to", title=f"Schema {schema}")
    with contextlib.closing(psycopg2.connect(uri)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT table_name FROM {schema}.slices ORDER BY 1")  # noqa: S608 (our own name)
        for (name,) in cursor.fetchall():
            cursor.execute(_COUNTED.format(sql.Identifier(schema, name)))
            rows, days, first, last = cursor.fetchone() or (0, 0, None, None)
            shown.add_row(f"{schema}.{name}", f"{rows:,}", str(days), str(first or ""), str(last or ""))
    return shown


_COUNTED = sql.SQL("SELECT count(*), count(DISTINCT _slice_date), min(_slice_date), max(_slice_date) FROM {}")


def _newest_run(running: Local) -> dict[str, Any] | None:
    try:
        found = running.airflow.api(
            "GET", _RUNS, params={"run_type": "scheduled", "order_by": "-logical_date", "limit": 1}
        )
    except LaunchError:  # the Dag is not parsed yet
        return None
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    runs = [run for run in found["dag_runs"] if run["logical_date"].startswith(str(yesterday))]
    return runs[0] if runs else None


def _state_when_ended(running: Local, run_id: str, progress: Progress, task: Any) -> str | None:  # noqa: ANN401
    tasks = _tasks(running, run_id)
    done = sum(instance["state"] in _ENDED for instance in tasks)
    busy = ", ".join(_in_state(tasks, "running"))
    progress.update(
        task, completed=done, total=len(tasks) or None, description=busy or _IDLE[done == len(tasks)]
    )
    state = str(running.airflow.api("GET", f"{_RUNS}/{run_id}")["state"])
    return state if state in {"success", "failed"} else None


def _tasks(running: Local, run_id: str) -> list[dict[str, Any]]:
    return running.airflow.every(f"{_RUNS}/{run_id}/taskInstances", "task_instances")


def _in_state(tasks: Iterable[dict[str, Any]], state: str) -> list[str]:
    return [instance["task_id"] for instance in tasks if instance["state"] == state]


def _bar(console: Console) -> Progress:
    return Progress(BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), console=console)
