"""How long requests take at a plan's limits: at its rates, and under its daily caps."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from include.zoom.limits import PER_DAY, TOP, ceilings, group
from include.zoom.stream import Label

_HOUR = 3600


@dataclass(frozen=True)
class Duration:
    """How long it takes, if nobody else asks this account; labels are asked at once, each at its own rate."""

    hours: Mapping[Label, float]
    """Of asking without a break, by label."""
    caps: Mapping[str, float]
    """The part of one day's cap that is needed, by the labels that share it (1: all of it)."""
    share: float
    """The part of a day's cap that may be used."""

    @property
    def longest_hours(self) -> float:
        """Hours at the plan's rates: of the label that takes longest."""
        return max(self.hours.values(), default=0)

    @property
    def days(self) -> int:
        """Days (UTC) on which something is asked, at the daily caps."""
        return max(1, ceil(round(max(self.caps.values(), default=0) / self.share, 6)))

    @property
    def total_hours(self) -> float:
        """From the first request to the last: whole days for the caps that are used up, then the rest."""
        return max(self.longest_hours, (self.days - 1) * 24.0)

    @property
    def binds(self) -> str:
        """The limit that decides."""
        if self.days > 1 and (self.days - 1) * 24 >= self.longest_hours:
            return f"the daily cap {max(self.caps, key=lambda name: self.caps[name])}"
        if not self.hours:
            return "nothing"
        return f"the rate {max(self.hours, key=lambda label: self.hours[label])}"


def duration(requests: Mapping[Label, int], *, plan: str, share: float = 1) -> Duration:
    """How long requests take on a plan.

    Args:
        requests: by label.
        plan: free, pro or business.
        share: the part of each daily cap that may be used; a backfill leaves the daily run some.

    Raises:
        Misconfigured: there is no such plan.
    """
    fastest = ceilings(plan)
    hours = {label: number / (fastest[label] * TOP) / _HOUR for label, number in requests.items()}
    caps = {
        group(labels): of_all / cap
        for labels, cap in PER_DAY[plan].items()
        if (of_all := sum(requests.get(label, 0) for label in labels))
    }
    return Duration(hours, caps, share)
