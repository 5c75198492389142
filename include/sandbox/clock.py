"""The one clock of the simulated Zoom; everything that has to do with time asks it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Starts at `start` (the real time by default) and goes on with `tick`, or stands still without one."""

    def __init__(
        self, start: datetime | None = None, *, tick: Callable[[], float] | None = time.monotonic
    ) -> None:
        self._start = start or datetime.now(UTC)
        self._tick = tick
        self._began = tick() if tick else 0.0
        self._advanced = timedelta()

    def now(self) -> datetime:
        """The simulated UTC time."""
        passed = self._tick() - self._began if self._tick else 0.0
        return self._start + timedelta(seconds=passed) + self._advanced

    def seconds(self) -> float:
        """The simulated time in seconds since 1970."""
        return self.now().timestamp()

    def advance(self, seconds: float) -> None:
        """Lets time pass at once."""
        self._advanced += timedelta(seconds=seconds)


def zulu(moment: datetime) -> str:
    """A time as Zoom writes it in most places: `2026-11-24T07:09:03Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def midnight(moment: datetime) -> datetime:
    """The start of the UTC day after this time: when the daily caps begin anew."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)
