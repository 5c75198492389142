"""Retention of landing: what is old and loaded leaves, what something younger needs stays, a kill leaves nothing half."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from upath import UPath

from include.landing import FrameFile, Landing, LandingDamaged, Manifest, retention
from include.landing import finals as landing_finals
from include.landing.files import listed
from include.landing.retention import Retired, retire
from include.zoom.pull import PullCounts
from tests.test_landing import ACCOUNT, DAY, MEETINGS, PARTICIPANTS, USERS, Clock, page

NOW = datetime(2026, 11, 1, 3, 41, tzinfo=UTC)
BEFORE = NOW - timedelta(days=190)
OLD, YOUNG = BEFORE - timedelta(days=1), BEFORE + timedelta(days=1)
STREAMS = ("users", "meetings", "meeting_participants")


class Killed(BaseException):
    """Not even an `except Exception` sees it."""


class Years:
    """A landing in which time passes, and what the warehouse has not loaded."""

    def __init__(self, root: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.clock, self.unloaded = root, Clock(), set[str]()
        self.asked: list[tuple[str, tuple[date, ...]]] = []
        self.landing = Landing(root, clock=self.clock, pause=lambda _: None)
        numbers = itertools.count()

        def uuid7() -> UUID:
            moment = int(self.clock.now.timestamp() * 1000)
            return UUID(int=moment << 80 | 7 << 76 | 2 << 62 | next(numbers))

        monkeypatch.setattr("include.landing.store.uuid6.uuid7", uuid7)

    def pull(self, at: datetime, *units: str, of: Any = PARTICIPANTS, **about: Any) -> Manifest:
        """A finished pull of a list of participants for each unit, begun at a moment."""
        self.clock.now = at
        attempt = self.landing.begin(ACCOUNT, of, days=[DAY], **about)
        for unit in units:
            attempt.write([page(unit, at=at)])
        return attempt.finish(PullCounts(parents=len(units)))

    def retire(self, *, dry_run: bool = False) -> Retired:
        """One night's run."""
        return retire(
            self.landing, ACCOUNT, STREAMS, before=BEFORE, is_loaded=self.is_loaded, dry_run=dry_run
        )

    def is_loaded(self, manifest: Manifest, slices: Sequence[date]) -> bool:
        """What the ledger says."""
        self.asked.append((manifest.attempt_id, tuple(slices)))
        return manifest.attempt_id not in self.unloaded

    def files(self) -> list[str]:
        """All that lies there, by its place."""
        self.root.fs.invalidate_cache()
        below = len(self.root.path.rstrip("/"))
        return sorted(name[below:] for name in self.root.fs.find(self.root.path))

    def is_there(self, manifest: Manifest) -> bool:
        """Whether all of an attempt can be read; in part is an error of the test."""
        try:
            pages = list(self.landing.pages(self.landing.manifest(manifest.address)))
        except LandingDamaged as error:
            pages, told = None, str(error)
        if pages is None:
            gone = f"{manifest.address} is gone from landing. Clear the pull task of this run, which asks Zoom anew."
            assert told == gone
            return False
        assert len(pages) == sum(file.pages for file in manifest.files)
        return True


@pytest.fixture(params=["file", "s3"])
def years(request: pytest.FixtureRequest, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Years:
    root = f"file://{tmp_path}/landing"
    if request.param == "s3":
        root = f"s3://{request.getfixturevalue('bucket')}/landing"
    return Years(UPath(root), monkeypatch)


def test_what_is_old_and_loaded_leaves_with_its_frames(years: Years) -> None:
    """Nothing of it is left, and what is younger stays to the file."""
    young = years.pull(YOUNG, "b")
    kept = years.files()
    old = years.pull(OLD, "a")
    folder = years.landing.begin_frames(old)
    with folder.file("rows.parquet") as file:
        file.write(b"PAR1")
    folder.finish(files=[FrameFile("meeting_participants", DAY, "rows.parquet", 1)])
    assert years.retire() == Retired(attempts=1)
    assert years.files() == kept
    assert (years.is_there(old), years.is_there(young)) == (False, True)
    assert years.asked == [(old.attempt_id, (DAY,))]
    assert years.retire() == Retired()


def test_what_is_not_loaded_stays_and_is_told(years: Years) -> None:
    """However old; when it is loaded it leaves."""
    old = years.pull(OLD, "a")
    years.unloaded = {old.attempt_id}
    assert years.retire() == Retired(unloaded=[old.address])
    assert years.is_there(old)
    years.unloaded.clear()
    assert years.retire() == Retired(attempts=1)


def test_a_manifest_that_cannot_be_read_stays_for_a_person(years: Years) -> None:
    """Who knows what was in it."""
    old = years.pull(OLD, "a")
    (years.root / old.address).write_bytes(b"{")
    assert years.retire() == Retired(damaged=[old.address])


def test_a_dry_run_counts_and_changes_nothing(years: Years) -> None:
    """The same numbers."""
    years.pull(OLD, of=USERS)
    before = years.files()
    assert years.retire(dry_run=True) == Retired(attempts=1, pointers=1)
    assert years.files() == before
    assert years.retire() == Retired(attempts=1, pointers=1)
    assert years.files() == []


def test_what_was_never_published_leaves_when_it_is_old(years: Years) -> None:
    """A pull under way is young; nothing of a killed one was to be loaded."""
    for moment in (OLD, YOUNG):
        years.clock.now = moment
        attempt = years.landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
        attempt.write([page("a")])
        attempt.cursor()
    assert years.retire() == Retired(attempts=1)
    assert {name.split("/")[-2] for name in years.files()} == {attempt.id}


def test_a_killed_try_stays_while_one_that_went_on_from_it_does(years: Years) -> None:
    """Whether that has ended or is under way."""
    for ends in (True, False):
        years.clock.now = OLD
        killed = years.landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
        killed.write([page("a")])
        cursor = killed.cursor()
        years.clock.now = OLD + timedelta(hours=47)
        went_on = years.landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursor)
        went_on.write([page("b")])
        if ends:
            assert len(list(years.landing.pages(went_on.finish(PullCounts())))) == 2
    assert years.retire() == Retired(needed=2)
    manifest = went_on.finish(PullCounts())
    assert len(list(years.landing.pages(manifest))) == 2


def test_a_window_stays_while_what_was_joined_of_it_does(years: Years) -> None:
    """The days beside a seam of two windows; their pages lie in the windows."""
    windows = [years.pull(OLD, unit, shared=True) for unit in ("a", "b")]
    years.clock.now = YOUNG
    joined = years.landing.join(windows, [DAY])
    assert years.retire() == Retired(needed=2)
    assert years.is_there(joined)


def test_of_a_shared_window_the_days_that_were_taken_must_be_loaded(years: Years) -> None:
    """Nobody was to load the others."""
    shared = years.pull(OLD, "a", shared=True, settings={"participants_source": "report"})
    untaken = years.pull(OLD, "b", shared=True)
    years.landing.take(shared, [DAY])
    years.landing.take(shared, [DAY])
    years.unloaded = {shared.attempt_id}
    assert years.retire() == Retired(attempts=1, unloaded=[shared.address])
    assert years.asked == [(shared.attempt_id, (DAY,)), (untaken.attempt_id, ())]


def test_parents_stay_while_what_is_final_was_asked_of_them(years: Years) -> None:
    """A later run compares its meetings with theirs; when the final leaves, its pointer and they do, too."""
    parents = years.pull(OLD, of=MEETINGS)
    final = years.pull(YOUNG, "a", settings={})
    landing_finals.point(years.landing, PARTICIPANTS, final, parents)
    assert years.retire() == Retired(needed=1)
    (found,) = landing_finals.finals(years.landing, ACCOUNT, PARTICIPANTS, [DAY], settings={})
    assert (found.manifest, found.parents) == (final, parents)
    later = retire(years.landing, ACCOUNT, STREAMS, before=NOW, is_loaded=years.is_loaded)
    assert later == Retired(attempts=2, pointers=1)
    assert years.files() == []


def test_pointers_claims_and_marks_leave_with_what_they_are_of(years: Years) -> None:
    """Those of younger attempts stay, and so does a mark beside a pointer."""
    old, young = years.pull(OLD, "a"), years.pull(YOUNG, "b")
    for name, manifest in (("old", old), ("young", young)):
        place = years.landing.shared(ACCOUNT, "meeting_participants", name)
        place.publish(manifest.address)
    years.clock.now = OLD
    years.landing.shared(ACCOUNT, "meeting_participants", "dead").claim("run 1")
    landing_finals.ask_anew(years.landing, ACCOUNT, PARTICIPANTS, [DAY], since=OLD)
    assert years.retire() == Retired(attempts=1, pointers=3)
    folder = years.landing.folder(ACCOUNT, "meeting_participants")
    assert [listed(folder / "shared"), listed(folder / "finals")] == [["young.json"], []]


def test_a_kill_at_any_step_leaves_all_of_an_attempt_or_tells_that_it_is_gone(
    years: Years, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pointer leads to what is gone; again from the start ends the same."""
    for die_at in itertools.count():
        snapshot, old = years.pull(OLD, of=USERS), years.pull(OLD, "a")
        with monkeypatch.context() as patched:
            steps = itertools.count()
            for name in ("removed", "folder_removed"):
                patched.setattr(retention, name, dying(getattr(retention, name), steps, die_at))
            try:
                years.retire()
            except Killed:
                ended = False
            else:
                ended = True
        assert years.is_there(old) is (die_at < 2)
        if not years.is_there(snapshot):
            assert years.landing.latest_snapshot(ACCOUNT, "users", OLD.date()) is None
        years.retire()
        assert years.files() == []
        if ended:
            break
    assert die_at == 5


def dying(inner: Callable[..., None], steps: Iterator[int], die_at: int) -> Callable[..., None]:
    """Does what it stands for, unless it is the step at which the process is killed."""

    def step(*args: Any) -> None:
        if next(steps) == die_at:
            raise Killed
        inner(*args)

    return step
