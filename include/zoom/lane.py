"""How fast the requests of one label are asked: below the ceiling, and by what Zoom refuses.

Other apps of the account cannot be known; they are found by their effect.
"""

from dataclasses import dataclass, replace
from typing import Self

from include.zoom.limits import TOP
from include.zoom.turns import Feedback, Turn

_LEAST = 0.02  # of the ceiling: so much is tried in any case
_SURPRISED, _WARNED = 0.3, 0.06  # how far the rate falls below one that Zoom refused
_PLATEAU_REQUESTS, _PLATEAU_SECONDS = 300, 40  # how long it stays about there before it tries more, at least
_STEEP = 0.3  # how much more it tries after as long again
_HELD = 0.1  # of a plateau: a rate that lasted so long was not too fast
_AHEAD_SECONDS = 1.5  # leave is given for so much time to come: a task that dies or slows down wastes no more
_LONGEST_HOLD_SECONDS = 300.0


@dataclass(frozen=True)
class Lane:
    """One label's rate: from `floor` up to `brink`, where Zoom last refused, and slowly beyond.

    Like CUBIC (RFC 9438) in shape, but counted in requests that were answered, not in time.
    """

    floor: float
    brink: float
    climbed: float = 0.0
    """Requests that were answered while the rate was used in full."""
    free_at: float = 0.0
    held_until: float = 0.0
    limit: float | None = None

    def rate(self, ceiling: float) -> float:
        """Requests per second."""
        ceiling = min(ceiling, self.limit or ceiling)
        beyond = self.climbed / self._plateau() - 1
        height = (self.brink - self.floor if beyond < 0 else self.brink * _STEEP) * beyond**3
        return max(_LEAST * ceiling, min(self.brink + height, TOP * ceiling))

    def after(self, feedback: Feedback, ceiling: float, now: float) -> Self:
        """What the answers teach."""
        lane = self
        if feedback.limit is not None and feedback.limit > 0:
            lane = replace(lane, limit=float(feedback.limit))
        if feedback.refused:
            return lane.backed_off(feedback, ceiling, now)
        # Where turns lie idle, answers say nothing about the rate; a window that is full says it is enough.
        if self.free_at > now and feedback.remaining != 0 and self.rate(ceiling) < TOP * ceiling:
            lane = replace(lane, climbed=lane.climbed + feedback.answered)
        return lane

    def backed_off(self, feedback: Feedback, ceiling: float, now: float) -> Self:
        """What refusals teach; those of one moment, of however many tasks, once."""
        hold = min(feedback.retry_after or 0.0, _LONGEST_HOLD_SECONDS)
        lane = replace(self, held_until=max(self.held_until, now + hold))
        rate = self.rate(ceiling)
        # A refusal at a higher rate than today's is one of those that made it fall.
        if feedback.refused_at is not None and feedback.refused_at > rate * 1.001:
            return lane
        lasted = self.climbed > _HELD * self._plateau()
        fall = max(_WARNED, min((1 - self.floor / rate) / 2, _SURPRISED)) if lasted else _SURPRISED
        return replace(lane, floor=rate * (1 - fall), brink=rate, climbed=0.0)

    def give(self, rate: float, wanted: int, now: float) -> tuple[Self, Turn]:
        """A turn of up to `wanted` requests, at least one; a turn of none only tells."""
        ahead = self.free_at - now
        if ahead > _LONGEST_HOLD_SECONDS + 1 / rate:  # somebody's clock was wrong
            ahead = 0.0
        starts_in = max(0.0, ahead, self.held_until - now)
        count = min(wanted, max(1, int(rate * (_AHEAD_SECONDS - max(0.0, ahead)))))
        turn = Turn(starts_in, 1 / rate, count, max(0.0, self.held_until - now))
        return (replace(self, free_at=now + starts_in + count / rate) if count else self), turn

    def _plateau(self) -> float:
        return max(_PLATEAU_REQUESTS, _PLATEAU_SECONDS * self.brink)
