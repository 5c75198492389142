"""A lost consent as a person mends it: the page, Reconnect, and the backfill that waited goes on."""

from datetime import date, timedelta
from typing import Any

import pytest

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAYS_AGO = 80


def test_a_backfill_that_waits_goes_on_after_reconnect(
    pipeline: Any, daily: str, chromium: Any, yesterday: date
) -> None:
    """The owner removed the app; one click on the page (the sandbox allows by itself) and the run ends well."""
    airflow, day = pipeline.local.airflow, yesterday - timedelta(days=DAYS_AGO)
    pipeline.sandbox("POST", "revoke")
    body = {
        "dag_id": "zoom_daily",
        "from_date": f"{day}T00:00:00Z",
        "to_date": f"{day}T00:00:00Z",
        "dag_run_conf": {"streams": ["meetings"], "ask_again": True},  # whatever other tests have shared
        "reprocess_behavior": "none",
    }
    backfill = airflow.api("POST", "/backfills", json=body)["id"]

    def waiting() -> str | None:
        runs = [run for run in pipeline.runs(run_type="backfill") if run["logical_date"].startswith(str(day))]
        states = [task["state"] for run in runs for task in pipeline.tasks(run["dag_run_id"]).values()]
        return str(runs[0]["dag_run_id"]) if "up_for_reschedule" in states else None

    run = airflow.wait_for(waiting, seconds=180, what="the backfill to wait for the consent")
    tab = chromium.new_page()
    tab.goto(f"{airflow.url}/plugin/zoom")
    card = tab.get_by_test_id("zoom-account-zoom_default")
    assert card.get_by_test_id("zoom-state").inner_text() == "Consent required"
    card.get_by_role("button", name="Reconnect zoom_default").click()
    tab.get_by_test_id("zoom-notice").get_by_text("Connected", exact=True).wait_for()
    assert card.get_by_test_id("zoom-state").inner_text() == "Connected"
    tab.close()
    assert pipeline.ended(run) == "success"
    airflow.wait_for(
        lambda: airflow.api("GET", f"/backfills/{backfill}")["completed_at"],
        seconds=120,
        what="the backfill to be called complete",
    )
    pull = next(task for name, task in pipeline.tasks(run).items() if name == "meetings.pull")
    assert (pull["state"], pull["try_number"]) == ("success", 1)
