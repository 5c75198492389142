"""What every warehouse must do with several writers, with a killed one, and with a commit whose reply is lost."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError

from include.warehouse import load as load_module
from include.warehouse.errors import TransientWarehouseError
from include.warehouse.load import load
from tests.warehouse.contract.house import House
from tests.warehouse.frames_of_calls import CALLS, DAY, Frames, a_file, a_stream, numbers, open_file

pytestmark = pytest.mark.timeout(900)  # each writer is a process that imports Arrow
WRITERS = 6
_WRITER = """
import sys
from include.warehouse.dialects import DIALECTS
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from tests.warehouse.frames_of_calls import *

uri, name, number, halts = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "halts"
warehouse = Warehouse(uri, "zoom", dialect=next(dialect for dialect in DIALECTS if dialect.name == name))
files = [a_file(CALLS, numbers(*range(number * 10))), a_file(LEGS, numbers(number))]

def opened(file):
    if halts:
        print("deleted", flush=True)
        sys.stdin.read()
    return open_file(file)

print("ready", flush=True)
sys.stdin.readline()
load(warehouse, a_stream(), Frames(files, attempt_id=f"{number:02}", load_id=f"load-{number}"), opened)
"""


def writer(house: House, number: int, *, halts: bool = False) -> "subprocess.Popen[str]":
    """A process that loads so many tens of calls when it is told to; one that halts does so after the delete."""
    started = subprocess.Popen(
        [
            sys.executable,
            "-c",
            _WRITER,
            house.warehouse.uri,
            house.warehouse.dialect.name,
            f"{number}",
            "halts" if halts else "",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(["", *sys.path])},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def go(started: "subprocess.Popen[str]") -> None:
    """Tells a writer to begin."""
    assert started.stdin is not None
    started.stdin.write("go\n")
    started.stdin.flush()


@pytest.mark.processes
def test_writers_of_one_slice(house: House) -> None:
    """Six processes load one slice at once: the newest extraction stays, whole, whoever comes last."""
    writers = [writer(house, number) for number in range(1, WRITERS + 1)]
    for started in writers:
        go(started)
    for started in writers:
        started.communicate()
    assert [started.returncode for started in writers] == [0] * WRITERS
    assert house.rows("SELECT count(*), count(DISTINCT number) FROM zoom.calls") == [(60, 60)]
    assert house.rows("SELECT number FROM zoom.legs") == [(6,)]
    assert house.rows("SELECT DISTINCT load_id FROM zoom.slices") == [("load-6",)]


@pytest.mark.processes
def test_a_killed_writer_leaves_the_old_slice(house: House) -> None:
    """SIGKILL between delete and commit: the old rows are there, for readers all the time, and the next load gets through."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))], attempt_id="0"), open_file)
    with writer(house, 2, halts=True) as killed:
        go(killed)
        assert killed.stdout is not None
        assert killed.stdout.readline() == "deleted\n"
        if not house.warehouse.dialect.is_file:  # who reads a file waits
            assert house.rows("SELECT number FROM zoom.calls") == [(1,)]
        killed.send_signal(signal.SIGKILL)
    assert house.rows("SELECT number FROM zoom.calls") == [(1,)]
    assert house.rows("SELECT DISTINCT attempt_id FROM zoom.slices") == [("0",)]
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(3))], attempt_id="3"), open_file)
    assert house.rows("SELECT number FROM zoom.calls") == [(3,)]


@dataclass
class _Losing:
    """A connection that ends at its commit: before the server did it, or after."""

    connection: Any
    commits: bool

    def commit(self) -> None:
        """Does it or not, and tells nothing."""
        if self.commits:
            self.connection.commit()
        raise OperationalError("the reply was lost", status_code=AdbcStatusCode.IO)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


@pytest.mark.parametrize("commits", [True, False], ids=["done", "not done"])
def test_a_commit_whose_reply_is_lost(
    house: House, monkeypatch: pytest.MonkeyPatch, *, commits: bool
) -> None:
    """Where it was done the load may know; else it is tried again, and either way the slice is there once."""
    load(house.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))], attempt_id="0"), open_file)
    original = load_module._SliceLoad._commit

    def commit(self: Any) -> bool:
        self.connection = replace(self.connection, connection=_Losing(self.connection.connection, commits))
        return original(self)

    frames = Frames([a_file(CALLS, numbers(2))], attempt_id="1")
    with monkeypatch.context() as patched:
        patched.setattr(load_module._SliceLoad, "_commit", commit)
        if commits and not house.warehouse.dialect.is_file:
            assert load(house.warehouse, a_stream(), frames, open_file).applied == [DAY]
        else:
            with pytest.raises(TransientWarehouseError, match="load calls of 2026-11-01"):
                load(house.warehouse, a_stream(), frames, open_file)
    assert house.rows("SELECT number FROM zoom.calls") == [(2 if commits else 1,)]
    load(house.warehouse, a_stream(), frames, open_file)
    assert house.rows("SELECT number FROM zoom.calls") == [(2,)]
    assert house.rows("SELECT table_name, attempt_id FROM zoom.slices ORDER BY 1") == [
        ("calls", "1"),
        ("legs", "1"),
    ]
