"""What a running Airflow says when something is wrong, and that nothing is lost by it."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]

SECRET = "obviously-fake-wrong-secret"


def failed(pipeline: Any, name: str, task_id: str = "plan", streams: Sequence[str] = ("daily_usage",)) -> str:
    """Runs streams through a Connection that cannot work: the log of the task that fails, which is tried once."""
    run = pipeline.trigger(conf={"zoom_conn_id": name, "streams": list(streams)})
    assert pipeline.ended(run) == "failed"
    tasks = pipeline.tasks(run)
    assert [each for each, task in tasks.items() if task["state"] == "failed"] == [task_id]
    assert tasks[task_id]["try_number"] == 1
    return str(pipeline.log(run, task_id))


def asked_of_api(requests: dict[str, Any]) -> int:
    """How many of the requests were not about tokens."""
    return sum(each["count"] for each in requests["counts"] if each["path"].startswith("/v2"))


def test_a_missing_connection_is_named(pipeline: Any) -> None:
    """It says which one, and of what type to make it; a permanent error is not tried again."""
    log = failed(pipeline, "zoom_nowhere")
    assert "There is no Connection zoom_nowhere in Airflow: create one of type zoom." in log


def test_a_wrong_client_secret_is_named_and_not_shown(pipeline: Any) -> None:
    """The app's credentials are wrong, the grant is not gone; the secret stays out of the log."""
    extra = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
    pipeline.connection("zoom_wrong_secret", password=SECRET, extra=extra)
    log = failed(pipeline, "zoom_wrong_secret")
    assert "Misconfigured" in log
    assert "zoom_wrong_secret" in log
    assert SECRET not in log


def test_a_dead_grant_asks_for_consent_once(pipeline: Any) -> None:
    """A refresh token that Zoom refuses: consent is required, posted once, and the next task fails fast."""
    extra = {"refresh_token": "obviously-fake-dead-token", "account_id": "sandbox-account"}
    pipeline.connection("zoom_dead", extra=extra)
    before = pipeline.requests()
    for _ in range(2):
        log = failed(pipeline, "zoom_dead", "daily_usage.pull")
        assert "ConsentRequired" in log
        assert "obviously-fake-dead-token" not in log
    after = pipeline.requests()
    assert after["token_refused"] - before["token_refused"] == 1


def test_a_connection_from_the_environment_is_refused(pipeline: Any) -> None:
    """A rotated token could not be written there; the reason is said."""
    log = failed(pipeline, "zoom_shadowed")
    assert "AIRFLOW_CONN_ZOOM_SHADOWED" in log
    assert "a rotated token would never be read" in log


def test_a_foreign_host_never_sees_the_client_secret(pipeline: Any) -> None:
    """Only Zoom's hosts, and those that the settings list."""
    pipeline.connection("zoom_foreign", host="https://zoom.us.example.com/v2")
    log = failed(pipeline, "zoom_foreign")
    assert (
        "The host of Connection zoom_foreign is on a host that is not Zoom's, so no secret is sent there"
        in log
    )
    assert "allowed_hosts" in log


def test_missing_scopes_fail_the_plan_in_one_message(pipeline: Any, daily: str) -> None:
    """Found before anything is asked of Zoom: each scope, who wants it, and what to do; nothing is tried again."""
    assert daily
    asked = {"account": "narrow-account", "scopes": "user:read:list_users:admin user:read:user:admin"}
    extra = {"refresh_token": pipeline.sandbox("POST", "grant", params=asked)["refresh_token"]}
    pipeline.connection("zoom_narrow", extra=extra | {"account_id": "narrow-account"})
    before = pipeline.requests()
    log = failed(pipeline, "zoom_narrow", streams=["group_members", "users", "daily_usage"])
    assert (
        "The grant lacks scopes of streams that this run asks for by name: group:read:list_groups:admin (for groups); "
        "group:read:list_members:admin (for group_members); report:read:daily_usage:admin (for daily_usage). Add"
    ) in log
    assert asked_of_api(pipeline.requests()) == asked_of_api(before)
    run = pipeline.trigger(
        conf={"zoom_conn_id": "zoom_narrow", "schema": "zoom_narrow", "streams": ["default"]}
    )
    assert pipeline.ended(run) == "success"
    tasks = pipeline.tasks(run)
    ran = {each for each, task in tasks.items() if task["state"] == "success"}
    assert ran == {"plan", "users.pull", "users.transform", "users.load"}
    assert "groups: the grant lacks the scope group:read:list_groups:admin; " in pipeline.log(run, "plan")


def test_a_stream_that_is_not_in_the_plan_is_skipped_with_its_reason(pipeline: Any, daily: str) -> None:
    """Skipped, not failed, and the log says why."""
    fault = {"path": "/v2/groups", "times": 1, "kind": "not_entitled"}
    pipeline.sandbox("POST", "faults", json=[fault])
    run = pipeline.trigger(conf={"streams": ["groups"], "ask_again": True})
    assert pipeline.ended(run) == "success"
    states = {name: task["state"] for name, task in pipeline.tasks(run).items()}
    assert {states[f"groups.{step}"] for step in ("pull", "transform", "load")} == {"skipped"}
    assert "Skipped: " in pipeline.log(run, "groups.pull")
    assert differences(pipeline, "groups", datetime.now(UTC).date()) == []


def test_a_truncated_landing_file_is_refused_and_pulled_again(
    pipeline: Any, daily: str, yesterday: date
) -> None:
    """A cleared transform finds the damage and says what to do; clearing the pull mends it."""
    day = yesterday - timedelta(days=92)
    run = pipeline.trigger(conf={"first_day": str(day), "streams": ["meetings"]})
    assert pipeline.ended(run) == "success"
    root = Path(pipeline.local.airflow.env["AIRFLOW__ZOOM__LANDING"].removeprefix("file://"))
    newest = max(
        (root / "sandbox-account" / "meetings").rglob("*.ndjson.zst"), key=lambda file: file.stat().st_mtime
    )
    newest.write_bytes(newest.read_bytes()[:-20])
    pipeline.clear(run, "meetings.transform", "meetings.load")
    assert pipeline.ended(run) == "failed"
    task = pipeline.tasks(run)["meetings.transform"]
    assert "Clear the pull task of this run, which asks Zoom anew." in pipeline.log(
        run, "meetings.transform", task["try_number"]
    )
    assert differences(pipeline, "meetings", day) == []
    pipeline.clear(run, "meetings.pull", "meetings.transform", "meetings.load")
    assert pipeline.ended(run) == "success"
    assert differences(pipeline, "meetings", day) == []


def test_a_failed_run_alerts_once(pipeline: Any, alerts: list[dict[str, str]]) -> None:
    """One post for the run, however many of its tasks failed."""
    refused = {"kind": "status", "status": 400, "body": {"code": 300, "message": "A parameter is wrong."}}
    faults = [refused | {"path": path} for path in ("/v2/report/daily", "/v2/report/history_meetings")]
    pipeline.sandbox("POST", "faults", json=faults)
    run = pipeline.trigger(conf={"streams": ["daily_usage", "meetings"]})
    assert pipeline.ended(run) == "failed"
    states = {name: task["state"] for name, task in pipeline.tasks(run).items()}
    assert {states["daily_usage.pull"], states["meetings.pull"]} == {"failed"}
    pipeline.local.airflow.wait_for(
        lambda: any(run in post["text"] for post in alerts), seconds=60, what="the alert"
    )
    after = pipeline.trigger(conf={"streams": ["groups"]})
    assert pipeline.ended(after) == "success"
    assert sum(run in post["text"] for post in alerts) == 1


def test_a_lost_consent_alerts_once(pipeline: Any, alerts: list[dict[str, str]]) -> None:
    """One post in all, when the grant dies: neither the run that lost it nor the next adds one, others do."""
    extra = {"refresh_token": "obviously-fake-lost-token", "account_id": "sandbox-account"}
    pipeline.connection("zoom_lost", extra=extra)
    lost = {"zoom_conn_id": "zoom_lost", "streams": ["daily_usage"]}
    confs: list[dict[str, Any]] = [lost, lost, {"first_day": "2999-01-01"}]
    runs = []
    for conf in confs:
        runs.append(pipeline.trigger(conf=conf))
        assert pipeline.ended(runs[-1]) == "failed"
    # The Dag processor calls back in the order of the runs: once it has told of the last, it is through.
    pipeline.local.airflow.wait_for(
        lambda: any(runs[-1] in post["text"] for post in alerts), seconds=90, what="the last run's alert"
    )
    told = [name for post in alerts for name in ("zoom_lost", *runs) if f"{name} " in post["text"]]
    assert told == ["zoom_lost", runs[-1]]
    assert "obviously-fake-lost-token" not in json.dumps(alerts)
