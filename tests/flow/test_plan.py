"""Which streams of a run take which days, and what is known before the run not to work."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk import RetryDecision

from include.flow import plan as planning
from include.flow.plan import SKIPPED_KEY, out_of_reach, plan, settled, with_their_children
from include.flow.retries import ByErrorClass
from include.flow.run import PLAN_KEY
from include.zoom.choice import BadChoice
from include.zoom.errors import ConsentRequired, Misconfigured
from include.zoom.preflight import ScopesMissing

D19, D20, D22 = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 22)
NO_USERS = "group:read:admin report:read:admin meeting:read:admin"
EVERY = f"{NO_USERS} user:read:admin recording:read:admin"


@dataclass
class Planned:
    """The task `plan` of a manual run over the 22nd; Airflow and the grant are stood in for."""

    granted: dict[bool, str | Exception]
    params: dict[str, Any] = field(default_factory=dict)
    told_plan: str | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)

    def push(self, *, key: str, value: Any) -> None:
        """To XCom."""
        self.kept[key] = value

    def context(self) -> dict[str, Any]:
        """What the SDK gives a task."""
        steps = ("pull", "transform", "load")
        tasks = ["plan", *(f"{name}.{step}" for name in planning.STREAMS for step in steps)]
        dag = SimpleNamespace(task_dict={task: task for task in tasks})
        task = SimpleNamespace(dag=dag, skip=lambda _, others: self.skipped.extend(others))
        return {
            "ti": SimpleNamespace(task=task, xcom_push=self.push),
            "params": {"zoom_conn_id": "zoom_default", "schema": "zoom", **self.params},
            "dag_run": SimpleNamespace(
                run_type="manual",
                data_interval_start=datetime(2026, 11, 22, tzinfo=UTC),
                data_interval_end=datetime(2026, 11, 23, tzinfo=UTC),
                run_after=datetime(2026, 11, 23, tzinfo=UTC),
            ),
        }

    def hook(self, connection_id: str) -> Any:
        """A grant that answers as it was told."""
        assert connection_id == "zoom_default"

        async def load() -> None:
            """The Connection is there."""

        async def granted(*, anew: bool) -> str:
            answer = self.granted.get(anew, self.granted[False])
            if isinstance(answer, Exception):
                raise answer
            return answer

        plan = self.told_plan or "free"
        return SimpleNamespace(load=load, granted=granted, told_plan=self.told_plan, plan=plan)


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Planned]:
    """Makes a run whose grant has these scopes."""

    def make(granted: str | Exception = EVERY, anew: str | None = None, **fields: Any) -> Planned:
        made = Planned({False: granted} | ({True: anew} if anew else {}), **fields)
        monkeypatch.setattr(planning, "ZoomHook", made.hook)
        monkeypatch.setattr("include.flow.run.get_current_context", made.context)
        return made

    return make


def test_the_parameter_comes_before_the_dags_own_list_and_that_before_the_setting(
    planned: Callable[..., Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever speaks first decides; parents come along."""
    monkeypatch.setenv("AIRFLOW__ZOOM__STREAMS", "default, -meetings -daily_usage -recordings")
    planned(params={"streams": ["recordings"]})
    assert plan(["groups"]) == ["users.pull", "recordings.pull"]
    planned(params={"streams": []})
    assert plan(["groups"]) == ["groups.pull"]
    assert {"users.pull", "groups.pull", "group_members.pull"} <= set(plan())
    assert not {"meetings.pull", "meeting_participants.pull", "recordings.pull"} & set(plan())


def test_a_wrong_setting_fails_the_plan_at_once(
    planned: Callable[..., Planned], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trying again cannot clear it."""
    monkeypatch.setenv("AIRFLOW__ZOOM__STREAMS", "meeting")
    planned()
    with pytest.raises(BadChoice, match="No such stream: meeting") as caught:
        plan()
    assert ByErrorClass().evaluate(caught.value, 1, 4).action == RetryDecision.fail().action


def test_what_is_skipped_costs_no_process_and_says_why(
    planned: Callable[..., Planned], caplog: pytest.LogCaptureFixture
) -> None:
    """All three tasks of it; one warning; days and reasons are there to be read."""
    made = planned(NO_USERS, params={"streams": ["default"]})
    with caplog.at_level(logging.WARNING):
        running = plan()
    assert "users.pull" not in running
    assert "groups.pull" in running
    assert {
        f"{name}.{step}" for name in ("users", "recordings") for step in ("pull", "transform", "load")
    } <= set(made.skipped)
    assert not {"groups.pull", "groups.transform", "groups.load", "plan"} & set(made.skipped)
    reasons = made.kept[SKIPPED_KEY]
    assert reasons["users"] == "the grant lacks the scope user:read:list_users:admin"
    assert reasons["recordings"] == "it needs users, which is skipped"
    assert made.kept[PLAN_KEY]["groups"] == ["2026-11-22"]
    assert len(caplog.messages) == 1
    assert "users: the grant lacks the scope user:read:list_users:admin; " in caplog.messages[0]


def test_what_was_asked_for_by_name_and_is_not_granted_fails_at_once(planned: Callable[..., Planned]) -> None:
    """Before anything else starts, and without another try; also where the setting names it."""
    made = planned(NO_USERS, params={"streams": ["recordings"]})
    with pytest.raises(ScopesMissing, match="user:read:list_users:admin") as caught:
        plan()
    assert ByErrorClass().evaluate(caught.value, 1, 4).action == RetryDecision.fail().action
    assert (made.kept, made.skipped) == ({}, [])
    assert caught.value.__context__ is None


def test_a_server_to_server_app_may_have_got_its_scopes_meanwhile(planned: Callable[..., Planned]) -> None:
    """Its next token tells, so it is asked for one before the run fails."""
    planned(NO_USERS, anew=EVERY, params={"streams": ["users"]})
    assert plan() == ["users.pull"]


def test_a_plan_that_the_connection_tells_leaves_streams_out(planned: Callable[..., Planned]) -> None:
    """Where nobody entered one, Zoom decides."""
    made = planned(told_plan="free", params={"streams": ["users", "groups"]})
    assert plan() == ["users.pull"]
    assert made.kept[SKIPPED_KEY] == {
        "groups": "Zoom has it from the plan pro on, and the Connection says free"
    }


def test_a_lost_consent_is_the_pulls_to_tell(planned: Callable[..., Planned]) -> None:
    """There a backfill waits for it; what the app's settings forbid fails here."""
    planned(ConsentRequired("Authorise the app again."), params={"streams": ["users"]})
    assert plan() == ["users.pull"]
    planned(Misconfigured("The client secret is wrong."), params={"streams": ["users"]})
    with pytest.raises(Misconfigured, match="client secret"):
        plan()


def test_unsettled_days_join_the_runs_own() -> None:
    """Each stream takes its own, in order."""
    found = with_their_children({"daily_usage": (D22,)}, {"daily_usage": (D20,)})
    assert found == {"daily_usage": (D20, D22)}


def test_a_parent_takes_the_days_of_the_children_that_it_dates() -> None:
    """Participants of the 19th need the meetings of the 19th, though those are final."""
    days = {"meetings": (D22,), "meeting_participants": (D22,)}
    found = with_their_children(days, {"meetings": (D20,), "meeting_participants": (D19,)})
    assert found == {"meetings": (D19, D20, D22), "meeting_participants": (D19, D22)}


def test_a_snapshot_parent_takes_no_days_of_its_children() -> None:
    """Recordings need users as they are today, whatever day they are of."""
    found = with_their_children({"users": (D22,), "recordings": (D22,)}, {"recordings": (D19,)})
    assert found == {"users": (D22,), "recordings": (D19, D22)}


def test_days_that_zoom_does_not_tell_of_cost_no_process() -> None:
    """What is too old, or comes only when the day is over, is skipped with what needs it; snapshots run."""
    today = date(2026, 11, 24)
    assert out_of_reach(
        {"users": (today,), "meetings": (D20,), "recording_storage": (today,)}, today=today
    ) == {"recording_storage": "Zoom tells of 2026-11-24 when it is over"}
    old = (date(2026, 1, 1), date(2026, 1, 2))
    days = {"users": old, "meetings": old, "meeting_participants": old, "recording_storage": (D20, today)}
    assert out_of_reach(days, today=today) == {
        "meetings": "Zoom no longer keeps 2026-01-01 to 2026-01-02",
        "meeting_participants": "it needs meetings, which is skipped",
    }


def test_a_month_waits_for_its_end_to_be_settled() -> None:
    """An hourly run of the 2nd must not ask the month before each hour: it is final from the 3rd on."""
    days = [date(2026, 10, 30), date(2026, 10, 31)]
    third = datetime(2026, 11, 3, tzinfo=UTC)
    assert settled("daily_usage", days, now=third - timedelta(seconds=1)) == ()
    assert settled("daily_usage", days, now=third) == tuple(days)
    assert settled("meetings", days, now=third - timedelta(days=1)) == (days[0],)
