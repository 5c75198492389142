"""The tools that are compared, and where each leaves its rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.peers.task import TABLES

# Columns as `benchmarks.account.COMPARED` reads them, by the names that each tool gave them.
_OURS: Mapping[str, str] = {
    "users": "SELECT email, status, type, pmi FROM zoom.users",
    "meetings": "SELECT meeting_uuid, meeting_id, start_time, duration_minutes AS duration, participants "
    "FROM zoom.meetings",
    "meeting_participants": "SELECT meeting_uuid, user_id, join_time, duration_seconds AS duration "
    "FROM zoom.meeting_participants",
}
assert set(_OURS) == set(TABLES)  # noqa: S101 - a table that is not compared would pass unseen
_AS_ZOOM = {
    "users": "SELECT email, status, type, pmi FROM zoom.users",
    "meetings": "SELECT meeting_uuid, meeting_id, start_time, duration, participants FROM zoom.meetings",
    "meeting_participants": "SELECT meeting_uuid, user_id, join_time, duration FROM zoom.meeting_participants",
}
_DLT = _AS_ZOOM | {
    "meeting_participants": "SELECT _meetings_meeting_uuid AS meeting_uuid, user_id, join_time, duration "
    "FROM zoom.meeting_participants",
}
PROJECT = "project"
"""The environment of this project, in place of one of a peer's own."""


@dataclass(frozen=True)
class Tool:
    """How one tool is started and asked for what it has.

    `queries` are empty where it only extracts: then it leaves `<table>.ndjson` in its folder. `one_by_one`: it asks
    one thing after another, so that more latency costs it that latency in every request.
    """

    name: str
    label: str
    command: tuple[str, ...]
    """Arguments of its Python, before the task's file; `{bin}` is the folder of its programs."""
    environment: str = PROJECT
    package: str = ""
    """Whose version is told."""
    queries: Mapping[str, str] = field(default_factory=dict)
    one_by_one: bool = False
    messages: bool = False
    """Its records are Airbyte's messages on standard output."""
    extract_only: bool = False
    """Tells the tool to stop after its extract; what it has then is compared where it goes on."""

    def arguments(self, programs: Path, task: Path) -> list[str]:
        """Its command line."""
        named = [part.format(bin=programs, task=task) for part in self.command]
        return [str(programs / "python"), *named, *([] if "{task}" in self.command else [str(task)])]

    @property
    def extracts(self) -> bool:
        """Whether it ends without a database."""
        return not self.queries


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("ours", "this project", ("-m", "benchmarks.peers.ours"), queries=_OURS),
        Tool(
            "dlt",
            "dlt, parallelized",
            ("-m", "benchmarks.peers.dlt"),
            environment="dlt",
            package="dlt",
            queries=_DLT,
        ),
        Tool(
            "dlt_sequential",
            "dlt, sequential",
            ("-m", "benchmarks.peers.dlt", "{task}", "sequential"),
            environment="dlt",
            package="dlt",
            queries=_DLT,
            one_by_one=True,
        ),
        Tool(
            "singer",
            "Singer SDK tap, target-postgres",
            ("-m", "benchmarks.peers.singer"),
            environment="singer",
            package="singer-sdk",
            queries=_AS_ZOOM,
            one_by_one=True,
        ),
        Tool(
            "airbyte",
            "Airbyte CDK, concurrency 20",
            ("-m", "benchmarks.peers.airbyte"),
            environment="airbyte",
            package="airbyte-cdk",
            messages=True,
        ),
        Tool(
            "http_hook",
            "Airflow's HttpHook in a loop",
            ("-m", "benchmarks.peers.airflow_http"),
            package="apache-airflow-providers-http",
            one_by_one=True,
        ),
        Tool(
            "http_async_hook",
            "Airflow's HttpAsyncHook, 20 in flight",
            ("-m", "benchmarks.peers.airflow_http", "{task}", "async"),
            package="apache-airflow-providers-http",
        ),
        Tool(
            "pyzoom",
            "pyzoom",
            ("-m", "benchmarks.peers.pyzoom"),
            environment="pyzoom",
            package="pyzoom",
            one_by_one=True,
        ),
        Tool("bare", "bare loop, 20 in flight", ("-m", "benchmarks.peers.bare")),
        Tool("bare_64", "bare loop, 64 in flight", ("-m", "benchmarks.peers.bare", "{task}", "64")),
        Tool("ours_extract", "this project's pull", ("-m", "benchmarks.peers.ours"), extract_only=True),
    )
}
