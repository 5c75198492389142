"""How fast the requests of one label are asked: below the ceiling, and by what Zoom refuses.

Other apps of the account cannot be known; they are found by their effect.
"""

from dataclasses import dataclass, replace
from typing import Self

from include.zoom.limits import TOP
from include.zoom.turns import Feedback, Turn

# Found by simulation (tests/zoom/limited.py), with limiters of three forms and foreign apps that take half.
_LEAST = 0.02  # of the ceiling: so much is tried in any case
_OFTEN, _RECENTLY = (
    0.2,
    60,
)  # refusals that are less frequent in so many requests may have nothing to do with the rate
_AT_ONCE_SECONDS = 1.0  # a wait that the end of Zoom's second ends: no reason to hold the others as well
_BELOW = 0.98  # of a rate that Zoom refused: where the next climb flattens
_LEAST_FALL, _MOST_FALL = 0.06, 0.3  # how far below that one the climb begins
_FALLS_MORE = 3.0  # where the rate before had hardly begun
_PLATEAU_SECONDS, _PLATEAU_REQUESTS = (
    40,
    750,
)  # how long a climb takes at the least: 1 refusal in so many is few
_FIRST_SECONDS, _FIRST_REQUESTS = 20, 30  # the same where Zoom has not refused anything yet
_STEEP = 1.0  # how much more is tried after as long again
_BEGUN = 0.05  # of a climb: what was refused before was asked on leave of an earlier, faster rate
_AHEAD_SECONDS = 0.5, 0.75  # leave is given for so much time to come: for less where little is known
_LEAST_TURN = 0.15  # of that: however many tasks there are, they ask for no more turns than some ten a second
_LONGEST_HOLD_SECONDS = 300.0
_WRONG_CLOCK_REQUESTS = 100
_TEST_REQUESTS = 100  # at the firm rate, more in proportion at a faster one: whether refusals depend on it
_SELDOM = 0.02  # of them: so few are found by the climb as ever
_AS_OFTEN = 1.5  # times the refusals of the slower rate: no more than chance
_TESTS_APART_REQUESTS = 1_000  # after a test that found them to depend on the rate


def held_for(retry_after: float | None) -> float:
    """Seconds that a refusal holds the requests that were not refused."""
    return 0.0 if retry_after is None or retry_after <= _AT_ONCE_SECONDS else retry_after


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
    """What Zoom's headers call the ceiling."""
    known: bool = False
    """Whether `brink` was ever met."""
    firm: float = 0.0
    """Of the ceiling: below it the rate falls only while refusals are frequent."""
    refused: float = 0.0
    """The share of the latest requests that Zoom refused."""
    lift: float = 1.0
    """Times `firm`: how fast it is asked where refusals were found not to depend on the rate."""
    usual: float = 0.0
    """The share that was refused at `firm` itself."""
    tested: int = 0
    """Requests at today's `lift`; below 0, so many are asked before the next test."""
    met: int = 0
    """Refusals of those."""

    def rate(self, ceiling: float) -> float:
        """Requests per second."""
        ceiling = min(ceiling, self.limit or ceiling)
        beyond = self.climbed / self._plateau() - 1
        height = (self.brink - self.floor if beyond < 0 else self.brink * _STEEP) * beyond**3
        least = _LEAST if self.refused > _OFTEN else max(_LEAST, self._firm())
        return max(least * ceiling, min(self.brink + height, TOP * ceiling))

    def after(self, feedback: Feedback, ceiling: float, now: float) -> Self:
        """What the answers teach."""
        lane = self._counting(feedback).tested_by(feedback, ceiling)
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
        hold = min(held_for(feedback.retry_after), _LONGEST_HOLD_SECONDS)
        lane = replace(self, held_until=max(self.held_until, now + hold))
        rate = self.rate(ceiling)
        # A refusal at a higher rate than today's is one of those that made it fall.
        if feedback.refused_at is not None and feedback.refused_at > rate * 1.001:
            return lane
        if lane.refused <= _OFTEN and rate <= self._firm() * ceiling * 1.001:
            return replace(lane, climbed=0.0)
        if self._begun() > 1:
            fall = (1 - self.floor / rate) / 2
        else:  # the leave that is out was given for too fast a rate
            fall = _FALLS_MORE * (1 - self.floor / self.brink)
            lane = replace(lane, held_until=max(lane.held_until, lane.free_at))
        fall = max(_LEAST_FALL, min(fall, _MOST_FALL))
        return replace(lane, floor=rate * (1 - fall), brink=rate * _BELOW, climbed=0.0, known=True)

    def _counting(self, feedback: Feedback) -> Self:
        if not (requests := feedback.answered + feedback.refused):
            return self
        weight = min(1.0, requests / _RECENTLY)
        return replace(self, refused=self.refused + weight * (feedback.refused / requests - self.refused))

    def tested_by(self, feedback: Feedback, ceiling: float) -> Self:
        """Where the firm rate is refused now and then, twice as much is tried: as many may be refused there."""
        untested = replace(self, lift=1.0, usual=0.0, tested=0, met=0)
        if self.refused > _OFTEN:
            return replace(untested, tested=-_TESTS_APART_REQUESTS) if self.lift > 1 else self
        rate = self.rate(ceiling)
        if rate > self._firm() * ceiling * 1.001:
            return self if self.tested < 0 else untested
        tested = self.tested + feedback.answered + feedback.refused
        met = self.met + feedback.refused if tested > 0 else 0
        if tested < _TEST_REQUESTS * self.lift:
            return replace(self, tested=tested, met=met)
        often = met / tested
        if often < _SELDOM:
            return replace(untested, floor=rate, brink=rate, climbed=0.0)
        if self.usual and often > self.usual * _AS_OFTEN:
            return replace(untested, tested=-_TESTS_APART_REQUESTS)
        return replace(
            self, lift=min(2 * self.lift, TOP / self.firm), usual=self.usual or often, tested=0, met=0
        )

    def _firm(self) -> float:
        return self.firm * self.lift

    def give(self, rate: float, wanted: int, now: float) -> tuple[Self, Turn]:
        """A turn of up to `wanted` requests, at least one; a turn of none only tells."""
        ahead, held = max(0.0, self.free_at - now), max(0.0, self.held_until - now)
        # Longer than anything that was given: the clock went back.
        if ahead > _LONGEST_HOLD_SECONDS + _WRONG_CLOCK_REQUESTS / rate:
            ahead = 0.0
        if held > _LONGEST_HOLD_SECONDS + _WRONG_CLOCK_REQUESTS / rate:
            held = 0.0
        room = max(self._ahead() - ahead, _LEAST_TURN * self._ahead())
        count, starts_in = min(wanted, max(1, int(rate * room))), max(ahead, held)
        lane = replace(self, held_until=now + held)
        if count:
            lane = replace(lane, free_at=now + starts_in + count / rate)
        return lane, Turn(starts_in, 1 / rate, count, held)

    def _ahead(self) -> float:
        """Seconds."""
        least, most = _AHEAD_SECONDS
        return least + (most - least) * min(1.0, self._begun())

    def _plateau(self) -> float:
        if self.known:
            return self._slow()
        seconds = _FIRST_SECONDS if self.firm else _PLATEAU_SECONDS  # cautiously where nothing is shared
        return max(_FIRST_REQUESTS, seconds * self.brink)

    def _slow(self) -> float:
        return max(_PLATEAU_REQUESTS, _PLATEAU_SECONDS * self.brink)

    def _begun(self) -> float:
        """Above 1 after so many answers that refusals tell of today's rate."""
        return self.climbed / self._slow() / _BEGUN
