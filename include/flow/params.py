"""The parameters of a run: the form of a manual run, and what a backfill's configuration may set."""

from typing import Any

from airflow.sdk import Param

from include.zoom.catalog import STREAMS

_DAY: dict[str, Any] = {"type": ["null", "string"], "format": "date"}

PARAMS = {
    "first_day": Param(
        None,
        title="First day",
        description="UTC. Empty: the last day, or, where both are empty, the last full day.",
        **_DAY,
    ),
    "last_day": Param(
        None, title="Last day", description="UTC, included. Empty: the same as the first day.", **_DAY
    ),
    "streams": Param(
        [],
        type="array",
        title="Streams",
        description="Which streams to bring up to date, with their parents. Empty: all.",
        items={"type": "string", "enum": list(STREAMS)},
        examples=list(STREAMS),
    ),
    "zoom_conn_id": Param(
        "zoom_default",
        type="string",
        minLength=1,
        title="Zoom Connection",
        description="The Zoom account to pull.",
        section="Accounts",
    ),
    "schema": Param(
        "zoom",
        type="string",
        pattern="^[a-z_][a-z0-9_]{0,50}$",
        title="Schema",
        description="The warehouse schema to load. A schema belongs to one Zoom account.",
        section="Accounts",
    ),
    "ask_again": Param(
        False,
        type="boolean",
        title="Ask again",
        description="Ask Zoom for users and groups anew, though today's are already there.",
        section="Exceptions",
    ),
    "accept_shrink": Param(
        False,
        type="boolean",
        title="Accept shrinking",
        description="Load a day also where it has lost more than a fifth of its rows.",
        section="Exceptions",
    ),
}
