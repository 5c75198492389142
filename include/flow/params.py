"""The parameters of a run: the form of a manual run, and what a backfill's configuration may set."""

from collections.abc import Iterable
from typing import Any

from airflow.sdk import Param

from include.zoom.choice import ALL, DEFAULT

_DAY: dict[str, Any] = {"type": ["null", "string"], "format": "date"}


def params(*, connection: str, schema: str, streams: Iterable[str], own: bool) -> dict[str, Param]:
    """The form.

    Args:
        connection: the default of `zoom_conn_id`.
        schema: the default of `schema`.
        streams: which there are to choose from.
        own: whether the Dag has a list of its own, else it is the setting that chooses.
    """
    words = [*streams] if own else [DEFAULT, ALL, *streams]
    otherwise = "those of this Dag" if own else "those of the setting [zoom] streams"
    return {
        **_DAYS,
        "streams": Param(
            [],
            type="array",
            title="Streams",
            description=f"Which streams to bring up to date, with their parents. Empty: {otherwise}.",
            items={"type": "string", "enum": words},
            examples=words,
        ),
        "zoom_conn_id": Param(
            connection,
            type="string",
            minLength=1,
            title="Zoom Connection",
            description="The Zoom account to pull.",
            section="Accounts",
        ),
        "schema": Param(
            schema,
            type="string",
            pattern="^[a-z_][a-z0-9_]{0,50}$",
            title="Schema",
            description="The warehouse schema to load. A schema belongs to one Zoom account.",
            section="Accounts",
        ),
        **_EXCEPTIONS,
    }


_DAYS = {
    "first_day": Param(
        None,
        title="First day",
        description="UTC. Empty: the last day, or, where both are empty, the last full day.",
        **_DAY,
    ),
    "last_day": Param(
        None, title="Last day", description="UTC, included. Empty: the same as the first day.", **_DAY
    ),
}
_EXCEPTIONS = {
    "ask_again": Param(
        False,
        type="boolean",
        title="Ask again",
        description="Ask Zoom anew also for what is already there: today's users, groups and the like, the "
        "participants of meetings that have not changed since their day became final, and each day of a backfill by "
        "itself.",
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
