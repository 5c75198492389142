"""
### Deletes old pages and Parquet from landing.

What was pulled more than `[zoom] landing_days` (190) days ago leaves landing; `0` keeps everything. An old attempt stays
while the warehouse has not loaded it, and while something younger needs its files or its records. The log counts what
left and names what stays unloaded.

A task of a run whose pages are gone says so: clear its `pull`, which asks Zoom anew, while Zoom keeps the day.

*Schemas*: whose ledgers say what is loaded. Name all schemas of the accounts that land here. *Dry run*: count only.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Param, dag, task

PARAMS = {
    "schemas": Param(
        "zoom",
        type="string",
        minLength=1,
        title="Schemas",
        description="Of the warehouse, separated by blanks: what one of an account's has loaded may leave.",
    ),
    "dry_run": Param(False, type="boolean", title="Dry run", description="Count, and delete nothing."),
}


@dag(
    schedule=CronTriggerTimetable("41 3 * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    params=PARAMS,
    tags=["zoom"],
    doc_md=__doc__,
)
def zoom_landing_retention():
    """One task; the next night is its retry."""

    @task(retries=0, execution_timeout=timedelta(hours=6))
    def retire() -> dict[str, dict[str, int]]:
        from include.flow.retention import retire_landing

        return retire_landing()

    retire()


zoom_landing_retention()
