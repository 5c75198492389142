"""Scopes: what the streams need against what was granted."""

from include.zoom.catalog import STREAMS
from include.zoom.scopes import Missing, missing, needed

GRANULAR = (
    "user:read:list_users:admin user:read:user:admin group:read:list_groups:admin group:read:list_members:admin "
    "report:read:list_history_meetings:admin meeting:read:list_past_participants:admin "
    "cloud_recording:read:list_user_recordings:admin report:read:daily_usage:admin"
)
SOME = [
    STREAMS[name]
    for name in (
        "users",
        "groups",
        "group_members",
        "meetings",
        "meeting_participants",
        "recordings",
        "daily_usage",
    )
]
CLASSIC = "user:read:admin group:read:admin report:read:admin meeting:read:admin recording:read:admin"


def lacking(granted: str, *, of_a_person: bool = True) -> tuple[Missing, ...]:
    """For some streams."""
    return missing(granted, SOME, of_a_person=of_a_person)


def test_granular_and_classic_scopes_serve_alike() -> None:
    """New apps have granular ones, old apps classic ones, and apps in between some of both."""
    assert lacking(GRANULAR) == ()
    assert lacking(CLASSIC) == ()
    assert lacking(GRANULAR.replace("report:read:daily_usage:admin", "report:read:admin")) == ()
    groups = [STREAMS["groups"]]
    assert missing("group:read:admin user:read:user", groups, of_a_person=True) == ()


def test_what_is_missing_is_named_with_who_wants_it() -> None:
    """A stream that is not served, and the account's id."""
    granted = GRANULAR.replace("report:read:daily_usage:admin", "").replace("user:read:list_users:admin", "")
    granted = granted.replace("user:read:user:admin", "")
    assert lacking(granted) == (
        Missing("user:read:list_users:admin", ("users",)),
        Missing("report:read:daily_usage:admin", ("daily_usage",)),
        Missing("user:read:user:admin", ("whose account it is",)),
    )


def test_a_server_to_server_app_is_told_its_account() -> None:
    """It need not ask whose account it is."""
    assert missing("group:read:list_groups:admin", [STREAMS["groups"]], of_a_person=False) == ()


def test_what_an_app_needs_is_told_once_each() -> None:
    """The list of the form "Add a Zoom account"."""
    assert sorted(needed(SOME)) == sorted(GRANULAR.split())
