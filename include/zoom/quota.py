"""What an account may still ask of Zoom: the state of its rate labels and daily caps, and the leave that is given.

One state serves all tasks of an account, wherever it is kept. Pure: no clock, no I/O.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

from include.zoom.lane import Lane
from include.zoom.limits import PER_DAY, TOP, capped, ceilings, group
from include.zoom.stream import Label
from include.zoom.turns import NOTHING, Closed, Feedback, Turn, Usage

START = 0.75
"""Of the ceiling: how fast the first requests of an account are asked."""
FIRM = 0.2
"""Of the ceiling: where refusals come now and then whatever the rate is, it falls no lower."""
_VERSION = 1


@dataclass(frozen=True)
class Day:
    """The requests of some labels in a UTC day, and until when Zoom itself called the cap used up."""

    day: str = ""
    used: int = 0
    by_backfills: int = 0
    used_up_until: str = ""

    def on(self, now: datetime) -> Self:
        """Nothing of an earlier day counts."""
        today = f"{now:%Y-%m-%d}"
        return self if self.day == today else replace(self, day=today, used=0, by_backfills=0)

    def after(self, feedback: Feedback, cap: int | None, *, backfill: bool) -> Self:
        """What the answers teach."""
        back = feedback.lapsed
        day = replace(
            self,
            used=max(0, self.used - back),
            by_backfills=max(0, self.by_backfills - back * backfill),
        )
        if cap is not None and feedback.remaining_today is not None:
            day = replace(day, used=max(day.used, cap - feedback.remaining_today))
        if feedback.used_up_until is not None:
            day = replace(day, used_up_until=feedback.used_up_until.astimezone(UTC).isoformat())
        return day

    def closed(self, now: datetime, usage: "Usage", share: float | None) -> Closed | None:
        """Why nothing may be asked, if so; `share` is what backfills may use of the cap."""
        told = datetime.fromisoformat(self.used_up_until) if self.used_up_until else now
        why: Literal["cap", "share"] = "cap" if told > now or self.left(usage.cap, None) < 1 else "share"
        if why == "share" and self.left(usage.cap, share) >= 1:
            return None
        resets_at = told if told > now else usage.resets_at
        return Closed(resets_at, why, usage.labels, usage.used, usage.by_backfills, usage.cap)

    def usage(self, labels: str, cap: int | None, now: datetime) -> "Usage":
        """With its cap."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return Usage(labels, self.used, self.by_backfills, cap, midnight)

    def left(self, cap: int | None, share: float | None) -> float:
        """How many more may be asked today."""
        if cap is None:
            return float("inf")
        left = cap - self.used
        return left if share is None else min(left, int(cap * share) - self.by_backfills)

    def given(self, count: int, *, backfill: bool) -> Self:
        """With a turn of so many."""
        return replace(self, used=self.used + count, by_backfills=self.by_backfills + count * backfill)


@dataclass(frozen=True)
class Quota:
    """The state of one Zoom account."""

    lanes: Mapping[str, Lane] = field(default_factory=dict)
    days: Mapping[str, Day] = field(default_factory=dict)

    def usage(self, plan: str, now: float) -> list[Usage]:
        """What is used of each of a plan's caps on the day of `now` (seconds since 1970)."""
        groups = (group(labels) for labels in PER_DAY[plan])
        moment = datetime.fromtimestamp(now, UTC)
        caps = PER_DAY[plan].values()
        return [
            self.days.get(labels, Day()).on(moment).usage(labels, cap, moment)
            for labels, cap in zip(groups, caps, strict=True)
        ]

    def to_json(self) -> str:
        """As it is kept."""
        return json.dumps({"version": _VERSION, **asdict(self)}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What was kept, fields that a newer version added aside; else the account is learned anew."""
        try:
            kept = json.loads(text)
            if kept["version"] != _VERSION:
                return cls()
            return cls(
                {label: Lane(**_known(Lane, lane)) for label, lane in kept["lanes"].items()},
                {labels: Day(**_known(Day, day)) for labels, day in kept["days"].items()},
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            return cls()


def _known(kind: type[Lane | Day], kept: Mapping[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in kept.items() if name in names}


def take(
    quota: Quota,
    *,
    plan: str,
    label: Label,
    wanted: int,
    now: float,
    backfill: bool = False,
    backfill_share: float = 1.0,
    feedback: Feedback = NOTHING,
    start: float = START,
    firm: float = FIRM,
) -> tuple[Quota, Turn | Closed]:
    """Gives leave for up to `wanted` requests of a label, at least one; for none it only learns.

    Args:
        quota: the account's state; what is returned replaces it.
        plan: the account's.
        label: of the requests.
        wanted: how many could be sent at once.
        now: seconds since 1970.
        backfill: whether they are a backfill's.
        backfill_share: of a daily cap, what backfills may use of it.
        feedback: what was seen since this task last asked.
        start: of the ceiling, where an account begins of which nothing is known.
        firm: of the ceiling, below which its rate falls only while refusals are frequent.

    Raises:
        Misconfigured: there is no such plan.
    """
    ceiling, moment = ceilings(plan)[label], datetime.fromtimestamp(now, UTC)
    labels, cap = capped(plan, label)
    lane = quota.lanes.get(label) or Lane(start * ceiling, TOP * ceiling, firm=firm)
    lane = lane.after(feedback, ceiling, now)
    day = quota.days.get(labels, Day()).on(moment).after(feedback, cap, backfill=backfill)
    share = backfill_share if backfill else None
    turn: Turn | Closed
    if (closed := day.closed(moment, day.usage(labels, cap, moment), share)) is not None:
        turn = closed
    else:
        lane, turn = lane.give(lane.rate(ceiling), int(min(wanted, day.left(cap, share))), now)
        day = day.given(turn.count, backfill=backfill)
    return replace(quota, lanes={**quota.lanes, label: lane}, days={**quota.days, labels: day}), turn
