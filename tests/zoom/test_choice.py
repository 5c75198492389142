"""Which streams words mean."""

from dataclasses import replace

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.choice import BadChoice, Choice, choose

OFF = {"recordings", "meeting_participants"}
CATALOGUE = {
    name: replace(STREAMS[name], on_by_default=name not in OFF)
    for name in ("users", "groups", "group_members", "meetings", "meeting_participants", "recordings")
}


def chosen(words: str) -> str:
    """The names, in order."""
    return " ".join(choose(words.split(), CATALOGUE).streams)


@pytest.mark.parametrize(
    ("words", "streams"),
    [
        ("", "users groups group_members meetings"),
        ("default", "users groups group_members meetings"),
        ("all", "users groups group_members meetings meeting_participants recordings"),
        ("recordings meeting_participants", "users meetings meeting_participants recordings"),
        ("default recordings", "users groups group_members meetings recordings"),
        ("-meetings", "users groups group_members"),
        ("default -groups", "users meetings"),
        ("all -users -group_members", "groups meetings meeting_participants"),
        ("groups -group_members", "groups"),
    ],
)
def test_words_mean_streams_and_bring_their_parents(words: str, streams: str) -> None:
    """Parents first, in the catalogue's order; what is left out takes along those that need it."""
    assert chosen(words) == streams


def test_only_what_was_named_counts_as_named() -> None:
    """With its parents; what a word for several brings does not."""
    assert choose(["default", "recordings"], CATALOGUE) == Choice(
        ("users", "groups", "group_members", "meetings", "recordings"), frozenset({"users", "recordings"})
    )
    assert choose(["all"], CATALOGUE).named == frozenset()


@pytest.mark.parametrize("words", ["user meetings", "all -user"])
def test_an_unknown_stream_is_refused_by_name(words: str) -> None:
    """With the names that there are."""
    with pytest.raises(BadChoice) as caught:
        chosen(words)
    assert str(caught.value) == (
        "No such stream: user. There are: users, groups, group_members, meetings, meeting_participants, recordings."
    )


def test_asking_for_what_the_same_words_leave_out_is_refused() -> None:
    """Recordings cannot come without the users that they are asked of."""
    with pytest.raises(BadChoice, match="^users, recordings: asked for, and left out by -users. Take"):
        chosen("recordings -users")
