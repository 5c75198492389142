"""SIGKILL at every moment of a refresh: outside the gap that is Zoom's, no grant is lost."""

from collections.abc import Callable

import pytest
from rich.table import Table

from tests.faults.stage import MakeStage
from tests.faults.sweep import GAP, STEPS, full_time, kill_after, kill_at, kill_when, table
from tests.faults.work import POINTS

pytestmark = [pytest.mark.processes, pytest.mark.timeout(3000)]

KILLS = 120  # for each way in which a Zoom treats a spent token
FELL = {
    "before the read": STEPS[0],
    "before the lease": STEPS[0],
    "after the lease": STEPS[1],
    "before the post": STEPS[1],
    "after receiving": STEPS[4],
    "before the file": STEPS[4],
    "after the file": STEPS[5],
    "before the commit": STEPS[5],
    "after the commit": STEPS[6],
}


@pytest.mark.parametrize("rotation", ["strict", "grace"])
def test_a_kill_at_each_step(make_stage: MakeStage, rotation: str) -> None:
    """A strict Zoom loses what was sent and never came into a durable place, a grace loses nothing."""
    stage = make_stage("postgresql", f"slow {rotation}")
    kills = {point: kill_at(stage, point) for point in POINTS}
    kills["request held"], kills["answer held"] = kill_when(stage, "request"), kill_when(stage, "answer")
    assert {point: kill.step for point, kill in kills.items()} == FELL | {
        "request held": STEPS[2],
        "answer held": STEPS[3],
    }
    lost = {point for point, kill in kills.items() if kill.lost}
    strict = {"request held", "answer held", "after receiving", "before the file"}
    assert lost == (strict if rotation == "strict" else set())


@pytest.mark.sweep
@pytest.mark.parametrize("rotation", ["strict", "grace"])
def test_kills_spread_over_a_refresh(
    make_stage: MakeStage, rotation: str, show: Callable[[Table], None]
) -> None:
    """120 kills, evenly from before the read until after the commit: each lost grant was lost in the gap."""
    stage = make_stage("postgresql", f"slow {rotation}")
    seconds = full_time(stage)
    kills = [kill_after(stage, number * seconds / (KILLS - 1)) for number in range(KILLS)]
    show(table(f"{KILLS} kills over {1000 * seconds:.0f} ms, {rotation}", kills))
    assert len(kills) == KILLS
    lost = {kill.step for kill in kills if kill.lost}
    assert lost <= (set(GAP) if rotation == "strict" else set())
