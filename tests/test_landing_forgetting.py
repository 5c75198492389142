"""Forgetting in landing: no trace is left, nothing else is touched, and a kill in between loses nothing."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fsspec.implementations.local import LocalFileSystem

from include.landing import Landing, Manifest, forgetting
from include.landing import files as landing_files
from include.landing.forgetting import FRAMES_REMOVED, LandingForgetting, forget_in_landing
from include.landing.manifest import FrameFile, FrameManifest
from include.zoom.catalog import STREAMS
from include.zoom.forgotten import Forgotten, identifier_hash, stand_in
from include.zoom.pages import Page, ParentKey
from include.zoom.pull import PullCounts, Skipped

ACCOUNT = "abc-1@127.0.0.1:8080"
KEY = b"fake-key-of-a-test"
ANNA, ANNAS_ID = "anna@example.com", "KDcuGIm1QgePTO8WbOqwIQ"
DAY = date(2026, 3, 9)
NOW = datetime.now(UTC)  # folders are named by the time at which they are made
RECORDINGS, USERS = STREAMS["recordings"], STREAMS["users"]


def forgotten(*identifiers: str) -> Forgotten:
    person = stand_in(identifiers, KEY)
    return Forgotten({identifier_hash(text, KEY): person for text in identifiers}, KEY)


WHO = forgotten(ANNA, ANNAS_ID)


def recordings(user_id: str, *hosts: str) -> list[Page]:
    """The pages of one user's recordings."""
    meetings = [{"uuid": f"{user_id[:3]}-{n}", "host_id": host, "topic": "T"} for n, host in enumerate(hosts)]
    body = json.dumps({"meetings": meetings, "total_records": len(meetings)}).encode()
    return [Page(0, ParentKey({"user_id": user_id}, None), 1, {}, 200, NOW, body)]


def landed(landing: Landing, *units: list[Page], skipped: str = "nobody") -> Manifest:
    attempt = landing.begin(ACCOUNT, RECORDINGS, days=[DAY])
    for unit in units:
        attempt.write(unit)
    return attempt.finish(PullCounts(parents=2, skipped=[Skipped({"user_id": skipped}, "no such user")]))


def framed(landing: Landing, manifest: Manifest, version: str = "") -> FrameManifest:
    folder = landing.begin_frames(manifest)
    with folder.file("recordings.parquet") as file:
        file.write(b"PAR1 anna@example.com")
    return folder.finish(files=[FrameFile("recordings", DAY, "recordings.parquet", 1)], forgotten=version)


def forget(landing: Landing, *, dry_run: bool = False, now: datetime = NOW) -> LandingForgetting:
    return forget_in_landing(landing, ACCOUNT, RECORDINGS, WHO, now=now, dry_run=dry_run)


def contents(root: Path) -> dict[str, bytes]:
    """All files below landing, decompressed."""
    return {
        str(path.relative_to(root)): pa.input_stream(str(path), compression="zstd").read()
        if path.suffix == ".zst"
        else path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def traces(root: Path) -> list[str]:
    return [
        name for name, text in contents(root).items() if ANNA.encode() in text or ANNAS_ID.encode() in text
    ]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "landing"


@pytest.fixture
def landing(root: Path) -> Landing:
    return Landing(f"file://{root}")


def test_no_trace_is_left_and_the_rest_reads_as_before(landing: Landing, root: Path) -> None:
    """Pages, indexes, manifests and frames; other attempts stay to the byte."""
    mixed = landed(landing, recordings(ANNAS_ID, ANNAS_ID), recordings("ben", "ben", ANNA), skipped=ANNAS_ID)
    others = landed(landing, recordings("cy", "cy"))
    frames = framed(landing, mixed)
    before = contents(root)
    assert len(traces(root)) == 4  # pages, their index, the manifest and the frames
    done = forget(landing)
    assert traces(root) == []
    assert (done.deleted, done.blanked, done.files, done.frames, done.under_way) == (0, 2, 1, 1, [])
    after = landing.manifest(mixed.address)
    pages = list(landing.pages(after))
    assert [[each["uuid"] for each in page.payload()["meetings"]] for page in pages] == [
        ["KDc-0"],
        ["ben-0", "ben-1"],
    ]
    assert pages[1].payload()["meetings"][0] == {"uuid": "ben-0", "host_id": "ben", "topic": "T"}
    assert after.counts == {**mixed.counts, "skipped": after.counts["skipped"]}
    same = [name for name in before if others.attempt_id in name]
    assert {name: before[name] for name in same} == {name: contents(root)[name] for name in same}
    emptied = landing.frame_manifest(frames.address)
    assert (emptied.files, emptied.forgotten) == ((), FRAMES_REMOVED)


def test_a_dry_run_counts_and_changes_nothing(landing: Landing, root: Path) -> None:
    """The same numbers of records and files."""
    landed(landing, recordings(ANNAS_ID, ANNAS_ID), recordings("ben", "ben"))
    before = contents(root)
    done = forget(landing, dry_run=True)
    assert (done.deleted, done.blanked, done.files) == (0, 1, 1)
    assert contents(root) == before


def test_again_finds_nothing(landing: Landing, root: Path) -> None:
    """What was written anew names nobody."""
    landed(landing, recordings(ANNAS_ID, ANNAS_ID))
    forget(landing)
    before = contents(root)
    assert forget(landing) == LandingForgetting()
    assert contents(root) == before


def test_frames_made_without_the_person_stay(landing: Landing) -> None:
    """Their version says so."""
    frames = framed(landing, landed(landing, recordings("ben", "ben")), WHO.version)
    assert forget(landing).frames == 0
    assert landing.frame_manifest(frames.address) == frames


def test_a_pull_that_has_not_ended_is_left_alone_and_told(landing: Landing, root: Path) -> None:
    """It holds the names of its files in memory; two days later nobody goes on with it."""
    attempt = landing.begin(ACCOUNT, RECORDINGS, days=[DAY])
    attempt.write(recordings(ANNAS_ID, ANNAS_ID))
    attempt.cursor()
    before = contents(root)
    assert forget(landing).under_way == [attempt.id]
    assert contents(root) == before
    assert forget(landing, now=NOW + timedelta(hours=49)).files == 1
    assert traces(root) == []


def test_what_a_killed_try_had_finished_is_looked_at_with_the_one_that_went_on(
    landing: Landing, root: Path
) -> None:
    """Its files are named by the other's manifest, and a cursor still finds them."""
    killed = landing.begin(ACCOUNT, RECORDINGS, days=[DAY])
    killed.write(recordings(ANNAS_ID, ANNAS_ID))
    cursor = killed.cursor()
    resumed = landing.begin(ACCOUNT, RECORDINGS, days=[DAY], resume=cursor)
    resumed.write(recordings("ben", "ben"))
    manifest = resumed.finish(PullCounts())
    assert forget(landing).files == 1
    assert traces(root) == []
    assert len(list(landing.pages(landing.manifest(manifest.address)))) == 2
    again = landing.begin(ACCOUNT, RECORDINGS, days=[DAY], resume=cursor)
    assert len(again.finished()) == 1
    assert [part.file.name.count("-") for part in again._parts] == [6]


class Killed(BaseException):
    """Not even an `except Exception` sees it."""


def test_a_kill_at_any_step_leaves_the_old_or_the_new_and_again_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that something is written, replaced or deleted."""
    steps = count_steps(tmp_path / "all", monkeypatch, die_at=None)
    assert steps > 8
    for step in range(steps):
        count_steps(tmp_path / str(step), monkeypatch, die_at=step)


def count_steps(root: Path, monkeypatch: pytest.MonkeyPatch, die_at: int | None) -> int:
    """Forgets, dies at a step, looks at what a reader would find, and forgets again."""
    landing = Landing(f"file://{root}")
    killed = landing.begin(ACCOUNT, RECORDINGS, days=[DAY])
    killed.write(recordings(ANNAS_ID, ANNAS_ID))
    resumed = landing.begin(ACCOUNT, RECORDINGS, days=[DAY], resume=killed.cursor())
    resumed.write(recordings("ben", "ben", ANNA))
    manifest = resumed.finish(PullCounts())
    frames = framed(landing, manifest)
    taken = 0

    def step(inner: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*args: Any, **more: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken - 1 == die_at:
                raise Killed
            return inner(*args, **more)

        return counted

    with monkeypatch.context() as patched:
        patched.setattr(landing_files, "written_whole", step(landing_files.written_whole))
        patched.setattr(Path, "replace", step(Path.replace))
        patched.setattr(forgetting.OpenPart, "write", step(forgetting.OpenPart.write))
        patched.setattr(forgetting.OpenPart, "close", step(forgetting.OpenPart.close))
        patched.setattr(LocalFileSystem, "rm_file", step(LocalFileSystem.rm_file))
        try:
            forget(landing)
        except Killed:
            assert die_at is not None
    found = list(landing.pages(landing.manifest(manifest.address)))
    assert [len(page.payload()["meetings"]) for page in found] == [1, 2]
    assert landing.frame_manifest(frames.address).forgotten in ("", FRAMES_REMOVED)
    forget(landing)
    assert traces(root) == []
    assert [
        page.payload()["meetings"][0].get("host_id")
        for page in landing.pages(landing.manifest(manifest.address))
    ] == [
        None,
        "ben",
    ]
    return taken


def test_windows_that_runs_share_are_forgotten_in(landing: Landing, root: Path) -> None:
    """They are found as before, and so is what was joined of two; neither they nor their frames name the person."""
    first, second = (landed(landing, recordings(user_id, ANNA)) for user_id in (ANNAS_ID, "other-user-00001"))
    joined = landing.join([first, second], [DAY])
    frames = framed(landing, joined)
    places = [landing.shared(ACCOUNT, "recordings", name) for name in ("window", "frames")]
    for place, address in zip(places, (first.address, frames.address), strict=True):
        place.publish(address)
    forget(landing)
    assert traces(root) == []
    window, shared_frames = (place.address for place in places)
    assert landing.manifest(window or "").files == landing.manifest(joined.address).files[:1]
    assert len(list(landing.pages(landing.manifest(joined.address)))) == 2
    assert landing.frame_manifest(shared_frames or "").forgotten == FRAMES_REMOVED
