"""Builds a Dag: which streams, of which account, how often, into which schema."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import DAG, Asset, CronDataIntervalTimetable, TaskGroup, TriggerRule, conf, dag, task

from include.flow.alerts import run_failed
from include.flow.params import params
from include.flow.retries import ByErrorClass
from include.zoom.catalog import SOURCES, STREAMS
from include.zoom.choice import choose
from include.zoom.stream import Table

_DEFAULT_SCHEMA = "zoom"


def build_dag(
    dag_id: str,
    *,
    connection: str = "zoom_default",
    schema: str = _DEFAULT_SCHEMA,
    streams: Sequence[str] = (),
    schedule: str | None = "@daily",
    doc_md: str | None = None,
) -> DAG:
    """A Dag that brings streams of one Zoom account into one schema.

    Every run, also an hourly one, replaces whole UTC days, and the newest extraction of a day wins: Dags may
    overlap in streams and in time. The keeper does not see them: add the Connection to [zoom] connections.

    Args:
        dag_id: its name in Airflow.
        connection: the Zoom Connection that a run pulls, unless its parameter says another.
        schema: the warehouse schema that it loads, unless its parameter says another; one account each.
        streams: names, or the words of `choose`; they get tasks, with their parents. None: all get tasks, and
            the setting [zoom] streams says which of them run.
        schedule: a cron expression such as `@hourly`, read in UTC, with a data interval; None: only by hand.
        doc_md: what the Dag's page says.

    Raises:
        BadChoice: a name is not a stream's.
    """
    offered = choose(streams, STREAMS).streams if streams else tuple(STREAMS)

    @dag(
        dag_id=dag_id,
        schedule=CronDataIntervalTimetable(schedule, timezone="UTC") if schedule else None,
        start_date=datetime(2020, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=16,
        params=params(connection=connection, schema=schema, streams=offered, own=bool(streams)),
        default_args=_default_args(),
        on_failure_callback=run_failed,
        tags=["zoom"],
        doc_md=doc_md or __doc__,
    )
    def zoom() -> None:
        _tasks(offered, tuple(streams), schema)

    return zoom()


def _tasks(offered: Sequence[str], own: Sequence[str], schema: str) -> None:
    """Plans the run, then pulls, transforms and loads each chosen stream, once its parent is pulled."""

    @task.branch(task_id="plan", execution_timeout=timedelta(minutes=10))
    def plan() -> list[str]:
        from include.flow.plan import plan

        return plan(own)

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
    for name in offered:
        with TaskGroup(name):
            pulls[name] = pull.override(trigger_rule=_when(name))(name)
            tables = [_asset(table, schema) for table in STREAMS[name].tables]
            pulls[name] >> transform(name) >> load.override(outlets=tables)(name)
        planned >> pulls[name]
        if parent := STREAMS[name].parent:
            pulls[parent.stream] >> pulls[name]


def _when(name: str) -> TriggerRule:
    """After its parent, or though that is skipped, where a source of the stream's has no parent."""
    alone = any(each.name == name and not each.parent for by in SOURCES.values() for each in by.values())
    return TriggerRule.NONE_FAILED if alone else TriggerRule.ALL_SUCCESS


def _asset(table: Table, schema: str) -> Asset:
    """A table as other Dags may wait for it; each schema has its own."""
    within = "" if schema == _DEFAULT_SCHEMA else f"{schema}/"
    return Asset(name=f"{schema}.{table.name}", uri=f"zoom://{within}{table.name}")


def _default_args() -> dict[str, Any]:
    return {
        "retries": 4,
        "retry_delay": timedelta(seconds=conf.getint("zoom", "retry_delay_after_kill_seconds")),
        "retry_policy": ByErrorClass(),
    }
