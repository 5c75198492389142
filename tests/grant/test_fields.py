"""The fields of a Connection that no app of Zoom's can be behind any more, and Zoom's second cloud."""

import httpx
import pytest

from include.grant.consent import Request
from include.grant.fields import Fields
from include.zoom import oauth
from include.zoom.errors import Misconfigured

GOV = "https://api.zoomgov.com/v2"
GOV_OAUTH = "https://zoomgov.com/oauth"


def fields(extra: dict[str, str], host: str | None = None, login: str | None = "id") -> Fields:
    """The fields of a Connection with these values."""
    return Fields.of("zoom_x", host, login, "fake-secret", extra, listed="zoom-proxy.example.com")


@pytest.mark.parametrize(
    "extra",
    [
        {"grant_type": "jwt"},
        {"grant_type": "JWT"},
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"},
        {"api_key": "canary", "api_secret": "canary"},
        {"jwt_token": "canary"},
        {"jwt": "canary"},
    ],
)
def test_a_jwt_app_is_refused_with_its_successor(extra: dict[str, str]) -> None:
    """Since when it is gone, what to use, and which field gave it away; never what is in it."""
    with pytest.raises(Misconfigured) as caught:
        fields(extra, login=None)
    said = str(caught.value)
    assert "no new ones since 2023-06-01, and none works since 2023-09-08" in said
    assert "Make a Server-to-Server OAuth app" in said
    assert f"extra {next(iter(extra))}" in said or "(grant_type)" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("host", "oauth_url", "says"),
    [
        (GOV, "", "Zoom for Government's and its oauth_url Zoom's"),
        (
            GOV,
            "https://zoom.us/oauth",
            "Set host to https://api.zoomgov.com/v2 and oauth_url to https://zoom",
        ),
        ("", GOV_OAUTH, "Zoom's and its oauth_url Zoom for Government's"),
        ("https://api-eu.zoom.us/v2", "https://ZOOMGOV.com/oauth", "share no account, no app and no token"),
    ],
)
def test_two_clouds_in_one_connection_are_refused(host: str, oauth_url: str, says: str) -> None:
    """A token of the one opens nothing in the other; the secret is sent to neither."""
    with pytest.raises(Misconfigured, match=says):
        fields({"oauth_url": oauth_url}, host)


@pytest.mark.parametrize(
    ("host", "oauth_url"),
    [
        (None, "https://zoom-proxy.example.com/oauth"),
        ("https://zoom-proxy.example.com/v2", GOV_OAUTH),
        ("https://company.zoom.us/v2", "https://zoom.us/oauth"),
    ],
)
def test_a_listed_host_and_a_vanity_name_belong_to_any_cloud(host: str | None, oauth_url: str) -> None:
    """What an administrator has listed may stand before either."""
    assert fields({"oauth_url": oauth_url}, host).app.oauth_url == oauth_url


async def test_zoom_for_government_works_by_its_fields_alone() -> None:
    """Consent, refresh, server-to-server token and revoking all go to its own hosts."""
    gov = fields({"oauth_url": GOV_OAUTH}, GOV)
    assert gov.api_url == "https://api.zoomgov.com/v2"
    request = Request(gov, "https://airflow.example.com/zoom/callback", "state", "verifier")
    assert request.address.startswith("https://zoomgov.com/oauth/authorize?response_type=code&")
    asked: list[str] = []

    def answer(sent: httpx.Request) -> httpx.Response:
        asked.append(str(sent.url))
        return httpx.Response(200, json={"access_token": "a", "refresh_token": "r", "expires_in": 3599})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await oauth.exchange_code(gov.app, "code", redirect_uri="https://x", verifier="v", http=http)
        await oauth.refresh(gov.app, "r", http)
        await oauth.account_credentials(gov.app, "account", http)
        await oauth.revoke(gov.app, "a", http)
    assert asked == ["https://zoomgov.com/oauth/token"] * 3 + ["https://zoomgov.com/oauth/revoke"]
