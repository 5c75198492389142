"""
### Keeps Zoom's grants alive.

A grant that nobody used for a day (`[zoom] keep_alive_hours`) is refreshed, so that its refresh token does not die of
age: Zoom says 90 days, the field reports hours for some apps. The log tells each grant's state. The run is red while a
grant needs a person; who that is has been alerted once, when it came about. What is left is told once a day: a refresh
token 60 days old, a Connection that is not there.

*Connections*: which to keep; empty: those of `[zoom] connections`.
"""

from datetime import timedelta

from airflow.sdk import CronTriggerTimetable, Param, dag, task

CONNECTIONS = Param(
    None,
    type=["null", "string"],
    title="Connections",
    description="Of type Zoom, separated by blanks. Empty: those of the setting [zoom] connections.",
)


# No start date and nothing immediately: the first run is the next one, as a new installation has no Connection yet.
@dag(
    schedule=CronTriggerTimetable("17 * * * *", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    max_active_runs=1,
    params={"connections": CONNECTIONS},
    tags=["zoom"],
    doc_md=__doc__,
)
def zoom_grant_keeper():
    """One task, tried once: the next run is the retry."""

    @task(retries=0, execution_timeout=timedelta(minutes=30))
    def keep() -> dict[str, str]:
        from include.flow.keeper import keep

        return keep()

    keep()


zoom_grant_keeper()
