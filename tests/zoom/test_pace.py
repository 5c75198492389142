"""Spacing of requests."""

import asyncio
import gc
from contextlib import aclosing, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from include.zoom.errors import DailyCapReached, Misconfigured
from include.zoom.pace import OwnTurns, Pace
from include.zoom.stream import Label
from include.zoom.turns import Feedback, Turn
from tests.zoom.limited import Bucket, Case, Sliding, Tenth, now, refused, run, share, simulate, slowest

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


class Given:
    """Gives turns of ten requests, 50 ms apart, a second from now, `count` of them; notes what it is told."""

    def __init__(self, count: int = 1_000) -> None:
        self.left = count
        self.told: list[tuple[int, Feedback]] = []

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """As `Turns`."""
        self.told.append((wanted, feedback))
        await asyncio.sleep(0.1)
        self.left -= 1
        if self.left < 0:
            raise DailyCapReached("no more", resets_at=datetime(2026, 3, 11, tzinfo=UTC))
        return Turn(1.0, 0.05, 10 if wanted else 0)


def test_leave_that_nobody_will_use_is_given_back_at_the_end() -> None:
    """Else a day of many tasks counts requests that nobody has asked."""

    async def told() -> list[tuple[int, Feedback]]:
        turns = Given()
        async with aclosing(Pace(turns, clock=now)) as pace:
            pace.answered(await pace.wait(Label.LIGHT))
        return turns.told

    assert run(told()) == [(1, Feedback()), (0, Feedback(answered=1, lapsed=9))]


def test_leave_of_who_is_cancelled_is_given_back() -> None:
    """A failed pull cancels those that wait."""

    async def told() -> list[tuple[int, Feedback]]:
        turns = Given()
        async with aclosing(Pace(turns, clock=now)) as pace:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await pace.wait(Label.LIGHT)
        return turns.told

    assert run(told()) == [(1, Feedback()), (0, Feedback(lapsed=10))]


def test_the_end_waits_for_a_turn_that_is_being_fetched() -> None:
    """Its leave is given back, too, whenever the pull fails."""

    async def told() -> list[tuple[int, Feedback]]:
        turns = Given()
        async with aclosing(Pace(turns, clock=now)) as pace:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.35):
                    await asyncio.gather(*(pace.wait(Label.LIGHT) for _ in range(20)))
            assert turns.left == 1_000 - 1
        return turns.told

    assert run(told())[-1] == (0, Feedback(lapsed=15))


def test_a_cap_met_while_fetching_ahead_fails_who_needs_that_turn_only() -> None:
    """What was given before is used."""

    async def refused_ones() -> list[bool]:
        pace = Pace(Given(1), clock=now)
        done = await asyncio.gather(*(pace.wait(Label.LIGHT) for _ in range(12)), return_exceptions=True)
        return [isinstance(each, DailyCapReached) for each in done]

    assert run(refused_ones()) == [False] * 10 + [True] * 2


def test_a_cap_met_while_fetching_ahead_bothers_nobody_who_is_done() -> None:
    """Where nobody needs that turn any more, asyncio has no error to complain of."""
    complaints: list[str] = []

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told["message"]))
        pace = Pace(Given(1), clock=now)
        await asyncio.gather(*(pace.wait(Label.LIGHT) for _ in range(10)))
        await asyncio.sleep(1)

    run(ask())
    gc.collect()
    assert complaints == []


def test_each_turn_is_fetched_while_the_one_before_is_used() -> None:
    """Turns begin 1.1 s after they are asked for, which is a quarter of a second before the last one ends."""

    async def seconds() -> float:
        pace, began = Pace(Given(), clock=now), now()
        await asyncio.gather(*(pace.wait(Label.LIGHT) for _ in range(50)))
        return now() - began

    assert run(seconds()) == pytest.approx(1.55 + 4 * 1.3, abs=0.01)


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


def test_refusals_that_do_not_depend_on_the_rate_do_not_end_it() -> None:
    """Each tenth request is refused, whatever the rate: it is asked faster again, and only who is refused waits."""
    case = Case("business", tasks=1, latency=1.0, limiter=Tenth, headers="seconds", seconds=120)
    seen = run(simulate(case))
    assert share(case, seen) >= 0.7
    assert seen.tries <= 5


@pytest.mark.parametrize("plan", ["pro", "business"])
def test_sixteen_tasks_without_a_common_quota_stay_alive_and_polite(plan: str) -> None:
    """Where nothing is shared, refusals alone share the account: most of it is used, and no request is given up."""
    case = Case(plan, tasks=16, workers=8, shared=False, start=0.25, foreign="steady", seconds=240)
    runs = [run(simulate(case, seed)) for seed in (1, 2)]
    assert min(share(case, seen) for seen in runs) >= 0.8
    assert sum(refused(seen) for seen in runs) / len(runs) <= 0.12
    assert min(min(seen.answered) for seen in runs) > 0
    assert max(seen.tries for seen in runs) <= 6


def test_sixteen_tasks_ask_the_api_server_for_a_few_turns_a_second() -> None:
    """However many requests they send: each turn is of many where many are wanted."""
    case = Case("business", tasks=16, seconds=60)
    seen = run(simulate(case))
    assert sum(seen.answered) > 30 * case.seconds
    assert seen.taken < 12 * case.seconds
