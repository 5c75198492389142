"""Landing on S3 where the store is busy, out of reach, slow to list or cut off in the middle: whole or not at all."""

from datetime import UTC, datetime

import pytest
from upath import UPath

from include.landing import Landing, LandingDamaged, LandingError
from include.landing.files import MeasuredFile
from include.zoom.pull import PullCounts
from tests.s3.store import Fault, Store
from tests.test_landing import ACCOUNT, DAY, PARTICIPANTS, USERS, landed, page

BLOCK = 5 << 20  # the smallest that S3 takes as a part
PASSING = ["slow down", "internal error", "cut", "cut midway", "cut after"]


@pytest.fixture
def _small_blocks(root: UPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(root.fs, "default_block_size", BLOCK)


def written(root: UPath, size: int) -> MeasuredFile:
    """A file of so many bytes."""
    with MeasuredFile(root / "large") as file:
        for _ in range(size >> 20):
            file.write(bytes(1 << 20))
    return file


@pytest.mark.parametrize("does", PASSING)
@pytest.mark.parametrize(
    "request_", ["PUT .*part-00001.ndjson", "PUT .*manifest.json", "GET .*part-00001.ndjson"]
)
def test_a_passing_fault_shows_nowhere(s3: Store, landing: Landing, request_: str, does: str) -> None:
    """The libraries below ask again; a file that came twice is the same file."""
    s3.fail(Fault(request_, does, times=1))
    units = [[page("a")], [page("b")]]
    manifest = landed(landing, *units)
    assert list(landing.pages(landing.manifest(manifest.address))) == [
        each for unit in units for each in unit
    ]
    assert any(manifest.attempt_id in each for each in s3.asked())


@pytest.mark.parametrize("does", ["slow down", "denied"])
def test_a_file_that_cannot_be_sent_is_no_part_of_the_attempt(
    s3: Store, landing: Landing, bucket: str, does: str
) -> None:
    """What was finished before stays finished; the attempt is not published."""
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
    attempt.write([page("a")])
    cursor = attempt.cursor()
    s3.fail(Fault("PUT .*part-00002.ndjson", does))
    attempt.write([page("b")])
    with pytest.raises(LandingError, match=r"^Landing cannot write part-00002.ndjson.zst"):
        attempt.cursor()
    with pytest.raises(LandingError, match="not published"):
        attempt.finish(PullCounts())
    assert [key.rsplit("/", 1)[-1] for key in s3.keys(bucket)] == ["part-00001.json", "part-00001.ndjson.zst"]
    s3.fail()
    again = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursor)
    assert again.finished() == {'0:[{"meeting_uuid": "a"}, "2026-03-09"]'}


def test_a_manifest_that_cannot_be_sent_publishes_nothing(s3: Store, landing: Landing) -> None:
    """No pointer leads to it."""
    s3.fail(Fault("PUT .*manifest.json", "cut"))
    with pytest.raises(
        LandingError, match=r"^Landing cannot write manifest.json: \w+\. Nothing of this attempt"
    ):
        landing.begin(ACCOUNT, USERS).finish(PullCounts())
    s3.fail()
    assert landing.latest_snapshot(ACCOUNT, "users", datetime.now(UTC).date()) is None


def test_what_cannot_be_read_is_not_called_damaged(s3: Store, landing: Landing) -> None:
    """Asking Zoom anew would not help; another try would."""
    manifest = landed(landing, [page("a")])
    s3.fail(Fault("GET .*part-00001.ndjson", "cut"))
    with pytest.raises(LandingError, match=r"^Landing cannot read part-00001.ndjson.zst") as caught:
        list(landing.pages(manifest))
    assert not isinstance(caught.value, LandingDamaged)


def test_nothing_is_found_by_listing(s3: Store, landing: Landing) -> None:
    """A pull, its continuation, a snapshot's and a shared window's pointer, a transform, a claim: no list is asked."""
    s3.fail()
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY])
    attempt.write([page("a")])
    manifest = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=attempt.cursor()).finish(PullCounts())
    snapshot = landing.begin(ACCOUNT, USERS).finish(PullCounts())
    assert landing.latest_snapshot(ACCOUNT, "users", snapshot.extracted_at.date()) == snapshot.address
    place = landing.shared(ACCOUNT, "meeting_participants", "window")
    with place.claim("run 1"):
        place.publish(manifest.address)
    frames = landing.begin_frames(landing.manifest(place.address or ""))
    assert landing.frame_manifest(frames.finish(files=[]).address).files == ()
    assert len(list(landing.pages(manifest))) == 1
    assert [each for each in s3.asked() if "list-type" in each or "?prefix" in each] == []
    assert [
        each for each in s3.asked() if each.startswith("POST")
    ] == []  # no multipart upload for what is small


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("does", PASSING)
def test_a_large_file_goes_in_parts_which_are_sent_again(
    s3: Store, root: UPath, bucket: str, does: str
) -> None:
    """Lost on the way, or their answer was."""
    s3.fail(Fault("PUT .*partNumber=2", does, times=1))
    file = written(root, 12 << 20)
    assert s3.client.head_object(Bucket=bucket, Key="landing/large")["ContentLength"] == file.size == 12 << 20
    assert sum("partNumber=2" in each for each in s3.asked()) == 2
    assert s3.uploads(bucket) == []


@pytest.mark.usefixtures("_small_blocks")
@pytest.mark.parametrize("lost", ["PUT .*partNumber=2", "POST .*uploadId="])
def test_a_large_file_whose_parts_are_lost_is_not_there(
    s3: Store, root: UPath, bucket: str, lost: str
) -> None:
    """Nor does its upload stay open."""
    s3.fail(Fault(lost, "cut"))
    with pytest.raises(LandingError, match="^Landing cannot write large"):
        written(root, 12 << 20)
    assert (s3.keys(bucket), s3.uploads(bucket)) == ([], [])


def test_a_bucket_that_is_not_there_is_not_made(s3: Store) -> None:
    """Somebody mistyped it."""
    s3.fail()
    landing = Landing(UPath("s3://no-such-bucket/landing"))
    with pytest.raises(LandingError, match=r"Landing cannot write manifest.json: FileNotFoundError"):
        landing.begin(ACCOUNT, USERS).finish(PullCounts())
    assert {each.split()[0] for each in s3.asked()} == {"PUT"}
    assert "no-such-bucket" not in {each["Name"] for each in s3.client.list_buckets()["Buckets"]}
