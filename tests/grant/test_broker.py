"""Broker and its client together: the real routes over a grant in memory."""

import dataclasses
import logging
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from functools import partial

import httpx
import pytest
from fastapi import FastAPI

from include.grant import assertion
from include.grant.broker import router
from include.grant.broker_client import BrokerClient
from include.grant.desk import Desk
from include.grant.freshness import PauseError
from include.grant.journal import Grant, GrantType, State, digest
from include.grant.keeping import Health
from include.grant.storage import StoreError
from include.grant.store import NoGrantError
from include.grant.turn_messages import Wish
from include.grant.turnstile import Turnstile
from include.zoom.errors import ConsentRequired, Misconfigured, TransientError
from include.zoom.oauth import Kind, Outcome
from include.zoom.stream import Label
from include.zoom.turns import Closed, Feedback, Turn
from tests.grant.rows import QuotaRows
from tests.grant.world import World

app = FastAPI()
app.include_router(router)

PATH = "/grants/zoom_default/access-token"


class OneGrant(Desk):
    """A desk that knows zoom_default alone."""

    async def read(self, connection_id: str) -> Grant:
        """As the store says it."""
        if connection_id != "zoom_default":
            message = "no such Connection"
            raise NoGrantError(message)
        return await super().read(connection_id)


@pytest.fixture
def world() -> Iterator[World]:
    """A grant behind the broker."""
    made = World()
    made.zoom.latency = 0.0
    rotation = made.process()
    app.state.desk = OneGrant(lambda _: rotation)
    app.state.turnstile = Turnstile(QuotaRows().change, lambda: 0.7)
    yield made
    del app.state.desk, app.state.turnstile


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client whose requests end at the app."""
    mounted = httpx.ASGITransport(app, root_path="/zoom")
    async with httpx.AsyncClient(transport=mounted, base_url="http://airflow") as client:
        yield client


@pytest.fixture
def broker(http: httpx.AsyncClient) -> BrokerClient:
    """What a task holds."""
    return BrokerClient("http://airflow", "zoom_default", "client-secret", http)


async def test_a_task_gets_a_token_and_its_times(world: World, broker: BrokerClient) -> None:
    """The answer says when it ends and when to come again: when a refresh is due early."""
    token = await dataclasses.replace(broker, monotonic=lambda: 1000.0).ask()
    assert token.value == "access-1"
    assert token.expires_at == pytest.approx(4600, abs=5)
    assert token.ask_again_at == pytest.approx(3700, abs=5)
    assert token.scopes == "user:read"


async def test_a_refused_token_is_replaced_once_for_all(world: World, broker: BrokerClient) -> None:
    """Two tasks that name the same refused token cost one post."""
    await broker.ask()
    assert [(await broker.ask(digest("access-1"))).value for _ in range(2)] == ["access-2", "access-2"]
    assert len(world.zoom.posted) == 2


async def test_an_answer_is_not_to_be_stored_and_never_has_the_refresh_token(
    world: World, http: httpx.AsyncClient
) -> None:
    """No cache keeps an access token, and a refresh token does not leave the API server."""
    signed = assertion.sign("zoom_default", "client-secret", now=time.time())
    answer = await http.post("/zoom" + PATH, content=assertion.form(signed))
    assert answer.headers["Cache-Control"] == "no-store"
    assert set(answer.json()) == {"access_token", "expires_in", "ask_again_in", "scopes"}
    assert "refresh" not in answer.text


@pytest.mark.parametrize("route", ["access-token", "keep", "turns"])
async def test_an_unknown_connection_looks_like_a_bad_signature(
    world: World, http: httpx.AsyncClient, route: str
) -> None:
    """Who has no secret learns nothing, also not with an empty one, and nothing is posted."""
    answers = []
    for name, secret in (
        ("zoom_default", "wrong"),
        ("unknown", "wrong"),
        ("unknown", ""),
        ("zoom_default", ""),
    ):
        body = assertion.form(assertion.sign(name, secret, now=time.time()))
        answers.append(await http.post(f"/zoom/grants/{name}/{route}", content=body))
        answers.append(await http.post(f"/zoom/grants/{name}/{route}"))
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, '{"error":"unauthorized"}')}
    assert world.zoom.posted == []


async def test_the_keeper_is_told_how_a_grant_stands_and_never_a_token(
    world: World, broker: BrokerClient, http: httpx.AsyncClient
) -> None:
    """State, reason and age, which no cache keeps; the refresh happens in the API server."""
    assert await broker.keep() == Health("zoom_default", State.READY, token_age_days=0.0)
    assert world.zoom.posted == ["refresh-0"]
    signed = assertion.sign("zoom_default", "client-secret", now=time.time())
    answer = await http.post("/zoom/grants/zoom_default/keep", content=assertion.form(signed))
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "connection_id": "zoom_default",
        "state": "READY",
        "reason": "",
        "alerted": False,
        "rotates": True,
        "token_age_days": 0.0,
    }


async def test_the_keeper_is_told_of_a_failing_database(world: World, broker: BrokerClient) -> None:
    """503, as for a token: a passing fault and no state of the grant."""
    world.database.fail = 1
    with pytest.raises(TransientError):
        await broker.keep()


async def test_tasks_take_turns_of_one_quota(
    world: World, broker: BrokerClient, http: httpx.AsyncClient
) -> None:
    """Two clients of one account are given different times, at the account's pace, and nothing is posted."""
    first = await broker.turn(Wish(Label.HEAVY, 10))
    second = await dataclasses.replace(broker).turn(Wish(Label.HEAVY, 10))
    assert isinstance(first, Turn)
    assert isinstance(second, Turn)
    assert (first.starts_in, first.count) == (0, 1)
    assert second.starts_in == pytest.approx(first.apart) == pytest.approx(1 / 0.75)
    assert world.zoom.posted == []


async def test_a_used_up_cap_comes_as_an_answer(world: World, broker: BrokerClient) -> None:
    """What one task learned from Zoom, the next is told instead of a turn."""
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    await broker.turn(Wish(Label.HEAVY, 0, feedback=Feedback(used_up_until=midnight)))
    closed = await broker.turn(Wish(Label.HEAVY, 1))
    assert isinstance(closed, Closed)
    assert (closed.resets_at, closed.reason, closed.cap) == (midnight, "cap", 1000)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"label": "heavy"},
        {"label": "colossal", "wanted": "1"},
        {"label": "heavy", "wanted": "-1"},
        {"label": "heavy", "wanted": "9" * 5000},
        {"label": "heavy", "wanted": "1", "retry_after": "nan"},
        {"label": "heavy", "wanted": "1", "used_up_until": "\x00"},
    ],
)
async def test_what_is_no_wish_is_refused_and_changes_nothing(
    world: World, http: httpx.AsyncClient, fields: dict[str, str]
) -> None:
    """400, for who has signed; the quota is not touched."""
    body = assertion.form(assertion.sign("zoom_default", "client-secret", now=time.time()), fields)
    answer = await http.post("/zoom/grants/zoom_default/turns", content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "malformed")
    turn = await BrokerClient("http://airflow", "zoom_default", "client-secret", http).turn(
        Wish(Label.HEAVY, 1)
    )
    assert isinstance(turn, Turn)
    assert turn.starts_in == 0


async def test_a_database_without_the_quota_is_a_passing_fault(world: World, broker: BrokerClient) -> None:
    """503: the task finds a pace of its own meanwhile."""
    rows = QuotaRows()
    rows.error = StoreError("Airflow's metadata database failed.")
    app.state.turnstile = Turnstile(rows.change, lambda: 0.7)
    with pytest.raises(TransientError):
        await broker.turn(Wish(Label.HEAVY, 1))


async def test_a_huge_body_is_not_read(world: World, http: httpx.AsyncClient) -> None:
    """Anybody may post here, so a body has a limit."""
    answer = await http.post("/zoom" + PATH, content=b"x" * 100_000)
    assert answer.status_code == 401


async def test_a_wrong_client_secret_says_what_to_do(world: World, broker: BrokerClient) -> None:
    """The task's error names the Connection and the reason, not the secret."""
    with pytest.raises(Misconfigured, match="client secret of Connection zoom_default") as caught:
        await dataclasses.replace(broker, client_secret="canary").ask()
    assert "canary" not in str(caught.value) + repr(broker)


async def test_a_lost_consent_reaches_the_task_as_such(world: World, broker: BrokerClient) -> None:
    """The task fails for good, with the way out."""
    world.zoom.newest = "another"
    with pytest.raises(ConsentRequired, match="authorise"):
        await broker.ask()


async def test_refused_settings_reach_the_task_as_such(world: World, broker: BrokerClient) -> None:
    """`invalid_client` is for a person, and says so."""
    world.zoom.script = [Outcome(Kind.MISCONFIGURED, "the token endpoint answered 400: invalid_client")]
    with pytest.raises(Misconfigured, match="invalid_client"):
        await broker.ask()


async def test_a_pause_reaches_the_task_with_its_length(world: World, broker: BrokerClient) -> None:
    """503 and Retry-After become an error that says when to come again."""
    world.zoom.script = [Outcome(Kind.LATER, "the token endpoint answered 429", retry_after_seconds=77)]
    with pytest.raises(PauseError) as caught:
        await broker.ask()
    assert caught.value.retry_after_seconds == pytest.approx(77, abs=1)


async def test_a_failing_database_is_a_passing_fault(world: World, broker: BrokerClient) -> None:
    """The broker answers 503, not 500."""
    world.database.fail = 1
    with pytest.raises(TransientError):
        await broker.ask()
    assert (await broker.ask()).value == "access-1"


async def test_a_grant_that_cannot_be_opened_is_said_in_the_log_alone(
    world: World, broker: BrokerClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Who has proven nothing is not told that the Fernet key is wrong; the administrator is."""

    async def fail() -> Grant:
        message = "Airflow's Fernet key does not open Connection zoom_default"
        raise Misconfigured(message)

    world.database.read = fail  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR), pytest.raises(Misconfigured, match="API server's log"):
        await broker.ask()
    assert "Fernet key" in caplog.text


async def test_clocks_that_differ_are_bridged(world: World, broker: BrokerClient) -> None:
    """A worker ten minutes off learns the server's time from its refusal and signs anew."""
    dated = httpx.AsyncClient(transport=_Dated(httpx.ASGITransport(app, root_path="/zoom")))
    async with dated as client:
        late = dataclasses.replace(broker, http=client, clock=lambda: time.time() - 600)
        assert (await late.ask()).value == "access-1"


class _Dated(httpx.AsyncBaseTransport):
    """Adds the Date header that uvicorn adds."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As the server would."""
        answer = await self._inner.handle_async_request(request)
        answer.headers["Date"] = _http_date(time.time())
        return answer


def _http_date(moment: float) -> str:
    from email.utils import formatdate

    return formatdate(moment, usegmt=True)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(404, text="<html>"), Misconfigured),
        (httpx.Response(405), Misconfigured),
        (httpx.Response(500), TransientError),
        (httpx.Response(502, text="<html>"), TransientError),
        (httpx.Response(200, text="cut"), TransientError),
        (httpx.Response(200, json={"access_token": "a"}), TransientError),
        (httpx.Response(200, json={"resets_at": 7, "starts_in": "soon"}), TransientError),
        (httpx.ConnectError("refused"), TransientError),
    ],
)
async def test_faults_of_the_api_server_are_told_apart(
    broker: BrokerClient, answer: httpx.Response | Exception, error: type[Exception]
) -> None:
    """No broker there is a matter of settings; everything else passes."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as client:
        for asked in (BrokerClient.ask, partial(BrokerClient.turn, wish=Wish(Label.LIGHT, 1))):
            with pytest.raises(error):
                await asked(dataclasses.replace(broker, http=client))


async def test_account_credentials_are_cached_alike(world: World, broker: BrokerClient) -> None:
    """A server-to-server token is fetched once and handed out until it ends."""
    world.database.grant = dataclasses.replace(
        world.database.grant, grant_type=GrantType.ACCOUNT_CREDENTIALS, refresh_token=None
    )
    assert [(await broker.ask()).value for _ in range(3)] == ["access-1"] * 3
    assert world.zoom.posted == [None]
