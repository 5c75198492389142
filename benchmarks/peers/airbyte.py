"""Airbyte: a declarative manifest under its CDK, with 20 partitions at once. It reads and tells records.

https://docs.airbyte.com/platform/connector-development/config-based/understanding-the-yaml-file/. The CDK has no
PostgreSQL destination (that is a Java program of the platform), so this is an extract: records on standard output.
"""

import base64
import json
import os
import sys
from pathlib import Path
from typing import Any

from benchmarks.peers.task import STATUSES, TABLES, Task

AT_ONCE = 20
_ONCE = "stream_partition.uuid | urlencode | replace('/', '%2F')"
# Zoom wants a uuid encoded twice that begins with a slash or has two of them in a row.
_IN_PATH = (
    f"{{{{ ({_ONCE} | replace('%', '%25')) "
    f"if stream_partition.uuid.startswith('/') or '//' in stream_partition.uuid else ({_ONCE}) }}}}"
)


def requester(task: Task, path: str, **params: str) -> dict[str, Any]:
    """How a list is asked."""
    client = base64.b64encode(f"{task.client_id}:{task.client_secret}".encode()).decode()
    return {
        "type": "HttpRequester",
        "url_base": f"{task.url}/v2",
        "path": path,
        "http_method": "GET",
        "request_parameters": {"page_size": "300", **params},
        "authenticator": {
            "type": "OAuthAuthenticator",
            "token_refresh_endpoint": f"{task.url}/oauth/token",
            "grant_type": "account_credentials",
            "client_id": task.client_id,
            "client_secret": task.client_secret,
            "refresh_request_headers": {"Authorization": f"Basic {client}"},
            "refresh_request_body": {"account_id": task.account_id},
        },
        "error_handler": {
            "type": "CompositeErrorHandler",
            "error_handlers": [
                {
                    "type": "DefaultErrorHandler",
                    "backoff_strategies": [{"type": "WaitTimeFromHeader", "header": "Retry-After"}],
                    "response_filters": [
                        {"type": "HttpResponseFilter", "action": "IGNORE", "http_codes": [400]},
                        {
                            "type": "HttpResponseFilter",
                            "action": "REFRESH_TOKEN_THEN_RETRY",
                            "http_codes": [401],
                        },
                    ],
                }
            ],
        },
    }


def stream(
    name: str,
    key: str,
    asked: dict[str, Any],
    primary_key: list[str],
    **retriever: Any,  # noqa: ANN401
) -> dict[str, Any]:
    """A list of Zoom's, paged by its token."""
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": primary_key,
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {"type": "object", "additionalProperties": True, "properties": {}},
        },
        "retriever": {
            "type": "SimpleRetriever",
            "requester": asked,
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": [key]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": {
                    "type": "RequestOption",
                    "inject_into": "request_parameter",
                    "field_name": "next_page_token",
                },
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": "{{ response['next_page_token'] }}",
                    "stop_condition": "{{ not response['next_page_token'] }}",
                },
            },
            **retriever,
        },
    }


def streams(task: Task) -> list[dict[str, Any]]:
    """All three."""
    by_status = {"type": "ListPartitionRouter", "values": list(STATUSES), "cursor_field": "status"}
    users = stream(
        "users",
        "users",
        requester(task, "/users", status="{{ stream_partition.status }}"),
        ["email"],
        partition_router=by_status,
    )
    day = {"from": task.day, "to": task.day}
    history = requester(task, "/report/history_meetings", **day)
    meetings = stream("meetings", "history_meetings", history, ["meeting_uuid"])
    of_meeting = {
        "type": "SubstreamPartitionRouter",
        "parent_stream_configs": [
            {
                "type": "ParentStreamConfig",
                "parent_key": "meeting_uuid",
                "partition_field": "uuid",
                "stream": meetings,
            }
        ],
    }
    participants = stream(
        "meeting_participants",
        "participants",
        requester(task, f"/past_meetings/{_IN_PATH}/participants"),
        [],
        partition_router=of_meeting,
    )
    participants["transformations"] = [
        {
            "type": "AddFields",
            "fields": [
                {
                    "type": "AddedFieldDefinition",
                    "path": ["meeting_uuid"],
                    "value": "{{ stream_partition.uuid }}",
                }
            ],
        }
    ]
    return [users, meetings, participants]


def manifest(task: Task) -> dict[str, Any]:
    """The whole source."""
    return {
        "version": "7.39.1",
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["users"]},
        "streams": streams(task),
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": {}}},
        "concurrency_level": {
            "type": "ConcurrencyLevel",
            "default_concurrency": AT_ONCE,
            "max_concurrency": AT_ONCE,
        },
    }


def catalog() -> dict[str, Any]:
    """Everything, in full."""
    modes = {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    return {
        "streams": [
            {"stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]}, **modes}
            for name in TABLES
        ]
    }


def main() -> None:
    """Reads; records go to standard output."""
    task = Task.read()
    folder = Path(task.folder)
    files = {"manifest.yaml": manifest(task), "catalog.json": catalog(), "config.json": {}}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    program = str(Path(sys.executable).parent / "source-declarative-manifest")
    command = [program, "read", "--config", "config.json", "--catalog", "catalog.json"]
    command += ["--manifest-path", "manifest.yaml"]
    os.execv(program, [str(folder / word) if word in files else word for word in command])  # noqa: S606 - the CDK's own


if __name__ == "__main__":
    main()
