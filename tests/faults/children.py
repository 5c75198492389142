"""Processes of a test's own, which it stops, kills and wakes: forked from a server that has imported Airflow."""

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, Self

import psutil

from tests.faults.work import Order, Told, run

SECONDS = 90.0
_SERVER = multiprocessing.get_context("forkserver")
# pytest too: a child imports its parent's main module.
_SERVER.set_forkserver_preload(["pytest", "tests.faults.work"])


@dataclass
class Child:
    """One process and what it says."""

    process: ForkServerProcess
    pipe: Connection
    log: Path
    said: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """The process's own."""
        return int(self.process.pid or 0)

    def go(self) -> Self:
        """Gives the word to begin."""
        self.until("ready")
        self.pipe.send("go")
        return self

    def until(self, kind: str, times: int = 1, seconds: float = SECONDS) -> Any:
        """What the process says when it says this, for so many times from now on."""
        end = time.monotonic() + seconds
        while times:
            assert self.pipe.poll(max(0.0, end - time.monotonic())), f"no {kind}; see {self.log}"
            try:
                said = self.pipe.recv()
            except EOFError:
                raise AssertionError(f"ended before {kind}: {self.log.read_text()[-3000:]}") from None
            self.said.append(said)
            times -= said[0] == kind
        return said[1]

    def heard(self) -> list[tuple[str, Any]]:
        """Everything it has said by now."""
        with contextlib.suppress(EOFError, ConnectionResetError):
            while self.pipe.poll():
                self.said.append(self.pipe.recv())
        return self.said

    def within(self, seconds: float) -> bool:
        """Whether it says something in this time."""
        return self.pipe.poll(seconds)

    def told(self, seconds: float = SECONDS) -> Told:
        """What it got; the process has ended then."""
        told = self.until("told", seconds=seconds)
        self.process.join(SECONDS)
        return told

    def kill(self) -> None:
        """SIGKILL, and it is gone."""
        self.end(signal.SIGKILL)

    def end(self, number: signal.Signals) -> None:
        """A signal, and it is gone."""
        os.kill(self.pid, number)
        self.process.join(SECONDS)
        assert self.process.exitcode == -number

    def killed(self) -> None:
        """Returns when a SIGKILL, its own or ours, has ended it."""
        self.process.join(SECONDS)
        assert self.process.exitcode == -signal.SIGKILL, self.log.read_text()[-3000:]

    def stop(self) -> None:
        """SIGSTOP, and it stands still."""
        os.kill(self.pid, signal.SIGSTOP)
        self.stopped()

    def stopped(self) -> None:
        """Returns when it stands still."""
        end = time.monotonic() + SECONDS
        while psutil.Process(self.pid).status() != psutil.STATUS_STOPPED:
            assert time.monotonic() < end, "it does not stop"
            time.sleep(0.01)

    def wake(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)


class Children:
    """The processes of one test; none outlives it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._numbers = count(1)
        self._started: list[Child] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._started:
            if child.process.is_alive():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGKILL)
            child.process.join(SECONDS)
            child.process.close()
            child.pipe.close()

    def start(self, work: Callable[[Order, Connection], Any], order: Order, env: Mapping[str, str]) -> Child:
        """A process that has not begun yet."""
        log = self._logs / f"process-{next(self._numbers)}.log"
        ours, theirs = _SERVER.Pipe()
        process = _SERVER.Process(target=run, args=(work, order, dict(env), log, theirs))
        process.start()
        theirs.close()
        child = Child(process, ours, log)
        self._started.append(child)
        return child
