"""The S3 server of the tests, as they start it and speak to it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import httpx

FAKE = {"aws_access_key_id": "fake-key", "aws_secret_access_key": "fake-secret"}


@dataclass(frozen=True)
class Fault:
    """What becomes of requests that match a pattern (`PUT /bucket/key?query`)."""

    request: str
    does: str
    """`cut` before, `cut midway` or `cut after` it was done; `slow down`, `internal error`, `denied`; `nothing deleted`, which
    S3 says with a 200 of a request to delete many."""
    spared: int = 0
    """How many of them are let through first."""
    times: int = 1_000_000


@dataclass(frozen=True)
class Store:
    """A running server."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """Where a process that knows S3 finds this one."""
        return {
            "AWS_ACCESS_KEY_ID": FAKE["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": FAKE["aws_secret_access_key"],
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "2",
        }

    @property
    def client(self) -> Any:
        """Asks it past everything of ours."""
        return boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", **FAKE)

    def bucket(self, name: str) -> str:
        """A new bucket."""
        self.client.create_bucket(Bucket=name)
        return name

    def keys(self, bucket: str) -> list[str]:
        """What lies in a bucket."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", [])]

    def uploads(self, bucket: str) -> list[str]:
        """Multipart uploads that have neither ended nor been aborted."""
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket=bucket).get("Uploads", [])]

    def fail(self, *faults: Fault) -> None:
        """Has these happen from now on, and no others."""
        self._say("faults", [asdict(fault) for fault in faults])

    def list_late(self, lists: int) -> None:
        """Hides each object that comes from now on from so many lists."""
        self._say("late", lists)

    def asked(self) -> list[str]:
        """The requests since faults were told last."""
        return list(self._say("log"))

    def _say(self, what: str, said: Any = None) -> Any:
        return httpx.post(f"{self.url}/_test/{what}", json=said, trust_env=False).raise_for_status().json()


@contextmanager
def running() -> Iterator[Store]:
    """The server, until the `with` ends."""
    command = [sys.executable, str(Path(__file__).with_name("server.py"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout
            yield Store(f"http://127.0.0.1:{int(process.stdout.readline())}")
        finally:
            process.terminate()
