"""The compose file's services at work: what they load is true, and they outlive what happens to machines."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.compose.deployment import Container
from tests.compose.trial import Trial
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.processes, pytest.mark.timeout(1800)]

TABLES = ("meetings", "meeting_participants")
DAYS = 10
DAYS_AGO = 20


def first_of(yesterday: date) -> date:
    """The first day of the backfill."""
    return yesterday - timedelta(days=DAYS_AGO)


def worker_at_work(trial: Trial) -> Container:
    """A worker that runs a task at this moment."""

    def look() -> str | None:
        return next((task["hostname"] for task in trial.tasks("running") if task["hostname"]), None)

    return trial.container_of(trial.until(look, seconds=120, what="a worker at work"))


def server_that_refreshes(trial: Trial) -> Container:
    """The API server that has posted a refresh token whose successor it will never hear of."""
    order = [{"path": "/oauth/token", "kind": "hang", "when": "after", "times": 1}]
    trial.sandbox("POST", "faults", body=order)
    struck = lambda: trial.sandbox("GET", "faults")["waiting"] == 0  # noqa: E731 (a look)
    trial.until(struck, seconds=120, what="a refresh under way")
    return trial.until(trial.refreshing, seconds=10, what="the server that refreshes")


def back_again(trial: Trial, *containers: Container) -> None:
    """Returns when all of them run again, by the file's restart policy alone."""

    def look() -> bool:
        states = [trial.deployment.state(container.name) for container in containers]
        return all(state["Status"] == "running" and state["RestartCount"] == 1 for state in states)

    trial.until(look, seconds=60, what=f"{', '.join(each.name for each in containers)} back")


def test_a_backfill_outlives_whatever_is_killed(trial: Trial, yesterday: date) -> None:
    """Worker, Redis, API server in a refresh, scheduler: killed; the metadata database: restarted. All days are true."""
    first = first_of(yesterday)
    trial.backfill(first, first + timedelta(days=DAYS - 1))
    worker = worker_at_work(trial)
    server = server_that_refreshes(trial)
    trial.deployment.kill(server.name)
    trial.deployment.kill(worker.name)
    redis, scheduler = trial.one("redis"), trial.one("scheduler")
    trial.deployment.kill(redis.name)
    trial.deployment.kill(scheduler.name)
    back_again(trial, server, worker, redis, scheduler)
    trial.deployment.restart(trial.one("postgres").name)
    assert trial.ended("backfill", DAYS, seconds=900) == {"success"}
    assert trial.ended("scheduled", 1, seconds=200) == {"success"}
    days = [yesterday, *(first + timedelta(days=back) for back in range(DAYS))]
    assert {(day, table): differences(trial, table, day) for day in days for table in TABLES} == {
        (day, table): [] for day in days for table in TABLES
    }


def test_the_work_was_shared(trial: Trial) -> None:
    """Both workers did some of it, on one landing: what one pulled the other could load."""
    hosts = {task["hostname"] for task in trial.tasks("success") if task["hostname"]}
    assert hosts == {worker.hostname for worker in trial.deployment.of("worker")}


def test_the_grant_lives(trial: Trial) -> None:
    """One consent was enough: no refresh was refused, and the next one is answered."""
    posts = trial.sandbox("GET", "requests")["token_posts_by"]
    assert {(post["grant_type"], post["outcome"]) for post in posts} == {
        ("authorization_code", "ok"),
        ("refresh_token", "ok"),
    }
    assert sum(post["count"] for post in posts if post["grant_type"] == "authorization_code") == 1
    (grant,) = trial.journal("SELECT state, generation FROM zoom_grant")
    assert grant["state"] == "READY"
    assert grant["generation"] > 2


def test_the_grants_metrics_arrive(trial: Trial) -> None:
    """Of both API servers' processes, with the Connection's name, where Prometheus asks for them."""
    shown = trial.deployment.execute(
        trial.one("statsd").name, "wget", "--quiet", "--output-document=-", "http://localhost:9102/metrics"
    )
    names = shown.splitlines()
    assert "airflow.zoom.grant.refresh.granted,connection_id=zoom_default" in names
    assert "airflow.zoom.grant.wait,connection_id=zoom_default" in names


KILLED: dict[str, Callable[[Trial], Container]] = {
    "worker": worker_at_work,
    "scheduler": lambda trial: trial.one("scheduler"),
    "redis": lambda trial: trial.one("redis"),
    "api-server in a refresh": server_that_refreshes,
    "metadata database": lambda trial: trial.one("postgres"),
}


@pytest.mark.sweep
@pytest.mark.parametrize("number", range(len(KILLED)), ids=list(KILLED))
def test_each_kill_by_itself(trial: Trial, yesterday: date, number: int) -> None:
    """A backfill of three days while one process is killed; it comes back by itself, and the days are true."""
    first = yesterday - timedelta(days=DAYS_AGO + 10 * (number + 1))
    before = len(trial.runs("backfill"))
    trial.backfill(first, first + timedelta(days=2))
    worker_at_work(trial)
    killed = list(KILLED.values())[number](trial)
    restarts = trial.deployment.state(killed.name)["RestartCount"]
    trial.deployment.kill(killed.name)
    more = lambda: trial.deployment.state(killed.name)["RestartCount"] > restarts  # noqa: E731 (a look)
    trial.until(more, seconds=60, what=f"{killed.name} back")
    assert trial.ended("backfill", before + 3, seconds=300) == {"success"}
    days = [first + timedelta(days=back) for back in range(3)]
    assert [differences(trial, table, day) for day in days for table in TABLES] == [[]] * 6


def test_a_second_start_changes_no_key(trial: Trial) -> None:
    """What the first one sealed, the next one opens: keys and Connections stay."""
    deployment = trial.deployment
    server = trial.one("api-server").name
    kept = "cat /opt/keys/* | sha256sum"
    before = deployment.execute(server, "sh", "-c", kept)
    for name in ("keys", "init"):
        deployment.restart(deployment.of(name)[0].name)
        trial.until(lambda name=name: _ended_well(trial, name), seconds=120, what=f"{name} again")
    assert deployment.execute(server, "sh", "-c", kept) == before
    token = "SELECT extra FROM connection WHERE conn_id = 'zoom_default'"
    assert trial.journal(token)[0]["extra"]
    (grant,) = trial.journal("SELECT state FROM zoom_grant")
    assert grant["state"] == "READY"


def _ended_well(trial: Trial, name: str) -> bool:
    state = trial.deployment.state(trial.deployment.of(name)[0].name)
    return bool(state["Status"] == "exited" and state["ExitCode"] == 0)
