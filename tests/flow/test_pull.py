"""What an error in the middle of a pull means to Airflow."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from include.flow.pull import CURSOR, _Pull
from include.flow.run import Run
from include.zoom.catalog import STREAMS, streams
from include.zoom.errors import ConsentRequired, NotEntitled

LOST = "Zoom refused the refresh token of Connection zoom_default: authorise the app again."


@pytest.fixture
def pull_in() -> Callable[[str], _Pull]:
    """The pull of a run of this type; a dictionary stands for the task state store."""

    def make(run_type: str) -> _Pull:
        memory: dict[str, str] = {}
        store = SimpleNamespace(set=memory.__setitem__, kept=memory)
        context: Any = {"dag_run": SimpleNamespace(run_type=run_type), "task_state_store": store}
        return _Pull(Run(context, datetime.now(UTC)), STREAMS["meetings"], landing=None, settings={})

    return make


def lose_consent(pull: _Pull) -> None:
    """The grant ends while the attempt has finished something."""
    attempt: Any = SimpleNamespace(cursor=lambda: "what was finished")
    with pull._outcomes(attempt):
        raise ConsentRequired(LOST)


def test_what_the_account_lacks_is_skipped_with_its_reason(
    pull_in: Callable[[str], _Pull], caplog: pytest.LogCaptureFixture
) -> None:
    """Airflow spends no try on it and skips what comes after; the reason is in the log and kept."""
    pull = pull_in("scheduled")
    attempt: Any = SimpleNamespace(cursor=lambda: "")
    with (
        pytest.raises(AirflowSkipException, match="^Not entitled: The plan lacks this list.$"),
        pull._outcomes(attempt),
    ):
        raise NotEntitled("The plan lacks this list.")
    assert caplog.messages == ["Skipped: The plan lacks this list."]
    assert pull.run.memory.kept["skipped_because"] == "The plan lacks this list."


def test_a_stream_whose_parent_was_skipped_is_skipped() -> None:
    """Though Airflow runs it, as another of its sources has no parent."""
    ti: Any = SimpleNamespace(xcom_pull=lambda task_ids: None)
    run = Run({"ti": ti}, datetime.now(UTC))
    landing: Any = None
    by_users, by_account = (
        _Pull(run, streams({"recordings_source": by})["recordings"], landing, {})
        for by in ("users", "account")
    )
    with pytest.raises(
        AirflowSkipException, match=r"^users\.pull was skipped, and recordings needs its records"
    ):
        by_users._parents_manifest()
    assert by_account._parents_manifest() is None


@pytest.mark.parametrize(("setting", "seconds"), [("120", 120), ("1", 10)])
def test_a_backfill_waits_for_a_new_consent(
    pull_in: Callable[[str], _Pull],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    setting: str,
    seconds: int,
) -> None:
    """It is put off by the setting, ten seconds at least, says why, and keeps what was finished."""
    monkeypatch.setenv("AIRFLOW__ZOOM__CONSENT_POLL_SECONDS", setting)
    pull, before = pull_in("backfill"), datetime.now(UTC)
    with pytest.raises(AirflowRescheduleException) as caught:
        lose_consent(pull)
    wait = caught.value.reschedule_date - before
    assert timedelta(seconds=seconds) <= wait < timedelta(seconds=seconds + 5)
    assert caplog.messages[0].startswith(f"{LOST} This backfill goes on by itself then")
    assert pull.run.memory.kept == {CURSOR: "what was finished"}


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "asset_triggered"])
def test_other_runs_fail_at_once(pull_in: Callable[[str], _Pull], run_type: str) -> None:
    """A scheduled run's days are taken along by the next ones; a person sits before a manual one."""
    pull = pull_in(run_type)
    with pytest.raises(ConsentRequired):
        lose_consent(pull)
    assert pull.run.memory.kept == {CURSOR: "what was finished"}


@pytest.mark.parametrize(
    ("ask_again", "cleared", "resumed", "done"),
    [
        (False, False, False, ["fill"]),
        (False, False, True, ["fill"]),
        (True, False, False, ["ask_anew"]),
        (False, True, False, ["ask_anew"]),
        (True, False, True, []),
    ],
)
def test_what_is_there_is_taken_over_unless_it_is_to_be_asked(
    ask_again: bool, cleared: bool, resumed: bool, done: list[str]
) -> None:
    """By the run's parameter, or as somebody cleared the task; the next try of such a one says it no second time."""
    context: Any = {"params": {"ask_again": ask_again}}
    landing: Any = None
    pull = _Pull(Run(context, datetime.now(UTC)), STREAMS["meeting_participants"], landing, {})
    called: list[str] = []
    reusing: Any = SimpleNamespace(
        fill=lambda *_: called.append("fill"), ask_anew=lambda *_: called.append("ask_anew")
    )
    attempt: Any = None
    pull._take_over(reusing, attempt, (), anew=cleared, resumed=resumed)
    assert called == done
