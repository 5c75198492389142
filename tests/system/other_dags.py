"""Dags of a team's own, as Airflow finds them beside the project's."""

from include.flow.dag import build_dag

build_dag(
    "zoom_second",
    connection="zoom_second",
    schema="zoom_second",
    streams=["users", "meeting_participants"],
    schedule=None,
)
every_eight_hours = build_dag(
    "zoom_every_eight_hours",
    schema="zoom_every_eight_hours",
    streams=["meeting_participants"],
    schedule="0 */8 * * *",
)
every_eight_hours.is_paused_upon_creation = True  # until its test comes
