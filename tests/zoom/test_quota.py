"""Leave to ask, per second and per day."""

from datetime import UTC, datetime
from typing import Any

import pytest

from include.zoom.lane import Lane
from include.zoom.quota import Quota, take
from include.zoom.stream import Label
from include.zoom.turns import NOTHING, Closed, Feedback, Turn

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)


def taken(quota: Quota, wanted: int = 10, after: float = 0.0, **more: Any) -> tuple[Quota, Turn | Closed]:
    """A turn of heavy requests of a Pro account, so many seconds after noon."""
    asked = {"plan": "pro", "label": Label.HEAVY, "feedback": NOTHING, **more}
    return take(quota, wanted=wanted, now=NOON + after, **asked)


def turn(quota: Quota, **more: Any) -> Turn:
    """The turn only."""
    found = taken(quota, **more)[1]
    assert isinstance(found, Turn)
    return found


def test_turns_follow_each_other() -> None:
    """Of two tasks that ask at once, the second begins where the first ends: 10 a second, three quarters of it."""
    quota, first = taken(Quota(), wanted=3)
    assert first == Turn(0.0, pytest.approx(0.1333, abs=1e-4), 3)
    assert turn(quota).starts_in == pytest.approx(0.4)


def test_many_tasks_get_small_turns() -> None:
    """What is given out ahead is bounded in time, however many ask for how much."""
    quota = Quota()
    for _ in range(10):
        quota, given = taken(quota, wanted=1_000)
    assert isinstance(given, Turn)
    assert given.count == 1
    assert given.starts_in < 2


def test_retry_after_holds_everybody() -> None:
    """Also leave that was given before counts no more; an absurd time is cut to five minutes."""
    quota, told = taken(Quota(), wanted=0, feedback=Feedback(refused=1, retry_after=7.0))
    assert isinstance(told, Turn)
    assert (told.count, told.held) == (0, 7.0)
    assert turn(quota, after=2.0).starts_in == pytest.approx(5.0)
    absurd = taken(Quota(), wanted=0, feedback=Feedback(refused=1, retry_after=1e9))[0]
    assert turn(absurd).starts_in == pytest.approx(300.0)


def test_refusals_of_one_moment_count_once() -> None:
    """Sixteen tasks tell of it, and the rate falls as if it were one."""
    quota, given = taken(Quota(), wanted=1)
    assert isinstance(given, Turn)
    refused = Feedback(refused=1, refused_at=1 / given.apart)
    once = taken(quota, feedback=refused)[0]
    often = once
    for _ in range(15):
        often = taken(often, wanted=0, feedback=refused)[0]
    fallen = turn(once, after=60).apart
    assert fallen == turn(often, after=60).apart
    assert 1 / fallen == pytest.approx(0.7 * 7.5)


def test_a_ceiling_that_zoom_tells_is_kept() -> None:
    """An app's own limit may be lower than the plan's; a higher one changes nothing."""
    assert 1 / turn(Quota(), feedback=Feedback(limit=4)).apart == pytest.approx(0.97 * 4)
    assert 1 / turn(Quota(), feedback=Feedback(limit=10_000_000)).apart == pytest.approx(7.5)


def test_the_daily_cap_closes_until_midnight() -> None:
    """Heavy and resource-intensive requests share 30,000 a day on Pro; midnight opens again."""
    quota = taken(Quota(), wanted=0, feedback=Feedback(remaining_today=2))[0]
    quota, last = taken(quota, wanted=50)
    assert isinstance(last, Turn)
    assert last.count == 2
    told = taken(quota, label=Label.RESOURCE_INTENSIVE)[1]
    assert told == Closed(MIDNIGHT, "cap", "heavy+resource_intensive", 30_000, 0, 30_000)
    assert isinstance(taken(quota, after=43_201)[1], Turn)
    assert isinstance(taken(quota, label=Label.MEDIUM)[1], Turn)


def test_a_backfill_leaves_a_reserve() -> None:
    """It stops at its share; what a daily run asks goes on, and does not count as the backfill's."""
    quota, backfill = Quota(), {"plan": "free", "backfill": True, "backfill_share": 0.003}
    quota, first = taken(quota, **backfill)
    quota, _ = taken(quota, plan="free")
    quota, _ = taken(quota, after=10, **backfill)
    quota, third = taken(quota, after=20, **backfill)
    assert isinstance(first, Turn)
    while isinstance(third, Turn):
        quota, third = taken(quota, after=30, **backfill)
    assert (third.reason, third.by_backfills, third.cap, third.resets_at) == ("share", 3, 1_000, MIDNIGHT)
    assert isinstance(taken(quota, plan="free")[1], Turn)


def test_a_cap_that_zoom_calls_used_up_stops_every_task() -> None:
    """Whatever was counted here, and also where no cap is known."""
    until = datetime(2026, 3, 10, 20, tzinfo=UTC)
    for label in (Label.HEAVY, Label.LIGHT):
        quota = taken(Quota(), wanted=0, label=label, feedback=Feedback(used_up_until=until))[0]
        told = taken(quota, label=label, after=60)[1]
        assert isinstance(told, Closed)
        assert told.resets_at == until
        assert isinstance(taken(quota, label=label, after=28_801)[1], Turn)


def test_leave_that_lapsed_is_given_back() -> None:
    """It is not counted as asked."""
    quota, given = taken(Quota(), wanted=3)
    quota = taken(quota, wanted=0, feedback=Feedback(lapsed=2))[0]
    assert isinstance(given, Turn)
    assert [each.used for each in quota.usage("pro", NOON)] == [given.count - 2]


def test_an_account_that_refuses_nothing_is_soon_asked_in_full() -> None:
    """Within two hundred requests of a short pull, not within the minutes that a climb after a refusal takes."""
    quota = taken(Quota(), wanted=5)[0]
    assert 1 / turn(quota, feedback=Feedback(answered=194)).apart == pytest.approx(9.7)


def test_answers_while_turns_lie_idle_teach_nothing() -> None:
    """The rate climbs by what was answered while it was used in full."""
    quota = taken(Quota(), wanted=5)[0]
    idle = turn(quota, after=60, feedback=Feedback(answered=200))
    busy = turn(quota, feedback=Feedback(answered=200))
    assert 1 / idle.apart == pytest.approx(7.5)
    assert 1 / busy.apart > 9


def test_the_state_survives_as_json() -> None:
    """What is kept is what was; a text that is none of ours, or of another version, is an account unknown."""
    quota = taken(Quota(), feedback=Feedback(refused=1, used_up_until=MIDNIGHT))[0]
    assert Quota.from_json(quota.to_json()) == quota
    for text in (
        "",
        "null",
        "[]",
        "{}",
        '{"version":0}',
        '{"version":1,"lanes":{"heavy":{"x":1}},"days":{}}',
    ):
        assert Quota.from_json(text) == Quota()


def test_a_newer_version_s_fields_are_passed_over() -> None:
    """While API servers are upgraded one after the other, none may forget what was used today."""
    quota = taken(Quota(), wanted=3)[0]
    newer = quota.to_json().replace('"used":', '"new":1,"used":').replace('"floor":', '"new":1,"floor":')
    assert Quota.from_json(newer) == quota


def test_an_older_version_s_row_is_taken_on() -> None:
    """What it had found and counted stays."""
    kept = '{"version":1,"lanes":{"heavy":{"floor":2.0,"brink":4.0,"climbed":750.0,"known":true}},"days":{}}'
    assert 1 / turn(Quota.from_json(kept)).apart == pytest.approx(4.0)


def finds(rates: list[float], refused: list[int]) -> None:
    """Asks at a fifth of the ceiling, and as fast as the quota says, with so many of each 100 refused."""
    quota = Quota({"heavy": Lane(2.0, 2.0, firm=0.2, refused=0.1, known=True)})
    for expected, met, requests in zip(rates, refused, [100, 200, 400, 485], strict=False):
        assert 1 / turn(quota).apart == pytest.approx(expected)
        for _ in range(requests // 100):
            quota = taken(quota, wanted=0, feedback=Feedback(answered=100 - met, refused=met))[0]


def test_a_rate_that_refusals_do_not_depend_on_rises_again() -> None:
    """It is doubled as long as twice the rate meets no more of them, up to just below the ceiling."""
    finds([2.0, 4.0, 8.0, 9.7], [10, 10, 10, 10])


def test_a_rate_that_refusals_depend_on_stays_down() -> None:
    """An app that takes nine tenths refuses 9 % at a fifth of the ceiling, and more at two fifths."""
    finds([2.0, 4.0, 2.0, 2.0], [9, 18, 9, 9])


@pytest.mark.parametrize("kept", ["free_at", "held_until"])
def test_a_clock_that_went_back_stops_nobody(kept: str) -> None:
    """Leave or a hold that seems to be for hours to come is not waited for."""
    quota = Quota({"heavy": Lane(7.5, 9.7, **{kept: NOON + 7_200})})
    assert turn(quota).starts_in == 0.0
    assert turn(taken(quota)[0]).starts_in < 1
