"""The streams: which Zoom lists fill which warehouse tables."""

from collections.abc import Iterable, Iterator, Mapping

from include.zoom.catalog.groups import GROUP_MEMBERS, GROUPS
from include.zoom.catalog.meetings import MEETINGS
from include.zoom.catalog.participants import PARTICIPANTS_BY, meeting_participants
from include.zoom.catalog.recordings import RECORDINGS
from include.zoom.catalog.usage import DAILY_USAGE
from include.zoom.catalog.users import USERS
from include.zoom.stream import Stream

__all__ = ["PARTICIPANTS_BY", "STREAMS", "streams", "with_parents"]


def streams(participants_by: str = "past_meetings") -> dict[str, Stream]:
    """All streams by name, parents before their children.

    Args:
        participants_by: which of Zoom's two lists gives the participants, a key of `PARTICIPANTS_BY`.
    """
    every = (
        USERS,
        GROUPS,
        GROUP_MEMBERS,
        MEETINGS,
        meeting_participants(participants_by),
        RECORDINGS,
        DAILY_USAGE,
    )
    return {stream.name: stream for stream in every}


STREAMS: Mapping[str, Stream] = streams()


def with_parents(names: Iterable[str]) -> tuple[str, ...]:
    """The chosen streams and all that they need, parents first.

    Raises:
        ValueError: a name is not a stream's.
    """
    chosen = set(names)
    if unknown := chosen - STREAMS.keys():
        raise ValueError(f"No such stream: {', '.join(sorted(unknown))}. There are: {', '.join(STREAMS)}.")
    needed = {ancestor for name in chosen for ancestor in _line_of(name)}
    return tuple(name for name in STREAMS if name in needed)


def _line_of(name: str) -> Iterator[str]:
    yield name
    if (parent := STREAMS[name].parent) is not None:
        yield from _line_of(parent.stream)
