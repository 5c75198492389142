"""The page under Airflow's FAB auth manager, whose roles tell reading Connections from editing them."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.running import Running, running
from tests.grant.installation import copy_of, migrated

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def fab(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An API server with FAB's viewer, op, and somebody who may only read Connections."""
    folder = tmp_path_factory.mktemp("fab")
    manager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"
    settings = {"AIRFLOW__CORE__AUTH_MANAGER": manager}

    def people(env: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.console.fab_people"]
        subprocess.run(command, env=env, check=True, capture_output=True, text=True)

    with running(folder, copy_of(migrated(templates), folder), settings, before=people) as made:
        yield made


def test_reading_shows_and_editing_acts(fab: Running) -> None:
    """A viewer has no page, a reader sees it without buttons, an op connects; who may not act is not told what is."""
    fab.put("zoom_fab", by="op")
    path = "/zoom/accounts/zoom_fab/connect"
    with fab.program("viewer") as viewer, fab.program("reader") as reader, fab.program("op") as op:
        assert viewer.get("/zoom/accounts").status_code == 403
        page = reader.get("/zoom/accounts").json()
        assert [(each["connection_id"], each["may_edit"]) for each in page["accounts"]] == [
            ("zoom_fab", False)
        ]
        assert page["may_add"] is False
        answers = [
            reader.post(path),
            reader.post(path.replace("zoom_fab", "zoom_nowhere")),
            viewer.post(path),
        ]
        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert len({answer.content for answer in answers}) == 1
        assert reader.post("/zoom/accounts").status_code == 403
        assert op.get("/zoom/accounts").json()["accounts"][0]["may_edit"] is True
    browser = fab.browser("op")
    browser.follow(browser.allowed("zoom_fab"))
    assert browser.account("zoom_fab")["word"] == "connected"
    assert browser.account("zoom_fab")["consented_by"] == "op"
