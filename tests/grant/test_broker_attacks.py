"""What somebody without the client secret gets from the broker, whatever is sent: always the same 401."""

import base64
import json
import time
import warnings
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import quote

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from include.grant import assertion, broker
from include.grant.turnstile import Turnstile
from tests.grant.rows import QuotaRows
from tests.grant.test_broker import OneGrant
from tests.grant.world import World

with warnings.catch_warnings():  # a dependency of Airflow imports a test client, which says that it is old
    warnings.simplefilter("ignore")
    from include.console.app import app

PATH = "/zoom/grants/zoom_default/access-token"
ROUTES = (PATH, "/zoom/grants/zoom_default/keep", "/zoom/grants/zoom_default/turns")
HEADERS = {
    "cache-control": "no-store",
    "content-length": "24",
    "content-type": "application/json",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
REFUSAL = (401, '{"error":"unauthorized"}', HEADERS)
KEY = assertion._key("client-secret")


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A grant behind the broker, which refuses without its pause."""
    made = World()
    made.zoom.latency = 0.0
    rotation = made.process()
    app.state.desk = OneGrant(lambda _: rotation)
    app.state.turnstile = Turnstile(QuotaRows().change, lambda: 0.7)
    monkeypatch.setattr(broker, "_REFUSAL_SECONDS", 0.0)
    yield made
    del app.state.desk, app.state.turnstile


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that sees a crash as a server would answer it."""
    mounted = httpx.ASGITransport(app, root_path="/zoom", raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=mounted, base_url="http://airflow") as client:
        yield client


def told(answer: httpx.Response) -> tuple[int, str, dict[str, str]]:
    """All that an answer tells."""
    return answer.status_code, answer.text, dict(answer.headers)


def now() -> int:
    """Seconds since 1970, when a test asks: an assertion made earlier would be refused for its age alone."""
    return int(time.time())


def signed(**changes: object) -> bytes:
    """A body whose assertion has the right key and these claims."""
    good = {"aud": "zoom-grant-broker", "iss": "zoom_default", "sub": "zoom_default", "jti": "1"}
    claims = good | {"iat": now(), "exp": now() + 60} | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return assertion.form(jwt.PyJWS().encode(json.dumps(kept).encode(), KEY, "HS256"))


def by_hand(header: object, payload: object, signature: str = "AAAA") -> bytes:
    """A body whose assertion was never signed."""
    parts = [part if isinstance(part, str) else json.dumps(part) for part in (header, payload)]
    encoded = [base64.urlsafe_b64encode(part.encode()).rstrip(b"=").decode() for part in parts]
    return assertion.form(".".join((*encoded, signature)))


HS256 = {"alg": "HS256", "typ": "JWT"}
DEEP = "[" * 3000


@pytest.mark.parametrize(
    "body",
    [
        lambda: signed(aud="the-broker-of-another"),
        lambda: signed(aud=["zoom-grant-broker", "another"]),
        lambda: signed(sub="zoom_other", iss="zoom_other"),
        lambda: signed(iat=now() - 120, exp=now() - 60),
        lambda: signed(iat=now() + 3600, exp=now() + 3660),
        lambda: signed(exp=now() + 10**9),
        lambda: signed(iat=now() - 10**9),
        lambda: signed(iat=now(), exp=now()),
        lambda: signed(exp=str(now() + 60)),
        lambda: signed(iat=str(now()), exp=str(now() + 60)),
        lambda: signed(exp=now() + 30.5),
        lambda: signed(exp=10**400),
        lambda: signed(exp=float("inf")),
        lambda: signed(exp=[now() + 60]),
        lambda: signed(exp=None),
        lambda: signed(jti=None),
        lambda: signed(jti=7),
        lambda: signed(sub=7),
        lambda: signed(nbf=now() + 600),
        lambda: by_hand({"alg": "none"}, {}, ""),
        lambda: by_hand({"alg": ["HS256"]}, {}),
        lambda: by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, ""),
        lambda: by_hand({"alg": "HS256", "kid": 1, "jku": "https://evil.example/keys"}, {}),
        lambda: by_hand(DEEP, "{}"),
        lambda: by_hand(HS256, DEEP),
        lambda: by_hand('{"alg":' + "9" * 5000 + "}", "{}"),
        lambda: by_hand('{"alg":"HS256","a":"\\ud800"}', "{}"),
        lambda: signed() + b"&" + signed(),
        lambda: signed().replace(b"jwt-bearer", b"saml2-bearer"),
        lambda: signed() + b"&padding=" + b"x" * 9000,
        lambda: b"x" * 1_000_000,
        lambda: bytes(range(256)) * 8,
        lambda: b"client_assertion_type=%FF%00&client_assertion=%ED%A0%80",
        lambda: b"{" * 4000,
        lambda: b"&" * 8000,
        lambda: b"",
    ],
    ids=range(36),
)
async def test_what_nobody_with_the_secret_made_a_minute_ago_is_refused(
    world: World, http: httpx.AsyncClient, body: Callable[[], bytes]
) -> None:
    """Forged, expired, unsigned, for others, malformed, huge: one answer, nothing posted, nothing told."""
    for route in ROUTES:
        assert told(await http.post(route, content=body())) == REFUSAL
    assert world.zoom.posted == []


async def test_the_like_made_rightly_is_answered(world: World, http: httpx.AsyncClient) -> None:
    """What the attacks are made of is good but for what is wrong with each."""
    good = signed() + b"&label=light&wanted=1"
    assert [(await http.post(route, content=good)).status_code for route in ROUTES] == [200, 200, 200]


async def test_the_same_body_as_something_else_than_a_form_is_refused(
    world: World, http: httpx.AsyncClient
) -> None:
    """JSON and multipart parts carry no assertion."""
    good = assertion.sign("zoom_default", "client-secret", now=time.time())
    fields = {"client_assertion_type": assertion.TYPE, "client_assertion": good}
    parts = {name: (None, value) for name, value in fields.items()}
    assert told(await http.post(PATH, json=fields)) == REFUSAL
    assert told(await http.post(PATH, files=parts)) == REFUSAL
    assert told(await http.post(PATH, params=fields)) == REFUSAL


@pytest.mark.parametrize(
    ("written", "status"),
    [
        ("zoom_default%00", 401),
        ("%00", 401),
        ("%0a", 401),
        ("%ff", 401),
        ("%2e%2e", 401),
        ("Zoom_Default", 401),
        ("zoom_default%20", 401),
        ("%F0%9F%92%A9", 401),
        ("x" * 5000, 401),
        ("..%2f", 404),
        ("..%2fzoom_default", 404),
        ("zoom_default%2f..%2fzoom_other", 404),
        ("", 404),
    ],
)
async def test_no_path_trick_reaches_a_grant(
    world: World, http: httpx.AsyncClient, written: str, status: int
) -> None:
    """An id that is none is an unknown Connection or no route; what was signed is no other's."""
    for route in ROUTES:
        answer = await http.post(route.replace("zoom_default", written), content=signed())
        assert answer.status_code == status
        assert answer.text in ('{"error":"unauthorized"}', '{"detail":"Not Found"}')


async def test_a_slash_at_the_end_is_no_redirect(world: World, http: httpx.AsyncClient) -> None:
    """A redirect would name the address of whoever sent the Host header."""
    assert (await http.post(f"{PATH}/", content=signed())).status_code == 404


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_tell_nothing(world: World, http: httpx.AsyncClient, method: str) -> None:
    """405, whether the Connection exists or not."""
    for route in ROUTES:
        answers = [
            await http.request(method, route.replace("default", name)) for name in ("default", "other")
        ]
        assert told(answers[0]) == told(answers[1])
        assert answers[0].status_code == 405


async def test_unknown_and_unproven_cost_the_same(
    world: World, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For both a signature is computed once, and both answers take at least the same time."""
    monkeypatch.setattr(broker, "_REFUSAL_SECONDS", 0.1)
    checked: list[str] = []

    def check(made: str, connection_id: str, secret: str) -> bool:
        checked.append(connection_id)
        return False

    monkeypatch.setattr(assertion, "is_signed", check)
    for name in ("zoom_default", "zoom_other"):
        began = time.monotonic()
        assert told(await http.post(f"/zoom/grants/{name}/access-token", content=signed())) == REFUSAL
        assert time.monotonic() - began >= 0.1
    assert checked == ["zoom_default", "zoom_other"]


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
claims = st.dictionaries(st.sampled_from(["aud", "sub", "iss", "iat", "exp"]), any_json)
bodies = st.one_of(
    st.binary(max_size=400),
    st.builds(by_hand, any_json | st.just(HS256), any_json | claims, st.text("AZaz09-_", max_size=60)),
    st.builds(lambda changes: signed(**changes), claims.filter(bool)),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=bodies, name=st.text(min_size=1, max_size=30))
@example(body=b"", name="\x00")
async def test_no_input_gives_anything_else(
    world: World, http: httpx.AsyncClient, body: bytes, name: str
) -> None:
    """Whatever is sent to whatever path: refused or no such route, never a crash, never a token."""
    for address in (*ROUTES, f"/zoom/grants/{quote(name, safe='')}/access-token"):
        answer = await http.post(address, content=body)
        assert told(answer) == REFUSAL or answer.status_code in (404, 405)
    assert world.zoom.posted == []
