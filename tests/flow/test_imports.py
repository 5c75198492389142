"""What is loaded where: Dags are parsed without Arrow, and neither a pull nor a load loads pandas."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.warehouse.frames_of_calls import CALLS, a_file

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
from include.warehouse.load import load
from include.warehouse.session import Warehouse, ask
from tests.warehouse.frames_of_calls import CALLS, DAY, File, Frames, a_stream
before = "pandas" in sys.modules
warehouse = Warehouse(sys.argv[1], "zoom")
frames = Frames([File("calls", DAY, "calls.parquet", 1)])
load(warehouse, a_stream(CALLS), frames, lambda _: open(sys.argv[2], "rb"))
with warehouse.connect() as connection:
    ((rows,),) = ask(connection, "SELECT count(*) FROM zoom.calls")
print(rows, before, "pandas" in sys.modules)
"""
AFTERWARDS = """
import sys
from include.warehouse.session import Warehouse
Warehouse(sys.argv[1], "zoom").connect().close()
import pandas as pd
import pyarrow as pa
frame = pa.table({"number": pa.array([1, None], pa.int64())}).to_pandas(types_mapper=pd.ArrowDtype)
print(pa.array(frame["number"]).to_pylist(), frame["number"].dtype)
"""
PARSE = """
import sys
import airflow.sdk
before = set(sys.modules)
import include.flow.dag
print(sorted({"pandas", "pyarrow", "numpy", "adbc_driver_manager", "jwt", "aiohttp"} & (set(sys.modules) - before)))
"""
WITHOUT_AIRFLOW = """
import sys
import benchmarks.peers.ours
import include.flow.frame_files, include.flow.publish, include.warehouse.forgetting
print(sorted(name for name in sys.modules if name.partition(".")[0] == "airflow"))
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


def test_who_has_no_airflow_need_not_load_it() -> None:
    """Landing, framing and loading take a second less where no task's process has paid it anyway."""
    assert last_line(WITHOUT_AIRFLOW) == "[]"


def test_a_pull_never_loads_pandas(tmp_path: Path) -> None:
    """Neither by its imports nor while it pulls into landing."""
    assert last_line(PULL, str(tmp_path)) == "30 False"


def test_a_load_never_loads_pandas(new_database: Callable[[], str], tmp_path: Path) -> None:
    """Neither by its imports nor while it loads, though pyarrow looks for pandas at each value it is given."""
    file = tmp_path / "calls.parquet"
    file.write_bytes(a_file(CALLS, [{"number": 1, "name": "Ann"}]).content)
    assert last_line(LOAD, new_database(), str(file)) == "1 False False"


def test_pandas_is_there_for_who_needs_it_after_the_driver(new_database: Callable[[], str]) -> None:
    """A load that makes its frames anew types them as a transform does: an Arrow column comes back as one."""
    assert last_line(AFTERWARDS, new_database()) == "[1, None] int64[pyarrow]"
