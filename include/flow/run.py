"""What a task knows of its run: parameters, days, what the tasks before it left, what an earlier try left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import conf, get_current_context

from include.flow.days import days_of_run, settling_days
from include.flow.stores import reached
from include.landing import Landing
from include.zoom.catalog import SOURCES, settled_sources

PLAN_TASK = "plan"
PLAN_KEY = "days"
SOURCES_KEY = "sources"


@dataclass(frozen=True)
class Run:
    """One task's view of its Dag run."""

    context: Mapping[str, Any]
    now: datetime

    @classmethod
    def current(cls) -> "Run":
        """The run of the task that is executing."""
        return cls(get_current_context(), datetime.now(UTC))

    @property
    def today(self) -> date:
        """The UTC day."""
        return self.now.date()

    @property
    def run_type(self) -> str:
        """Who made this run: `scheduled` (only that takes unsettled days along), `backfill`, `manual` and others."""
        kind = self.context["dag_run"].run_type
        return str(getattr(kind, "value", kind))

    def days(self) -> tuple[date, ...]:
        """The days that this run was made for."""
        dag_run = self.context["dag_run"]
        start, end = dag_run.data_interval_start, dag_run.data_interval_end
        return days_of_run(
            run_type=self.run_type,
            first_day=self.param("first_day"),
            last_day=self.param("last_day"),
            interval=(start, end) if start and end else None,
            run_after=dag_run.run_after,
            today=self.today,
        )

    def settling_days(self) -> tuple[date, ...]:
        """The earlier days that a scheduled run takes along where they are not final."""
        return settling_days(min(self.days()), now=self.now) if self.run_type == "scheduled" else ()

    def param(self, name: str) -> Any:  # noqa: ANN401 (a parameter is whatever its schema allows)
        """A parameter of the run, as its form or its trigger set it."""
        return self.context["params"].get(name)

    def planned_days(self, stream: str) -> tuple[date, ...]:
        """The days that the plan gave to a stream."""
        plan = self.context["ti"].xcom_pull(task_ids=PLAN_TASK, key=PLAN_KEY)
        return tuple(date.fromisoformat(text) for text in plan[stream])

    def days_pulled(self, stream: str) -> tuple[date, ...]:
        """This run's days of what its pull has left, which may hold more; () where they are all its own."""
        return tuple(date.fromisoformat(text) for text in self.left_by(f"{stream}.pull").get("days", ()))

    def has_left(self, task_id: str) -> bool:
        """Whether an earlier task of this run returned something; one that was skipped has not."""
        return self.context["ti"].xcom_pull(task_ids=task_id) is not None

    def sources(self) -> dict[str, str]:
        """Which list fills the streams that several can fill, as the plan has settled it."""
        told = self.context["ti"].xcom_pull(task_ids=PLAN_TASK, key=SOURCES_KEY)
        return dict(told) if told else settled_sources(sources(), granted="")

    def left_by(self, task_id: str) -> dict[str, Any]:
        """What an earlier task of this run returned: addresses and counts."""
        left = self.context["ti"].xcom_pull(task_ids=task_id)
        return dict(left)

    @property
    def memory(self) -> Any:  # noqa: ANN401 (Airflow does not publish the accessor's type)
        """The task state store: survives a killed try and a reschedule, and the clearing of the task."""
        return self.context["task_state_store"]


def sources() -> dict[str, str]:
    """Which list fills the streams that several can fill, by setting."""
    return {setting: conf.get("zoom", setting) for setting in SOURCES}


def landing() -> Landing:
    """The landing of `[zoom] landing`; where that is empty, the project's folder `landing`."""
    beside = Path(__file__).resolve().parents[2] / "landing"
    return Landing(reached(conf.get("zoom", "landing") or beside.as_uri()))
