"""Claims on S3, where the last writer wins and nobody can create for certain what is not there."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from upath import UPath

from include.landing import AtWork, Landing, claims
from include.zoom.pull import PullCounts
from tests.s3.store import Fault, Store
from tests.test_landing import ACCOUNT, DAY, PARTICIPANTS, page


def test_of_many_that_take_a_claim_at_once_one_holds(
    s3: Store, root: UPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All have seen that nobody has it, and all write before one of them looks again."""
    seen, wrote = threading.Barrier(5, timeout=60), threading.Barrier(5, timeout=60)
    monkeypatch.setattr(claims, "made", lambda _: seen.wait())
    s3.fail()

    def take(holder: str) -> str:
        try:
            claims.claim(root / "a.claim.json", holder, pause=lambda _: wrote.wait())
        except AtWork as other:
            return str(other).split(" is at it")[0]
        return holder

    holders = [f"run {number}" for number in range(5)]
    with ThreadPoolExecutor(5) as threads:
        told = list(threads.map(take, holders))
    assert len(set(told)) == 1
    assert told[0] in holders
    assert Counter(each.split()[0] for each in s3.asked()) == {"GET": 10, "PUT": 5}


def test_a_claim_that_arrives_late_costs_work_and_nothing_else(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its request took longer than the other's second look: both hold, both publish, and all find one of the two, whole."""
    place = landing.shared(ACCOUNT, "meeting_participants", "window")
    held: list[Any] = []

    def overtaken(_: object) -> None:
        monkeypatch.setattr(claims, "made", lambda _: None)
        held.append(place.claim("run 2"))

    monkeypatch.setattr(claims, "made", overtaken)
    held.append(place.claim("run 1"))
    made = []
    for claim in held:
        with claim:
            attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], shared=True, keep=claim.keep)
            attempt.write([page("a")])
            made.append(attempt.finish(PullCounts()))
            place.publish(made[-1].address)
            found = landing.manifest(place.address or "")
            assert (found.address, list(landing.pages(found))) == (made[-1].address, [page("a")])
    assert len({each.address for each in made}) == 2
    assert [list(landing.pages(landing.manifest(each.address))) for each in made] == [[page("a")]] * 2
    with place.claim("run 3") as next_one:
        assert next_one.cursor is None


def test_a_claim_that_cannot_be_renewed_or_given_up_stops_no_work(
    s3: Store, root: UPath, caplog: pytest.LogCaptureFixture
) -> None:
    """It lapses by itself."""
    with claims.claim(root / "a.claim.json", "run 1", pause=lambda _: None) as claim:
        s3.fail(Fault("PUT|DELETE", "cut"))
        claim.keep("half of it")
    assert [line.split(":")[0] for line in caplog.messages] == [
        "The claim a.claim.json could not be renewed",
        "The claim a.claim.json lapses by itself",
    ]
