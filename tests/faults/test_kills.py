"""Faults 3 to 6, 9 and 10: the process that refreshes is killed, stopped or cut off at each step."""

import pytest

from tests.faults.report import Record
from tests.faults.stage import Stage

pytestmark = pytest.mark.processes


def test_fault_03_killed_before_the_lease(stage: Stage, record: Record) -> None:
    """Nothing has happened: no lease, no post, and the next process refreshes at once."""
    stage.start(at="before the lease").killed()
    assert stage.zoom.posts == 0
    assert stage.grant().journal.attempt_deadline is None
    assert stage.ask().generation == 1
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("nothing; the next one refreshes at once", posts=1)


@pytest.mark.parametrize("point", ["after the lease", "before the post"])
def test_fault_04_killed_with_the_lease_before_the_post(stage: Stage, point: str, record: Record) -> None:
    """The next process waits for the lease's end, looking again and again, then posts once and has a token."""
    stage.start(at=point).killed()
    waiting = stage.start()
    waiting.until("read", times=4)
    assert stage.zoom.posts == 0
    stage.end_lease()
    assert waiting.told().generation == 1
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("the next one waited for the deadline; fresh", posts=1)
