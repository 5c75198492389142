"""An installation whose landing is a bucket, by an Airflow Connection: a daily run, a rerun, and the nightly retention."""

import json
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from include.launch.local import local
from include.launch.place import Place
from tests.s3.store import FAKE, Fault, Store
from tests.system.conftest import SEVEN_STREAMS, Pipeline
from tests.system.test_runs import TABLES
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

BUCKET = "landing-of-an-installation"


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(tempfile.mkdtemp(prefix=f"zoom-system-{os.getpid()}-"))


@pytest.fixture(scope="module")
def on_s3(s3_server: Store, folder: Path) -> Iterator[Pipeline]:
    """Airflow, PostgreSQL, the sandbox, and a store that refuses and cuts off now and then."""
    s3_server.bucket(BUCKET)
    s3_server.fail(
        *(Fault("PUT|GET", does, spared=50 * n, times=1) for n in range(10) for does in ("slow down", "cut"))
    )
    extra = {"endpoint_url": s3_server.url, "region_name": "us-east-1", **FAKE}
    with local(
        Place(folder),
        sandbox_arguments=("--users", "6", "--seed", "11"),
        settings={
            "AIRFLOW__ZOOM__STREAMS": SEVEN_STREAMS,
            "AIRFLOW__ZOOM__LANDING": f"s3://zoom_landing@{BUCKET}/zoom",
            "AIRFLOW_CONN_ZOOM_LANDING": json.dumps({"conn_type": "aws", "extra": extra}),
        },
    ) as running:
        yield Pipeline(running)
    s3_server.fail()


@pytest.fixture(scope="module")
def daily_on_s3(on_s3: Pipeline) -> str:
    """The scheduled run of yesterday, ended; its id."""

    def look() -> dict[str, Any] | None:
        found = on_s3.runs(run_type="scheduled")
        return found[0] if found else None

    run = on_s3.local.airflow.wait_for(look, seconds=120, what="the scheduled run")
    assert on_s3.ended(run["dag_run_id"], seconds=600) == "success"
    return str(run["dag_run_id"])


def test_a_daily_run_on_s3_loads_the_truth(
    on_s3: Pipeline, daily_on_s3: str, s3_server: Store, folder: Path, yesterday: date
) -> None:
    """Each table; all of landing is in the bucket, nothing in the folder, and no upload is left open."""
    assert {table: differences(on_s3, table, yesterday) for table in TABLES} == {
        table: [] for table in TABLES
    }
    manifests = [key for key in s3_server.keys(BUCKET) if key.endswith("/manifest.json")]
    assert {key.split("/")[0] for key in manifests} == {"zoom"}
    assert {key.split("/")[2] for key in manifests} == set(SEVEN_STREAMS.split())
    assert not (folder / "landing").exists()
    assert s3_server.uploads(BUCKET) == []
    on_s3.clear(daily_on_s3, "meetings.transform", "meetings.load")
    assert on_s3.ended(daily_on_s3) == "success"


def test_the_nightly_retention_finds_nothing_old(on_s3: Pipeline, daily_on_s3: str) -> None:
    """It reaches landing and ledger as the other tasks do."""
    assert daily_on_s3
    night = Pipeline(on_s3.local, dag="zoom_landing_retention")
    run = night.trigger()
    assert night.ended(run) == "success"
    entry = f"{night.path}/{run}/taskInstances/retire/xcomEntries/return_value"
    told = night.local.airflow.api("GET", entry, params={"deserialize": True})["value"]
    assert list(told.values()) == [{"attempts": 0, "pointers": 0, "needed": 0, "unloaded": 0, "damaged": 0}]
