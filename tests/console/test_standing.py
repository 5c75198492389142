"""What the page says of a grant, for every state a grant can be in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from include.console.standing import standing, unreadable
from include.grant.journal import Fingerprints, Grant, GrantType, Journal, State, Tokens
from include.zoom.catalog import STREAMS
from include.zoom.oauth import App
from include.zoom.turns import Usage

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
APP = App("client-id", "client-secret")
MARKS = Fingerprints(key="00" * 16)


def grant(*, days: int = 3, state: State = State.READY, reason: str = "", scopes: str = "a:scope") -> Grant:
    """A grant whose newest tokens are so many days old."""
    issued = NOW - timedelta(days=days)
    newest = Tokens("access", "refresh", issued, issued + timedelta(hours=1), scopes)
    marks = replace(MARKS, newest=MARKS.of("refresh"), client=MARKS.of(APP.client_id))
    made = Grant("c", APP, NOW, Journal(newest=newest, fingerprints=marks), refresh_token="refresh")
    settings = replace(marks, settings=made.settings_mark)
    journal = replace(made.journal, state=state, reason=reason, fingerprints=settings)
    return replace(made, journal=journal)


def word(shown: Grant) -> tuple[str, str]:
    """State and reason on the page."""
    found = standing(shown, plan="pro", streams=())
    return found.word.value, found.reason


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (State.READY, "", ("connected", "")),
        (State.BACKING_OFF, "Zoom is busy.", ("waiting", "Zoom is busy.")),
        (State.MISCONFIGURED, "The app is off.", ("misconfigured", "The app is off.")),
        (State.CONSENT_REQUIRED, "Revoked.", ("consent_required", "Revoked.")),
    ],
)
def test_each_state_has_a_word(state: State, reason: str, expected: tuple[str, str]) -> None:
    """With the journal's reason."""
    assert word(grant(state=state, reason=reason)) == expected


def test_a_connection_that_nobody_authorised_is_not_connected() -> None:
    """There is no refresh token, nor ever was."""
    assert word(Grant("c", APP, NOW, Journal())) == ("not_connected", "")


def test_a_disconnected_connection_is_not_connected_and_says_why() -> None:
    """A person ended it: nothing is wrong."""
    ended = replace(grant(state=State.CONSENT_REQUIRED, reason="Disconnected."), refresh_token=None)
    ended = replace(ended, journal=replace(ended.journal, newest=None))
    assert word(ended) == ("not_connected", "Disconnected.")


def test_a_token_by_hand_and_corrected_settings_are_tried_next() -> None:
    """Both are the next task's to find out."""
    assert word(replace(grant(state=State.CONSENT_REQUIRED), refresh_token="by-hand"))[0] == "waiting"
    corrected = replace(grant(state=State.MISCONFIGURED, reason="off"), app=App("client-id", "another"))
    assert word(corrected) == (
        "waiting",
        "Its settings changed since the last attempt; the next task that asks tries again.",
    )


@pytest.mark.parametrize(("days", "expected"), [(59, "connected"), (60, "old"), (89, "old")])
def test_a_token_is_called_old_a_month_before_it_ends(days: int, expected: str) -> None:
    """Zoom ends it after ninety days."""
    shown = standing(grant(days=days), plan="pro", streams=())
    assert (shown.word, shown.age_days) == (expected, days)


def test_a_server_to_server_app_has_no_age_and_is_ready_before_it_is_used() -> None:
    """It never rotates and needs nobody."""
    unused = Grant("c", APP, NOW, Journal(), GrantType.ACCOUNT_CREDENTIALS, "account")
    assert word(unused) == ("unused", "")
    used = replace(grant(days=100), grant_type=GrantType.ACCOUNT_CREDENTIALS, refresh_token=None)
    used = replace(used, journal=replace(used.journal, fingerprints=MARKS))
    shown = standing(used, plan="pro", streams=())
    assert (shown.word, shown.age_days, shown.rotates) == ("connected", None, False)


def test_scopes_are_compared_once_they_are_known() -> None:
    """A grant that never was lacks nothing yet; one without scopes in its answer is not judged."""
    streams = [STREAMS["users"]]
    shown = standing(grant(scopes="user:read:user:admin"), plan="pro", streams=streams)
    assert shown.granted == ("user:read:user:admin",)
    assert [each.scope for each in shown.missing] == ["user:read:list_users:admin"]
    assert standing(grant(scopes=""), plan="pro", streams=streams).missing == ()
    assert standing(Grant("c", APP, NOW, Journal()), plan="pro", streams=streams).missing == ()


def test_no_secret_is_shown() -> None:
    """Neither of the tokens nor the client's secret is among what the page is told."""
    shown = str(standing(grant(), plan="pro", streams=()).as_json())
    assert [secret for secret in ("'access'", "'refresh'", "client-secret") if secret in shown] == []


def test_what_cannot_be_read_is_shown_with_its_reason() -> None:
    """And nothing else."""
    shown = unreadable("c", "The extra of Connection c is not a JSON object.").as_json()
    assert (shown["word"], shown["readable"], shown["reason"]) == (
        "unreadable",
        False,
        "The extra of Connection c is not a JSON object.",
    )


def test_what_is_used_of_a_daily_cap_is_shown() -> None:
    """Whose requests, of how many, and when they are counted anew."""
    used = Usage("heavy", 800, 700, 1000, datetime(2026, 3, 2, tzinfo=UTC))
    shown = standing(grant(), plan="free", streams=(), caps=[used]).as_json()
    assert shown["caps"] == [
        {
            "labels": "heavy",
            "used": 800,
            "by_backfills": 700,
            "cap": 1000,
            "resets_at": "2026-03-02T00:00:00+00:00",
        }
    ]
