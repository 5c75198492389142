"""Faults 3 to 6, 9 and 10: the process that refreshes is killed, stopped or cut off at each step."""

import pytest

from include.grant.journal import State
from tests.faults.report import Record
from tests.faults.stage import MakeStage, Stage
from tests.faults.work import Told

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


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
@pytest.mark.parametrize("rotation", ["strict", "family", "grace"])
def test_fault_05_killed_after_zoom_rotated(
    make_stage: MakeStage, backend: str, rotation: str, record: Record
) -> None:
    """The answer dies with the process: after one more post a grace saves the grant, a strict Zoom wants a person."""
    stage = make_stage(backend, rotation)
    line = stage.proxy.next(holds="answer")
    holder = stage.start()
    line.until_answered()
    holder.kill()
    stage.end_lease()
    told, again = stage.ask(), stage.ask()
    assert stage.zoom.posts == 2
    if rotation == "grace":
        assert (told.error, again.error, stage.zoom.refused) == ("", "", 0)
        assert told.token == again.token
        record("one more post, the grace recovers it", posts=2)
    else:
        assert (told.error, again.error, stage.zoom.refused) == ("ConsentRequired", "ConsentRequired", 1)
        assert stage.grant().journal.state is State.CONSENT_REQUIRED
        record("CONSENT_REQUIRED after one more post", posts=2)


def test_fault_06_killed_after_the_commit(stage: Stage, record: Record) -> None:
    """Everything is stored, so the next process finds the fresh token and posts nothing."""
    stage.start(at="after the commit").killed()
    told = stage.ask()
    assert (told.error, told.generation) == ("", 1)
    assert told.token == stage.shown()["access_token"]
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("nothing to do", posts=1)


@pytest.mark.parametrize("lost", ["the request", "the request, then a reset"])
def test_fault_09_host_off(stage: Stage, lost: str, record: Record) -> None:
    """A host that never comes back: its lease ends, its post counts as ambiguous, so one more may follow, no third."""
    line = stage.proxy.next(holds="request")
    holder = stage.start()
    line.until_asked()
    holder.stop()
    waiting = stage.start()
    waiting.until("read", times=3)
    assert len(stage.proxy.lines) == 1
    if lost == "the request, then a reset":
        stage.zoom.order("reset")
    stage.end_lease()
    told = waiting.told()
    assert len(stage.proxy.lines) == 2
    if lost == "the request":
        assert (told.error, told.generation) == ("", 1)
        record("the lease expires; one more post, fresh", posts=2)
    else:
        assert (told.error, stage.grant().journal.state) == ("PauseError", State.BACKING_OFF)
        record("the one more post is lost too: no third, back-off", posts=2)


@pytest.mark.parametrize("backend", ["postgresql", "sqlite"])
@pytest.mark.parametrize(
    ("rotation", "stopped"), [("strict", "before its post"), ("strict", "mid-post"), ("grace", "mid-post")]
)
def test_fault_10_holder_stopped_120_seconds_then_continues(
    make_stage: MakeStage, backend: str, rotation: str, stopped: str, record: Record
) -> None:
    """Woken, a holder whose lease is over posts nothing any more; an answer that waits for it is kept as an orphan."""
    stage = make_stage(backend, rotation)
    if stopped == "before its post":
        assert fenced_before_its_post(stage) == 1
        assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
        record("fenced: it does not post any more", posts=1)
    elif rotation == "grace":
        other = fenced_mid_post(stage)
        assert stage.grant().journal.orphan is not None
        assert stage.ask() == other
        assert (other.error, stage.zoom.posts) == ("", 2)
        record("fenced, orphan kept; what another got counts", posts=2)
    else:
        assert fenced_mid_post(stage).error == "ConsentRequired"
        assert stage.ask().error == ""
        assert (stage.grant().journal.state, stage.zoom.posts) == (State.READY, 3)
        record("fenced, orphan kept, then tried: READY again", posts=3)


def fenced_before_its_post(stage: Stage) -> int:
    """Stopped with the lease, woken when another has refreshed; how many posts there were until it woke."""
    holder = stage.start(at="after the lease", does="stop", clock_jumps_seconds=120)
    holder.stopped()
    stage.end_lease()
    other = stage.ask()
    posts = stage.zoom.posts
    holder.wake()
    holder.told()
    assert stage.ask() == other
    return posts


def fenced_mid_post(stage: Stage) -> Told:
    """Stopped while Zoom answers, woken when the answer has long come; what another was told meanwhile."""
    line = stage.proxy.next(holds="answer")
    holder = stage.start(clock_jumps_seconds=120)
    line.until_answered()
    holder.stop()
    stage.end_lease()
    other = stage.ask()
    line.let_go()
    assert line.passed.wait(60)
    holder.wake()
    holder.told()
    return other
