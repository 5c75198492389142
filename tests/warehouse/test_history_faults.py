"""Loads of neighbouring days at once, and a killed one: no change slice is compared with the wrong day."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from include.warehouse.load import load
from tests.warehouse.frames_of_calls import Desk, open_file
from tests.warehouse.histories import STREAM, Book, Row, changes, frames_of, history
from tests.warehouse.test_faults import with_project

A, B, C = ("id-a", "a@x.org", "member"), ("id-b", "b@x.org", "member"), ("id-c", "c@x.org", "admin")
ADA, BEN = ("id-a", "a@x.org", "admin"), ("id-b", "b@y.org", "member")
WEEK: list[list[Row]] = [[A], [A, B], [ADA, B], [ADA, BEN, C], [BEN, C], [BEN, C, A]]


def at_once(*works: Callable[[], None]) -> None:
    """Runs these on a thread each, to their end."""
    errors: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to the test, which is on another thread
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def wait_until(desk: Desk, statement: str) -> None:
    """Until the server answers true, a minute at most."""
    deadline = time.monotonic() + 60
    while desk.rows(statement) != [(True,)]:
        assert time.monotonic() < deadline, statement
        time.sleep(0.01)


def test_a_load_waits_for_its_neighbour(desk: Desk) -> None:
    """While a day's load is under way the next day's waits for it, and is compared with what that one has left."""
    book = Book()
    book.load(desk.warehouse, 0, WEEK[0])
    both = threading.Event()

    def slowly(file: object) -> object:
        both.set()
        wait_until(
            desk,
            "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = 'zoom.members_changes'::regclass AND NOT granted)",
        )
        return open_file(file)

    def next_day() -> None:
        both.wait(60)
        load(desk.warehouse, STREAM, frames_of(2, WEEK[2]), open_file)

    at_once(lambda: load(desk.warehouse, STREAM, frames_of(1, WEEK[1]), slowly), next_day)
    book.snapshots |= {1: WEEK[1], 2: WEEK[2]}
    book.attempts |= {1: 0, 2: 0}
    assert changes(desk) == book.changes()
    assert history(desk) == book.history()


def test_a_week_at_once_is_a_week_in_order(desk: Desk) -> None:
    """Six days, each loaded twice by twelve sessions at once, replaced and superseded as they come."""
    book = Book()
    loads = [(number, snapshot, attempt) for number, snapshot in enumerate(WEEK) for attempt in (1, 2)]
    barrier = threading.Barrier(len(loads))

    def work(number: int, snapshot: list[Row], attempt: int) -> None:
        frames = frames_of(number, snapshot if attempt == 2 else [C], attempt)
        barrier.wait()
        load(desk.warehouse, STREAM, frames, open_file)

    at_once(*(lambda one=one: work(*one) for one in loads))
    book.snapshots = dict(enumerate(WEEK))
    book.attempts = dict.fromkeys(range(6), 2)
    assert changes(desk) == book.changes()
    assert history(desk) == book.history()


_WRITER = """
import sys
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from tests.warehouse.histories import STREAM, frames_of

def waits(file):
    print("deleted", flush=True)
    sys.stdin.read()

load(Warehouse(sys.argv[1], "zoom"), STREAM, frames_of(1, [("id-z", "z@x.org", None)], 1), waits)
"""


@pytest.mark.processes
def test_a_killed_load_leaves_snapshots_and_history_as_they_were(desk: Desk) -> None:
    """SIGKILL while a day between two others is replaced: nothing of it is seen, and the next load gets through."""
    book = Book()
    for number in range(3):
        book.load(desk.warehouse, number, WEEK[number])
    with subprocess.Popen(
        [sys.executable, "-c", _WRITER, desk.warehouse.uri],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=with_project(),
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "deleted\n"
        writer.send_signal(signal.SIGKILL)
    assert changes(desk) == book.changes()
    book.load(desk.warehouse, 1, [B], 1)
    assert changes(desk) == book.changes()
    assert history(desk) == book.history()
