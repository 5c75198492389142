"""Runs of a real Airflow, made and cleared through its public API, against what the sandbox knows to be true."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.system.test_kills import kill_when_running
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(900)]

TABLES = [
    "daily_usage",
    "group_members",
    "groups",
    "meeting_participants",
    "meetings",
    "recording_files",
    "recordings",
    "users",
]
DAYS_AGO = 20
HISTORY, RECORDINGS = "/report/history_meetings", "/accounts/{accountId}/recordings"


def test_a_scheduled_run_loads_the_truth(pipeline: Any, daily: str, yesterday: date) -> None:
    """After one daily run every table equals Zoom's truth for the day."""
    assert daily.startswith("scheduled__")
    assert {table: differences(pipeline, table, yesterday) for table in TABLES} == {
        table: [] for table in TABLES
    }


def test_a_scheduled_run_takes_unsettled_days_along(pipeline: Any, daily: str, yesterday: date) -> None:
    """The days of the last week that ended 48 hours ago were not final: the run loaded them, finally."""
    assert daily
    query = "SELECT slice_date, final FROM zoom.slices WHERE table_name = 'meetings' AND slice_date >= %s ORDER BY 1"
    found = pipeline.rows(query, yesterday - timedelta(days=8))
    expected = [(yesterday - timedelta(days=back), back != 0) for back in (7, 6, 5, 4, 3, 2, 0)]
    assert [(row["slice_date"], row["final"]) for row in found] == expected


def test_a_scheduled_run_proves_what_it_loaded(pipeline: Any, daily: str, yesterday: date) -> None:
    """Every check has its outcome in the warehouse and on the task; only what the sandbox mistypes is warned of."""
    failing = "SELECT DISTINCT check_name FROM zoom.failing WHERE check_name <> 'settled'"
    assert [row["check_name"] for row in pipeline.rows(failing)] == ["replaced"]
    settled = str(yesterday - timedelta(days=2))
    query = "SELECT check_name, outcome FROM zoom.checks WHERE stream = 'meeting_participants' AND slice_date = %s"
    outcomes = {row["check_name"]: row["outcome"] for row in pipeline.rows(query, settled)}
    assert outcomes.keys() == {"shrink", "volume", "settled", "participants", "minutes"}
    entry = (
        f"/dags/zoom_daily/dagRuns/{daily}/taskInstances/meeting_participants.load/xcomEntries/return_value"
    )
    told = pipeline.local.airflow.api("GET", entry, params={"deserialize": True})["value"]["checks"]
    assert told["completeness"] == {"passed": 1}
    assert told["keys"] == {"passed": 1}
    fields = pipeline.rows(
        "SELECT field, kinds FROM zoom.new_fields WHERE table_name = 'meeting_participants'"
    )
    assert [dict(row) for row in fields] == [{"field": "network_type", "kinds": ["string"]}]


def backfilled(pipeline: Any, days: set[str]) -> list[dict[str, Any]]:
    """The runs of a backfill over these days."""
    return [run for run in pipeline.runs(run_type="backfill") if run["logical_date"][:10] in days]


def asked(requests: dict[str, Any], path: str) -> int:
    """How often a list was answered."""
    return sum(
        one["count"] for one in requests["counts"] if one["path"] == f"/v2{path}" and one["status"] == 200
    )


def run_that_asks_for_all(pipeline: Any, stream: str) -> str:
    """The run whose pull of a shared window goes on and on, while the others wait without a worker."""
    landing = Path(pipeline.local.airflow.env["AIRFLOW__ZOOM__LANDING"].removeprefix("file://"))
    before: set[str] = set()

    def look() -> str | None:
        nonlocal before
        claims = [json.loads(file.read_bytes()) for file in landing.glob(f"*/{stream}/shared/*.claim.json")]
        lasting = {claim["token"] for claim in claims} & before
        before = {claim["token"] for claim in claims}
        holders = [claim["holder"].split()[-1] for claim in claims if claim["token"] in lasting]
        waits = [
            run["dag_run_id"]
            for run in pipeline.runs(run_type="backfill", state="running")
            if pipeline.tasks(run["dag_run_id"])[f"{stream}.pull"]["state"] == "up_for_reschedule"
        ]
        return holders[0] if holders and waits else None

    return str(pipeline.local.airflow.wait_for(look, seconds=120, what="a run that pulls for all"))


def test_a_backfill_with_dying_tokens_loads_the_truth(
    pipeline: Any, daily: str, yesterday: date, elapsed: Callable[[], float]
) -> None:
    """Ten days, six runs at a time, a token that lives 20 seconds, a puller that is killed: truth, and few requests."""
    assert daily
    first = yesterday - timedelta(days=DAYS_AGO)
    before = pipeline.requests()
    pipeline.sandbox("POST", "faults", json=[{"path": f"/v2{HISTORY}", "times": 1, "kind": "hang"}])
    pipeline.backfill(first, first + timedelta(days=9), active=6)
    killed = run_that_asks_for_all(pipeline, "meetings")
    kill_when_running(pipeline, killed, "meetings.pull")
    days = [first + timedelta(days=back) for back in range(10)]
    runs = pipeline.local.airflow.wait_for(
        lambda: len(found := backfilled(pipeline, {str(day) for day in days})) == 10 and found,
        seconds=120,
        what="ten runs",
    )
    assert {pipeline.ended(run["dag_run_id"], seconds=600) for run in runs} == {"success"}
    assert pipeline.tasks(killed)["meetings.pull"]["try_number"] == 2
    seconds = elapsed()
    after = pipeline.requests()
    for day in days:
        assert {table: differences(pipeline, table, day) for table in TABLES} == {
            table: [] for table in TABLES
        }, day
    posts = after["token_posts"] - before["token_posts"]
    # A token is replaced ahead of its end, after three quarters of its 20 seconds.
    assert posts <= seconds / 15 + 1
    assert after["token_refused"] == before["token_refused"]
    weeks = len({day.isocalendar()[:2] for day in days})
    costs = {path: asked(after, path) - asked(before, path) for path in (HISTORY, RECORDINGS, "/users")}
    # Each run by itself would ask ten times; one more where two began at the same moment, which does no harm.
    assert weeks <= costs[HISTORY] <= weeks + 1
    assert weeks <= costs[RECORDINGS] <= weeks + 1
    assert costs["/users"] == 0


@pytest.mark.parametrize("step", ["pull", "transform", "load"])
def test_clearing_one_task_leaves_the_same_warehouse(
    pipeline: Any, daily: str, yesterday: date, step: str
) -> None:
    """Each step of a finished run can be run again; the warehouse is the same, and only pull asks Zoom."""
    before = pipeline.requests()
    cleared = [f"{name}.{step}" for name in ("users", "meetings", "meeting_participants", "recordings")]
    pipeline.clear(daily, *cleared)
    assert pipeline.ended(daily) == "success"
    tasks = pipeline.tasks(daily)
    assert {tasks[name]["try_number"] for name in cleared} == {2}
    asked = pipeline.requests()["requests"] - before["requests"]
    assert (asked > 0) == (step == "pull")
    assert {table: differences(pipeline, table, yesterday) for table in TABLES} == {
        table: [] for table in TABLES
    }


def test_a_manual_run_without_dates_takes_the_last_full_day(
    pipeline: Any, daily: str, yesterday: date
) -> None:
    """Triggered through the API without a logical date, a run has no interval at all."""
    assert daily
    run = pipeline.trigger()
    assert pipeline.ended(run) == "success"
    assert f"meetings: {yesterday}" in pipeline.log(run, "plan")


def test_a_manual_run_with_dates_and_a_child_stream_brings_its_parent(pipeline: Any, yesterday: date) -> None:
    """Participants alone, two days: meetings come along, nothing else costs a process."""
    first = yesterday - timedelta(days=DAYS_AGO + 12)
    conf = {
        "first_day": str(first),
        "last_day": str(first + timedelta(days=1)),
        "streams": ["meeting_participants"],
    }
    run = pipeline.trigger(conf=conf)
    assert pipeline.ended(run) == "success"
    states = {name: task["state"] for name, task in pipeline.tasks(run).items()}
    assert {name for name, state in states.items() if state == "success"} == {
        "plan",
        *(
            f"{stream}.{step}"
            for stream in ("meetings", "meeting_participants")
            for step in ("pull", "transform", "load")
        ),
    }
    assert set(states.values()) == {"success", "skipped"}
    for day in (first, first + timedelta(days=1)):
        assert (
            differences(pipeline, "meetings", day) == differences(pipeline, "meeting_participants", day) == []
        )


def test_two_runs_over_the_same_day_at_once_end_in_the_truth(pipeline: Any, yesterday: date) -> None:
    """Whichever loads last, the newest extraction stays."""
    day = yesterday - timedelta(days=DAYS_AGO + 14)
    runs = [pipeline.trigger(conf={"first_day": str(day)}) for _ in range(2)]
    assert [pipeline.ended(run) for run in runs] == ["success", "success"]
    assert {table: differences(pipeline, table, day) for table in TABLES} == {table: [] for table in TABLES}


@pytest.mark.parametrize(
    ("conf", "words"),
    [
        ({"first_day": "2026-05-02", "last_day": "2026-05-01"}, "Swap them"),
        ({"first_day": "2999-01-01"}, "in the future"),
    ],
)
def test_bad_dates_fail_the_plan_at_once_and_say_why(pipeline: Any, conf: dict[str, str], words: str) -> None:
    """A permanent error is not tried again, and nothing else starts."""
    run = pipeline.trigger(conf=conf)
    assert pipeline.ended(run) == "failed"
    assert pipeline.tasks(run)["plan"]["try_number"] == 1
    assert words in pipeline.log(run, "plan")


def test_an_unknown_stream_is_refused_when_the_run_is_made(pipeline: Any) -> None:
    """The parameter's schema names the streams there are."""
    with pytest.raises(Exception, match="webinarz"):
        pipeline.trigger(conf={"streams": ["webinarz"]})


def test_days_that_zoom_no_longer_keeps_are_named_and_the_rest_is_loaded(
    pipeline: Any, yesterday: date
) -> None:
    """Reports live 180 days: of four days at that edge two are named and left alone, two are loaded."""
    days = [yesterday - timedelta(days=back) for back in (181, 180, 179, 178)]
    conf = {"first_day": str(days[0]), "last_day": str(days[3]), "streams": ["meetings"]}
    run = pipeline.trigger(conf=conf)
    assert pipeline.ended(run) == "success"
    assert f"Zoom no longer keeps {days[0]} to {days[1]}" in pipeline.log(run, "meetings.pull")
    query = "SELECT slice_date FROM zoom.slices WHERE table_name = 'meetings' AND slice_date <= %s ORDER BY 1"
    assert [row["slice_date"] for row in pipeline.rows(query, days[3])] == days[2:]
    assert [differences(pipeline, "meetings", day) for day in days[2:]] == [[], []]
