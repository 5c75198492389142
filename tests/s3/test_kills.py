"""Processes that are killed in the middle of what they write to S3."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from upath import UPath

from include.landing import Landing, LandingDamaged
from include.zoom.pages import ParentKey, unit_id
from include.zoom.pull import PullCounts
from tests.s3.store import Store
from tests.test_landing import ACCOUNT, DAY, PARTICIPANTS, page

DIES = """
import os, signal, sys
from fsspec.asyn import sync_wrapper
from s3fs import S3FileSystem
from upath import UPath

root, last = UPath(sys.argv[1]), sys.argv[2]
ask = S3FileSystem._call_s3

async def asked(fs, method, *arguments, **about):
    if last == f"{method} {about['Key'].rsplit('/', 1)[-1]}":
        os.kill(os.getpid(), signal.SIGKILL)
    return await ask(fs, method, *arguments, **about)

S3FileSystem._call_s3, S3FileSystem.call_s3 = asked, sync_wrapper(asked)
"""
WRITES = """
from include.landing.files import MeasuredFile
root.fs.default_block_size = 5 << 20
with MeasuredFile(root / "large") as file:
    file.write(bytes(12 << 20))
"""
PULLS = """
from datetime import UTC, date, datetime
from include.landing import Landing
from include.zoom.catalog import STREAMS
from include.zoom.pages import Page, ParentKey
from include.zoom.pull import PullCounts
day = date(2026, 3, 9)
attempt = Landing(root).begin(
    "abc-1@127.0.0.1:8080", STREAMS["meeting_participants"], days=[day], keep=lambda cursor: print(cursor, flush=True)
)
for unit in "abc":
    parent = ParentKey({"meeting_uuid": unit}, day)
    attempt.write([Page(0, parent, 1, {}, 200, datetime.now(UTC), b'{"participants": []}')])
    attempt.cursor()
attempt.finish(PullCounts())
"""


@pytest.fixture
def killed(s3: Store, root: UPath, tmp_path: Path) -> Callable[[str, str], list[str]]:
    """What a process had printed that died before this request; its temporary files lie in `tmp_path`."""

    def run(script: str, before: str) -> list[str]:
        died = subprocess.run(
            [sys.executable, "-c", DIES + script, str(root), before],
            check=False,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path), **s3.environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert died.returncode == -9
        return died.stdout.splitlines()

    return run


def test_a_writer_that_is_killed_leaves_nothing_to_read(
    s3: Store, bucket: str, killed: Callable[[str, str], list[str]], tmp_path: Path
) -> None:
    """Its parts take space until a rule of the bucket removes them; nothing of it lies on the worker."""
    killed(WRITES, "complete_multipart_upload large")
    assert (s3.keys(bucket), s3.uploads(bucket)) == ([], ["landing/large"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("before", "finished"),
    [
        ("put_object part-00002.ndjson.zst", "a"),
        ("put_object part-00002.json", "a"),
        ("put_object manifest.json", "abc"),
    ],
)
def test_a_pull_that_is_killed_is_gone_on_with(
    landing: Landing, killed: Callable[[str, str], list[str]], before: str, finished: str
) -> None:
    """Nothing of it was published; the next try takes over what it had finished and no more."""
    *_, cursor = killed(PULLS, before)
    first = orjson.loads(cursor)["files"][0].split("/")[0]
    with pytest.raises(LandingDamaged, match="is gone from landing"):
        landing.manifest(landing.address(ACCOUNT, "meeting_participants", first))
    attempt = landing.begin(ACCOUNT, PARTICIPANTS, days=[DAY], resume=cursor)
    assert sorted(attempt.finished()) == [unit_id(0, parent(unit)) for unit in finished]
    for unit in "abc"[len(finished) :]:
        attempt.write([page(unit)])
    manifest = landing.manifest(attempt.finish(PullCounts()).address)
    assert [each.parent for each in landing.pages(manifest)] == [parent(unit) for unit in "abc"]


def parent(unit: str) -> ParentKey:
    """Of which a unit is."""
    return ParentKey({"meeting_uuid": unit}, DAY)
