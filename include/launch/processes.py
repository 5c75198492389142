"""Processes of our own: started in a group each, ended by SIGTERM, killed only when that does not help."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self


class Processes:
    """Named child processes with a log file each; leaving the block ends all of them, newest first."""

    def __init__(self, logs: Path, *, grace_seconds: float = 20) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs = logs
        self._grace_seconds = grace_seconds
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def log(self, name: str) -> Path:
        """Where a process writes what it prints."""
        return self._logs / f"{name}.log"

    def start(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        """Starts a command as the leader of its own process group."""
        with self.log(name).open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 (our own commands, no shell)
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._running[name] = process
        return process

    def dead(self) -> list[str]:
        """The names of the processes that have ended by themselves."""
        return [name for name, process in self._running.items() if process.poll() is not None]

    def stop(self, *names: str) -> None:
        """Ends these processes, or all, newest first; returns when they are gone."""
        stopping = [
            (name, self._running.pop(name))
            for name in list(self._running)[::-1]
            if not names or name in names
        ]
        for _, process in stopping:
            _signal_group(process, signal.SIGTERM)
        for _, process in stopping:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self._grace_seconds)
            _signal_group(process, signal.SIGKILL)
            process.wait()


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
