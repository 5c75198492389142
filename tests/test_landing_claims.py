"""Claims: who is at work on what others need too, and who goes on where he does not."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import ObjectStoragePath

from include.landing import AtWork, Claim, Landing, claims
from include.landing.files import made
from tests.test_landing import ACCOUNT, Clock

NOW = datetime(2026, 3, 10, 0, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "s3"])
def path(request: pytest.FixtureRequest, tmp_path: object) -> ObjectStoragePath:
    root = f"file://{tmp_path}"
    if request.param == "s3":
        root = f"s3://{request.getfixturevalue('bucket')}"
    return ObjectStoragePath(f"{root}/shared/window.claim.json")


@pytest.fixture
def take(path: ObjectStoragePath, clock: Clock) -> Callable[[str], Claim]:
    """Takes the claim for a holder; nobody else acts while it settles."""
    return lambda holder: claims.claim(path, holder, clock=clock, pause=lambda _: None)


def fail(claim: Claim, cursor: str = "", put_off: datetime | None = None) -> None:
    """Work that comes so far and no further."""
    with claim:
        claim.keep(cursor)
        if put_off:
            claim.put_off(put_off)
        raise ValueError("broken")


def test_one_holds_and_the_others_look_again(take: Callable[[str], Claim], clock: Clock) -> None:
    """Soon where it has just begun, seldom where it takes long; nobody when it is done."""
    with take("run 1"):
        waits = []
        for age in (0, 40, 59):
            clock.now = NOW + SECOND * age
            with pytest.raises(AtWork, match="^run 1 is at it") as caught:
                take("run 2")
            waits.append((caught.value.look_again - clock.now).total_seconds())
    assert waits == [10, 20, 29.5]
    with take("run 2"):
        pass


def test_a_holder_that_died_is_followed_when_its_claim_has_lapsed(
    take: Callable[[str], Claim], clock: Clock
) -> None:
    """Who follows goes on from where it had come to; a later try of the same run need not wait."""
    take("run 1").keep("half of it")
    clock.now += SECOND * 59
    with pytest.raises(AtWork):
        take("run 2")
    assert take("run 1").cursor == "half of it"
    clock.now += SECOND * 60
    assert take("run 2").cursor == "half of it"


def test_a_holder_that_fails_gives_its_claim_up(take: Callable[[str], Claim]) -> None:
    """At once, with what it had done."""
    with pytest.raises(ValueError, match="broken"):
        fail(take("run 1"), "half of it")
    assert take("run 2").cursor == "half of it"


def test_a_holder_that_is_put_off_keeps_the_others_waiting(
    take: Callable[[str], Claim], clock: Clock
) -> None:
    """They look again when it is due, and whoever comes first then goes on."""
    due = NOW + timedelta(hours=5)
    with pytest.raises(ValueError, match="broken"):
        fail(take("run 1"), put_off=due)
    with pytest.raises(AtWork) as caught:
        take("run 2")
    assert caught.value.look_again == due
    clock.now = due
    take("run 2")


def test_of_two_at_once_the_later_writer_holds(path: ObjectStoragePath, clock: Clock) -> None:
    """Both look again when both have written."""
    second = []

    def meanwhile(_: float) -> None:
        path.unlink()  # what the second had read: nothing
        second.append(claims.claim(path, "run 2", clock=clock, pause=lambda _: None))

    with pytest.raises(AtWork, match="run 2"):
        claims.claim(path, "run 1", clock=clock, pause=meanwhile)
    assert len(second) == 1


def test_a_claim_is_renewed_while_it_is_held(
    take: Callable[[str], Claim], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a thread of its own, however long a request takes; what another has taken meanwhile is left alone."""
    renewed = threading.Event()
    monkeypatch.setattr(claims, "RENEWED_EACH_SECONDS", 0.001)
    write = claims._write

    def written(path: ObjectStoragePath, told: claims._Told) -> None:
        write(path, told)
        if told.until > NOW + claims.LAPSES_AFTER:
            renewed.set()

    monkeypatch.setattr(claims, "_write", written)
    with take("run 1"):
        clock.now += SECOND * 50
        assert renewed.wait(10)
        clock.now += SECOND * 59
        with pytest.raises(AtWork):
            take("run 2")
        clock.now += timedelta(days=1)


def test_a_holder_that_was_followed_leaves_the_follower_alone(
    take: Callable[[str], Claim], clock: Clock
) -> None:
    """Two who do the same do no harm: the first neither writes over the other's claim nor ends it."""
    with take("run 1") as first:
        clock.now += SECOND * 61
        take("run 2").keep("theirs")
        first.keep("ours")
    with pytest.raises(AtWork, match="run 2"):
        take("run 3")
    assert take("run 2").cursor == "theirs"


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5)])
def test_clocks_that_differ_cost_work_or_time_and_nothing_else(
    path: ObjectStoragePath, take: Callable[[str], Claim], clock: Clock, ahead: timedelta
) -> None:
    """Who is ahead follows one that is alive, which leaves him alone; who is behind waits a little longer."""
    theirs = Clock()

    def take_too(holder: str) -> Claim:
        theirs.now = clock.now + ahead
        return claims.claim(path, holder, clock=theirs, pause=lambda _: None)

    with take("run 1") as first:
        first.keep("half of it")
        if ahead > timedelta(0):
            follower = take_too("run 2")
            assert follower.cursor == "half of it"
            first.keep("more of it")
            with follower:
                follower.keep("all of it")
        else:
            with pytest.raises(AtWork) as caught:
                take_too("run 2")
            assert caught.value.look_again == theirs.now + SECOND * 10
    clock.now += timedelta(minutes=6)
    assert take_too("run 2").cursor is None


def test_a_broken_claim_is_nobodys(take: Callable[[str], Claim], path: ObjectStoragePath) -> None:
    """Cut off, or of another version."""
    made(path.parent)
    for text in (b"", b'{"holder": "run 1"}', b'{"until": 1}'):
        path.write_bytes(text)
        with take("run 2"):
            pass


def test_what_is_shared_is_found_by_its_name(tmp_path: object, clock: Clock) -> None:
    """By everybody of the same account, once it is published."""
    place = Landing(f"file://{tmp_path}", clock=clock).shared(ACCOUNT, "meetings", "2026-03-09-5eed")
    assert place.address is None
    place.publish("a/meetings/1/manifest.json")
    assert place.address == "a/meetings/1/manifest.json"
    foreign = Landing(f"file://{tmp_path}", clock=clock).shared("another", "meetings", "2026-03-09-5eed")
    assert foreign.address is None
