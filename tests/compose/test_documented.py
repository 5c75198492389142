"""The documentation's commands, typed as they stand there on a machine that knows nothing of this project."""

import re
from collections.abc import Iterator
from datetime import date
from json import loads
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from include.launch.place import PROJECT
from tests.compose.compose import Compose
from tests.compose.images import Images
from tests.compose.trial import Trial
from tests.system.truth import differences

pytestmark = [
    pytest.mark.system,
    pytest.mark.processes,
    pytest.mark.sweep,
    pytest.mark.timeout(1800),
]

TABLES = ("users", "meetings", "meeting_participants", "recordings")
_BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


@pytest.fixture
def compose(images: Images) -> Iterator[Compose]:
    """One for each test: every page begins with a clone."""
    made = Compose(images)
    yield made
    made.down()


def console(page: str, word: str) -> list[str]:
    """The commands of the one block of a page that has this word."""
    blocks = [block for block in _BLOCK.findall((PROJECT / page).read_text()) if word in block]
    assert len(blocks) == 1
    lines = [line.removeprefix("$ ") for line in blocks[0].splitlines()]
    assert all(line.startswith("docker compose ") for line in lines)
    return lines


def test_the_readmes_start(compose: Compose) -> None:
    """Without an account and without any setting: it is healthy, and its first user's password is told."""
    start, password = console("README.md", "cat /opt/state/passwords.json")
    compose.typed(start)
    assert loads(compose.typed(password)).keys() == {"admin"}
    trial = Trial(compose.deployment)
    dags = trial.until(lambda: trial.api("GET", "/dags")["dags"], seconds=120, what="the Dags")
    assert {dag["is_paused"] for dag in dags} == {True}
    assert {dag["dag_id"] for dag in dags} >= {"zoom_daily", "zoom_grant_keeper"}
    assert trial.api("GET", "/importErrors")["import_errors"] == []
    assert [row["conn_id"] for row in trial.journal("SELECT conn_id FROM connection")] == ["zoom_warehouse"]


def test_the_readmes_trial(compose: Compose, yesterday: date) -> None:
    """A simulated account by a server-to-server app: nobody consents, and yesterday is loaded as it was."""
    trial = ended_daily_run(compose, console("README.md", ".env.sandbox"))
    assert untrue(trial, yesterday) == {}


def test_the_trial_with_an_object_store(compose: Compose, yesterday: date) -> None:
    """Landing lies in the bucket and nowhere else, and what is loaded from there is true."""
    trial = ended_daily_run(compose, console("docs/operating.md", ".env.s3"))
    assert untrue(trial, yesterday) == {}
    store = ("curl", "--silent", "--fail", "http://localhost:5000/landing?list-type=2")
    listed = ET.fromstring(trial.deployment.execute(trial.one("s3").name, *store))
    keys = [Path(key.text or "") for key in listed.iterfind("{*}Contents/{*}Key")]
    assert {key.parts[0] for key in keys} == {"zoom"}
    assert {".parquet"} < {key.suffix for key in keys}
    assert trial.deployment.execute(trial.one("worker").name, "ls", "/opt/landing") == ""


def ended_daily_run(compose: Compose, lines: list[str]) -> Trial:
    """What is up after these commands, its first daily run having succeeded."""
    for line in lines:
        compose.typed(line)
    trial = Trial(compose.deployment)
    assert trial.ended("scheduled", 1, seconds=900) == {"success"}
    return trial


def untrue(trial: Trial, day: date) -> dict[str, list[str]]:
    """Tables of which a day is not what the simulated account knows."""
    return {table: found for table in TABLES if (found := differences(trial, table, day))}
