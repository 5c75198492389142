"""Which scopes the streams need, and which of them a grant lacks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from include.zoom.stream import Stream

# A consent asks /users/me whose account it is. https://developers.zoom.us/docs/api/users/ (Get a user)
_ACCOUNT = (("user:read:user:admin",), ("user:read:user",), ("user:read:admin",), ("user:read",))


@dataclass(frozen=True)
class Missing:
    """A granular scope that was not granted, and what is left out without it."""

    scope: str
    wanted_by: tuple[str, ...]


def missing(granted: str, streams: Iterable[Stream], *, of_a_person: bool) -> tuple[Missing, ...]:
    """The scopes that are not there; classic ones stand for granular ones.

    Args:
        granted: What Zoom said with the tokens, separated by blanks.
        streams: What is to be pulled.
        of_a_person: Whether a consent has to find out its account; server-to-server apps are told.
    """
    have = set(granted.split())
    lacking: dict[str, list[str]] = {}
    for stream in streams:
        if not _served(have, (stream.scopes, stream.classic_scopes)):
            for scope in stream.scopes:
                if scope not in have:
                    lacking.setdefault(scope, []).append(stream.name)
    if of_a_person and not _served(have, _ACCOUNT):
        lacking[_ACCOUNT[0][0]] = ["whose account it is"]
    return tuple(Missing(scope, tuple(wanted_by)) for scope, wanted_by in lacking.items())


def needed(streams: Iterable[Stream]) -> tuple[str, ...]:
    """The granular scopes that an app should have."""
    return tuple(dict.fromkeys([scope for stream in streams for scope in stream.scopes] + [_ACCOUNT[0][0]]))


def _served(have: Collection[str], alternatives: Iterable[Collection[str]]) -> bool:
    return any(set(each) <= set(have) for each in alternatives)
