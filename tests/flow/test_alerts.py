"""One alert per failed run, where somebody wants it."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from include.flow import alerts
from include.flow.alerts import run_failed
from include.grant.hook import Health
from include.grant.journal import State
from include.zoom.errors import Misconfigured, TransientError
from tests.listener import Listener

CONTEXT: Any = {
    "dag": SimpleNamespace(dag_id="zoom_daily"),
    "run_id": "scheduled__2026-11-22",
    "reason": "task_failure",
}


@pytest.fixture
def receiver() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """A web server that keeps what it is posted: its address, and the posts."""
    with Listener() as listener:
        yield listener.url, listener.requests


def test_a_failed_run_is_posted_once(receiver: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the run and the Dag."""
    url, posts = receiver
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", url)
    run_failed(CONTEXT)
    assert posts == [
        {
            "text": "Airflow: run scheduled__2026-11-22 of zoom_daily failed (task_failure). "
            "Fix what its log names, then clear the failed tasks."
        }
    ]


def test_without_the_connection_nobody_is_alerted(receiver: Any) -> None:
    """No Connection, no noise."""
    _, posts = receiver
    run_failed(CONTEXT)
    assert posts == []


def grant_says(monkeypatch: pytest.MonkeyPatch, answer: Health | Exception) -> list[str]:
    """What the broker tells of the run's grant; gives the Connections that it is asked of."""
    asked: list[str] = []

    class Hook:
        def __init__(self, connection_id: str) -> None:
            asked.append(connection_id)

        async def keep(self) -> Health:
            if isinstance(answer, Exception):
                raise answer
            return answer

    monkeypatch.setattr("include.grant.hook.ZoomHook", Hook)
    return asked


@pytest.mark.parametrize("state", [State.CONSENT_REQUIRED, State.MISCONFIGURED])
def test_a_run_that_failed_for_its_grant_alone_is_not_told_again(
    receiver: Any, monkeypatch: pytest.MonkeyPatch, state: State
) -> None:
    """The grant's own alert said it when it came about: one alert per incident."""
    url, posts = receiver
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", url)
    asked = grant_says(monkeypatch, Health("zoom_second", state, "authorise", alerted=True))
    run_failed(CONTEXT | {"params": {"zoom_conn_id": "zoom_second"}})
    assert (asked, posts) == (["zoom_second"], [])


@pytest.mark.parametrize(
    "answer",
    [
        Health("zoom_default", State.READY, token_age_days=0.1),
        Health("zoom_default", State.CONSENT_REQUIRED, "never authorised"),
        Misconfigured("There is no Connection zoom_default in Airflow."),
        TransientError("the API server could not be asked"),
        TimeoutError(),
    ],
)
def test_whatever_else_is_known_of_the_grant_the_run_is_told(
    receiver: Any, monkeypatch: pytest.MonkeyPatch, answer: Health | Exception
) -> None:
    """A grant that lives, that alerted nobody, or of which nothing can be learnt."""
    url, posts = receiver
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", url)
    grant_says(monkeypatch, answer)
    run_failed(CONTEXT | {"params": {"zoom_conn_id": "zoom_default"}})
    assert ["scheduled__2026-11-22" in post["text"] for post in posts] == [True]


def test_an_alert_that_must_not_fail_says_whether_it_was_sent(
    receiver: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Sent, nobody to send it to, a receiver that is down: its address, which may be a secret, is in no log."""
    url, posts = receiver
    nobody = alerts.alerted("one", CONTEXT)
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", url)
    sent = alerts.alerted("two", CONTEXT)
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_ALERTS", "http://robot:fake-secret@127.0.0.1:1")
    down = alerts.alerted("three", CONTEXT)
    assert (nobody, sent, down, posts) == (False, True, False, [{"text": "two"}])
    assert "The alert could not be sent (ConnectionError): see Connection zoom_alerts." in caplog.text
    assert "fake-secret" not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("include")
    )
