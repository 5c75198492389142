"""
### Zoom, day by day, into the warehouse.

Every stream goes `pull → transform → load` over the run's days (UTC):

* a **scheduled** run takes the day before, and each of the last seven days that is not final yet;
* a **backfill** takes exactly its dates; clear any task at any time: the warehouse ends the same;
* a **manual** run takes *first day* to *last day*, or the last full day when both are empty.

`transform` and `load` ask Zoom for nothing. A stream the account is not entitled to is skipped with its reason
as the first line of its log. Choosing streams brings their parents along.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, CronDataIntervalTimetable, TaskGroup, conf, dag, task

from include.flow.alerts import run_failed
from include.flow.params import PARAMS
from include.flow.retries import ByErrorClass
from include.zoom.catalog import STREAMS

DEFAULT_ARGS = {
    "retries": 4,
    "retry_delay": timedelta(seconds=conf.getint("zoom", "retry_delay_after_kill_seconds")),
    "retry_policy": ByErrorClass(),
}


@dag(
    schedule=CronDataIntervalTimetable("@daily", timezone="UTC"),
    start_date=datetime(2020, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=16,
    params=PARAMS,
    default_args=DEFAULT_ARGS,
    on_failure_callback=run_failed,
    tags=["zoom"],
    doc_md=__doc__,
)
def zoom_daily():
    """Plans the run, then pulls, transforms and loads each chosen stream."""

    @task.branch(task_id="plan", execution_timeout=timedelta(minutes=10))
    def plan() -> list[str]:
        from include.flow.plan import plan

        return plan()

    @task(execution_timeout=timedelta(hours=12))
    def pull(stream: str) -> dict[str, Any]:
        from include.flow.pull import pull

        return pull(stream)

    @task(execution_timeout=timedelta(hours=2))
    def transform(stream: str) -> dict[str, Any]:
        from include.flow.transform import transform

        return transform(stream)

    @task(execution_timeout=timedelta(hours=2))
    def load(stream: str) -> dict[str, Any]:
        from include.flow.load import load

        return load(stream)

    planned, pulls = plan(), {}
    for name, stream in STREAMS.items():
        with TaskGroup(name):
            pulls[name] = pull(name)
            tables = [Asset(name=f"zoom.{table.name}", uri=f"zoom://{table.name}") for table in stream.tables]
            pulls[name] >> transform(name) >> load.override(outlets=tables)(name)
        planned >> pulls[name]
        if stream.parent:
            pulls[stream.parent.stream] >> pulls[name]


zoom_daily()
