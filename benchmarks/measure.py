"""What a process and all that it starts cost: seconds, CPU seconds, memory."""

import os
import re
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_LOOK_SECONDS = 0.05
_ERROR = re.compile(r"[\w.<' ]*(?:Error|Exception|Failed|Exceeded)\b")
_MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Cost:
    """One run of a tool."""

    started_at: float
    ended_at: float
    cpu_seconds: float
    """User and system, of every process of the tool."""
    peak_megabytes: float
    """The most that its processes held at one time: resident sets together."""
    exit_code: int
    last_words: str
    """The last error in its standard error, else the last line."""


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants, and ends them when they take too long."""

    def __init__(self, pid: int, longest_seconds: float) -> None:
        super().__init__(daemon=True)
        self._process = psutil.Process(pid)
        self._until = time.monotonic() + longest_seconds
        self.done = threading.Event()
        self.peak = 0
        self.ended_it = False

    def run(self) -> None:
        """Until the process is gone."""
        while not self.done.wait(_LOOK_SECONDS):
            self.peak = max(self.peak, sum(_resident(each) for each in self._family()))
            if time.monotonic() > self._until:
                self.ended_it = True
                for each in self._family():
                    each.kill()

    def _family(self) -> list[psutil.Process]:
        try:
            return [self._process, *self._process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def measured(
    command: Sequence[str], *, environment: Mapping[str, str], folder: Path, longest_seconds: float
) -> Cost:
    """Runs a command to its end; what it says goes to `stdout` and `stderr` in `folder`."""
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        started_at = time.time()
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=err, start_new_session=True)  # noqa: S603 - ours
        watch = _Watch(process.pid, longest_seconds)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        ended_at = time.time()
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.done.set()
        watch.join()
    return Cost(
        started_at,
        ended_at,
        usage.ru_utime + usage.ru_stime,
        watch.peak / _MEGABYTE,
        process.returncode,
        f"Timeout: ended after {longest_seconds:.0f} s" if watch.ended_it else _last_words(folder / "stderr"),
    )


def _last_words(path: Path) -> str:
    lines = [line.strip() for line in path.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or [""])[-1]


def peak_mb() -> int:
    """The most that this process has held, in MiB."""
    # Not getrusage, which tells the parent's peak where that was higher.
    told = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in told if line.startswith("VmHWM:")) // 1024


def spent_by(pid: int) -> float:
    """CPU seconds of a server so far: itself, those of its children that have ended, and those that live."""
    process = psutil.Process(pid)
    times = process.cpu_times()
    ended = times.user + times.system + times.children_user + times.children_system
    return float(ended + sum(_own_seconds(child) for child in process.children(recursive=True)))


def _own_seconds(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
