"""What a run or a backfill will ask of Zoom and how long that takes, told before anything is asked."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from airflow.sdk import conf

from include.warehouse.connect import warehouse
from include.warehouse.counted import counted
from include.warehouse.errors import WarehouseError
from include.zoom.duration import Duration, duration
from include.zoom.estimate import Cost, by_label, cost
from include.zoom.sizes import Given, Size, sizes
from include.zoom.stream import Label, Stream

_PLAN_COMMAND = "python -m include.flow plan --users"
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Forecast:
    """The costs of streams, parents first, at a plan's limits; `share` of each daily cap may be used."""

    costs: Sequence[Cost]
    sizes: Mapping[str, Size]
    plan: str
    share: float

    @cached_property
    def requests(self) -> dict[Label, int]:
        """By label."""
        return by_label(self.costs)

    @property
    def total(self) -> int:
        """Requests of all labels."""
        return sum(self.requests.values())

    @property
    def duration(self) -> Duration:
        """How long they take."""
        return duration(self.requests, plan=self.plan, share=self.share)

    def lines(self) -> list[str]:
        """As the log tells it: a line for each label, and the sum."""
        took = self.duration
        each = [
            f"About {number:,} {label} requests, {spell(took.hours[label])} at plan {self.plan}"
            for label, number in self.requests.items()
        ]
        caps = "".join(f"; daily cap {name}: {part:.0%} of one day's" for name, part in took.caps.items())
        return [
            *each,
            f"About {self.total:,} requests in all: {spell(took.total_hours)}{caps}. What decides: {took.binds}.",
        ]


def forecast(
    days: Mapping[str, Sequence[date]],
    streams: Mapping[str, Stream],
    known: Mapping[str, Size],
    *,
    plan: str,
    today: date,
    backfill: bool,
) -> Forecast:
    """The costs of these streams over their days.

    Args:
        days: by stream, parents first.
        streams: the catalogue.
        known: the streams' sizes.
        plan: the account's.
        today: the UTC day.
        backfill: whether each day has a run of its own, which leaves the daily run a part of each cap.
    """
    costs = [
        cost(streams[name], wanted, known, today=today, backfill=backfill) for name, wanted in days.items()
    ]
    share = conf.getfloat("zoom", "backfill_share") if backfill else 1
    return Forecast(costs, known, plan, share)


def foretell(
    schema: str,
    days: Mapping[str, Sequence[date]],
    streams: Mapping[str, Stream],
    *,
    plan: str,
    today: date,
    backfill: bool,
) -> list[str]:
    """The same as lines for a run's log; a warehouse that does not answer is no reason to stop."""
    try:
        found = counted(warehouse(schema=schema), streams, today=today)
    except WarehouseError as error:
        return [f"How many requests this takes is not known: {error}"]
    if "users" not in found:
        return [f"How many requests this takes is not known before the first load; {_PLAN_COMMAND} … tells."]
    known = sizes(streams, found, Given())
    return forecast(days, streams, known, plan=plan, today=today, backfill=backfill).lines()


def spell(hours: float) -> str:
    """A length of time as a person would say it."""
    if hours < 1 / 60:
        return "under a minute"
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"  # noqa: PLR2004
