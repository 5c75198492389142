"""How fast one process asks Zoom: one queue per rate label, spaced below the plan's ceiling.

Ceilings: https://developers.zoom.us/docs/api/rate-limits/. They hold for the whole account and all its apps,
so staying below does not keep 429 away; it keeps it rare.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from include.zoom.errors import Misconfigured
from include.zoom.stream import Label

PER_SECOND: Mapping[str, Mapping[Label, float]] = {
    "free": {Label.LIGHT: 4, Label.MEDIUM: 2, Label.HEAVY: 1, Label.RESOURCE_INTENSIVE: 10 / 60}
    | {Label.PHONE_LIGHT: 4, Label.PHONE_MEDIUM: 2, Label.PHONE_HEAVY: 1},
    "pro": {Label.LIGHT: 30, Label.MEDIUM: 20, Label.HEAVY: 10, Label.RESOURCE_INTENSIVE: 10 / 60}
    | {Label.PHONE_LIGHT: 20, Label.PHONE_MEDIUM: 10, Label.PHONE_HEAVY: 5},
    "business": {Label.LIGHT: 80, Label.MEDIUM: 60, Label.HEAVY: 40, Label.RESOURCE_INTENSIVE: 20 / 60}
    | {Label.PHONE_LIGHT: 40, Label.PHONE_MEDIUM: 20, Label.PHONE_HEAVY: 10},
}
_SHARE = 0.8  # of the ceiling: other tasks and other apps ask as well


class Pace:
    """Spaces the requests of this process."""

    def __init__(
        self,
        plan: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if plan not in PER_SECOND:
            raise Misconfigured(
                f"The Connection's plan is {plan!r}; it must be one of {', '.join(PER_SECOND)}."
            )
        self._seconds = {label: 1 / (rate * _SHARE) for label, rate in PER_SECOND[plan].items()}
        self._free_at: dict[Label, float] = {}
        self._clock = clock
        self._sleep = sleep

    async def wait(self, label: Label) -> None:
        """Returns when a request of this label may be sent."""
        now = self._clock()
        turn = max(now, self._free_at.get(label, now))
        self._free_at[label] = turn + self._seconds[label]
        if turn > now:
            await self._sleep(turn - now)

    def hold(self, label: Label, seconds: float) -> None:
        """Lets no request of this label out for `seconds`: Zoom said so to one of them."""
        self._free_at[label] = max(self._free_at.get(label, 0.0), self._clock() + seconds)
