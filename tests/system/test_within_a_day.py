"""A Dag that runs several times a day: each run replaces whole days."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.system.conftest import Pipeline
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAYS_AGO = 30
TABLES = ["meetings", "meeting_participants"]


@pytest.fixture
def every_eight_hours(pipeline: Pipeline) -> Pipeline:
    """The same installation, seen through a Dag that loads a schema of its own."""
    other = replace(pipeline, dag="zoom_every_eight_hours")
    other.local.airflow.api("PATCH", f"/dags/{other.dag}", json={"is_paused": False})
    return other


def ended_runs(pipeline: Pipeline, run_type: str, count: int) -> list[dict[str, Any]]:
    """So many runs, all of which succeeded."""
    runs = pipeline.local.airflow.wait_for(
        lambda: len(found := pipeline.runs(run_type=run_type)) >= count and found, seconds=120, what="runs"
    )
    assert {pipeline.ended(run["dag_run_id"], seconds=400) for run in runs} == {"success"}
    return list(runs)


def test_several_runs_a_day_end_in_the_truth(
    every_eight_hours: Pipeline, daily: str, yesterday: date
) -> None:
    """Three runs over one day load the day three times, whole; the one on schedule also brings its own day."""
    pipeline, day = every_eight_hours, yesterday - timedelta(days=DAYS_AGO)
    assert daily
    pipeline.backfill(day, day, active=1)  # side by side, an older extraction that comes late is not loaded
    runs = ended_runs(pipeline, "backfill", 3)
    assert sorted(run["logical_date"] for run in runs) == [f"{day}T{hour:02}:00:00Z" for hour in (0, 8, 16)]
    assert [differences(pipeline, name, day, pipeline.dag) for name in TABLES] == [[], []]
    loads = "SELECT slice_date, final, count(*) AS n FROM zoom_every_eight_hours.load_ledger"
    assert pipeline.rows(f"{loads} WHERE table_name = 'meetings' AND slice_date = %s GROUP BY 1, 2", day) == [
        {"slice_date": day, "final": True, "n": 3}
    ]
    (run,) = ended_runs(pipeline, "scheduled", 1)
    own = datetime.fromisoformat(run["data_interval_start"]).date()
    found = pipeline.rows(f"{loads} WHERE table_name = 'meetings' AND slice_date = %s GROUP BY 1, 2", own)
    assert found == [{"slice_date": own, "final": False, "n": 1}]
