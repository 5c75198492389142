"""The same installation with a file of DuckDB for its warehouse: tasks load in turns, and one is killed in its turn."""

import contextlib
import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.system.conftest import SEVEN_STREAMS, Pipeline
from tests.system.test_runs import TABLES
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

DAYS_AGO = 12


@dataclass
class InFile(Pipeline):
    """An installation that loads into this file."""

    file: str = ""

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What the warehouse answers, once no task has it."""
        with duckdb.connect(self.file, read_only=True) as connection:
            found = connection.execute(query.replace("%s", "?"), values)
            read = [json.loads if type_ == "JSON" else None for _, type_, *_ in found.description]
            names = [name for name, *_ in found.description]
            return [
                {
                    name: as_read(value) if as_read and value is not None else value
                    for name, as_read, value in zip(names, read, row, strict=True)
                }
                for row in found.fetchall()
            ]

    def holder(self) -> int | None:
        """The process whose turn it is."""
        lock = Path(f"{self.file}.lock")
        inode = lock.stat().st_ino if lock.exists() else None
        held = (line.split() for line in Path("/proc/locks").read_text().splitlines())
        return next((int(pid) for _, _, _, _, pid, of, *_ in held if of.endswith(f":{inode}")), None)

    def kill_a_load(self, run: str) -> str | None:
        """SIGKILL to a load of a run in its turn, which is halted first, so that it does not end its turn meanwhile."""
        if (pid := self.holder()) is None:
            return None
        sent = signal.SIGCONT
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                tasks = self.tasks(run).items() if self.holder() == pid else ()
                loads = [name for name, task in tasks if task["pid"] == pid and name.endswith(".load")]
                sent = signal.SIGKILL if loads else signal.SIGCONT
            finally:
                os.kill(pid, sent)
            return loads[0] if loads else None
        return None


@pytest.fixture
def in_file(pipeline: Pipeline, daily: str, tmp_path: Path) -> Iterator[InFile]:
    """The installation, whose Connection `zoom_warehouse` leads to a file that is not there yet."""
    assert daily
    airflow = pipeline.local.airflow
    before = airflow.api("GET", "/connections/zoom_warehouse")
    path = str(tmp_path / "warehouse.duckdb")
    airflow.put_connection({"connection_id": "zoom_warehouse", "conn_type": "duckdb", "host": path})
    yield InFile(pipeline.local, file=path)
    kept = ("connection_id", "conn_type", "host", "port", "login", "schema")
    airflow.put_connection({name: before[name] for name in kept})


def test_a_run_into_a_file_loads_the_truth(in_file: InFile, yesterday: date) -> None:
    """Seven streams load in turns; the process of a load is killed in its turn, which goes to the others at once."""
    day = yesterday - timedelta(days=DAYS_AGO)
    run = in_file.trigger(conf={"first_day": str(day)})
    killed = in_file.local.airflow.wait_for(
        lambda: in_file.kill_a_load(run), seconds=240, what="a load to have its turn"
    )
    assert in_file.ended(run, seconds=600) == "success"
    tries = {name: task["try_number"] for name, task in in_file.tasks(run).items() if name.endswith(".load")}
    once = {f"{stream}.load": 1 for stream in SEVEN_STREAMS.split()}
    assert {name: number for name, number in tries.items() if number} == once | {killed: 2}
    assert {table: differences(in_file, table, day) for table in TABLES} == {table: [] for table in TABLES}
