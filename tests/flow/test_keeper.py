"""What the keeper does with each grant, and whom it tells what."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from include.flow import keeper
from include.grant.journal import State
from include.grant.keeping import Health
from include.zoom.errors import Misconfigured, TransientError

MISSING = "There is no Connection zoom_gone in Airflow: create one of type zoom."


@dataclass
class Hour:
    """What asking for each grant comes to, what was alerted, and one run of the keeper after another."""

    grants: dict[str, Health | Exception] = field(default_factory=dict)
    alerts: list[str] = field(default_factory=list)
    context: dict[str, Any] = field(default_factory=dict)

    def run(
        self,
        connections: str | None,
        at: datetime | None = datetime(2026, 5, 2, 0, 17, tzinfo=UTC),
        before: datetime | None = datetime(2026, 5, 1, 23, 17, tzinfo=UTC),
    ) -> dict[str, str]:
        """The task in a run of this logical date, after another of that one."""
        previous = before and SimpleNamespace(logical_date=before)
        self.context |= {
            "params": {"connections": connections},
            "dag_run": SimpleNamespace(logical_date=at),
            "ti": SimpleNamespace(get_previous_dagrun=lambda: previous),
        }
        return keeper.keep()


@pytest.fixture
def hour(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Hour:
    """The keeper without Airflow and without an API server."""
    made = Hour()

    class Hook:
        def __init__(self, connection_id: str) -> None:
            self.connection_id = connection_id

        async def keep(self) -> Health:
            found = made.grants[self.connection_id]
            if isinstance(found, Exception):
                raise found
            return found

    monkeypatch.setattr(keeper, "ZoomHook", Hook)
    monkeypatch.setattr(keeper, "alert", lambda text, _: made.alerts.append(text))
    monkeypatch.setattr(keeper, "get_current_context", lambda: made.context)
    caplog.set_level(logging.INFO, logger="include.flow.keeper")
    return made


def test_the_state_of_each_grant_is_told(hour: Hour, caplog: pytest.LogCaptureFixture) -> None:
    """One line each, a server-to-server grant among them; nobody is alerted."""
    hour.grants["zoom_default"] = Health("zoom_default", State.READY, token_age_days=0.5)
    hour.grants["zoom_s2s"] = Health("zoom_s2s", State.READY, rotates=False)
    hour.grants["zoom_slow"] = Health(
        "zoom_slow", State.BACKING_OFF, "Zoom is in trouble.", token_age_days=1.25
    )
    states = hour.run("zoom_default, zoom_s2s zoom_slow zoom_default")
    assert states == {"zoom_default": "READY", "zoom_s2s": "READY", "zoom_slow": "BACKING_OFF"}
    assert caplog.messages == [
        "zoom_default: READY, refresh token 0.50 days old.",
        "zoom_s2s: READY, server-to-server: nothing to keep.",
        "zoom_slow: BACKING_OFF, refresh token 1.25 days old. Zoom is in trouble.",
    ]
    assert hour.alerts == []


def test_without_the_parameter_the_setting_counts(hour: Hour) -> None:
    """[zoom] connections, zoom_default where nobody set it."""
    hour.grants["zoom_default"] = Health("zoom_default", State.READY, token_age_days=0.0)
    assert hour.run(None) == {"zoom_default": "READY"}


def test_a_lost_grant_makes_the_run_red_and_alerts_nobody_again(hour: Hour) -> None:
    """The alert came when it was lost; hour after hour of red runs add none, and the others are kept."""
    hour.grants["zoom_lost"] = Health("zoom_lost", State.CONSENT_REQUIRED, "authorise", alerted=True)
    hour.grants["zoom_default"] = Health("zoom_default", State.READY, token_age_days=0.0)
    with pytest.raises(keeper.GrantsNeedAPerson, match="zoom_lost is CONSENT_REQUIRED."):
        hour.run("zoom_lost zoom_default")
    assert hour.alerts == []


@pytest.mark.parametrize(
    ("error", "state", "red"),
    [(Misconfigured(MISSING), "MISCONFIGURED", True), (TransientError("later"), "BACKING_OFF", False)],
)
def test_a_broken_connection_keeps_no_other_from_being_kept(
    hour: Hour,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    state: str,
    red: bool,
) -> None:
    """It is told like a state; what a person must correct is told once a day, a passing fault not at all."""
    hour.grants["zoom_gone"] = error
    hour.grants["zoom_default"] = Health("zoom_default", State.READY, token_age_days=0.0)
    if red:
        with pytest.raises(keeper.GrantsNeedAPerson):
            hour.run("zoom_gone zoom_default")
    else:
        hour.run("zoom_gone zoom_default")
    assert [line.split(",")[0] for line in caplog.messages] == [f"zoom_gone: {state}", "zoom_default: READY"]
    expected = [f"Airflow: the grant of Connection zoom_gone cannot be kept. {MISSING}"]
    assert hour.alerts == (expected if red else [])


def test_a_bug_stops_no_other_grant_and_is_raised_at_the_end(
    hour: Hour, caplog: pytest.LogCaptureFixture
) -> None:
    """What nobody foresaw is not called a state."""
    hour.grants["zoom_odd"] = ValueError("nobody foresaw this")
    hour.grants["zoom_default"] = Health("zoom_default", State.READY, token_age_days=0.0)
    with (
        caplog.at_level(logging.INFO, logger="include.flow.keeper"),
        pytest.raises(ValueError, match="foresaw"),
    ):
        hour.run("zoom_odd zoom_default")
    assert "zoom_default: READY, refresh token 0.00 days old." in caplog.messages


@pytest.mark.parametrize(
    ("at", "before", "told"),
    [
        ("2026-05-02T00:17", "2026-05-01T23:17", True),
        ("2026-05-02T01:17", "2026-05-02T00:17", False),
        ("2026-05-02T05:17", "2026-05-01T20:17", True),  # the scheduler was down at midnight
        ("2026-05-02T05:17", None, True),  # the first run of all
        (None, "2026-05-02T00:17", False),  # triggered through the API without a logical date
    ],
)
def test_an_old_token_is_told_once_a_day(hour: Hour, at: Any, before: Any, told: bool) -> None:
    """By the first run of the UTC day, whenever that is."""
    hour.grants["zoom_old"] = Health("zoom_old", State.BACKING_OFF, "Zoom is away.", token_age_days=60.2)
    hour.grants["zoom_young"] = Health("zoom_young", State.BACKING_OFF, "Zoom is away.", token_age_days=59.9)
    at, before = (moment and datetime.fromisoformat(f"{moment}:00+00:00") for moment in (at, before))
    hour.run("zoom_old zoom_young", at=at, before=before)
    text = "Airflow: the refresh token of Connection zoom_old is 60 days old, and Zoom ends it at 90. Zoom is away."
    assert hour.alerts == ([text] if told else [])


def test_the_age_of_a_token_that_is_lost_matters_no_more(hour: Hour) -> None:
    """Its loss was alerted."""
    lost = Health("zoom_lost", State.CONSENT_REQUIRED, "authorise", alerted=True, token_age_days=95.0)
    hour.grants["zoom_lost"] = lost
    with pytest.raises(keeper.GrantsNeedAPerson):
        hour.run("zoom_lost")
    assert hour.alerts == []
