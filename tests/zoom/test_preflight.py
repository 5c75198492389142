"""What an account can give, before anything is asked."""

from dataclasses import replace

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.choice import Choice, choose
from include.zoom.preflight import Preflight, ScopesMissing, preflight
from include.zoom.scopes import lacking

GROUPS = "group:read:list_groups:admin group:read:list_members:admin"
SMALL = {name: STREAMS[name] for name in ("users", "groups", "group_members", "recordings")}


def checked(words: str, granted: str, plan: str | None = "pro") -> Preflight:
    """Of a catalogue of four streams."""
    return preflight(choose(words.split(), SMALL), SMALL, plan=plan, granted=granted)


def test_what_is_merely_on_by_default_is_skipped_with_its_reason() -> None:
    """And so is what needs it."""
    assert checked("", GROUPS) == Preflight(
        ("groups", "group_members"),
        {
            "users": "the grant lacks the scope user:read:list_users:admin",
            "recordings": "it needs users, which is skipped",
        },
    )


def test_what_was_asked_for_by_name_fails_in_one_message() -> None:
    """Every scope, who wants it, and what to do; what is not wanted by name is not in it."""
    with pytest.raises(ScopesMissing) as caught:
        checked("default group_members", "user:read:list_users:admin user:read:user:admin")
    assert str(caught.value).startswith(
        "The grant lacks scopes of streams that this run asks for by name: group:read:list_groups:admin (for groups); "
        "group:read:list_members:admin (for group_members). Add them to the app"
    )
    assert "recordings" not in str(caught.value)


def test_a_higher_plan_is_not_asked_for_in_vain() -> None:
    """Also by name: no scope and no retry would help."""
    found = checked("groups users", "user:read:list_users:admin user:read:user:admin", plan="free")
    assert found.streams == ("users",)
    assert found.skipped == {"groups": "Zoom has it from the plan pro on, and the Connection says free"}


def test_what_nobody_knows_stops_nothing() -> None:
    """Neither a plan that nobody entered nor scopes that Zoom has not told yet."""
    assert checked("all", "", plan=None) == Preflight(("users", "groups", "group_members", "recordings"), {})


@pytest.mark.parametrize(
    ("granted", "lacks"),
    [
        ("a:one:admin b:two:admin", ()),
        ("a:one:master b:two:master", ()),
        ("a:read:admin b:read:admin", ()),
        ("a:one:admin", ("b:two:admin",)),
        ("a:read:admin", ("a:one:admin", "b:two:admin")),
        ("a:one:admin b:read:admin", ()),
        ("", ()),
    ],
)
def test_either_kind_of_scope_serves_and_a_mixture_is_left_to_zoom(
    granted: str, lacks: tuple[str, ...]
) -> None:
    """Apps that were migrated have some granular scopes and some classic ones."""
    stream = replace(
        STREAMS["users"],
        scopes=("a:one:admin", "b:two:admin"),
        classic_scopes=("a:read:admin", "b:read:admin"),
    )
    assert lacking(granted.split(), stream) == lacks


def test_a_classic_scope_that_has_no_granular_one_is_needed_itself() -> None:
    """Some of Zoom's lists have no granular scope."""
    stream = replace(STREAMS["users"], scopes=(), classic_scopes=("report:read:admin",))
    assert lacking(["user:read:admin"], stream) == ("report:read:admin",)
    assert Choice(("users",), frozenset()) == choose(["default"], {"users": stream})
