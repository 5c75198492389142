"""The nightly task that keeps landing young: what the ledger holds may leave, what is left can be replayed."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from include.flow import retention
from include.flow.framing import framed
from include.flow.replay import replay
from include.landing import FrameFile, FrameManifest, Landing, LandingDamaged, Manifest
from include.warehouse.errors import TransientWarehouseError
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.errors import Misconfigured
from tests.flow.landed import ACCOUNT, DAY, House, attempt_of

NIGHT = Callable[..., dict[str, dict[str, int]]]
NOTHING = {"attempts": 0, "pointers": 0, "needed": 0, "unloaded": 0, "damaged": 0}


@pytest.fixture
def night(house: House, monkeypatch: pytest.MonkeyPatch) -> NIGHT:
    """One run of the task, so many days from now."""
    params: dict[str, Any] = {"schemas": "zoom", "dry_run": False}
    monkeypatch.setattr(retention, "get_current_context", lambda: {"params": params})
    monkeypatch.setattr(retention, "landing", lambda: house.landing)
    monkeypatch.setattr(retention, "warehouse", lambda schema: house.warehouse)

    def run(days_from_now: float, landing_days: str = "190", **changed: Any) -> dict[str, dict[str, int]]:
        now = datetime.now(UTC) + timedelta(days=days_from_now)
        monkeypatch.setattr(retention, "datetime", SimpleNamespace(now=lambda _: now))
        monkeypatch.setenv("AIRFLOW__ZOOM__LANDING_DAYS", landing_days)
        params.update(changed)
        return retention.retire_landing()

    return run


def loaded(house: House, uuid: str, day: Any, **about: Any) -> Manifest:
    """A day of meetings, loaded."""
    record = {"meeting_uuid": uuid, "start_time": f"{day}T10:00:00Z"}
    return house.publish(record, of=STREAMS["meetings"], days=[day], **about)


def test_what_is_loaded_leaves_when_it_is_old(house: House, night: NIGHT) -> None:
    """Not a day sooner; the warehouse keeps its rows, and a replay says what is gone and what to do."""
    pulled = loaded(house, "a", DAY)
    assert night(189.9) == {ACCOUNT: NOTHING}
    assert [done.failure for done in replay(house.publication, "meetings")] == [""]
    assert night(190.1) == {ACCOUNT: {**NOTHING, "attempts": 1}}
    assert house.rows("SELECT meeting_uuid FROM zoom.meetings") == [("a",)]
    (told,) = replay(house.publication, "meetings")
    assert str(told) == (
        f"meetings of {DAY} stays as it was: {pulled.address} is gone from landing. Clear the pull task of this run, "
        "which asks Zoom anew."
    )


def test_what_is_not_loaded_stays_until_something_newer_is(
    house: House, night: NIGHT, caplog: pytest.LogCaptureFixture
) -> None:
    """The log names it."""
    loaded(house, "a", DAY + timedelta(days=1))
    failed = attempt_of(house.landing, "meetings", {"meeting_uuid": "b", "start_time": f"{DAY}T10:00:00Z"})
    with caplog.at_level(logging.WARNING, logger="include.flow.retention"):
        assert night(191) == {ACCOUNT: {**NOTHING, "attempts": 1, "unloaded": 1}}
    (told,) = (each.message for each in caplog.records if each.name == "include.flow.retention")
    assert told == (
        "1 old attempts stay, as the warehouse has not loaded them. Clear their load, or backfill their days; or "
        f"delete their folders: {failed.address}"
    )
    loaded(house, "c", DAY, at=failed.extracted_at + timedelta(hours=1))
    assert night(191) == {ACCOUNT: {**NOTHING, "attempts": 2}}


def test_what_is_superseded_need_not_be_loaded(house: House, night: NIGHT) -> None:
    """Its slice holds something newer."""
    attempt_of(house.landing, "meetings", {"meeting_uuid": "b", "start_time": f"{DAY}T10:00:00Z"})
    loaded(house, "a", DAY)
    assert night(191) == {ACCOUNT: {**NOTHING, "attempts": 2}}


def test_what_stays_can_be_framed_and_loaded_again(house: House, night: NIGHT) -> None:
    """A rerun of transform and load over a day that is kept."""
    loaded(house, "a", DAY)
    kept = loaded(house, "b", DAY + timedelta(days=1))
    assert night(189) == {ACCOUNT: NOTHING}
    stream = STREAMS["meetings"]
    result = house.publication.publish(stream, kept, framed(stream, house.landing, kept))
    assert result.applied == [DAY + timedelta(days=1)]


def test_a_dry_run_deletes_nothing(house: House, night: NIGHT) -> None:
    """And counts the same."""
    pulled = loaded(house, "a", DAY)
    assert night(191, dry_run=True) == {ACCOUNT: {**NOTHING, "attempts": 1}}
    assert house.landing.manifest(pulled.address) == pulled


def test_zero_keeps_everything(house: House, night: NIGHT) -> None:
    """Neither landing nor the warehouse is asked."""
    loaded(house, "a", DAY)
    assert night(10_000, "0") == {}


def test_a_schema_that_holds_nothing_yet_lets_nothing_leave(house: House, night: NIGHT) -> None:
    """Whose landing it is nobody knows."""
    attempt_of(house.landing, "meetings", {"meeting_uuid": "b", "start_time": f"{DAY}T10:00:00Z"})
    assert night(191) == {}


@pytest.mark.parametrize("answered", [0, 1, 2, 3])
def test_a_warehouse_that_is_out_of_reach_lets_nothing_leave(
    house: House, night: NIGHT, monkeypatch: pytest.MonkeyPatch, answered: int
) -> None:
    """Whether it is when one asks whose schemas they are, or of the second schema what it holds."""
    pulled = loaded(house, "a", DAY)
    away = Warehouse("postgresql://127.0.0.1:1/nobody", "zoom")
    reached = iter([house.warehouse] * answered)
    behind = SimpleNamespace(schema="zoom", connect=lambda: next(reached, away).connect())
    with monkeypatch.context() as patched:
        patched.setattr(retention, "warehouse", lambda schema: behind)
        with pytest.raises(TransientWarehouseError, match="Could not connect to the warehouse"):
            night(191, schemas="zoom zoom_too")
    assert house.landing.manifest(pulled.address) == pulled
    assert night(191) == {ACCOUNT: {**NOTHING, "attempts": 1}}


def test_what_a_load_is_reading_for_the_first_time_stays(
    house: House, night: NIGHT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has committed, the ledger does not hold it."""
    loaded(house, "b", DAY - timedelta(days=1))
    found = during_each_open(monkeypatch, lambda: night(191)[ACCOUNT])
    pulled = loaded(house, "a", DAY)
    assert found == [{**NOTHING, "attempts": 1, "unloaded": 1}]
    assert house.landing.manifest(pulled.address) == pulled
    assert night(191) == {ACCOUNT: {**NOTHING, "attempts": 1}}


def test_a_load_that_is_run_again_while_its_files_leave_changes_nothing(
    house: House, night: NIGHT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused as a whole and says what to do; the slices stay as they are."""
    days = [DAY, DAY + timedelta(days=1)]
    records = [{"meeting_uuid": str(day), "start_time": f"{day}T10:00:00Z"} for day in days]
    stream = STREAMS["meetings"]
    pulled = house.publish(*records, of=stream, days=days)
    frames = framed(stream, house.landing, pulled)
    before = house.rows("SELECT * FROM zoom.meetings ORDER BY meeting_uuid")
    during_each_open(monkeypatch, lambda: night(191))
    with pytest.raises(LandingDamaged, match=r"is gone from landing\. Clear the transform task"):
        house.publication.publish(stream, pulled, frames)
    assert house.rows("SELECT * FROM zoom.meetings ORDER BY meeting_uuid") == before
    assert len(before) == 2


def during_each_open(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], Any]) -> list[Any]:
    """What comes of something that happens each time that a load is about to open a file."""
    opened, found = Landing.open_frame, []

    def open_frame(landing: Landing, manifest: FrameManifest, file: FrameFile) -> Any:
        found.append(happens())
        return opened(landing, manifest, file)

    monkeypatch.setattr(Landing, "open_frame", open_frame)
    return found


@pytest.mark.parametrize("told", ["9", "-1", "", "a year", "1.5"])
def test_a_setting_that_is_no_such_number_is_told(night: NIGHT, told: str) -> None:
    """Less than ten days would take windows that runs still share."""
    with pytest.raises(
        Misconfigured, match=f"landing_days is {told!r}; it must be a whole number of days, at least 10"
    ):
        night(191, told)
