"""Faults 16 to 23 and 35: what Zoom answers, or does not, and what a process with a real database makes of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from include.grant.journal import State
from include.launch.place import free_port
from tests.faults.report import Record
from tests.faults.stage import MakeStage, Stage
from tests.listener import Listener

pytestmark = pytest.mark.processes


@pytest.fixture
def on_sqlite(make_stage: MakeStage) -> Stage:
    """A stage on SQLite: what an answer means has nothing to do with the database."""
    return make_stage("sqlite")


@pytest.mark.parametrize("unreachable", ["refused", "DNS"])
def test_fault_16_dns_or_refused(on_sqlite: Stage, unreachable: str, record: Record) -> None:
    """Zoom never saw it: 30 s of pause, then 60 s, the token stays and serves as soon as Zoom can be reached."""
    stage = on_sqlite
    addresses = {
        "refused": f"http://127.0.0.1:{free_port()}/oauth",
        "DNS": "https://nowhere.invalid/oauth",
    }
    env = {"AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1 nowhere.invalid"}
    token = stage.shown()["refresh_token"]
    stage.save(stage.extra() | {"refresh_token": token, "oauth_url": addresses[unreachable]})
    waits = []
    for _ in range(2):
        told = stage.ask(env=env)
        assert (told.error, stage.ask(env=env).error) == ("PauseError", "PauseError")
        waits.append(told.wait_seconds)
        stage.end_pause()
    assert 28 < waits[0] <= 33
    assert 57 < waits[1] <= 66
    stage.save(stage.extra() | {"refresh_token": token})
    assert stage.ask(env=env).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 0)
    record("back-off of 30 s, 60 s …; then fresh", posts=1)


@pytest.mark.parametrize(("rotation", "rotated"), [("strict", False), ("strict", True), ("grace", True)])
def test_fault_17_read_timeout(make_stage: MakeStage, rotation: str, rotated: bool, record: Record) -> None:
    """Zoom says nothing: exactly one more post of the same token, and it tells whether Zoom had rotated."""
    stage = make_stage("sqlite", rotation)
    stage.zoom.order("hang", when="after" if rotated else "before", seconds=30)
    told = stage.ask(values={"include.zoom.oauth.TOTAL_SECONDS": 0.5})
    assert len(stage.proxy.lines) == 2
    if rotated and rotation == "strict":
        assert (told.error, stage.zoom.refused) == ("ConsentRequired", 1)
        record("one more post: the answer was lost, CONSENT_REQUIRED", posts=2)
    else:
        assert (told.error, stage.zoom.refused) == ("", 0)
        record("one more post, fresh", posts=2)


@pytest.mark.parametrize(("rotation", "rotated"), [("strict", False), ("strict", True), ("grace", True)])
@pytest.mark.parametrize("kind", ["reset", "status"])
def test_fault_18_reset_or_500(
    make_stage: MakeStage, kind: str, rotation: str, rotated: bool, record: Record
) -> None:
    """Ambiguous: one more post; where it meets the same fault nothing more is posted before a pause."""
    stage = make_stage("sqlite", rotation)
    stage.zoom.order(kind, when="after" if rotated else "before")
    told = stage.ask()
    assert len(stage.proxy.lines) == 2
    assert told.error == ("ConsentRequired" if rotated and rotation == "strict" else "")
    if told.error:
        record("ambiguous, one more post: CONSENT_REQUIRED", posts=2)
        return
    stage.zoom.order(kind, times=2)
    assert stage.ask(rejected=told.token).error == stage.ask(rejected=told.token).error == "PauseError"
    assert (len(stage.proxy.lines), stage.grant().journal.state) == (4, State.BACKING_OFF)
    record("ambiguous, one more post: fresh; twice: back-off", posts="2; 2")


def retry_after(form: str) -> dict[str, str]:
    """A header that asks for ten minutes."""
    then = datetime.now(UTC) + timedelta(seconds=600)
    return {
        "seconds": {"Retry-After": "600"},
        "HTTP date": {"Retry-After": format_datetime(then, usegmt=True)},
        "ISO date": {"Retry-After": then.strftime("%Y-%m-%dT%H:%M:%SZ")},
        "nothing": {},
    }[form]


@pytest.mark.parametrize("form", ["seconds", "HTTP date", "ISO date", "nothing"])
def test_fault_19_429(on_sqlite: Stage, form: str, record: Record) -> None:
    """Who asks for patience gets it: no post until the time Zoom gave, or 30 s where it gave none."""
    stage = on_sqlite
    stage.zoom.order("status", status=429, headers=retry_after(form))
    told = stage.ask()
    assert (told.error, stage.ask().error, stage.zoom.posts) == ("PauseError", "PauseError", 1)
    low, high = (28, 33) if form == "nothing" else (590, 600)
    assert low < told.wait_seconds <= high
    stage.end_pause()
    assert stage.ask().error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record(f"honoured: {'30 s of our own' if form == 'nothing' else '600 s'}, then fresh", posts=2)


@pytest.mark.parametrize("kind", ["html", "empty", "truncate"])
def test_fault_20_200_without_an_answer(make_stage: MakeStage, kind: str, record: Record) -> None:
    """No token set came, so none is stored: the tokens stay what they were, byte for byte."""
    stage = make_stage("sqlite", "grace")
    first = stage.ask()
    before, newest = stage.shown(), stage.grant().journal.newest
    stage.zoom.order(kind, times=2)
    assert stage.ask(rejected=first.token).error == "PauseError"
    assert (stage.shown(), stage.grant().journal.newest) == (before, newest)
    assert len(stage.proxy.lines) == 3
    stage.end_pause()
    assert stage.ask(rejected=first.token).error == ""
    assert stage.zoom.refused == 0
    record("store unchanged, back-off, then fresh", posts=2)


def test_fault_21_no_refresh_token_in_the_answer(make_stage: MakeStage, record: Record) -> None:
    """The old refresh token stays, in a new generation, and serves the next refresh too."""
    stage = make_stage("sqlite", "none")
    token = stage.shown()["refresh_token"]
    stage.zoom.order("edit", drop=["refresh_token"])
    told = stage.ask()
    assert (told.error, told.generation) == ("", 1)
    assert stage.shown() == stage.extra() | {"refresh_token": token, "access_token": told.token}
    assert stage.ask(rejected=told.token).generation == 2
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("old one kept, new generation", posts=1)


def test_fault_22_refresh_token_without_access_token(on_sqlite: Stage, record: Record) -> None:
    """The new refresh token is stored at once, the caller learns what is missing, and the next refresh mends it."""
    stage = on_sqlite
    before = stage.shown()["refresh_token"]
    stage.zoom.order("edit", drop=["access_token"])
    told = stage.ask()
    assert told.error == "PauseError"
    assert "no access token" in told.message
    assert stage.shown()["refresh_token"] != before
    assert "access_token" not in stage.shown()
    stage.end_pause()
    assert stage.ask().error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("refresh token kept, error said; the next post is fresh", posts=1)


@pytest.mark.parametrize(
    "change",
    [
        {"drop": ["expires_in"]},
        {"body": {"expires_in": "soon"}},
        {"body": {"expires_in": 0}},
        {"body": {"expires_in": -3599}},
    ],
    ids=["missing", "text", "0", "negative"],
)
def test_fault_23_expires_in(on_sqlite: Stage, change: dict[str, Any], record: Record) -> None:
    """The token is used as one of an hour, and where it is refused a minute passes before the next post."""
    stage = on_sqlite
    stage.zoom.order("edit", **change)
    told = stage.ask()
    assert (told.error, stage.ask()) == ("", told)
    again = stage.ask(rejected=told.token)
    assert again.error == "PauseError"
    assert 55 < again.wait_seconds <= 60
    assert stage.zoom.posts == 1
    stage.end_pause()
    assert stage.ask(rejected=told.token).error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 0)
    record("used for an hour; no post for 60 s after it", posts=1)


@pytest.fixture
def elsewhere() -> Iterator[Listener]:
    """Another server, where a redirect points."""
    with Listener() as listener:
        yield listener


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_fault_35_redirect(on_sqlite: Stage, elsewhere: Listener, status: int, record: Record) -> None:
    """A redirect is not followed: nobody else sees the secret, and the token stays for a corrected address."""
    stage = on_sqlite
    token = stage.shown()["refresh_token"]
    stage.zoom.order("status", status=status, headers={"Location": f"{elsewhere.url}/oauth/token"})
    told = stage.ask()
    assert told.error == "Misconfigured"
    assert "redirect" in told.message
    assert (elsewhere.requests, stage.zoom.posts) == ([], 1)
    assert stage.shown()["refresh_token"] == token
    stage.end_pause()
    assert stage.ask().error == ""
    assert stage.zoom.refused == 0
    record("refused, secret not sent, token intact", posts=1)
