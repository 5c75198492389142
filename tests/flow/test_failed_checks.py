"""Hard checks that fail in `pull` and `transform` stand in the warehouse, and the task fails with their reason."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from include.flow import pull as pulling
from include.flow import transform as transforming
from include.flow.run import Run
from include.zoom.catalog import STREAMS
from include.zoom.errors import RepeatedKey, TooManySkipped
from include.zoom.pace import OwnTurns
from tests.flow.landed import ACCOUNT, House, attempt_of

FAILED = "SELECT stream, attempt_id IS NOT NULL, load_id, check_name, outcome FROM zoom.failing"


class Hook:
    """A grant that gives everything."""

    account, plan = ACCOUNT, "business"

    def __init__(self, connection_id: str) -> None:
        self.connection_id = connection_id

    async def load(self) -> None:
        """Reads nothing."""

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Asks nobody."""
        async with httpx.AsyncClient() as http:
            yield http

    @contextlib.asynccontextmanager
    async def turns(self, *, backfill: bool) -> AsyncIterator[OwnTurns]:
        """Of a quota that nobody else has."""
        assert not backfill
        yield OwnTurns(self.plan)


@pytest.fixture
def run(house: House, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run into the house's schema; a dictionary stands for the task state store."""
    memory: dict[str, Any] = {}
    store = SimpleNamespace(get=memory.get, set=memory.__setitem__, kept=memory)
    params = {"schema": "zoom", "zoom_conn_id": "zoom_default"}
    for module in (pulling, transforming):
        monkeypatch.setattr(module, "warehouse", lambda **_: house.warehouse)
    dag_run = SimpleNamespace(run_type="manual")
    return Run(
        {"params": params, "task_state_store": store, "dag_run": dag_run}, datetime(2026, 11, 2, tzinfo=UTC)
    )


def test_a_pull_that_skips_too_many_is_recorded(
    house: House, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails with its reason, and the next try knows where it was."""

    async def skip(*_: object, **__: object) -> None:
        raise TooManySkipped("more than 10 of 12 parents had nothing to give")

    monkeypatch.setattr(pulling, "ZoomHook", Hook)
    monkeypatch.setattr(pulling, "pull_stream", skip)
    with pytest.raises(TooManySkipped, match="more than 10 of 12"):
        pulling._Pull(run, STREAMS["groups"], house.landing, {}).result()
    assert house.rows(FAILED) == [("groups", True, None, "skips", "failed")]
    assert pulling.CURSOR in run.memory.kept


def test_a_key_that_comes_twice_is_recorded(house: House, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The transform fails, and nothing is loaded; the next one in which it comes once is no failure any more."""
    file = {"id": "f", "file_type": "MP4", "recording_start": "2026-11-01T10:00:00Z"}
    pulled = attempt_of(
        house.landing,
        "recordings",
        {"uuid": "r", "start_time": "2026-11-01T10:00:00Z", "recording_files": [file, file]},
    )
    left = SimpleNamespace(xcom_pull=lambda **_: {"manifest": pulled.address, "reused": False})
    monkeypatch.setattr(transforming.Run, "current", lambda: Run({**run.context, "ti": left}, run.now))
    monkeypatch.setattr(transforming, "landing", lambda: house.landing)
    with pytest.raises(RepeatedKey, match="1 rows have the key"):
        transforming.transform("recordings")
    assert house.rows(FAILED) == [("recordings", True, None, "keys", "failed")]
    house.publish(
        {"uuid": "r", "start_time": "2026-11-01T10:00:00Z", "recording_files": [file]},
        of=STREAMS["recordings"],
    )
    assert house.rows(FAILED) == []
