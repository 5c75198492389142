"""One alert per incident, through the `http` Connection `zoom_alerts` where somebody defined it."""

import asyncio
import logging
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException, AirflowRuntimeError

from include.zoom.errors import ZoomError

if TYPE_CHECKING:
    from airflow.sdk import Context

CONNECTION = "zoom_alerts"
_ASK_SECONDS = 25.0  # Airflow's Dag processor gives a callback 50
_POST = {"timeout": 20}  # seconds
_log = logging.getLogger(__name__)


def run_failed(context: "Context") -> None:
    """The Dag's failure callback: Airflow calls it once per run, in the Dag processor, without the error.

    The message says which run failed and where to look. Where the run's grant needs a person, who has been
    told when that came about, it is left out: one alert per incident.
    """
    if reason := told_already(context):
        _log.info("Not alerted again: %s", reason)
        return
    alert(_text(context), context)


def alert(text: str, context: "Context") -> bool:
    """A JSON post with a `text` as Slack, Teams and the like take it; whether it was sent.

    No such Connection, no noise.
    """
    try:
        BaseHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        _log.info("No Connection %s: nobody is alerted.", CONNECTION)
        return False
    from airflow.providers.http.notifications.http import HttpNotifier  # noqa: PLC0415 (slow, rarely needed)

    HttpNotifier(http_conn_id=CONNECTION, json={"text": text}, extra_options=_POST).notify(context)
    return True


def alerted(text: str, context: "Context") -> bool:
    """`alert`, for what must not fail because nobody could be told."""
    try:
        return alert(text, context)
    except (AirflowException, AirflowRuntimeError, OSError) as error:
        # Its words may hold the address, and with Slack's and the like that is a secret.
        _log.warning("The alert could not be sent (%s): see Connection %s.", type(error).__name__, CONNECTION)
        return False


def told_already(context: "Context") -> str:
    """Why the run's grant needs a person, if its own alert has said so; "" also where that cannot be learnt."""
    connection_id = (context.get("params") or {}).get("zoom_conn_id")
    try:
        return asyncio.run(_reason(connection_id)) if connection_id else ""
    except (ZoomError, AirflowException, TimeoutError) as error:
        _log.info("How the grant of Connection %s stands cannot be learnt: %s", connection_id, error)
        return ""


async def _reason(connection_id: str) -> str:
    from include.grant.hook import ZoomHook  # noqa: PLC0415 - parsing a Dag must not load what signs and encrypts

    async with asyncio.timeout(_ASK_SECONDS):
        health = await ZoomHook(connection_id).keep()
    return health.reason if health.alerted else ""


def _text(context: "Context") -> str:
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    reason = context.get("reason") or "see the failed tasks' logs"
    return f"Airflow: run {run_id} of {dag_id} failed ({reason}). Fix what its log names, then clear the failed tasks."
