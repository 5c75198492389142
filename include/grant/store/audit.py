"""A line in Airflow's event log (Browse → Audit Log) for what a person may want to know of a grant later.

Written in the transaction that makes it true, so there is one line for each change and none without it.
"""

import json
import logging

import sqlalchemy as sa
from airflow.models.log import Log
from sqlalchemy.exc import SQLAlchemyError

from include.grant.journal import Grant, Journal, State

log = logging.getLogger(__name__)

_OWNER = "zoom"
_ENTERED = {State.CONSENT_REQUIRED: "lost", State.MISCONFIGURED: "misconfigured"}


def record(connection: sa.Connection, held: Grant, journal: Journal, *, by: str | None) -> None:
    """Adds the line of a change, where it is one that is told; `by` is the person whose wish it was."""
    event = _event(held, journal)
    if event is None:
        return
    told = {"connection_id": held.connection_id, "generation": journal.generation, "reason": journal.reason}
    line = {
        "dttm": held.now,
        "event": f"zoom_grant.{event}",
        "owner": by or _OWNER,
        "owner_display_name": by or _OWNER,
        "extra": json.dumps({name: value for name, value in told.items() if value}),
    }
    try:
        with connection.begin_nested():
            connection.execute(sa.insert(Log.__table__).values(line))
    except SQLAlchemyError:  # a token is worth more than a line
        log.exception("Airflow's event log did not take %s of Connection %s.", event, held.connection_id)


def _event(held: Grant, journal: Journal) -> str | None:
    before = held.journal
    if journal.newest is None and before.newest is not None:
        return "disconnected"
    if journal.consented_at != before.consented_at:
        return "consented"
    if journal.state is not before.state and journal.state in _ENTERED:
        return _ENTERED[journal.state]
    renewed = journal.newest != before.newest and journal.state is State.READY
    return "rotated" if renewed and held.rotates else None
