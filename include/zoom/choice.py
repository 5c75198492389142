"""Which streams somebody wants: from words to names, with the parents that those need."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from include.zoom.errors import PermanentError
from include.zoom.stream import Stream

DEFAULT, ALL = "default", "all"
_LEAVE_OUT = "-"


class BadChoice(PermanentError):  # noqa: N818 (named for what happened, as in include.zoom.errors)
    """Streams were asked for that do not exist, or that the same words leave out."""


@dataclass(frozen=True)
class Choice:
    """What is to run."""

    streams: tuple[str, ...]
    """Parents first, in the catalogue's order."""
    named: frozenset[str]
    """Those that somebody asked for by name, and what they need: to skip one of these in silence would be wrong."""


def words_of(text: str) -> list[str]:
    """The words of a setting, separated by blanks or commas."""
    return text.replace(",", " ").split()


def choose(words: Iterable[str], catalogue: Mapping[str, Stream]) -> Choice:
    """The streams that the words mean.

    Args:
        words: names; `default` (those that are on by default), `all`; `-name` leaves one out, with those that
            need it. Only the latter, or none: what is on by default.
        catalogue: every stream by its name, parents first.

    Raises:
        BadChoice: a name is not a stream's, or what it names is left out.
    """
    said = list(words)
    wanted = {word for word in said if not word.startswith(_LEAVE_OUT)}
    without = {word.removeprefix(_LEAVE_OUT) for word in said if word.startswith(_LEAVE_OUT)}
    names = wanted - {DEFAULT, ALL}
    _refuse_unknown((names | without) - catalogue.keys(), catalogue)
    named = with_parents(names, catalogue)
    left_out = {name for name in catalogue if without & set(line_of(name, catalogue))}
    if contradicted := [name for name in named if name in left_out]:
        raise BadChoice(
            f"{', '.join(contradicted)}: asked for, and left out by {' '.join(sorted(f'-{name}' for name in without))}. "
            "Take one of the two away."
        )
    several = with_parents((name for name in _meant(wanted, catalogue) if name not in left_out), catalogue)
    return Choice(with_parents((*named, *several), catalogue), frozenset(named))


def with_parents(names: Iterable[str], catalogue: Mapping[str, Stream]) -> tuple[str, ...]:
    """These streams and all that they need, parents first."""
    needed = {ancestor for name in names for ancestor in line_of(name, catalogue)}
    return tuple(name for name in catalogue if name in needed)


def line_of(name: str, catalogue: Mapping[str, Stream]) -> Iterator[str]:
    """A stream, its parent, and so on."""
    yield name
    if (parent := catalogue[name].parent) is not None:
        yield from line_of(parent.stream, catalogue)


def _meant(wanted: set[str], catalogue: Mapping[str, Stream]) -> Iterator[str]:
    """What the words for several streams mean."""
    if ALL in wanted:
        yield from catalogue
    elif DEFAULT in wanted or not wanted:
        yield from (name for name, stream in catalogue.items() if stream.on_by_default)


def _refuse_unknown(unknown: set[str], catalogue: Mapping[str, Stream]) -> None:
    if unknown:
        raise BadChoice(f"No such stream: {', '.join(sorted(unknown))}. There are: {', '.join(catalogue)}.")
