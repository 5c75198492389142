"""Two Zoom accounts side by side: a Connection and a schema each."""

import dataclasses
import json
import sys
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.grant.installation import wait_for
from tests.system.conftest import Pipeline
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

DAYS_AGO = 80
STREAMS = ["users", "meetings", "meeting_participants"]


@pytest.fixture
def second(pipeline: Pipeline) -> Iterator[Pipeline]:
    """The same installation as seen with another Zoom account, which `zoom_second` is connected to."""
    processes, env = pipeline.local.processes, pipeline.local.airflow.env
    options = ("--port", "0", "--users", "7", "--seed", "29", "--account", "second-account", "--allow")
    processes.start("sandbox-second", (sys.executable, "-m", "include.sandbox", *options), env)
    log = processes.log("sandbox-second")
    wait_for(lambda: "\n" in log.read_text())
    url = json.loads(log.read_text().splitlines()[0])["url"]
    other = Pipeline(dataclasses.replace(pipeline.local, sandbox_url=url), dag="zoom_second")
    other.connection("zoom_second")
    other.connect("zoom_second")
    yield other
    processes.stop("sandbox-second")


def test_two_accounts_load_side_by_side(
    pipeline: Pipeline, second: Pipeline, daily: str, yesterday: date
) -> None:
    """A Dag each, both at once over the same day: each schema has its own account's truth; a wrong pairing is refused."""
    assert daily
    day = yesterday - timedelta(days=DAYS_AGO)
    own = pipeline.trigger(conf={"first_day": str(day), "streams": ["meeting_participants", "users"]})
    other = second.trigger(conf={"first_day": str(day)})
    assert [pipeline.ended(own), second.ended(other)] == ["success", "success"]
    assert [differences(pipeline, name, day) for name in STREAMS] == [[], [], []]
    assert [differences(second, name, day, "zoom_second") for name in STREAMS] == [[], [], []]
    rows = pipeline.rows("SELECT count(*) AS n FROM zoom_second.users_current")
    assert rows == [{"n": len(second.sandbox("GET", "truth", params={"table": "users"})["rows"])}]
    wrong = pipeline.trigger(conf={"streams": ["groups"], "zoom_conn_id": "zoom_second"})
    assert pipeline.ended(wrong) == "failed"
    log = pipeline.log(wrong, "groups.load")
    assert "Schema zoom holds the Zoom account sandbox-account" in log
