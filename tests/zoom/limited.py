"""Tasks of ours and a foreign app at a limiter, in virtual time: minutes pass while the machine counts events."""

import asyncio
import random
import selectors
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from include.zoom.answers import Told
from include.zoom.limits import PER_SECOND
from include.zoom.pace import OwnTurns, Pace, Turns
from include.zoom.quota import FIRM
from include.zoom.stream import Label
from include.zoom.turns import Feedback, Turn

T = TypeVar("T")
# 2026-03-10, noon: far from the day's end.
NOON = 1_773_144_000.0
SETTLED = 30.0
"""Seconds after which the share of the ceiling counts."""


class _Selector(selectors.SelectSelector):
    """Waits for nothing: the time it was to wait has passed."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> Any:
        self.now += max(0.0, timeout or 0.0)
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes at once."""

    def __init__(self) -> None:
        self._passed = _Selector()
        super().__init__(self._passed)

    def time(self) -> float:
        """Seconds since the loop began."""
        return self._passed.now


def run(wanted: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(wanted)


def now() -> float:
    """The virtual time."""
    return NOON + asyncio.get_running_loop().time()


class Limiter(Protocol):
    """What Zoom may use to count."""

    def refuses(self, at: float) -> float | None:
        """None, or after how many seconds it takes requests again."""


class Windows:
    """So many in each window of the clock."""

    def __init__(self, count: int, seconds: int = 1) -> None:
        self._count, self._seconds = count, seconds
        self._window, self._used = -1, 0
        self.remaining = count

    def refuses(self, at: float) -> float | None:
        """As `Limiter`."""
        window = int(at // self._seconds)
        if window != self._window:
            self._window, self._used = window, 0
        if self._used >= self._count:
            return (window + 1) * self._seconds - at
        self._used += 1
        self.remaining = self._count - self._used
        return None


class Sliding:
    """So many in any stretch of so many seconds."""

    def __init__(self, count: int, seconds: int = 1) -> None:
        self._count, self._seconds = count, seconds
        self._past: deque[float] = deque()
        self.remaining = count

    def refuses(self, at: float) -> float | None:
        """As `Limiter`."""
        while self._past and self._past[0] <= at - self._seconds:
            self._past.popleft()
        self.remaining = max(0, self._count - len(self._past) - 1)
        if len(self._past) >= self._count:
            return self._past[0] + self._seconds - at
        self._past.append(at)
        return None


class Bucket:
    """A bucket of as many tokens, filled evenly."""

    def __init__(self, count: int, seconds: int = 1) -> None:
        self._count, self._rate = count, count / seconds
        self._tokens, self._at = float(count), 0.0
        self.remaining = count

    def refuses(self, at: float) -> float | None:
        """As `Limiter`."""
        self._tokens = min(self._count, self._tokens + (at - self._at) * self._rate)
        self._at = at
        self.remaining = max(0, int(self._tokens) - 1)
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return None


class Tenth:
    """Refuses each tenth request, however many come."""

    def __init__(self, count: int, seconds: int = 1) -> None:
        self._asked, self._seconds = 0, seconds
        self.remaining = count

    def refuses(self, at: float) -> float | None:
        """As `Limiter`."""
        self._asked += 1
        return self._seconds - at % self._seconds if self._asked % 10 == 0 else None


@dataclass
class Case:
    """Who asks at what limiter."""

    plan: str = "business"
    label: Label = Label.HEAVY
    limiter: type[Windows | Sliding | Bucket | Tenth] = Windows
    latency: float = 0.2
    """Seconds of an answer: a tenth more or less, and up to 20 ms of the way there."""
    tasks: int = 4
    workers: int = 0
    """In flight per task; 0: as many as the ceiling needs."""
    shared: bool = True
    """Whether the tasks share one quota."""
    foreign: str = "none"
    """`steady`, `bursty` (a second's share at once), or `tides` (much and little in turn)."""
    headers: str = "none"
    """`none`, `seconds`, `reset`, `remaining`."""
    seconds: float = 300.0
    start: float = 0.75


@dataclass
class Seen:
    """What came of it."""

    answered: list[int] = field(default_factory=list)
    refused: int = 0
    settled: int = 0
    """Answers to everybody after `SETTLED`."""
    tries: int = 0
    """Of the request that was refused most often in a row."""
    taken: int = 0
    """Turns that were asked for."""


class Distant:
    """A quota behind a service that takes 10 to 50 ms to answer."""

    def __init__(self, turns: Turns, seen: Seen, chance: random.Random) -> None:
        self._turns, self._seen, self._chance = turns, seen, chance

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `Turns`."""
        self._seen.taken += 1
        await asyncio.sleep(self._chance.uniform(0.005, 0.025))
        turn = await self._turns.take(label, wanted, feedback)
        await asyncio.sleep(self._chance.uniform(0.005, 0.025))
        return turn


class _Account:
    """A limiter, and who asks there until `end`."""

    def __init__(self, case: Case, seed: int) -> None:
        self.case, self.seen, self.chance = case, Seen(), random.Random(seed)
        self.per_second = PER_SECOND[case.plan][case.label]
        self.window = 1 if self.per_second >= 1 else 60
        self.limiter = case.limiter(round(self.per_second * self.window), self.window)
        self.end = now() + case.seconds
        common = Distant(self.own(), self.seen, self.chance)
        self.paces = [Pace(common if case.shared else self.own(), clock=now) for _ in range(case.tasks)]
        self.seen.answered = [0] * case.tasks

    def own(self) -> OwnTurns:
        """A quota of which nothing is known."""
        firm = FIRM if self.case.shared else 0.0
        return OwnTurns(self.case.plan, clock=now, start=self.case.start, firm=firm)

    def ask(self) -> float | None:
        """As `Limiter.refuses`."""
        wait = self.limiter.refuses(now())
        if wait is None and NOON + SETTLED < now() <= self.end:
            self.seen.settled += 1
        return wait

    async def worker(self, number: int) -> None:
        """Asks one request after the other; one that was refused again, later each time."""
        case, seen, pace, tries = self.case, self.seen, self.paces[number], 0
        while now() < self.end:
            leave = await pace.wait(case.label)
            await asyncio.sleep(case.latency * 0.05 + self.chance.uniform(0, 0.02))
            wait, remaining = self.ask(), self.limiter.remaining
            await asyncio.sleep(case.latency * self.chance.uniform(0.85, 1.05))
            if wait is None:
                tries = 0
                seen.answered[number] += 1
                pace.answered(leave, Told(remaining=remaining if case.headers == "remaining" else None))
                continue
            tries += 1
            seen.refused, seen.tries = seen.refused + 1, max(seen.tries, tries)
            await pace.refused(leave, _told(case.headers, wait))
            await asyncio.sleep((1 + self.chance.random()) * 2 ** (tries - 1))

    async def foreign(self) -> None:
        """Asks by its own clock, whatever is answered."""
        due = now() + self.chance.random()
        while now() < self.end:
            await asyncio.sleep(max(0.0, due + self.chance.uniform(0, 0.02) - now()))
            at_once, rest = _foreign(self.case.foreign, self.per_second, self.window)
            due += rest
            for _ in range(at_once):
                self.ask()


async def simulate(case: Case, seed: int = 1) -> Seen:
    """Lets tasks and the foreign app ask for so long."""
    account = _Account(case, seed)
    async with asyncio.TaskGroup() as group:
        for number in range(case.tasks):
            for _ in range(case.workers or int(account.per_second * case.latency * 1.2) + 4):
                group.create_task(account.worker(number))
        if case.foreign != "none":
            group.create_task(account.foreign())
    return account.seen


def _foreign(form: str, per_second: float, seconds: int) -> tuple[int, float]:
    """How many requests a foreign app sends at once, and after how many seconds the next."""
    if form == "bursty":
        return round(per_second * seconds / 2), seconds
    if form == "tides":
        return 1, 1 / per_second / (0.75 if int((now() - NOON) // 30) % 2 else 0.25)
    return 1, 2 / per_second


def _told(headers: str, wait: float) -> float | None:
    if headers == "seconds":
        return float(max(1, round(wait)))
    return wait if headers == "reset" else None


def share(case: Case, seen: Seen) -> float:
    """Of the ceiling, what everybody together was answered."""
    return seen.settled / (case.seconds - SETTLED) / PER_SECOND[case.plan][case.label]


def refused(seen: Seen) -> float:
    """Of our requests."""
    return seen.refused / max(1, seen.refused + sum(seen.answered))


def slowest(seen: Seen) -> float:
    """Of a fair share, what the task that got least was answered."""
    return min(seen.answered) * len(seen.answered) / max(1, sum(seen.answered))
