"""Zoom's rate limits per plan and label: https://developers.zoom.us/docs/api/rate-limits/.

They hold for the whole account and all its apps, so staying below does not keep 429 away; it keeps it rare.
"""

from collections.abc import Mapping

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
_TOGETHER = frozenset({Label.HEAVY, Label.RESOURCE_INTENSIVE})
PER_DAY: Mapping[str, Mapping[frozenset[Label], int]] = {
    "free": {
        frozenset({Label.LIGHT}): 6_000,
        frozenset({Label.MEDIUM}): 2_000,
        frozenset({Label.HEAVY}): 1_000,
        frozenset({Label.RESOURCE_INTENSIVE}): 30_000,
    },
    "pro": {_TOGETHER: 30_000},
    "business": {_TOGETHER: 60_000},
}
"""Requests of a UTC day, of these labels together; labels that are not named have no cap."""

TOP = 0.97
"""Of the ceiling, the most that is asked: requests arrive a little earlier or later than they were sent."""


def ceilings(plan: str) -> Mapping[Label, float]:
    """Requests per second of a plan.

    Raises:
        Misconfigured: there is no such plan.
    """
    if plan not in PER_SECOND:
        raise Misconfigured(f"The Connection's plan is {plan!r}; it must be one of {', '.join(PER_SECOND)}.")
    return PER_SECOND[plan]


def capped(plan: str, label: Label) -> tuple[str, int | None]:
    """The labels that share this one's cap, and the cap."""
    for labels, cap in PER_DAY[plan].items():
        if label in labels:
            return group(labels), cap
    return label, None


def group(labels: frozenset[Label]) -> str:
    """The name of labels that share a cap."""
    return "+".join(sorted(labels))
