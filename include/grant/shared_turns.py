"""Turns of the account's quota, as a task takes them; of one's own while that is not to be had."""

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from include.grant.turn_messages import Wish
from include.zoom.errors import ZoomError
from include.zoom.pace import OwnTurns, Turns
from include.zoom.stream import Label
from include.zoom.turns import Closed, Feedback, Turn

_OWN_START = 0.25  # of the ceiling: others may have lost the quota as well
_LONGEST_PAUSE_SECONDS = 60.0
_log = logging.getLogger(__name__)


@dataclass
class SharedTurns:
    """A task never fails for the lack of the shared quota, it only asks more slowly.

    Args:
        ask: Asks for a turn; a ZoomError means that the quota is not to be had.
        own: Where turns come from meanwhile.
        backfill: Whether the task is a backfill's.
    """

    ask: Callable[[Wish], Awaitable[Turn | Closed]]
    own: Turns
    backfill: bool = False
    monotonic: Callable[[], float] = time.monotonic
    _failures: int = 0
    _ask_again_at: float = 0.0

    @classmethod
    def of(
        cls, plan: str, ask: Callable[[Wish], Awaitable[Turn | Closed]], *, backfill: bool
    ) -> "SharedTurns":
        """With turns of one's own that begin cautiously and find their pace by what Zoom refuses."""
        return cls(ask, OwnTurns(plan, start=_OWN_START, firm=0), backfill)

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `Turns`."""
        turn = await self._shared(Wish(label, wanted, self.backfill, feedback))
        if turn is None:
            return await self.own.take(label, wanted, feedback)
        if isinstance(turn, Closed):
            raise turn.as_error()
        return turn

    async def _shared(self, wish: Wish) -> Turn | Closed | None:
        if self.monotonic() < self._ask_again_at:
            return None
        try:
            turn = await self.ask(wish)
        except ZoomError as error:
            self._pause(error)
            return None
        if self._failures > 1:
            _log.info("The account's pace is shared again.")
        self._failures = 0
        return turn

    def _pause(self, error: ZoomError) -> None:
        """A single failure passes unsaid; it is asked again after 1, 2, 4 … seconds, then each minute."""
        self._ask_again_at = self.monotonic() + min(2.0**self._failures, _LONGEST_PAUSE_SECONDS)
        self._failures += 1
        if self._failures == 2:  # noqa: PLR2004 (said once, and of no passing blip)
            _log.warning(
                "The account's pace cannot be shared at the moment, so this task finds one of its own: %s",
                error,
            )
