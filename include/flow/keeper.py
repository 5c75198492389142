"""The `keep` task: keeps every grant alive, and tells a person in time where that does not help."""

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from airflow.sdk import conf, get_current_context

from include.flow.alerts import alert
from include.grant.hook import Health, ZoomHook
from include.zoom.errors import PermanentError, ZoomError

_OLD_DAYS, _LIFE_DAYS = 60, 90  # https://developers.zoom.us/docs/integrations/oauth/
_log = logging.getLogger(__name__)


class GrantsNeedAPerson(PermanentError):  # noqa: N818 (named for what happened, as in include.zoom.errors)
    """Waiting cannot help some grants."""


def keep() -> dict[str, str]:
    """Each grant's state by its Connection, refreshed where nobody used it for [zoom] keep_alive_hours.

    Raises:
        GrantsNeedAPerson: At the end, so that the run is red; a loss has been alerted when it came about.
    """
    context = get_current_context()
    asked = context["params"].get("connections") or conf.get("zoom", "connections")
    grants, unexpected = looked_at(dict.fromkeys(asked.replace(",", " ").split()))
    if is_first_of_day(context):
        for text in reminders(grants):
            alert(text, context)
    if unexpected:
        raise unexpected[0]
    if waiting := [f"{health.connection_id} is {health.state}" for health in grants if health.needs_person]:
        raise GrantsNeedAPerson(f"{'; '.join(waiting)}. What to do stands in the log above.")
    return {health.connection_id: str(health.state) for health in grants}


def looked_at(connection_ids: Iterable[str]) -> tuple[list[Health], list[Exception]]:
    """How each grant stands, and what went wrong that nobody foresaw; one broken Connection stops no other."""
    grants, unexpected = [], []
    for connection_id in connection_ids:
        try:
            health = asyncio.run(_kept(connection_id))
        except Exception as error:  # noqa: BLE001 (one broken Connection must not keep the others from being kept)
            _log.exception("Connection %s could not be looked at.", connection_id)
            unexpected.append(error)
        else:
            _log.log(logging.WARNING if health.reason else logging.INFO, "%s", told(health))
            grants.append(health)
    return grants, unexpected


def told(health: Health) -> str:
    """One line of the log."""
    if not health.rotates:
        return f"{health.connection_id}: {health.state}, server-to-server: nothing to keep. {health.reason}".rstrip()
    age = "of unknown age" if health.token_age_days is None else f"{health.token_age_days:.2f} days old"
    return f"{health.connection_id}: {health.state}, refresh token {age}. {health.reason}".rstrip()


def reminders(grants: Iterable[Health]) -> Iterator[str]:
    """What a person is told once a day: a token that grows old, and what no alert of the grant's own tells."""
    for health in grants:
        if health.needs_person and not health.alerted:
            yield f"Airflow: the grant of Connection {health.connection_id} cannot be kept. {health.reason}"
        elif _grows_old(health):
            yield (
                f"Airflow: the refresh token of Connection {health.connection_id} is {health.token_age_days:.0f} "
                f"days old, and Zoom ends it at {_LIFE_DAYS}. "
                f"{health.reason or 'Lower [zoom] keep_alive_hours.'}"
            )


def is_first_of_day(context: Mapping[str, Any]) -> bool:
    """Whether no run of this UTC day was before this one, so that a reminder comes once a day at most."""
    moment: datetime | None = context["dag_run"].logical_date
    if moment is None:
        return False
    before = context["ti"].get_previous_dagrun()
    return before is None or before.logical_date is None or before.logical_date.date() < moment.date()


def _grows_old(health: Health) -> bool:
    return health.state != "CONSENT_REQUIRED" and (health.token_age_days or 0) >= _OLD_DAYS


async def _kept(connection_id: str) -> Health:
    try:
        return await ZoomHook(connection_id).keep()
    except ZoomError as error:
        return Health.refused(connection_id, error)
