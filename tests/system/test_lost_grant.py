"""Fault 39: the account's owner removes the app while a run pulls, and a person authorises it again."""

import sys
from datetime import date, timedelta
from typing import Any

import pytest

from include.launch.airflow import run_to_end
from tests.faults.report import Record
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

STREAMS = ["meetings", "meeting_participants"]
DAYS_AGO = 70


def test_fault_39_revoked_in_zoom_mid_run(pipeline: Any, daily: str, yesterday: date, record: Record) -> None:
    """Revoked between pages: the run fails for good and loads nothing of the day; after a consent it loads all of it."""
    day = yesterday - timedelta(days=DAYS_AGO)
    before = pipeline.requests()
    pipeline.sandbox(
        "POST", "faults", json=[{"path": "/v2/past_meetings", "kind": "revoke", "skip": 2, "times": 1}]
    )
    run = pipeline.trigger(conf={"first_day": str(day), "streams": STREAMS})
    assert pipeline.ended(run) == "failed"
    pull = pipeline.tasks(run)["meeting_participants.pull"]
    assert pull["try_number"] == 1
    assert "ConsentRequired" in pipeline.log(run, "meeting_participants.pull")
    loaded = "SELECT 1 FROM zoom.slices WHERE table_name = 'meeting_participants' AND slice_date = %s"
    assert pipeline.rows(loaded, day) == []
    assert pipeline.rows("SELECT 1 FROM zoom.meeting_participants WHERE _slice_date = %s", day) == []
    refused = pipeline.requests()["token_refused"] - before["token_refused"]
    assert refused == 1
    consent = [sys.executable, "-m", "include.grant", "connect", "--follow"]
    run_to_end(consent, pipeline.local.airflow.env)
    pipeline.clear(
        run,
        "meeting_participants.pull",
        *(f"{name}.{step}" for name in STREAMS for step in ("transform", "load")),
    )
    assert pipeline.ended(run) == "success"
    assert [differences(pipeline, table, day) for table in STREAMS] == [[], []]
    record("CONSENT_REQUIRED, nothing partial loaded; after a consent all of it", posts=refused)
