"""A daily cap of Zoom's in a real Airflow: a backfill stops at its share, and a used-up cap stops everybody."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from include.grant.store.quotas import Quotas
from include.zoom.quota import Day, Quota
from tests.system.conftest import Pipeline
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAYS_AGO = 110
CAP, SHARE = 60_000, 42_000
LABELS = "heavy+resource_intensive"


@pytest.fixture
def metadata(pipeline: Pipeline) -> Iterator[sa.Engine]:
    """Airflow's metadata database; afterwards nothing counts as used."""
    engine = sa.create_engine(pipeline.local.airflow.env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])
    yield engine
    count(engine, lambda _: Day())
    engine.dispose()


def count(engine: sa.Engine, day: Callable[[str], Day]) -> None:
    """Sets what the account has used of the cap today."""

    def change(state: str, now: datetime) -> tuple[str, None]:
        quota = Quota.from_json(state)
        return Quota(quota.lanes, {**quota.days, LABELS: day(f"{now:%F}")}).to_json(), None

    Quotas(lambda: engine).change("sandbox-account", change)


def midnight(pipeline: Pipeline, engine: sa.Engine) -> None:
    """The day is over at Zoom and here, and the tasks that were put off until then are due."""
    pipeline.sandbox("POST", "limits", json={"label": "Heavy", "left": CAP})
    count(engine, lambda _: Day())
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE task_reschedule SET reschedule_date = now()"))


def put_off(pipeline: Pipeline, run: str) -> str:
    """The log of the run's pull of meetings, once it waits for the next day without a try spent."""
    task = pipeline.task_when(run, "meetings.pull", "up_for_reschedule")
    assert task["try_number"] == 1
    return pipeline.log(run, "meetings.pull")


def heavy(pipeline: Pipeline) -> int:
    """Requests of this label that reached Zoom."""
    return sum(each["count"] for each in pipeline.requests()["counts"] if each["label"] == "Heavy")


def of_meetings(pipeline: Pipeline, day: date) -> str:
    """A manual run of this day's meetings."""
    return pipeline.trigger(conf={"first_day": str(day), "streams": ["meetings"]})


def test_a_backfill_stops_at_its_share_and_a_used_up_cap_stops_all_until_midnight(
    pipeline: Pipeline, metadata: sa.Engine, daily: str, yesterday: date
) -> None:
    """A backfill is put off while another run finishes; once Zoom says no to one task the next asks nothing; then all go on."""
    assert daily
    first, second, third, fourth = (yesterday - timedelta(days=DAYS_AGO + back) for back in range(4))
    count(metadata, lambda today: Day(today, SHARE, SHARE))
    pipeline.backfill(first, first)
    backfill = pipeline.local.airflow.wait_for(
        lambda: next(
            (run for run in pipeline.runs(run_type="backfill") if run["logical_date"][:10] == str(first)),
            None,
        ),
        seconds=60,
        what="the backfill's run",
    )["dag_run_id"]
    log = put_off(pipeline, backfill)
    assert "share that backfills may use of the daily cap" in log
    assert "42,000 of 60,000 asked today, 42,000 by backfills" in log
    assert pipeline.ended(of_meetings(pipeline, second)) == "success"

    pipeline.sandbox("POST", "limits", json={"label": "Heavy", "left": 0})
    refused = of_meetings(pipeline, third)
    assert "The daily cap is used up until" in put_off(pipeline, refused)
    before = heavy(pipeline)
    spared = of_meetings(pipeline, fourth)
    assert f"The daily cap of {LABELS} requests is used up" in put_off(pipeline, spared)
    assert heavy(pipeline) == before

    midnight(pipeline, metadata)
    assert [pipeline.ended(run) for run in (backfill, refused, spared)] == ["success"] * 3
    assert [differences(pipeline, "meetings", day) for day in (first, second, third, fourth)] == [[]] * 4
    assert differences(pipeline, "meeting_participants", first) == []
