"""Spacing of requests."""

from typing import Any

import pytest

from include.zoom.errors import Misconfigured
from include.zoom.pace import OwnTurns, Pace
from include.zoom.stream import Label
from tests.zoom.limited import Bucket, Case, Sliding, refused, run, share, simulate, slowest

VirtualTime = Any
HALF_IS_TAKEN = [
    Case("pro", tasks=1, latency=1.0, foreign="steady"),
    Case("pro", tasks=4, latency=0.2, foreign="bursty"),
    Case("pro", tasks=4, latency=0.2, foreign="steady", headers="seconds"),
    Case("business", tasks=1, latency=0.02, foreign="bursty"),
    Case("business", tasks=4, latency=0.2, foreign="steady", limiter=Sliding),
    Case("business", tasks=4, latency=0.2, foreign="bursty", limiter=Bucket),
    Case("business", tasks=16, latency=0.02, foreign="steady", headers="remaining"),
    Case("business", tasks=16, latency=1.0, foreign="steady"),
]
ALONE = [
    Case("pro", tasks=1, latency=0.02, limiter=Bucket),
    Case("pro", tasks=16, latency=1.0),
    Case("free", tasks=4),
    Case("business", label=Label.RESOURCE_INTENSIVE, tasks=2, latency=1.0, seconds=7_200),
]


def own(plan: str, time: VirtualTime) -> Pace:
    """The pace of a process that shares nothing."""
    return Pace(OwnTurns(plan, clock=time.seconds), clock=time.seconds, sleep=time.sleep)


async def test_requests_of_a_label_stay_below_the_plans_ceiling(virtual_time: VirtualTime) -> None:
    """Ten heavy requests of a free account, whose ceiling is one per second, begin at 0.75 per second."""
    pace = own("free", virtual_time)
    for _ in range(10):
        await pace.wait(Label.HEAVY)
    assert virtual_time.seconds() == pytest.approx(12.0)


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


@pytest.mark.parametrize("case", [*HALF_IS_TAKEN, *ALONE], ids=str)
def test_an_account_is_used_nearly_in_full_and_hardly_ever_refused(case: Case) -> None:
    """Of the ceiling 95 % and more, 0.5 % of our requests refused at most, and no task with less than half its share.

    With foreign apps that take half, which nobody tells of; the limiter's form is unknown as well.
    """
    seen = run(simulate(case))
    assert share(case, seen) >= 0.95
    assert refused(seen) <= 0.005
    assert slowest(seen) >= 0.5


@pytest.mark.parametrize("plan", ["pro", "business"])
def test_sixteen_tasks_without_a_common_quota_stay_alive_and_polite(plan: str) -> None:
    """Where nothing is shared, refusals alone share the account: most of it is used, and no request is given up."""
    case = Case(plan, tasks=16, workers=8, shared=False, start=0.25, foreign="steady", seconds=240)
    seen = run(simulate(case))
    assert share(case, seen) >= 0.8
    assert refused(seen) <= 0.12
    assert min(seen.answered) > 0
    assert seen.tries <= 6


def test_sixteen_tasks_ask_the_api_server_for_a_few_turns_a_second() -> None:
    """However many requests they send: each turn is of many where many are wanted."""
    case = Case("business", tasks=16, seconds=60)
    seen = run(simulate(case))
    assert sum(seen.answered) > 30 * case.seconds
    assert seen.taken < 10 * case.seconds
