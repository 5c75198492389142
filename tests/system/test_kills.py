"""A task is killed outright, Airflow retries it, and the warehouse is right; nothing partial shows in between."""

import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import psutil
import psycopg2
import pytest

from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

STREAMS = ["meetings", "meeting_participants"]
DAYS_AGO = {"pull": 60, "transform": 62, "load": 64}


@contextlib.contextmanager
def table_locked(pipeline: Any, table: str) -> Iterator[None]:
    """Keeps every load out of a table while the block lasts."""
    connection = psycopg2.connect(pipeline.local.warehouse_uri)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE zoom.{table} IN EXCLUSIVE MODE")
            yield
    finally:
        connection.rollback()
        connection.close()


def kill_when_running(pipeline: Any, run: str, task_id: str) -> None:
    """SIGKILL to the very process that executes the task."""
    pid = pipeline.task_when(run, task_id, "running")["pid"]
    assert any(process.pid == pid for process in psutil.Process(os.getpid()).children(recursive=True))
    os.kill(pid, signal.SIGKILL)


def run_of(pipeline: Any, day: date) -> str:
    """A manual run of the two streams over one day."""
    return pipeline.trigger(conf={"first_day": str(day), "streams": STREAMS})


def test_a_pull_killed_between_pages_is_retried(pipeline: Any, daily: str, yesterday: date) -> None:
    """Killed while Zoom keeps a participants' page back: the retry asks what is missing and loads the truth."""
    day = yesterday - timedelta(days=DAYS_AGO["pull"])
    pipeline.sandbox("POST", "faults", json=[{"path": "/v2/past_meetings", "times": 1, "kind": "hang"}])
    run = run_of(pipeline, day)
    kill_when_running(pipeline, run, "meeting_participants.pull")
    assert pipeline.rows("SELECT 1 FROM zoom.meeting_participants WHERE _slice_date = %s", day) == []
    assert pipeline.ended(run) == "success"
    assert pipeline.tasks(run)["meeting_participants.pull"]["try_number"] == 2
    assert [differences(pipeline, table, day) for table in STREAMS] == [[], []]


def test_a_transform_killed_at_work_is_retried(pipeline: Any, daily: str, yesterday: date) -> None:
    """Killed as soon as it runs: no manifest names its files, the retry makes new ones."""
    day = yesterday - timedelta(days=DAYS_AGO["transform"])
    run = run_of(pipeline, day)
    kill_when_running(pipeline, run, "meetings.transform")
    assert pipeline.ended(run) == "success"
    assert pipeline.tasks(run)["meetings.transform"]["try_number"] == 2
    assert [differences(pipeline, table, day) for table in STREAMS] == [[], []]


def test_a_load_killed_in_its_transaction_is_retried(pipeline: Any, daily: str, yesterday: date) -> None:
    """Killed while it waits for the table: readers see the old slice, then the new one, never a part."""
    day = yesterday - timedelta(days=DAYS_AGO["load"])
    assert pipeline.ended(run_of(pipeline, day)) == "success"
    count = "SELECT count(*) AS n FROM zoom.meetings WHERE _slice_date = %s"
    before = pipeline.rows(count, day)
    with table_locked(pipeline, "meetings"):
        run = run_of(pipeline, day)
        waiting = "SELECT 1 FROM pg_locks WHERE NOT granted"
        pipeline.local.airflow.wait_for(lambda: pipeline.rows(waiting), seconds=120, what="the load to wait")
        kill_when_running(pipeline, run, "meetings.load")
        assert pipeline.rows(count, day) == before
    assert pipeline.ended(run) == "success"
    assert pipeline.tasks(run)["meetings.load"]["try_number"] == 2
    assert [differences(pipeline, table, day) for table in STREAMS] == [[], []]
