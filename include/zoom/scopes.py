"""Which scopes the streams need, and which of them a grant lacks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from include.zoom.stream import Stream

# A consent asks /users/me whose account it is. https://developers.zoom.us/docs/api/users/ (Get a user)
_ACCOUNT = (("user:read:user:admin",), ("user:read:user",), ("user:read:admin",), ("user:read",))


@dataclass(frozen=True)
class Missing:
    """A scope that was not granted, and what is left out without it."""

    scope: str
    wanted_by: tuple[str, ...]


def missing(granted: str, streams: Iterable[Stream], *, of_a_person: bool) -> tuple[Missing, ...]:
    """The scopes that are not there; classic ones stand for granular ones.

    Args:
        granted: What Zoom said with the tokens, separated by blanks; empty: nobody knows, so nothing is missing.
        streams: What is to be pulled.
        of_a_person: Whether a consent has to find out its account; server-to-server apps are told.
    """
    have = frozenset(granted.split())
    wanted_by: dict[str, list[str]] = {}
    for stream in streams:
        for scope in lacking(have, stream):
            wanted_by.setdefault(scope, []).append(stream.name)
    if of_a_person and have and not any(have.issuperset(each) for each in _ACCOUNT):
        wanted_by.setdefault(_ACCOUNT[0][0], []).append("whose account it is")
    return tuple(Missing(scope, tuple(names)) for scope, names in wanted_by.items())


def lacking(granted: Collection[str], stream: Stream) -> tuple[str, ...]:
    """The scopes that a stream wants beside these; none where nobody knows what was granted.

    An app may have granular scopes, classic ones, or, after a migration, some of both. What of one kind stands
    for what of the other is written nowhere, so where each kind is there in part, Zoom's answer decides.
    """
    have = set(granted)
    have |= {f"{scope.removesuffix(':master')}:admin" for scope in have if scope.endswith(":master")}
    kinds = [set(kind) for kind in (stream.scopes, stream.classic_scopes) if kind]
    if not have or any(kind <= have for kind in kinds) or all(kind & have for kind in kinds):
        return ()
    return tuple(scope for scope in stream.scopes or stream.classic_scopes if scope not in have)


def needed(streams: Iterable[Stream]) -> tuple[str, ...]:
    """The granular scopes that an app should have; a classic one where there is no other."""
    wanted = [
        scope
        for stream in streams
        for scopes in (stream.scopes or stream.classic_scopes, *(each.scopes for each in stream.lists))
        for scope in scopes
    ]
    return tuple(dict.fromkeys([*wanted, _ACCOUNT[0][0]]))
