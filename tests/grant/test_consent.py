"""The first consent: what is asked, which answers are taken, and the command against a sandbox."""

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from include.grant.consent import Request, follow
from include.grant.fields import Fields
from include.zoom.errors import Misconfigured
from tests.grant.installation import Installation, installation, put_connection

REDIRECT = "https://foo.local/zoom/callback"


def request_for(oauth_url: str = "https://zoom.us/oauth") -> Request:
    """A consent under way."""
    fields = Fields.of(
        "c", None, "client-id", "secret", {"oauth_url": oauth_url}, listed="zoom-proxy.example.com"
    )
    return Request(fields, REDIRECT, "the-state", "the-verifier")


def test_the_address_asks_with_state_and_pkce() -> None:
    """The verifier and the client secret stay here; S256 of the verifier goes along."""
    parts = urlsplit(request_for().address)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"the-verifier").digest()).rstrip(b"=").decode()
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://zoom.us/oauth/authorize"
    assert parse_qs(parts.query) == {
        "response_type": ["code"],
        "client_id": ["client-id"],
        "redirect_uri": [REDIRECT],
        "state": ["the-state"],
        "code_challenge": [challenge],
        "code_challenge_method": ["S256"],
    }


@pytest.mark.parametrize(
    "pasted",
    [
        "https://foo.local/zoom/callback?code=abc&state=the-state",
        "  https://foo.local/?state=the-state&code=abc \n",
        "code=abc&state=the-state",
        "?code=abc&state=the-state",
        "abc",
    ],
)
def test_a_pasted_answer_is_understood(pasted: str) -> None:
    """The address the browser ended at, reachable or not, its query, or the code alone."""
    assert request_for().code(pasted) == "abc"


@pytest.mark.parametrize(
    "pasted",
    [
        "https://foo.local/?code=canary&state=another",
        "https://foo.local/?code=canary",
        "https://foo.local/?state=the-state",
        "https://foo.local/?error=access_denied&state=the-state",
        "error=access_denied&state=the-state",
        "https://[foo.local/?code=canary&state=the-state",
        "state=the-state",
        "https://foo.local/",
        "",
    ],
)
def test_a_wrong_answer_is_refused_without_an_echo(pasted: str) -> None:
    """Another attempt's state, a refusal, no code: the message says what to do, never the code."""
    with pytest.raises(Misconfigured) as caught:
        request_for().code(pasted)
    assert "canary" not in str(caught.value)


async def test_only_this_machine_may_consent_without_a_person() -> None:
    """`--follow` is for the sandbox; Zoom's authorise page is for people."""
    with pytest.raises(Misconfigured, match="this machine"):
        await follow(request_for("https://zoom-proxy.example.com/oauth"))


def connect(place: Installation, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """`python -m include.grant connect`."""
    command = [sys.executable, "-m", "include.grant", "connect", "--redirect-uri", REDIRECT, *arguments]
    return subprocess.run(
        command, env=place.env, input=typed, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.processes
def test_the_command_connects_and_refuses_another_account(
    tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """Consent writes a grant that works; a second Zoom account does not replace it."""
    with installation(tmp_path, metadata_on("sqlite"), "--allow") as place:
        consented = connect(place, "--follow")
        assert (consented.returncode, "account sandbox-account" in consented.stdout) == (0, True), (
            consented.stderr
        )
        assert json.loads(place.run("tests.grant.rounds", "2", "1")) == {"tokens": [1], "errors": []}
        assert place.requests()["token_refused"] == 0
        put_connection(place.env, place.url, connection_id="other", account_id="another-account")
        refused = connect(place, "--follow", "--connection", "other")
        typed = connect(place, typed="https://foo.local/?code=canary&state=wrong\n")
    assert refused.returncode == typed.returncode == 1
    assert "Another Zoom account" in refused.stderr
    assert "belongs to another attempt" in typed.stderr
    assert "canary" not in typed.stdout + typed.stderr
