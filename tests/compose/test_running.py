"""The compose file's services at work: what they load is true, and they outlive what happens to machines."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from tests.compose.deployment import Container
from tests.compose.podman import PodmanError
from tests.compose.trial import Trial
from tests.system.truth import differences

pytestmark = [pytest.mark.system, pytest.mark.processes, pytest.mark.timeout(1800)]

TABLES = ("meetings", "meeting_participants")
# Of a container's first process, and the limit of either version of control groups.
RIGHTS = """grep -E 'Uid|CapBnd|NoNewPrivs' /proc/1/status
cd /sys/fs/cgroup && echo limit "$(cat memory.max || cat memory/memory.limit_in_bytes)" """
# Migrations are imported by Alembic alone, and have run.
IMPORTS = """import importlib, pathlib
files = [file.with_suffix("").parts for file in pathlib.Path("include").rglob("*.py")]
names = [".".join(parts) for parts in files if parts[-1] != "__main__" and "migrations" not in parts]
print(len([importlib.import_module(name) for name in names]))"""
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


def server_that_refreshes(trial: Trial, *, seconds: float = 3600) -> Container:
    """The API server that has posted a refresh token of whose successor it hears after so long."""
    order = {"path": "/oauth/token", "kind": "hang", "when": "after", "times": 1, "seconds": seconds}
    trial.sandbox("POST", "faults", body=[order])
    struck = lambda: trial.sandbox("GET", "faults")["waiting"] == 0  # noqa: E731 (a look)
    trial.until(struck, seconds=120, what="a refresh under way")
    return trial.until(trial.refreshing, seconds=10, what="the server that refreshes")


def kill(trial: Trial, *containers: Container) -> None:
    """Kills them one after the other; returns when all run again, by the file's restart policy alone."""
    before = {each.name: trial.deployment.state(each.name)["RestartCount"] for each in containers}
    for each in containers:
        trial.deployment.kill(each.name)

    def look() -> bool:
        states = {name: trial.deployment.state(name) for name in before}
        return all(
            state["Status"] == "running" and state["RestartCount"] > before[name]
            for name, state in states.items()
        )

    trial.until(look, seconds=120, what=f"{', '.join(before)} back")


def test_a_backfill_outlives_whatever_is_killed(trial: Trial, yesterday: date) -> None:
    """Worker, Redis, API server in a refresh, scheduler: killed; the metadata database: restarted. All days are true."""
    first = first_of(yesterday)
    trial.backfill(first, first + timedelta(days=DAYS - 1))
    worker = worker_at_work(trial)
    server = server_that_refreshes(trial)
    kill(trial, server, worker, trial.one("redis"), trial.one("scheduler"))
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


def test_what_runs_may_do_little(trial: Trial) -> None:
    """Nobody is root or could become it, nothing can be written but volumes, and memory ends where the file says."""
    running = [each for each in trial.deployment.containers.values() if each.service.memory]
    assert len(running) == 12
    for container in running:
        status, limit = trial.deployment.execute(container.name, "sh", "-c", RIGHTS).split("limit ")
        told = dict(line.split(":\t", 1) for line in status.splitlines())
        assert int(told["Uid"].split()[0]) > 0, container.name
        assert int(told["CapBnd"], 16) == 0, container.name
        assert told["NoNewPrivs"] == "1", container.name
        assert int(limit) == gigabytes(container.service.memory) * 2**30, container.name
        with pytest.raises(PodmanError, match="Read-only file system"):
            trial.deployment.execute(container.name, "touch", "/opt/new")


def gigabytes(said: str) -> float:
    """`256m` as 0.25."""
    return float(said[:-1]) / {"g": 1, "m": 1024}[said[-1]]


def test_the_image_has_all_that_it_runs_on(trial: Trial) -> None:
    """What the Dockerfile copies and installs: every module can be imported, every Dag parsed."""
    server = trial.one("api-server").name
    assert int(trial.deployment.execute(server, "python", "-c", IMPORTS).splitlines()[-1]) > 150
    assert trial.api("GET", "/importErrors")["import_errors"] == []
    dags = {dag["dag_id"] for dag in trial.api("GET", "/dags")["dags"]}
    assert dags == {"zoom_daily", "zoom_grant_keeper", "zoom_landing_retention"}


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
    kill(trial, list(KILLED.values())[number](trial))
    assert trial.ended("backfill", before + 3, seconds=900) == {"success"}
    days = [first + timedelta(days=back) for back in range(3)]
    assert [differences(trial, table, day) for day in days for table in TABLES] == [[]] * 6


@pytest.mark.sweep
def test_an_orderly_stop_waits_for_zooms_answer(trial: Trial, yesterday: date) -> None:
    """What the API server's 90 seconds are for: its refresh ends with it, and is not asked for again."""
    first = yesterday - timedelta(days=DAYS_AGO + 10 * (len(KILLED) + 1))
    before = len(trial.runs("backfill"))
    repeated = refreshes_repeated(trial)
    trial.backfill(first, first + timedelta(days=2))
    trial.deployment.restart(server_that_refreshes(trial, seconds=20).name)
    assert trial.ended("backfill", before + 3, seconds=900) == {"success"}
    assert refreshes_repeated(trial) == repeated


def refreshes_repeated(trial: Trial) -> int:
    """Posts of a refresh token that had been posted before; asked when no task runs."""
    posts = trial.sandbox("GET", "requests")["token_posts_by"]
    (grant,) = trial.journal("SELECT generation FROM zoom_grant")
    return sum(post["count"] for post in posts) - int(grant["generation"])


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
