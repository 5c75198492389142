"""The simulated authorisation server."""

import base64
import hashlib
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from include.sandbox.app import Sandbox
from include.sandbox.settings import Settings
from tests.sandbox.conftest import Zoom

BACK = "https://airflow.example/zoom/callback"
ASK = {"response_type": "code", "client_id": "sandbox-client-id", "redirect_uri": BACK, "state": "s 1"}


async def code_of(zoom: Zoom, **more: str) -> str:
    answer = await zoom.http.get("/oauth/authorize", params=ASK | {"decision": "allow"} | more)
    return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]


async def exchange(zoom: Zoom, code: str, **more: str) -> httpx.Response:
    return await zoom.token(
        **{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **more}
    )


async def test_page_asks_a_person(zoom: Zoom) -> None:
    """The authorise page has a button to allow and one to deny, and keeps what was asked."""
    page = (await zoom.http.get("/oauth/authorize", params=ASK)).text
    assert '<button name="decision" value="allow">Allow</button>' in page
    assert '<button name="decision" value="deny">Deny</button>' in page
    assert '<input type="hidden" name="state" value="s 1">' in page


async def test_page_escapes_what_was_asked(zoom: Zoom) -> None:
    """A parameter can't become markup of the authorise page."""
    page = (await zoom.http.get("/oauth/authorize", params=ASK | {"state": '"><script>'})).text
    assert "<script>" not in page


async def test_allow_sends_back_with_code_and_state(zoom: Zoom) -> None:
    """Who clicks Allow goes back to the app with a code and the app's own state."""
    answer = await zoom.http.post("/oauth/authorize", data=ASK | {"decision": "allow"})
    address = urlsplit(answer.headers["location"])
    assert answer.status_code == 302
    assert f"{address.scheme}://{address.netloc}{address.path}" == BACK
    assert set(parse_qs(address.query)) == {"code", "state"}
    assert parse_qs(address.query)["state"] == ["s 1"]


async def test_deny_sends_back_with_error(zoom: Zoom) -> None:
    """Who clicks Deny goes back to the app with an error instead of a code."""
    answer = await zoom.http.post("/oauth/authorize", data=ASK | {"decision": "deny"})
    assert answer.headers["location"] == f"{BACK}?error=access_denied&state=s+1"


async def test_allow_flag_consents_by_itself(new_zoom: Callable[..., Zoom]) -> None:
    """With `allow` the page is never shown."""
    answer = await new_zoom(allow=True).http.get("/oauth/authorize", params=ASK)
    assert answer.status_code == 302
    assert "code=" in answer.headers["location"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"client_id": "other"}, "4,700"),
        ({"response_type": "token"}, "4,706"),
        ({"redirect_uri": "https://elsewhere.example"}, "4,709"),
    ],
)
async def test_wrong_request_stays_on_an_error_page(
    new_zoom: Callable[..., Zoom], wrong: dict[str, str], said: str
) -> None:
    """A wrong app or redirect address is told to the person, not sent to that address."""
    answer = await new_zoom(redirect_uri=BACK).http.get("/oauth/authorize", params=ASK | wrong)
    assert answer.status_code == 400
    assert said in answer.text


async def test_code_gives_tokens(zoom: Zoom) -> None:
    """A code gives an access token of about 700 characters, a refresh token and the granted scopes."""
    answer = (await exchange(zoom, await code_of(zoom))).json()
    assert list(answer) == ["access_token", "token_type", "refresh_token", "expires_in", "scope", "api_url"]
    assert answer["expires_in"] == 3599
    assert answer["token_type"] == "bearer"
    assert answer["api_url"] == "https://api.zoom.us"
    assert "user:read:list_users:admin" in answer["scope"].split()
    assert answer["access_token"].startswith("eyJ")
    assert 650 < len(answer["access_token"]) < 850


async def test_parameters_may_stand_in_the_query(zoom: Zoom) -> None:
    """The token endpoint takes its parameters from the query string too, as Zoom does."""
    parameters = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
    app = httpx.BasicAuth("sandbox-client-id", "sandbox-client-secret")
    assert (await zoom.http.post("/oauth/token", params=parameters, auth=app)).status_code == 200


async def test_code_works_once(zoom: Zoom) -> None:
    """A second exchange of a code is refused."""
    code = await code_of(zoom)
    await exchange(zoom, code)
    answer = await exchange(zoom, code)
    assert answer.status_code == 400
    assert answer.json() == {"reason": "Invalid authorization code", "error": "invalid_grant"}


@pytest.mark.parametrize(("seconds", "status"), [(299, 200), (300, 400)])
async def test_code_lives_five_minutes(zoom: Zoom, seconds: int, status: int) -> None:
    """A code is worth something for five minutes."""
    code = await code_of(zoom)
    zoom.sandbox.clock.advance(seconds)
    assert (await exchange(zoom, code)).status_code == status


async def test_redirect_address_must_be_the_same(zoom: Zoom) -> None:
    """The exchange has to name the redirect address that the code was asked for."""
    answer = await exchange(zoom, await code_of(zoom), redirect_uri=f"{BACK}/")
    assert answer.json() == {"reason": "Redirect URI mismatch", "error": "invalid_grant"}


async def test_pkce_s256(zoom: Zoom) -> None:
    """A code asked with a S256 challenge needs its verifier."""
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    assert (await exchange(zoom, await code_of(zoom, **asked))).status_code == 400
    wrong = await exchange(zoom, await code_of(zoom, **asked), code_verifier=challenge)
    assert wrong.status_code == 400
    right = await exchange(zoom, await code_of(zoom, **asked), code_verifier=verifier)
    assert right.status_code == 200


async def test_pkce_is_plain_by_default(zoom: Zoom) -> None:
    """Without a method the challenge is the verifier."""
    code = await code_of(zoom, code_challenge="plain-verifier")
    assert (await exchange(zoom, code, code_verifier="plain-verifier")).status_code == 200


async def test_wrong_client_secret(zoom: Zoom) -> None:
    """A wrong client secret gives Zoom's error body and leaves the refresh token alone."""
    token = zoom.authorise()
    answer = await zoom.http.post(
        "/oauth/token",
        data={"grant_type": "refresh_token", "refresh_token": token},
        auth=("sandbox-client-id", "wrong"),
    )
    assert answer.status_code == 400
    assert answer.json() == {"reason": "Invalid client_id or client_secret", "error": "invalid_client"}
    assert (await zoom.refresh(token)).status_code == 200


async def test_unknown_grant_type(new_zoom: Callable[..., Zoom]) -> None:
    """A grant type that the app's kind lacks is refused in Zoom's words."""
    zoom = new_zoom(grants=("authorization_code", "refresh_token"))
    answer = await zoom.token(grant_type="account_credentials", account_id="sandbox-account")
    assert answer.status_code == 400
    assert answer.json() == {"reason": "unsupported grant type", "error": "unsupported_grant_type"}


async def test_strict_refresh_token_works_once(zoom: Zoom) -> None:
    """A refresh gives a new refresh token; the old one is dead, the new one lives on."""
    first = zoom.authorise()
    second = (await zoom.refresh(first)).json()["refresh_token"]
    again = await zoom.refresh(first)
    assert again.status_code == 400
    assert again.json() == {"reason": "Invalid Token!", "error": "invalid_grant"}
    assert second != first
    assert (await zoom.refresh(second)).status_code == 200


async def test_family_ends_when_a_spent_token_comes(new_zoom: Callable[..., Zoom]) -> None:
    """With family revocation a spent refresh token takes its successors and access tokens along."""
    zoom = new_zoom(rotation="family")
    first = zoom.authorise()
    second = (await zoom.refresh(first)).json()["refresh_token"]
    await zoom.refresh(first)
    assert (await zoom.refresh(second)).status_code == 400
    assert (await zoom.ask("/users")).status_code == 401


async def test_grace_takes_a_spent_token_for_a_while(new_zoom: Callable[..., Zoom]) -> None:
    """With grace a spent refresh token works for its seconds and then no more."""
    zoom = new_zoom(rotation="grace", grace_seconds=60)
    first = zoom.authorise()
    await zoom.refresh(first)
    zoom.sandbox.clock.advance(59)
    assert (await zoom.refresh(first)).status_code == 200
    zoom.sandbox.clock.advance(1)
    assert (await zoom.refresh(first)).status_code == 400


async def test_no_rotation(new_zoom: Callable[..., Zoom]) -> None:
    """Without rotation the answer repeats the refresh token."""
    zoom = new_zoom(rotation="none")
    first = zoom.authorise()
    assert (await zoom.refresh(first)).json()["refresh_token"] == first
    assert (await zoom.refresh(first)).status_code == 200


async def test_refresh_token_dies_of_ninety_days(zoom: Zoom) -> None:
    """A refresh token that nobody used for 90 days is dead; each use begins them anew."""
    token = (await zoom.refresh(zoom.authorise())).json()["refresh_token"]
    zoom.sandbox.clock.advance(89 * 86_400)
    token = (await zoom.refresh(token)).json()["refresh_token"]
    zoom.sandbox.clock.advance(90 * 86_400 + 1)
    assert (await zoom.refresh(token)).status_code == 400


async def test_new_consent_kills_the_older_chain(zoom: Zoom) -> None:
    """Consenting again ends the refresh and access tokens of the first consent."""
    first = zoom.authorise()
    old = dict(zoom.http.headers)
    await exchange(zoom, await code_of(zoom))
    assert (await zoom.refresh(first)).status_code == 400
    assert (await zoom.http.get("/v2/users", headers=old)).status_code == 401


@pytest.mark.parametrize(("setting", "status"), [("lives", 200), ("dies", 401)])
async def test_old_access_token_after_rotation(
    new_zoom: Callable[..., Zoom], setting: str, status: int
) -> None:
    """Whether a rotation kills the access token before it can be set."""
    zoom = new_zoom(old_access_token=setting)
    await zoom.refresh(zoom.authorise())
    assert (await zoom.ask("/users")).status_code == status


async def test_server_to_server_token(zoom: Zoom) -> None:
    """Account credentials give a token without refresh token; several live at once, `me` is nobody."""
    form = {"grant_type": "account_credentials", "account_id": "sandbox-account"}
    first, second = (await zoom.token(**form)).json(), (await zoom.token(**form)).json()
    assert "refresh_token" not in first
    for answer in (first, second):
        zoom.http.headers["authorization"] = f"Bearer {answer['access_token']}"
        assert (await zoom.ask("/users")).status_code == 200
    assert (await zoom.ask("/users/me")).status_code == 404


@pytest.mark.parametrize(
    ("form", "reason"), [({}, "Bad Request"), ({"account_id": "other"}, "Account does not exist")]
)
async def test_server_to_server_wrong_account(zoom: Zoom, form: dict[str, str], reason: str) -> None:
    """A missing or foreign account id is refused."""
    answer = await zoom.token(grant_type="account_credentials", **form)
    assert answer.json() == {"reason": reason, "error": "invalid_request"}


async def test_revoke_ends_the_grant(zoom: Zoom) -> None:
    """Revoking an access token kills its refresh token too."""
    token = zoom.authorise()
    access = zoom.http.headers["authorization"].removeprefix("Bearer ")
    app = ("sandbox-client-id", "sandbox-client-secret")
    answer = await zoom.http.post("/oauth/revoke", data={"token": access}, auth=app)
    assert answer.json() == {"status": "success"}
    assert (await zoom.ask("/users")).json() == {"code": 124, "message": "Invalid access token."}
    assert (await zoom.refresh(token)).status_code == 400


async def test_expired_access_token(new_zoom: Callable[..., Zoom]) -> None:
    """An access token ends after its seconds, with 401 and code 124."""
    zoom = new_zoom(token_seconds=20)
    zoom.sandbox.clock.advance(19)
    assert (await zoom.ask("/users")).status_code == 200
    zoom.sandbox.clock.advance(1)
    answer = await zoom.ask("/users")
    assert answer.status_code == 401
    assert answer.json() == {"code": 124, "message": "Access token is expired."}


def test_first_refresh_token_can_be_given() -> None:
    """A refresh token of the command line is granted from the start."""
    tokens = Sandbox(Settings(refresh_token="given")).tokens
    assert tokens.refresh("given") is not None
