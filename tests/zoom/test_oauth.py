"""What the answers of Zoom's token endpoint mean."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from include.zoom import oauth
from include.zoom.oauth import App, Kind, Outcome, TokenSet

APP = App("client-id", "client-secret", "https://zoom.us/oauth")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def answer_of(handler: Callable[[httpx.Request], httpx.Response]) -> Outcome:
    """A refresh against a token endpoint that answers so."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
        return await oauth.refresh(APP, "canary-refresh", http)


async def test_a_refresh_goes_in_the_body_with_basic_credentials() -> None:
    """Nothing secret stands in the address; the app signs with HTTP Basic."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json={"access_token": "a", "refresh_token": "r", "expires_in": 3599, "scope": "x y"}
        )

    outcome = await answer_of(handle)
    assert outcome.tokens == TokenSet("a", "r", 3599, "x y")
    assert str(seen[0].url) == "https://zoom.us/oauth/token"
    assert seen[0].content == b"grant_type=refresh_token&refresh_token=canary-refresh"
    assert (
        seen[0].headers["Authorization"] == "Basic " + base64.b64encode(b"client-id:client-secret").decode()
    )


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"reason": "Invalid Token!", "error": "invalid_grant"}, Kind.DEAD),
        (400, {"error": "invalid_grant"}, Kind.DEAD),
        (401, {"reason": "Invalid Token!", "error": "invalid_request"}, Kind.DEAD),
        (400, {"code": 4741, "message": "token has been revoked"}, Kind.DEAD),
        (400, {"reason": "The owner of this token is gone (4,735)"}, Kind.DEAD),
        (
            400,
            {"reason": "Invalid client_id or client_secret", "error": "invalid_client"},
            Kind.MISCONFIGURED,
        ),
        (
            401,
            {"reason": "Invalid client_id or client_secret", "error": "invalid_client"},
            Kind.MISCONFIGURED,
        ),
        (400, {"reason": "unsupported grant type", "error": "unsupported_grant_type"}, Kind.MISCONFIGURED),
        (400, {"code": 4709}, Kind.MISCONFIGURED),
        (400, {"reason": "Account does not exist", "error": "invalid_request"}, Kind.MISCONFIGURED),
        (429, {}, Kind.LATER),
        (503, {}, Kind.LATER),
        (500, {"error": "server_error"}, Kind.AMBIGUOUS),
        (200, {"something": "else"}, Kind.AMBIGUOUS),
    ],
)
async def test_zoom_s_error_bodies_are_told_apart(status: int, body: dict[str, object], kind: Kind) -> None:
    """Each body that Zoom is known to send has one meaning."""
    outcome = await answer_of(lambda _: httpx.Response(status, json=body))
    assert outcome.kind is kind


@pytest.mark.parametrize("content", [b"<html>maintenance</html>", b"", b'{"access_token": "cut o', b"[]"])
async def test_a_200_without_a_usable_body_is_ambiguous(content: bytes) -> None:
    """HTML, nothing, a truncated body: Zoom may have rotated."""
    outcome = await answer_of(lambda _: httpx.Response(200, content=content))
    assert outcome.kind is Kind.AMBIGUOUS


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (httpx.ConnectError("refused"), Kind.NOT_SENT),
        (httpx.ConnectTimeout("slow"), Kind.NOT_SENT),
        (httpx.ReadTimeout("slow"), Kind.AMBIGUOUS),
        (httpx.RemoteProtocolError("reset"), Kind.AMBIGUOUS),
        (httpx.WriteError("reset"), Kind.AMBIGUOUS),
    ],
)
async def test_what_was_never_sent_differs_from_what_got_lost(error: Exception, kind: Kind) -> None:
    """Only before the request went out it is certain that Zoom did not rotate."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    assert (await answer_of(fail)).kind is kind


async def test_a_redirect_is_refused_and_the_secret_goes_nowhere_else() -> None:
    """The client follows nothing; a second request would have carried the secret along."""
    hosts = []

    def handle(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(307, headers={"Location": "https://evil.example/token"})

    assert (await answer_of(handle)).kind is Kind.MISCONFIGURED
    assert hosts == ["zoom.us"]


@pytest.mark.parametrize("expires_in", [None, "soon", 0, -5, True, 10**12])
async def test_a_life_that_is_none_is_not_believed(expires_in: object) -> None:
    """Missing, text, zero, negative and absurd lives count as unknown."""
    body = {"access_token": "a", "refresh_token": "r", "expires_in": expires_in}
    outcome = await answer_of(lambda _: httpx.Response(200, json=body))
    assert outcome.tokens
    assert outcome.tokens.expires_in_seconds is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 01 Mar 2026 12:01:00 GMT", 60.0),
        ("2026-03-01T13:00:00Z", 3600.0),
        ("2026-02-28T00:00:00Z", 0.0),
        ("", None),
        (None, None),
        ("later", None),
    ],
)
def test_retry_after_is_read_in_all_its_forms(value: str | None, seconds: float | None) -> None:
    """Seconds, an HTTP date, an ISO date as Zoom's daily caps send it, or nothing."""
    assert oauth.retry_after_seconds(value, NOW) == seconds


async def test_no_message_and_no_repr_holds_a_secret() -> None:
    """A server that echoes what was sent does not get it into our words."""
    echoing = {"error": "invalid_request", "reason": "canary-refresh client-secret is bad"}
    outcome = await answer_of(lambda _: httpx.Response(400, json=echoing))
    granted = TokenSet("canary-access", "canary-refresh", 60)
    text = f"{outcome!r} {granted!r} {APP!r}"
    assert "canary" not in text
    assert "client-secret" not in text
