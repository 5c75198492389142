"""Spacing of requests."""

from typing import Any

import pytest

from include.zoom.errors import Misconfigured
from include.zoom.pace import OwnTurns, Pace
from include.zoom.stream import Label

VirtualTime = Any


def own(plan: str, time: VirtualTime) -> Pace:
    """The pace of a process that shares nothing."""
    return Pace(OwnTurns(plan, clock=time.seconds), clock=time.seconds, sleep=time.sleep)


async def test_requests_of_a_label_stay_below_the_plans_ceiling(virtual_time: VirtualTime) -> None:
    """Ten heavy requests of a free account, whose ceiling is one per second, take ten seconds."""
    pace = own("free", virtual_time)
    for _ in range(10):
        await pace.wait(Label.HEAVY)
    assert virtual_time.seconds() == pytest.approx(10.0, abs=0.1)


async def test_labels_do_not_wait_for_each_other(virtual_time: VirtualTime) -> None:
    """The counter is the label's."""
    pace = own("free", virtual_time)
    for label in Label:
        await pace.wait(label)
    assert virtual_time.slept == []


async def test_a_held_label_waits(virtual_time: VirtualTime) -> None:
    """When Zoom refuses one request, none of its label goes out until then."""
    pace = own("pro", virtual_time)
    await pace.refused(await pace.wait(Label.LIGHT), 5)
    await pace.wait(Label.LIGHT)
    assert virtual_time.slept == [5]


def test_an_unknown_plan_is_refused() -> None:
    """No API tells the plan, so the Connection must."""
    with pytest.raises(Misconfigured, match="'gold'"):
        OwnTurns("gold")
