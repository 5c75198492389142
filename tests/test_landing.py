"""Landing: what a manifest names is whole, what a killed pull has finished is kept, nothing is found by listing."""

import errno
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import ObjectStoragePath
from airflow.sdk.io import attach
from fsspec.implementations.memory import MemoryFileSystem
from upath import UPath

from include.landing import (
    Attempt,
    FrameFile,
    Landing,
    LandingDamaged,
    LandingError,
    LandingFull,
    Manifest,
    parts,
)
from include.landing.files import MeasuredFile
from include.zoom.catalog import STREAMS
from include.zoom.pages import Page, ParentKey
from include.zoom.pull import PullCounts, Skipped
from include.zoom.stream import Kind

Json = Any
ACCOUNT = "abc-1@127.0.0.1:8080"
DAY = date(2026, 3, 9)
NOW = datetime(2026, 3, 10, 0, 5, tzinfo=UTC)
MEETINGS, PARTICIPANTS, USERS = (STREAMS[name] for name in ("meetings", "meeting_participants", "users"))


class Clock:
    """Stands until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The moment."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["file", "memory", "s3"])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/landing"
    if request.param == "s3":
        return f"s3://{request.getfixturevalue('bucket')}/landing"
    attach("memory", fs=MemoryFileSystem())  # no folders, no local files
    return f"memory://{tmp_path.name}{id(tmp_path)}/landing"


@pytest.fixture(params=[UPath, ObjectStoragePath])
def landing(request: pytest.FixtureRequest, root: str, clock: Clock) -> Landing:
    """With the paths of a task, which know Airflow's Connections, and with those of who has no Airflow."""
    return Landing(request.param(root), clock=clock)


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FILE_PAGES", 2)


def page(uuid: str, number: int = 1, *records: Json, at: datetime = NOW) -> Page:
    """A page of participants."""
    body = json.dumps({"participants": records or [{"user_id": "1"}], "total_records": 1}).encode()
    return Page(0, ParentKey({"meeting_uuid": uuid}, DAY), number, {"page_size": "300"}, 200, at, body)


def landed(landing: Landing, *units: list[Page]) -> Manifest:
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], settings={"participants_by": "past_meetings"})
    for unit in units:
        attempt.write(unit)
    return attempt.finish(PullCounts(parents=len(units)))


def file_of(root: str, manifest: Manifest, number: int = 0) -> ObjectStoragePath:
    return ObjectStoragePath(root) / manifest.address.rsplit("/", 2)[0] / manifest.files[number].name


def test_pages_come_back_as_they_were(landing: Landing) -> None:
    """All of them, in order."""
    units = [[page("/a//b==", 1), page("/a//b==", 2, {"half": "\ud83d"})], [page("c")]]
    manifest = landed(landing, *units)
    assert list(landing.pages(landing.manifest(manifest.address))) == [
        each for unit in units for each in unit
    ]


def test_a_manifest_tells_what_is_there(landing: Landing, clock: Clock) -> None:
    """And is the same when it is read again."""
    earlier = NOW - timedelta(minutes=2)
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY, DAY])
    attempt.write([page("a", 1, {}, {}), page("a", 2, at=earlier)])
    counts = PullCounts(parents=2, skipped=[Skipped({"meeting_uuid": "b"}, "gone")])
    manifest = attempt.finish(counts)
    assert landing.manifest(manifest.address) == manifest
    assert (manifest.account, manifest.stream, manifest.kind) == (
        ACCOUNT,
        "meeting_participants",
        Kind.INTERVAL,
    )
    assert (manifest.days, manifest.slice_dates, manifest.snapshot_date) == ((DAY,), (DAY,), None)
    assert manifest.extracted_at == earlier
    assert [(file.pages, file.records, file.total_records) for file in manifest.files] == [(2, 3, 1)]
    assert manifest.counts == {
        "parents": 2,
        "reused": 0,
        "taken_over": 0,
        "asked_again": 0,
        "absent": 0,
        "unsettled": 0,
        "gone": 0,
        "kept": 0,
        "unconfirmed": 0,
        "skipped": [{"parent": {"meeting_uuid": "b"}, "reason": "gone"}],
        "pages": 2,
        "records": 3,
        "total_records": 1,
    }


def test_a_pull_with_nothing_to_ask_is_complete(landing: Landing) -> None:
    """A day without meetings has no participants; its slice is emptied, by our own clock."""
    manifest = landed(landing)
    assert (manifest.files, manifest.extracted_at, manifest.slice_dates) == ((), NOW, (DAY,))
    assert list(landing.pages(manifest)) == []


def test_a_month_replaces_the_slice_of_its_first_day(landing: Landing) -> None:
    """Whichever of its days was asked."""
    manifest = landing.begin(ACCOUNT, STREAMS["daily_usage"], days=[date(2026, 2, 28), DAY]).finish(
        PullCounts()
    )
    assert manifest.slice_dates == (date(2026, 2, 1), date(2026, 3, 1))


def test_attempts_do_not_touch_each_other(landing: Landing) -> None:
    """Two pulls of the same day have a folder each, and both stay."""
    one, two = landed(landing, [page("a")]), landed(landing, [page("b")])
    assert one.attempt_id < two.attempt_id
    assert [each.parent and each.parent.keys["meeting_uuid"] for each in landing.pages(one)] == ["a"]


def test_nothing_is_published_before_the_end(landing: Landing, root: str) -> None:
    """Without a manifest there is no attempt."""
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
    attempt.write([page("a")])
    attempt.cursor()
    address = f"abc-1@127.0.0.1~3A8080/meeting_participants/{attempt.id}/manifest.json"
    with pytest.raises(LandingDamaged, match=r"is gone from landing\. Clear the pull task"):
        landing.manifest(address)


@pytest.mark.usefixtures("small_files")
def test_a_killed_pull_goes_on_from_its_last_file(landing: Landing) -> None:
    """Closed files are reused, with what they finished; the one that was open is asked again."""
    cursors: list[str] = []
    killed = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], keep=cursors.append)
    for uuid in ("a", "b", "c"):
        killed.write([page(uuid, at=NOW - timedelta(hours=1))])
    assert len(cursors) == 1
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursors[0])
    assert set(attempt.finished()) == {
        '0:[{"meeting_uuid": "a"}, "2026-03-09"]',
        '0:[{"meeting_uuid": "b"}, "2026-03-09"]',
    }
    attempt.write([page("c")])
    manifest = attempt.finish(PullCounts(reused=2))
    uuids = [each.parent and each.parent.keys["meeting_uuid"] for each in landing.pages(manifest)]
    assert uuids == ["a", "b", "c"]
    assert manifest.extracted_at == NOW - timedelta(hours=1)
    assert manifest.attempt_id == attempt.id != killed.id


@pytest.mark.usefixtures("small_files")
def test_a_pull_may_be_interrupted_many_times(landing: Landing) -> None:
    """Each try takes over all that the tries before it finished."""
    cursor = None
    for uuid in ("a", "b", "c"):
        attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursor)
        attempt.write([page(uuid)])
        cursor = attempt.cursor()
    manifest = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursor).finish(PullCounts())
    assert [file.pages for file in manifest.files] == [1, 1, 1]


def cursor_of(landing: Landing) -> str:
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], settings={"participants_by": "report"})
    attempt.write([page("a")])
    return attempt.cursor()


def resumed(landing: Landing, cursor: str, **changes: Json) -> Attempt:
    asks = {"days": [DAY], "settings": {"participants_by": "report"}, **changes}
    return landing.begin(ACCOUNT, PARTICIPANTS, resume=cursor, **asks)


def test_only_the_same_pull_is_continued(landing: Landing, clock: Clock) -> None:
    """Other days, other settings or more than two days later: all is asked again."""
    cursor = cursor_of(landing)
    assert len(resumed(landing, cursor).finished()) == 1
    assert resumed(landing, cursor, days=[DAY, date(2026, 3, 8)]).finished() == set()
    assert resumed(landing, cursor, settings={}).finished() == set()
    clock.now += timedelta(hours=49)
    assert resumed(landing, cursor).finished() == set()


@pytest.mark.parametrize("cursor", ["", "{", "{}", "[]", '{"kept_at":"2026-03-10T00:00:00+00:00"}'])
def test_a_cursor_that_cannot_be_read_asks_all_again(landing: Landing, cursor: str) -> None:
    """A lost cursor costs requests, not data."""
    assert resumed(landing, cursor).finished() == set()


def test_a_cursor_whose_files_are_gone_asks_all_again(landing: Landing, root: str) -> None:
    """Somebody has cleaned landing up."""
    cursor = cursor_of(landing)
    ObjectStoragePath(f"{root}/abc-1@127.0.0.1~3A8080").rmdir(recursive=True)
    assert resumed(landing, cursor).finished() == set()


def test_a_cut_off_file_is_an_error_that_names_it(landing: Landing, root: str) -> None:
    """With what to do about it."""
    manifest = landed(landing, [page("a")])
    damaged = file_of(root, manifest)
    damaged.write_bytes(damaged.read_bytes()[:-5])
    with pytest.raises(
        LandingDamaged, match=r"part-00001.ndjson.zst .* its manifest says .* Clear the pull task"
    ):
        list(landing.pages(manifest))


def test_an_altered_file_is_an_error_that_names_it(landing: Landing, root: str) -> None:
    """Also where its length is the same."""
    manifest = landed(landing, [page("a")])
    damaged = file_of(root, manifest)
    content = damaged.read_bytes()
    damaged.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(LandingDamaged, match=r"part-00001.ndjson.zst .* altered"):
        list(landing.pages(manifest))


def test_a_missing_file_is_an_error_that_names_it(landing: Landing, root: str) -> None:
    """It is not an attempt with fewer pages."""
    manifest = landed(landing, [page("a")])
    file_of(root, manifest).unlink()
    with pytest.raises(LandingDamaged, match=r"part-00001.ndjson.zst is gone"):
        list(landing.pages(manifest))


def test_a_cut_off_manifest_is_an_error(landing: Landing, root: str) -> None:
    """It names itself."""
    manifest = landed(landing, [page("a")])
    (ObjectStoragePath(root) / manifest.address).write_bytes(manifest.written()[:100])
    with pytest.raises(LandingDamaged, match=r"manifest.json in landing is cut off or altered"):
        landing.manifest(manifest.address)


@pytest.mark.parametrize("address", ["/etc/passwd", "../../x/manifest.json", "a/../../b"])
def test_an_address_leads_nowhere_outside(landing: Landing, address: str) -> None:
    """Addresses come through XCom."""
    with pytest.raises(LandingDamaged, match="is no address in landing"):
        landing.manifest(address)


def test_todays_snapshot_is_found_by_every_run(landing: Landing) -> None:
    """Once it is complete, of the same account and for its day only."""
    body = b'{"users":[],"total_records":0}'
    attempt = landing.begin(ACCOUNT, USERS, days=[DAY])
    attempt.write([Page(0, None, 1, {}, 200, NOW, body)])
    assert landing.latest_snapshot(ACCOUNT, "users", date(2026, 3, 10)) is None
    manifest = attempt.finish(PullCounts())
    assert (manifest.slice_dates, manifest.snapshot_date) == ((date(2026, 3, 10),), date(2026, 3, 10))
    assert landing.latest_snapshot(ACCOUNT, "users", date(2026, 3, 10)) == manifest.address
    assert landing.latest_snapshot(ACCOUNT, "users", DAY) is None
    assert landing.latest_snapshot("another", "users", date(2026, 3, 10)) is None


def test_a_damaged_snapshot_is_asked_anew(landing: Landing, root: str) -> None:
    """A pointer or manifest that cannot be read is no snapshot."""
    manifest = landing.begin(ACCOUNT, USERS).finish(PullCounts())
    (ObjectStoragePath(root) / manifest.address).write_bytes(b"{")
    assert landing.latest_snapshot(ACCOUNT, "users", NOW.date()) is None


def test_a_full_disk_publishes_nothing(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says so; the file with half a unit is no part of the attempt."""

    class Full:
        """No space is left."""

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            """Nothing to do."""

    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
    attempt.write([page("a")])
    attempt.cursor()
    monkeypatch.setattr("include.landing.files._to_write", lambda _: Full())
    noise = [{"noise": str(hash(str(n)))} for n in range(20_000)]
    with pytest.raises(
        LandingFull, match=r"No space is left in landing .* Nothing of this attempt is published"
    ):
        attempt.write([page("b", 1, *noise)])
    assert json.loads(attempt.cursor())["files"] == [f"{attempt.id}/part-00001.ndjson.zst"]
    with pytest.raises(LandingError, match="not published"):
        attempt.finish(PullCounts())


def test_a_disk_that_fills_up_at_a_files_end_publishes_nothing(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compressed pages are written out when their file is closed."""

    class FullAtLast:
        """Takes nothing when it comes to it."""

        def write(self, _: bytes) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            """Nothing to do."""

    monkeypatch.setattr("include.landing.files._to_write", lambda _: FullAtLast())
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
    attempt.write([page("a")])
    with pytest.raises(LandingFull):
        attempt.cursor()
    assert json.loads(attempt.cursor())["files"] == []
    with pytest.raises(LandingError, match="not published"):
        attempt.finish(PullCounts())


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where landing's folder should be."""
    (tmp_path / "landing").write_text("")
    with pytest.raises(LandingError, match="Landing cannot write"):
        Landing(f"file://{tmp_path}/landing").begin(ACCOUNT, USERS)


def test_frames_are_published_beside_their_attempt(landing: Landing) -> None:
    """With length and checksum, and all slices to replace, also those without a file."""
    manifest = landed(landing, [page("a")])
    folder = landing.begin_frames(manifest)
    with folder.file("rows.parquet") as file:
        file.write(b"PAR1")
    frames = folder.finish(
        files=[FrameFile("meeting_participants", DAY, "rows.parquet", 1)], counts={"rows": 1}
    )
    assert landing.frame_manifest(frames.address) == frames
    assert (frames.load_id, frames.slice_dates, frames.counts) == (folder.load_id, (DAY,), {"rows": 1})
    assert (frames.extracted_at, frames.attempt_id) == (manifest.extracted_at, manifest.attempt_id)
    assert frames.files[0].bytes == 4
    with landing.open_frame(frames, frames.files[0]) as copy:
        copy.seek(2)
        assert copy.read() == b"R1"


def test_each_transform_has_a_folder_of_its_own(landing: Landing) -> None:
    """Running it again leaves the former one as it was."""
    manifest = landed(landing)
    one, two = landing.begin_frames(manifest), landing.begin_frames(manifest)
    first, second = one.finish(files=[]), two.finish(files=[])
    assert first.load_id < second.load_id
    assert landing.frame_manifest(first.address) == first


def test_an_altered_frame_is_an_error_that_names_it(landing: Landing, root: str) -> None:
    """It is not loaded."""
    folder = landing.begin_frames(landed(landing))
    with folder.file("rows.parquet") as file:
        file.write(b"PAR1")
    frames = folder.finish(files=[FrameFile("meeting_participants", DAY, "rows.parquet", 1)])
    (ObjectStoragePath(root) / frames.address.rsplit("/", 1)[0] / "rows.parquet").write_bytes(b"PAR2")
    with (
        pytest.raises(LandingDamaged, match=r"rows.parquet .* altered.* Clear the transform task"),
        landing.open_frame(frames, frames.files[0]),
    ):
        pass


def test_a_file_is_measured_while_it_is_written(root: str) -> None:
    """Whatever kind of bytes it gets."""
    folder = ObjectStoragePath(root)
    folder.mkdir(parents=True, exist_ok=True)
    with MeasuredFile(folder / "x") as file:
        file.write(b"ab")
        file.write(memoryview(b"c"))
        assert file.tell() == 3
    assert file.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_attempts_of_two_windows_are_joined(landing: Landing) -> None:
    """For days that lie across them: the pages of both, as old as the older one, skipped parents of both."""
    made = []
    for hours, day in ((2, 8), (1, 9)):
        attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[date(2026, 3, day)], shared=True)
        attempt.write([page(f"m{day}", at=NOW + timedelta(hours=hours))])
        skipped = [Skipped({"id": str(day)}, "no")]
        made.append(attempt.finish(PullCounts(parents=2, asked_again=1, skipped=skipped)))
    joined = landing.join(made, [DAY, date(2026, 3, 8)])
    assert landing.manifest(joined.address) == joined
    assert joined.days == (date(2026, 3, 8), DAY)
    assert not joined.shared
    assert joined.attempt_id > made[1].attempt_id
    assert joined.extracted_at == NOW + timedelta(hours=1)
    assert len(list(landing.pages(joined))) == 2
    told = {name: joined.counts[name] for name in ("parents", "asked_again", "pages", "skipped")}
    assert told == {
        "parents": 2,
        "asked_again": 2,
        "pages": 2,
        "skipped": [{"parent": {"id": "8"}, "reason": "no"}, {"parent": {"id": "9"}, "reason": "no"}],
    }


def test_an_attempt_of_older_code_is_joined_as_well(landing: Landing) -> None:
    """It may lack a count: then the other's stands, whichever comes first."""
    new = landed(landing, [page("m1")])
    old = replace(new, counts={name: value for name, value in new.counts.items() if name != "reused"})
    for pair in ((old, new), (new, old)):
        assert landing.join(pair, [DAY]).counts["reused"] == new.counts["reused"]
        assert landing.join(pair, [DAY]).counts["pages"] == 2
