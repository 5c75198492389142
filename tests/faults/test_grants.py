"""Faults 24 to 27, 33, 38 and 40: what a refusal means, who consents, whose clock is wrong, who may ask."""

import asyncio
import json
import time
from collections.abc import Iterator

import httpx
import jwt
import pytest

from include.grant import assertion
from include.grant.broker_client import BrokerClient
from include.grant.journal import State
from include.zoom.errors import ConsentRequired
from tests.faults.report import Record
from tests.faults.stage import CLIENT_SECRET, MakeStage, Stage
from tests.faults.work import consent, parse_dags, press_test
from tests.grant.installation import run_module
from tests.listener import Listener

pytestmark = pytest.mark.processes


@pytest.fixture
def alerts() -> Iterator[Listener]:
    """Where zoom_alerts points."""
    with Listener() as listener:
        yield listener


def alerting(alerts: Listener) -> dict[str, str]:
    """The Connection zoom_alerts, as an environment."""
    return {"AIRFLOW_CONN_ZOOM_ALERTS": alerts.url}


def test_fault_24_invalid_grant_after_another_rotated(stage: Stage, alerts: Listener, record: Record) -> None:
    """A post that arrives late is refused; the journal has moved meanwhile, so its token is used and nobody is alarmed."""
    line = stage.proxy.next(holds="request")
    late = stage.start(env=alerting(alerts))
    line.until_asked()
    stage.end_lease()
    other = stage.ask(env=alerting(alerts))
    line.let_go()
    assert late.told() == other
    assert other.error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 1)
    assert stage.grant().journal.state is State.READY
    assert alerts.requests == []
    record("adopted, no alert", posts=2)


async def test_fault_25_true_invalid_grant_fifty_tasks(
    stage: Stage, alerts: Listener, record: Record
) -> None:
    """The grant is gone: one post finds out, fifty tasks on two hosts fail at once, and one alert says where to go."""
    stage.zoom.revoke()
    hosts = [await asyncio.to_thread(stage.host, env=alerting(alerts)) for _ in range(2)]
    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False, limits=httpx.Limits(max_connections=None)) as http:
        brokers = [
            BrokerClient(hosts[number % 2], "zoom_default", CLIENT_SECRET, http) for number in range(50)
        ]
        first = await asyncio.gather(*(broker.ask() for broker in brokers), return_exceptions=True)
        again = await asyncio.gather(*(broker.ask() for broker in brokers), return_exceptions=True)
    assert {type(each) for each in (*first, *again)} == {ConsentRequired}
    assert time.monotonic() - began < 25
    assert (stage.zoom.posts, stage.zoom.refused) == (1, 1)
    assert [(alert["event"], alert["connection_id"]) for alert in alerts.requests] == [
        ("zoom_consent_required", "zoom_default")
    ]
    assert stage.env["AIRFLOW__API__BASE_URL"] in alerts.requests[0]["text"]
    record("all fail fast, 1 alert, 0 more posts", posts=1)


def test_fault_26_invalid_client(stage: Stage, record: Record) -> None:
    """A wrong client secret costs one post and no consent; corrected, the same refresh token works at once."""
    token = stage.shown()["refresh_token"]
    stage.save(stage.shown(), secret="obviously-fake-wrong-secret")
    refused = json.loads(run_module(stage.env, "tests.grant.rounds", "6", "1"))
    assert {error.split(":")[0] for error in refused["errors"]} == {"Misconfigured"}
    assert (len(refused["errors"]), stage.zoom.posts) == (6, 1)
    assert stage.shown()["refresh_token"] == token
    stage.save(stage.shown())
    assert stage.ask().error == ""
    assert (stage.zoom.posts, stage.zoom.refused) == (2, 1)
    record("1 post for 6 processes; token intact, works once corrected", posts=1)


@pytest.mark.parametrize("off_seconds", [600, -600])
@pytest.mark.parametrize("whose", ["database", "worker"])
async def test_fault_27_clock_ten_minutes_off(
    stage: Stage, whose: str, off_seconds: int, record: Record
) -> None:
    """The journal counts in the database's time, a worker learns the server's: one refresh too many at most."""
    if whose == "worker":
        host = await asyncio.to_thread(stage.host)
        async with httpx.AsyncClient(trust_env=False) as http:
            wrong = BrokerClient(
                host, "zoom_default", CLIENT_SECRET, http, clock=lambda: time.time() + off_seconds
            )
            tokens = {(await wrong.ask()).value for _ in range(3)}
        assert len(tokens) == stage.zoom.posts == 1
        record("0 extra refreshes", posts=1)
        return
    two_hours(stage, off_seconds)
    assert stage.zoom.posts in (3, 4)  # it takes three where every clock is right
    assert stage.zoom.refused == 0
    record("at most one extra refresh in two hours", posts=stage.zoom.posts)


def two_hours(stage: Stage, off_seconds: int) -> None:
    """A task asks every ten minutes and uses what it gets; after an hour the database's clock jumps."""
    for minutes in range(0, 121, 10):
        off = 60 * minutes + (off_seconds if minutes > 60 else 0)
        told = stage.ask(database_clock_off_seconds=off)
        if not works(stage, told.token):
            told = stage.ask(database_clock_off_seconds=off, rejected=told.token)
        assert works(stage, told.token)
        stage.zoom.advance(600)


def works(stage: Stage, token: str) -> bool:
    """Whether Zoom takes this access token."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{stage.zoom.url}/v2/users", headers=headers, trust_env=False).is_success


@pytest.mark.parametrize("meanwhile", ["a refresh", "another consent"])
def test_fault_33_consent_meanwhile(stage: Stage, meanwhile: str, record: Record) -> None:
    """What Zoom granted last is what stays, whoever writes last: the next refresh is not refused."""
    if meanwhile == "a refresh":
        line = stage.proxy.next(holds="answer")
        first = stage.start()
    else:
        stage.proxy.next()  # the authorise page; then the code is exchanged
        line = stage.proxy.next(holds="answer")
        first = stage.start(consent)
    line.until_answered()
    second = stage.start(consent)
    second.within(2)  # it may also wait for the first to end
    line.let_go()
    first.told()
    assert second.told().error == ""
    told = stage.ask()
    assert told.error == ""
    assert stage.ask(rejected=told.token).error == ""
    assert stage.zoom.refused == 0
    assert stage.grant().journal.consented_by == "somebody"
    record("the newest consent wins", posts=stage.zoom.posts - 1)


def test_fault_38_testing_and_parsing(stage: Stage, record: Record) -> None:
    """The form's Test button and the Dag processor never spend a token, however due it is."""
    body = {"conn_type": "zoom", "login": "id", "password": "secret", "extra": stage.shown()}
    env = {"AIRFLOW_CONN_ABC123": json.dumps(body | {"host": f"{stage.zoom.url}/v2"})}
    told = stage.start(press_test, connection_id="abc123", env=env).told()
    assert (told.error, "can be reached" in told.message) == ("", True), told.message
    assert "zoom_daily" in stage.start(parse_dags).told().message
    assert len(stage.proxy.lines) == stage.zoom.posts == 0
    assert stage.grant().journal.generation == 0
    record("never refresh", posts=0)


NOW = int(time.time())
GOOD = {"aud": "zoom-grant-broker", "iss": "zoom_default", "sub": "zoom_default", "jti": "1"}


def forged(secret: str = CLIENT_SECRET, **changes: object) -> str:
    """An assertion that is not quite right."""
    claims = GOOD | {"iat": NOW, "exp": NOW + 60} | changes
    return jwt.encode(claims, assertion._key(secret), algorithm="HS256")


ASSERTIONS = {
    "forged": forged("not the secret"),
    "expired": forged(iat=NOW - 600, exp=NOW - 540),
    "for another Connection": forged(iss="other", sub="other"),
    "for another audience": forged(aud="somebody"),
    "unsigned": jwt.encode(GOOD | {"iat": NOW, "exp": NOW + 60}, None, algorithm="none"),
    "none": "",
}


def test_fault_40_bad_assertion(make_stage: MakeStage, record: Record) -> None:
    """Who cannot sign with the client secret gets 401, the same for every Connection there is or not, and no post."""
    stage = make_stage("postgresql")
    host = stage.host()
    answers = {
        (name, connection_id): httpx.post(
            f"{host}/zoom/grants/{connection_id}/access-token",
            content=assertion.form(signed),
            trust_env=False,
        )
        for name, signed in ASSERTIONS.items()
        for connection_id in ("zoom_default", "nowhere")
    }
    assert {(answer.status_code, answer.text) for answer in answers.values()} == {
        (401, '{"error":"unauthorized"}')
    }
    assert len(stage.proxy.lines) == stage.zoom.posts == 0
    record(f"401 to all of {', '.join(ASSERTIONS)}", posts=0)
