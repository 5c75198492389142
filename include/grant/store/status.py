"""How each grant stands, in a line of text without secrets."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from include.grant.journal import Grant
from include.grant.store import Store
from include.grant.store.fernet import zoom_connections
from include.zoom.errors import ZoomError


def lines(engine: sa.Engine) -> Iterator[str]:
    """One per Connection of type `zoom`."""
    for connection_id in zoom_connections(engine):
        try:
            yield line(Store(connection_id, lambda: engine).read())
        except ZoomError as error:
            yield f"{connection_id}: {error}"


def line(grant: Grant) -> str:
    """State, generation, account, scopes and ages."""
    journal = grant.journal
    ages = {
        "rotated": journal.rotated_at,
        "consented": journal.consented_at,
        "access token issued": journal.newest.issued_at if journal.newest else None,
    }
    told = [
        f"{grant.connection_id}: {journal.state.value}",
        f"{grant.grant_type.value}, account {grant.account_id or journal.account_id or 'unknown'}",
        f"generation {journal.generation}",
        *(f"{what} {age(grant.now - when)} ago" for what, when in ages.items() if when),
        *(_until(grant.now, journal.next_attempt_at)),
    ]
    return "; ".join(told) + (f". {journal.reason}" if journal.reason else "")


def age(passed: timedelta) -> str:
    """In the unit in which a person counts it."""
    for unit, seconds in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if passed.total_seconds() >= seconds:
            return f"{int(passed.total_seconds() // seconds)} {unit}"
    return f"{max(0, int(passed.total_seconds()))} s"


def _until(now: datetime, next_attempt_at: datetime | None) -> Iterator[str]:
    if next_attempt_at and next_attempt_at > now:
        yield f"next attempt in {age(next_attempt_at - now)}"
