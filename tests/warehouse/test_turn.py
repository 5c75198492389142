"""A warehouse that is a file is had by one session at a time; others wait, and one that is gone keeps nobody."""

import subprocess
import sys
from pathlib import Path

import pytest

from include.warehouse.dialects import DUCKDB
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.warehouse.session import Warehouse, ask
from include.warehouse.turn import take_turn

_HOLDS = """
import sys
from include.warehouse.turn import take_turn
lock = take_turn(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def test_who_waits_too_long_is_tried_again(tmp_path: Path) -> None:
    """The message says what is in the way, and what helps."""
    path = str(tmp_path / "warehouse.duckdb")
    lock = take_turn(path)
    with pytest.raises(TransientWarehouseError, match=r"for 0 seconds other tasks have had it.*tried again"):
        take_turn(path, seconds=0)
    lock.release()
    take_turn(path, seconds=0).release()


@pytest.mark.processes
def test_a_killed_holder_keeps_nobody(tmp_path: Path) -> None:
    """The lock ends with its process."""
    path = str(tmp_path / "warehouse.duckdb")
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(TransientWarehouseError):
            take_turn(path, seconds=0)
        holder.kill()
    take_turn(path, seconds=0).release()


def test_a_session_gives_its_turn_back(tmp_path: Path) -> None:
    """Also where it failed, and where the file could not be opened."""
    warehouse = Warehouse(str(tmp_path / "warehouse.duckdb"), "zoom", dialect=DUCKDB)
    with pytest.raises(ZeroDivisionError), warehouse.connect():
        raise ZeroDivisionError
    with warehouse.connect() as session:
        assert ask(session, "SELECT 1") == [(1,)]
    (tmp_path / "other.duckdb").write_bytes(b"no database at all, but long enough to be read as one" * 100)
    broken = Warehouse(str(tmp_path / "other.duckdb"), "zoom", dialect=DUCKDB)
    for _ in range(2):
        with pytest.raises(PermanentWarehouseError, match="Could not open the warehouse"):
            broken.connect()
