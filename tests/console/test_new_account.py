"""The form "Add a Zoom account"."""

import pytest

from include.console.new_account import InvalidFormError, NewAccount

GENERAL = {
    "connection_id": "zoom_default",
    "client_id": "the-client-id",
    "client_secret": "the-client-secret",
    "kind": "general",
    "account_id": "",
    "plan": "pro",
    "cloud": "zoom",
}


def test_a_general_app_becomes_a_connection() -> None:
    """Zoom's own addresses are the defaults of the Connection type and stay out."""
    assert NewAccount.of(GENERAL | {"client_id": " the-client-id \n"}).values == {
        "conn_type": "zoom",
        "host": None,
        "login": "the-client-id",
        "password": "the-client-secret",
        "extra": {"grant_type": "authorization_code", "plan": "pro"},
    }


def test_a_server_to_server_app_of_the_government_cloud_becomes_a_connection() -> None:
    """It has an account id, and the cloud's own hosts."""
    form = GENERAL | {"kind": "server_to_server", "account_id": "an-account", "cloud": "zoomgov"}
    assert NewAccount.of(form).values == {
        "conn_type": "zoom",
        "host": "https://api.zoomgov.com/v2",
        "login": "the-client-id",
        "password": "the-client-secret",
        "extra": {
            "grant_type": "account_credentials",
            "account_id": "an-account",
            "oauth_url": "https://zoomgov.com/oauth",
            "plan": "pro",
        },
    }


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"connection_id": "with blank"}, {"connection_id"}),
        ({"connection_id": "../up"}, {"connection_id"}),
        ({"connection_id": "a" * 201}, {"connection_id"}),
        ({"connection_id": ""}, {"connection_id"}),
        ({"client_id": "", "client_secret": "two words"}, {"client_id", "client_secret"}),
        ({"kind": "server_to_server"}, {"account_id"}),
        ({"kind": "user_managed"}, {"kind"}),
        ({"plan": "enterprise"}, {"plan"}),
        ({"cloud": "https://zoom.example.com"}, {"cloud"}),
    ],
)
def test_all_that_is_wrong_is_said_at_once(wrong: dict[str, str], fields: set[str]) -> None:
    """By field, never repeating what was entered."""
    with pytest.raises(InvalidFormError) as caught:
        NewAccount.of(GENERAL | wrong)
    assert set(caught.value.fields) == fields
    assert "two words" not in str(caught.value.fields)


def test_the_retired_kind_of_app_is_refused_with_what_to_use() -> None:
    """JWT apps ended in 2023."""
    with pytest.raises(InvalidFormError) as caught:
        NewAccount.of(GENERAL | {"kind": "jwt"})
    assert "8 September 2023" in caught.value.fields["kind"]
    assert "server-to-server" in caught.value.fields["kind"]


def test_an_empty_form_is_an_invalid_form() -> None:
    """Nothing was sent along."""
    with pytest.raises(InvalidFormError) as caught:
        NewAccount.of({})
    assert set(caught.value.fields) == {
        "connection_id",
        "client_id",
        "client_secret",
        "kind",
        "plan",
        "cloud",
    }
