"""Forgetting on S3: no trace in any object, whatever request is lost, and what a list does not tell yet is told of."""

import contextlib
import itertools
from datetime import timedelta

import pyarrow as pa
import pytest
from upath import UPath

from include.landing import Landing, LandingError, Manifest
from tests.s3.store import Fault, Store
from tests.test_landing_forgetting import ANNA, ANNAS_ID, NOW, forget, framed, landed, recordings

CHANGES = "(PUT|DELETE) "


@pytest.fixture
def root(bucket: str, monkeypatch: pytest.MonkeyPatch) -> UPath:
    made = UPath(f"s3://{bucket}/landing")
    monkeypatch.setattr(made.fs, "retries", 1)
    return made


def traces(s3: Store, bucket: str) -> list[str]:
    """The objects that name the person."""
    found = []
    for key in s3.keys(bucket):
        text = s3.client.get_object(Bucket=bucket, Key=key)["Body"].read()
        if key.endswith(".zst"):
            text = pa.CompressedInputStream(pa.BufferReader(text), "zstd").read()
        if ANNA.encode() in text or ANNAS_ID.encode() in text:
            found.append(key)
    return found


def hosts(landing: Landing, manifest: Manifest) -> list[str | None]:
    """Whose each recording is, as a reader finds it."""
    pages = landing.pages(landing.manifest(manifest.address))
    return [each.get("host_id") for page in pages for each in page.payload()["meetings"]]


def test_no_trace_is_left_whichever_request_is_lost(s3: Store, root: UPath, bucket: str) -> None:
    """Each one that writes or deletes, from there to the end: a reader finds the old or the new; again ends right."""
    for spared in itertools.count():
        landing = Landing(root / str(spared))
        manifest = landed(landing, recordings(ANNAS_ID, ANNAS_ID), recordings("ben", "ben", ANNA))
        framed(landing, manifest)
        s3.fail(Fault(CHANGES, "denied", spared=spared))
        ended = False
        with contextlib.suppress(LandingError):
            forget(landing)
            ended = True
        s3.fail()
        assert hosts(landing, manifest) in ([ANNAS_ID, "ben", ANNA], [None, "ben", None])
        forget(landing)
        assert traces(s3, bucket) == []
        assert hosts(landing, manifest) == [None, "ben", None]
        if ended:
            break
    assert spared >= 5


def test_an_attempt_that_no_list_tells_yet_is_met_the_next_time(s3: Store, root: UPath, bucket: str) -> None:
    """Nothing of it is lost meanwhile, though one list tells nothing of it and the next one all."""
    landing = Landing(root)
    landed(landing, recordings(ANNAS_ID, ANNAS_ID))
    s3.list_late(1)
    fresh = landed(landing, recordings(ANNAS_ID, ANNAS_ID))
    assert forget(landing).files == 1
    assert {key.split("/")[-2] for key in traces(s3, bucket)} == {fresh.attempt_id}
    while forget(landing, now=NOW + timedelta(hours=1)).files:
        pass
    assert forget(landing).files == 0
    assert traces(s3, bucket) == []
