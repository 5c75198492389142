"""Which list fills the tables that several of Zoom's can fill."""

import pytest

from include.zoom.catalog import settled_sources, streams
from include.zoom.errors import Misconfigured

ACCOUNTS, USERS = (
    "cloud_recording:read:list_account_recordings:admin",
    "cloud_recording:read:list_user_recordings:admin",
)


@pytest.mark.parametrize(
    ("granted", "source"),
    [
        (f"{USERS} {ACCOUNTS}", "account"),
        (ACCOUNTS, "account"),
        (USERS, "users"),
        ("account:read:admin recording:read:admin", "users"),
        ("", "users"),
    ],
)
def test_the_accounts_list_is_asked_where_its_own_scope_was_granted(granted: str, source: str) -> None:
    """A request for all users instead of one for each; a classic scope says nothing of this list."""
    assert settled_sources({"recordings_source": "auto"}, granted) == {"recordings_source": source}


def test_a_source_that_is_chosen_stays() -> None:
    """Also where the other list's scope is there; only recordings have an automatic choice."""
    told = {"recordings_source": "users", "participants_source": "report"}
    assert settled_sources(told, ACCOUNTS) == told
    with pytest.raises(Misconfigured, match="participants_source is 'auto'"):
        streams(settled_sources({"participants_source": "auto"}, ACCOUNTS))
