"""What is loaded where: Dags are parsed without Arrow, and a pull never loads pandas."""

import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[2]
PULL = """
import asyncio
import sys
import include.flow.pull
from include.landing import Landing
from include.zoom.catalog.users import USERS
from include.zoom.pull import pull
from tests.zoom.simulated import TODAY, Simulated
attempt = Landing(f"file://{sys.argv[1]}").begin("account", USERS, days=())
counts = asyncio.run(pull(USERS, [], Simulated().client, sink=attempt, today=TODAY))
print(attempt.finish(counts).counts["records"], "pandas" in sys.modules)
"""
LOAD = """
import sys
import include.flow.load
print("pandas" in sys.modules)
"""
PARSE = """
import sys
import airflow.sdk
before = set(sys.modules)
import include.flow.dag
print(sorted({"pandas", "pyarrow", "numpy", "adbc_driver_manager", "jwt", "aiohttp"} & (set(sys.modules) - before)))
"""


def last_line(code: str, *arguments: str) -> str:
    """What a process of its own prints last."""
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_parsing_a_dag_loads_nothing_that_only_tasks_need() -> None:
    """Neither Arrow nor the warehouse's driver, nor what signs and what speaks HTTP."""
    assert last_line(PARSE) == "[]"


def test_a_pull_never_loads_pandas(tmp_path: Path) -> None:
    """Neither by its imports nor while it pulls into landing."""
    assert last_line(PULL, str(tmp_path)) == "30 False"


def test_a_load_imports_no_pandas() -> None:
    """Its driver does, at the first value that a statement is given: pyarrow looks whether it is one of pandas's."""
    assert last_line(LOAD) == "False"
