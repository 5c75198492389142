"""One alert per failed run, through the `http` Connection `zoom_alerts` where somebody defined it."""

import logging
from typing import TYPE_CHECKING

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException

if TYPE_CHECKING:
    from airflow.sdk import Context

CONNECTION = "zoom_alerts"
_log = logging.getLogger(__name__)


def run_failed(context: "Context") -> None:
    """The Dag's failure callback: Airflow calls it once per run, in the Dag processor, without the error.

    The message says which run failed and where to look, as a JSON post with a `text` as Slack, Teams and the
    like take it.
    """
    try:
        BaseHook.get_connection(CONNECTION)
    except AirflowNotFoundException:
        _log.info("No Connection %s: nobody is alerted.", CONNECTION)
        return
    from airflow.providers.http.notifications.http import HttpNotifier  # noqa: PLC0415 (slow, rarely needed)

    HttpNotifier(http_conn_id=CONNECTION, json={"text": _text(context)}).notify(context)


def _text(context: "Context") -> str:
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    reason = context.get("reason") or "see the failed tasks' logs"
    return f"Airflow: run {run_id} of {dag_id} failed ({reason}). Fix what its log names, then clear the failed tasks."
