"""A grant that is revoked while runs need it: who waits, who is told, and how it goes on."""

from datetime import date, timedelta
from typing import Any

import pytest

from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAYS_AGO = 75
KEEPER = "/dags/zoom_grant_keeper/dagRuns"
TABLES = ["daily_usage", "groups", "meeting_participants", "meetings", "recordings", "users"]


PULL = "meeting_participants.pull"


def has_looked_again(pipeline: Any, run: str) -> bool:
    """Whether the run's pull of participants waits for the consent and has looked for it twice."""
    if pipeline.tasks(run)[PULL]["state"] != "up_for_reschedule":
        return False
    return bool(pipeline.log(run, PULL).count("This backfill goes on by itself") > 1)


def test_a_backfill_waits_for_the_consent_and_goes_on_by_itself(
    pipeline: Any, daily: str, yesterday: date, alerts: list[dict[str, str]]
) -> None:
    """Revoked in the middle: one post is refused, one alert sent; reconnected, both days end in the truth."""
    airflow, first = pipeline.local.airflow, yesterday - timedelta(days=DAYS_AGO)
    before = pipeline.requests()
    revoked = {"path": "/v2/past_meetings", "kind": "revoke", "skip": 2}
    pipeline.sandbox("POST", "faults", json=[revoked])
    backfill = pipeline.backfill(first, first + timedelta(days=1))
    airflow.wait_for(lambda: alerts, seconds=180, what="the grant to be lost")
    runs = [
        run["dag_run_id"]
        for run in pipeline.runs(run_type="backfill")
        if run["logical_date"][:10] in {str(first), str(first + timedelta(days=1))}
    ]
    posts = pipeline.requests()["token_posts"]
    for run in runs:
        airflow.wait_for(
            lambda run=run: has_looked_again(pipeline, run),
            seconds=120,
            what="a second look for the consent",
        )
    asked = pipeline.requests()
    assert asked["token_posts"] == posts
    assert asked["token_refused"] - before["token_refused"] == 1
    pipeline.connect()
    assert [pipeline.ended(run) for run in runs] == ["success", "success"]
    airflow.wait_for(
        lambda: airflow.api("GET", f"/backfills/{backfill}")["completed_at"],
        seconds=120,
        what="the backfill's end",
    )
    tasks = [task for run in runs for task in pipeline.tasks(run).values() if task["state"] != "skipped"]
    assert {task["try_number"] for task in tasks} == {1}
    told = [
        post["text"] for post in alerts if "have no column" not in post["text"]
    ]  # new fields are told as well
    assert ["zoom_default" in text for text in told] == [True]
    for day in (first, first + timedelta(days=1)):
        assert {table: differences(pipeline, table, day) for table in TABLES} == {
            table: [] for table in TABLES
        }


def test_the_keeper_keeps_what_it_can_and_names_the_rest(pipeline: Any, daily: str) -> None:
    """A token that a person put there is adopted at once; a Connection that is not there makes the run red alone."""
    airflow = pipeline.local.airflow
    extra = {
        "account_id": "sandbox-account",
        "refresh_token": pipeline.sandbox("POST", "grant")["refresh_token"],
    }
    pipeline.connection("zoom_default", extra=extra)
    before = pipeline.requests()
    body = {"logical_date": None, "conf": {"connections": "zoom_nowhere zoom_default"}}
    run = airflow.api("POST", KEEPER, json=body)["dag_run_id"]
    airflow.wait_for(
        lambda: airflow.api("GET", f"{KEEPER}/{run}")["state"] == "failed", seconds=120, what="the keeper"
    )
    log = str(airflow.api("GET", f"{KEEPER}/{run}/taskInstances/keep/logs/1")["content"])
    assert "zoom_nowhere: MISCONFIGURED" in log
    assert "zoom_default: READY, refresh token 0.00 days old." in log
    assert "GrantsNeedAPerson" in log
    after = pipeline.requests()
    assert [after[name] - before[name] for name in ("token_posts", "token_refused")] == [1, 0]
