"""When one process asks Zoom: it takes turns of the account's quota and lets its requests out one by one."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Protocol

from include.zoom.answers import NOTHING_TOLD, Told
from include.zoom.errors import DailyCapReached
from include.zoom.lane import held_for
from include.zoom.limits import ceilings
from include.zoom.quota import FIRM, START, Quota, take
from include.zoom.stream import Label
from include.zoom.turns import Closed, Feedback, Turn

_LATE_SECONDS = 0.05  # so late a turn may still be used; later, it would come on top of the next
_FETCH_AHEAD_SECONDS = 0.3
_LAST_TURN_SECONDS = 1.0  # so long a turn under way is waited for that nobody needs any more
_BEHIND = 2  # so many requests wait at the least where there is enough to do


class Turns(Protocol):
    """Where leave to ask comes from."""

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """A turn of up to `wanted` requests; of none, where only the feedback is to be told.

        Raises:
            DailyCapReached: no leave before `resets_at`.
        """


class OwnTurns:
    """A quota in memory: of a process that shares the account with others only by what Zoom refuses."""

    def __init__(
        self,
        plan: str,
        *,
        start: float = START,
        firm: float = FIRM,
        clock: Callable[[], float] = time.time,
    ) -> None:
        ceilings(plan)
        self._plan = plan
        self._start = start
        self._firm = firm
        self._clock = clock
        self._quota = Quota()

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `Turns`."""
        self._quota, turn = take(
            self._quota,
            plan=self._plan,
            label=label,
            wanted=wanted,
            now=self._clock(),
            feedback=feedback,
            start=self._start,
            firm=self._firm,
        )
        if isinstance(turn, Closed):
            raise turn.as_error()
        return turn


@dataclass(frozen=True)
class Leave:
    """Leave for one request, of a turn whose requests are `apart` seconds after each other."""

    label: Label
    apart: float


@dataclass
class _Lane:
    """One label: who is first waits for his turn, the others for him."""

    first: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0
    turns: deque[tuple[float, float]] = field(default_factory=deque)
    """When the next requests may leave, and how far apart their turn has them."""
    next: asyncio.Task[Turn] | None = None
    held_until: float = 0.0
    size: int = 1
    hungry: bool = False
    telling: bool = False
    seen: Feedback = field(default_factory=Feedback)

    def lapse(self, count: int) -> None:
        """Leave for so many requests was not used."""
        self.seen = replace(self.seen, lapsed=self.seen.lapsed + count)


class Pace:
    """Spaces the requests of this process."""

    def __init__(
        self,
        turns: Turns,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._turns = turns
        self._clock = clock
        self._sleep = sleep
        self._lanes: dict[Label, _Lane] = {}

    async def wait(self, label: Label) -> Leave:
        """Returns when a request of this label may be sent; who asks first is first.

        Raises:
            DailyCapReached: nothing may be sent before `resets_at`.
        """
        lane = self._lane(label)
        lane.waiting += 1
        try:
            async with lane.first:
                while True:
                    at, apart = await self._next(label, lane)
                    if await self._used(lane, at):
                        self._fetch_ahead(label, lane, at)
                        break
        finally:
            lane.waiting -= 1
        lane.hungry = lane.waiting < _BEHIND
        return Leave(label, apart)

    async def aclose(self) -> None:
        """Gives leave back that nobody will use, and tells what was seen: else it would count as asked today."""
        for label, lane in self._lanes.items():
            if (fetched := lane.next) is not None:  # which forgets itself when it is done
                await asyncio.wait([fetched], timeout=_LAST_TURN_SECONDS)
                fetched.cancel()
            lane.lapse(len(lane.turns))
            lane.turns.clear()
            if lane.seen != Feedback():
                await self._tell(label, lane)

    def is_hungry(self, label: Label) -> bool:
        """Whether more could be asked at once: hardly anybody waited when the last turn came."""
        return self._lane(label).hungry

    def answered(self, leave: Leave, told: Told = NOTHING_TOLD) -> None:
        """Zoom answered, and perhaps told what is left."""
        lane = self._lane(leave.label)
        lane.seen = replace(
            lane.seen,
            answered=lane.seen.answered + 1,
            limit=lane.seen.limit if told.limit is None else told.limit,
            remaining=_least(lane.seen.remaining, told.remaining),
            remaining_today=_least(lane.seen.remaining_today, told.remaining_today),
        )

    async def refused(
        self, leave: Leave, retry_after: float | None = None, *, limit: int | None = None
    ) -> None:
        """Zoom refused a request for its rate; everybody who shares the quota is told at once."""
        lane = self._lane(leave.label)
        rate = 1 / leave.apart
        lane.seen = replace(
            lane.seen,
            refused=lane.seen.refused + 1,
            refused_at=rate if lane.seen.refused_at is None else min(rate, lane.seen.refused_at),
            retry_after=max(lane.seen.retry_after or 0.0, retry_after or 0.0),
            limit=lane.seen.limit if limit is None else limit,
        )
        lane.held_until = max(lane.held_until, self._clock() + held_for(retry_after))
        await self._tell(leave.label, lane)

    async def used_up(self, leave: Leave, until: datetime) -> None:
        """Zoom refused a request for the daily cap."""
        lane = self._lane(leave.label)
        lane.seen = replace(lane.seen, used_up_until=until)
        await self._tell(leave.label, lane)

    def _lane(self, label: Label) -> _Lane:
        return self._lanes.setdefault(label, _Lane())

    async def _used(self, lane: _Lane, at: float) -> bool:
        """Waits until then; False where a refusal came meanwhile that holds everybody."""
        used = False
        try:
            if at > (now := self._clock()):
                await self._sleep(at - now)
            used = at >= lane.held_until
        finally:
            lane.lapse(0 if used else 1)
        return used

    async def _next(self, label: Label, lane: _Lane) -> tuple[float, float]:
        """The next turn that has not lapsed."""
        while True:
            self._forget_lapsed(lane)
            if lane.turns:
                return lane.turns.popleft()
            await self._fetch(label, lane)

    def _forget_lapsed(self, lane: _Lane) -> None:
        now, before = self._clock(), len(lane.turns)
        while lane.turns and (lane.turns[0][0] < lane.held_until or lane.turns[0][0] < now - _LATE_SECONDS):
            lane.turns.popleft()
        if lapsed := before - len(lane.turns):
            lane.lapse(lapsed)
            lane.size = max(1, lane.size - lapsed)

    def _fetch_ahead(self, label: Label, lane: _Lane, at: float) -> None:
        """Takes the next turn while this one is used, where others wait for it."""
        last = lane.turns[-1][0] if lane.turns else at
        if lane.next is None and lane.waiting > 1 and last < self._clock() + _FETCH_AHEAD_SECONDS:
            lane.size = max(1, 2 * lane.size)
            lane.next = asyncio.create_task(self._take(label, lane, self._wanted(lane)))
            lane.next.add_done_callback(partial(_fetched, lane))

    async def _fetch(self, label: Label, lane: _Lane) -> None:
        if lane.next is None:
            await self._take(label, lane, self._wanted(lane))
            return
        try:
            await asyncio.shield(lane.next)
        finally:
            if lane.next is not None and lane.next.done():
                lane.next = None

    def _wanted(self, lane: _Lane) -> int:
        return max(1, lane.waiting - len(lane.turns), min(lane.size, 1_000))

    async def _take(self, label: Label, lane: _Lane, wanted: int) -> Turn:
        seen, lane.seen = lane.seen, Feedback()
        turn = await self._turns.take(label, wanted, seen)
        now = self._clock()
        lane.held_until = max(lane.held_until, now + turn.held)
        lane.turns.extend((now + turn.starts_in + n * turn.apart, turn.apart) for n in range(turn.count))
        if wanted:
            lane.size = max(1, min(lane.size, turn.count))
        return turn

    async def _tell(self, label: Label, lane: _Lane) -> None:
        if lane.telling:
            return
        lane.telling = True
        try:
            with suppress(DailyCapReached):
                await self._take(label, lane, 0)
        finally:
            lane.telling = False


def _fetched(lane: _Lane, task: asyncio.Task[Turn]) -> None:
    """The next one may be fetched ahead; an error stays for who needs that turn."""
    if not task.cancelled() and task.exception() is None:
        lane.next = None


def _least(one: int | None, other: int | None) -> int | None:
    return min((each for each in (one, other) if each is not None), default=None)
