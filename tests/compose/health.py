"""Health checks, asked when dockerd asks them; podman leaves that to systemd."""

import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.compose.model import Check

Ask = Callable[[tuple[str, ...], float], tuple[int, str]]


@dataclass
class Health:
    """What one container's check has said so far.

    dockerd's rules: the first question comes an interval after the start, `start_interval` in the start period;
    failures in the start period do not count; one success ends it; `retries` failures in a row are unhealthy.
    """

    check: Check
    ask: Ask
    wait: Callable[[float], bool]
    """Waits so many seconds; whether it is over."""
    now: Callable[[], float] = time.monotonic
    status: str = "starting"
    failures: int = 0
    asked: list[tuple[float, int, str]] = field(default_factory=list)
    """Of each question: how long the answer took, its exit code, what it said."""

    def watch(self) -> None:
        """Asks until it is over."""
        began = self.now()
        while not self.wait(self._pause(self.now() - began)):
            asked_at = self.now()
            try:
                code, said = self.ask(self.check.command, self.check.timeout)
            except subprocess.TimeoutExpired:
                code, said = -1, "timeout"
            self.asked.append((self.now() - asked_at, code, said[-300:]))
            self._count(code, started=self.now() - began >= self.check.start_period)

    def _pause(self, age: float) -> float:
        starting = self.status == "starting" and age < self.check.start_period
        return self.check.start_interval if starting else self.check.interval

    def _count(self, code: int, *, started: bool) -> None:
        if code == 0:
            self.status, self.failures = "healthy", 0
        elif started or self.status != "starting":
            self.failures += 1
            if self.failures >= self.check.retries:
                self.status = "unhealthy"


def watched(health: Health) -> threading.Thread:
    """Asks in a thread of its own."""
    thread = threading.Thread(target=health.watch, daemon=True)
    thread.start()
    return thread
