"""Keeps an access token in a task and has it replaced when it ends or Zoom refuses it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from include.grant.freshness import PauseError
from include.grant.journal import digest
from include.zoom.errors import TransientError

_PATIENCE_SECONDS = 300.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 1.0, 30.0


@dataclass(frozen=True)
class AccessToken:
    """What a task is given; times are of the monotonic clock, counted from before the asking."""

    value: str = field(repr=False)
    ask_again_at: float
    expires_at: float
    scopes: str = ""
    """What was granted, separated by blanks; empty where nobody knows."""


@dataclass
class TokenHolder:
    """One token for all coroutines of a task; `ask(digest of the rejected one)` gives another.

    Attributes:
        lock: Also guards every other call to Airflow's supervisor, which takes one at a time.
    """

    ask: Callable[[str | None], Awaitable[AccessToken]]
    lock: asyncio.Lock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    _held: AccessToken | None = None

    async def __call__(self, rejected: str | None) -> str:
        """An access token other than `rejected`."""
        async with self.lock:
            held = self._held
            if held is None or held.value == rejected or held.expires_at <= self.monotonic():
                self._held = await self._ask_patiently(rejected)
            elif held.ask_again_at <= self.monotonic():
                self._held = await self._ask_early(held)
            return self._held.value if self._held else ""

    async def _ask_early(self, held: AccessToken) -> AccessToken:
        try:
            return await self.ask(None)
        except TransientError:  # what we have still works
            return replace(held, ask_again_at=self.monotonic() + _FIRST_PAUSE_SECONDS)

    async def _ask_patiently(self, rejected: str | None) -> AccessToken:
        """Asks again after passing faults, for five minutes in all; then the task's own retry takes over."""
        refused = digest(rejected) if rejected else None
        pause, until = _FIRST_PAUSE_SECONDS, self.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return await self.ask(refused)
            except TransientError as error:
                wait = error.retry_after_seconds if isinstance(error, PauseError) else pause
                if self.monotonic() + wait > until:
                    raise
            await self.sleep(wait)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
