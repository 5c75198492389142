"""One run of everything there is, in a real Airflow."""

from collections import Counter
from datetime import date, timedelta

import pytest

from include.zoom.catalog import STREAMS
from tests.system.conftest import Pipeline
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

SCHEMA = "zoom_every"
TABLES = [table.name for stream in STREAMS.values() for table in stream.tables]


def test_a_run_of_every_stream_loads_the_truth(pipeline: Pipeline, daily: str, yesterday: date) -> None:
    """Those that are off by default as well: no task fails or is skipped, and each table equals Zoom's truth.

    Of the day before yesterday: of yesterday, some reports tell nothing yet.
    """
    assert daily
    day = yesterday - timedelta(days=1)
    run = pipeline.trigger(conf={"streams": ["all"], "schema": SCHEMA, "first_day": str(day)})
    assert pipeline.ended(run, seconds=800) == "success"
    states = Counter(task["state"] for task in pipeline.tasks(run).values())
    assert states == {"success": 1 + 3 * len(STREAMS)}
    assert {name: found for name in TABLES if (found := differences(pipeline, name, day, SCHEMA))} == {}
