"""dlt: the rest_api source into PostgreSQL, as its documentation shows it.

https://dlthub.com/docs/dlt-ecosystem/verified-sources/rest_api/basic (`parallelized`, `response_actions`, an
authentication of one's own: the example there is Zoom's), /docs/reference/performance (workers, buffers, csv).
Merge by the meeting and not by the participant: participants have no key, and so no row is lost of two alike.
Nested values stay JSON, as everywhere here. `sequential` as the second argument: without `parallelized`.
"""

import base64
import os
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from benchmarks.peers.task import STATUSES, Task

AT_ONCE = "20"
os.environ |= {
    "EXTRACT__WORKERS": AT_ONCE,
    "EXTRACT__MAX_PARALLEL_ITEMS": AT_ONCE,
    "DATA_WRITER__BUFFER_MAX_ITEMS": "20000",
    "DATA_WRITER__FILE_MAX_ITEMS": "100000",
    "NORMALIZE__WORKERS": "2",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
}

import dlt  # noqa: E402
from dlt.common.configuration.specs import configspec  # noqa: E402
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials  # noqa: E402
from dlt.sources.rest_api import rest_api_resources  # noqa: E402


@configspec
class OAuth2Zoom(OAuth2ClientCredentials):
    """Zoom's server-to-server grant, as the documentation's example has it."""

    def build_access_token_request(self) -> dict[str, Any]:
        """The app's credentials go into a Basic header."""
        encoded = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
        return {"headers": {"Authorization": f"Basic {encoded}"}, "data": self.access_token_request_data}


def resource(name: str, path: str, selector: str, **params: Any) -> dict[str, Any]:  # noqa: ANN401
    """A list of Zoom's, paged by its token."""
    return {
        "name": name,
        "endpoint": {
            "path": path,
            "params": {"page_size": 300, **params},
            "data_selector": selector,
            "paginator": {
                "type": "cursor",
                "cursor_path": "next_page_token",
                "cursor_param": "next_page_token",
            },
        },
    }


def users(status: str, *, parallelized: bool) -> dict[str, Any]:
    """The users of a status, all in one table."""
    one = resource(f"users_{status}", "users", "users", status=status)
    return one | {"table_name": "users", "primary_key": "email", "parallelized": parallelized}


def encoded(record: dict[str, Any]) -> dict[str, Any]:
    """Adds what stands for the uuid in a path: Zoom wants some of them encoded twice."""
    uuid = record["meeting_uuid"]
    once = quote(uuid, safe="")
    return record | {"in_path": quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once}


def meetings(day: str) -> dict[str, Any]:
    """The day's meetings and webinars."""
    one = resource("meetings", "report/history_meetings", "history_meetings", **{"from": day, "to": day})
    return one | {"primary_key": "meeting_uuid", "processing_steps": [{"map": encoded}]}


def participants(*, parallelized: bool) -> dict[str, Any]:
    """Of each meeting; webinars answer 400 and are left out."""
    one = resource(
        "meeting_participants", "past_meetings/{resources.meetings.in_path}/participants", "participants"
    )
    one["endpoint"]["response_actions"] = [{"status_code": 400, "action": "ignore"}]
    return one | {
        "merge_key": "_meetings_meeting_uuid",  # the name that `include_from_parent` gives
        "include_from_parent": ["meeting_uuid"],
        "parallelized": parallelized,
    }


def source(task: Task, *, parallelized: bool) -> Any:  # noqa: ANN401
    """All three lists."""
    auth = OAuth2Zoom(
        access_token_url=f"{task.url}/oauth/token",
        client_id=task.client_id,
        client_secret=task.client_secret,
        access_token_request_data={"grant_type": "account_credentials", "account_id": task.account_id},
    )
    lists = [
        *(users(status, parallelized=parallelized) for status in STATUSES),
        meetings(task.day),
        participants(parallelized=parallelized),
    ]

    @dlt.source(name="zoom", max_table_nesting=0)
    def zoom() -> Iterator[Any]:
        yield from rest_api_resources(
            {
                "client": {"base_url": f"{task.url}/v2/", "auth": auth},
                "resource_defaults": {"write_disposition": "merge"},
                "resources": lists,
            }
        )

    return zoom()


def credentials(uri: str) -> dict[str, Any]:
    """The socket's folder stands for the host, quoted as libpq wants it in an address."""
    parts = urlsplit(uri)
    asked = parse_qs(parts.query)
    return {
        "database": parts.path.strip("/"),
        "username": parts.username,
        "password": "-",
        "host": quote(asked["host"][0], safe=""),
        "port": int(asked["port"][0]),
    }


def main() -> None:
    """Extracts, normalises, loads."""
    task = Task.read()
    pipeline = dlt.pipeline(
        "benchmark",
        pipelines_dir=f"{task.folder}/dlt",
        destination=dlt.destinations.postgres(credentials=credentials(task.postgres)),
        dataset_name="zoom",
    )
    pipeline.run(
        source(task, parallelized="sequential" not in sys.argv), loader_file_format="csv"
    ).raise_on_failed_jobs()


if __name__ == "__main__":
    main()
