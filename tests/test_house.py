"""What keeps the tree readable: Dag and plugin files, module sizes, names, and a sentence for every test."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
TESTS = sorted((PROJECT / "tests").rglob("test_*.py"))
MODULES = sorted(file for top in ("include", "dags", "plugins") for file in (PROJECT / top).rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}


def functions(file: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a file, methods and inner ones included."""
    return [
        node
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """A function's lines without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_every_test_says_its_behaviour(file: Path) -> None:
    """Each test function has a docstring."""
    silent = [f.name for f in functions(file) if f.name.startswith("test_") and not ast.get_docstring(f)]
    assert silent == []


def test_no_module_has_a_vague_name() -> None:
    """A module's name says its concept."""
    assert [file.name for file in MODULES if file.stem in VAGUE] == []


def test_no_module_is_long() -> None:
    """A module that outgrows 320 lines has two subjects."""
    assert [str(file) for file in MODULES if len(file.read_text().splitlines()) > 320] == []


def test_functions_are_short() -> None:
    """Nine in ten functions have under 25 lines, and half have at most 8."""
    lengths = sorted(body_lines(function) for file in MODULES for function in functions(file))
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] < 25


def test_a_dag_file_is_a_schedule_and_an_order_of_tasks() -> None:
    """Dag files are short, their tasks a few lines, and nothing but declarations happens in them."""
    builder = PROJECT / "include" / "flow" / "dag.py"
    for file in (builder, *(PROJECT / "dags").glob("*.py")):
        text = file.read_text()
        assert len(text.splitlines()) <= (90 if file != builder else 120), file
        tasks = [f for f in functions(file) if any("task" in ast.unparse(d) for d in f.decorator_list)]
        assert tasks or "\nbuild_dag(" in text, file
        assert all(body_lines(task) <= 5 for task in tasks), file


def test_the_plugins_folder_holds_one_uniquely_named_file_of_a_few_lines() -> None:
    """Airflow executes every file there under its bare name, in every process."""
    files = list((PROJECT / "plugins").rglob("*.py"))
    assert [file.name for file in files] == ["zoom_plugin.py"]
    assert len(files[0].read_text().splitlines()) <= 60


PARSE = """
import socket, sys
def refuse(*_): raise AssertionError("the network is used")
socket.socket.connect = refuse
from airflow.dag_processing.dagbag import DagBag
bag = DagBag({folder!r})
print(sorted(bag.dags), bag.import_errors, sorted({{"pandas", "adbc_driver_postgresql"}} & set(sys.modules)))
"""


def test_parsing_the_dags_loads_neither_pandas_nor_the_network(airflow_home: dict[str, str]) -> None:
    """The Dag folder holds exactly these Dags, and parsing them imports nothing heavy and connects nowhere."""
    code = PARSE.format(folder=str(PROJECT / "dags"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=airflow_home, capture_output=True, text=True, check=True
    )
    assert (
        done.stdout.splitlines()[-1] == "['zoom_daily', 'zoom_grant_keeper', 'zoom_landing_retention'] {} []"
    )


def test_the_plugin_does_not_import_the_api_server_in_a_task() -> None:
    """Plugins are loaded in task processes too, where importing FastAPI costs seconds."""
    code = "import sys, runpy; runpy.run_path(sys.argv[1]); print('fastapi' in sys.modules)"
    plugin = str(PROJECT / "plugins" / "zoom_plugin.py")
    done = subprocess.run([sys.executable, "-c", code, plugin], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
