"""The declarations fit together, and with Zoom's own descriptions."""

import pytest

from include.zoom.catalog import SOURCES, STREAMS, streams
from include.zoom.errors import Misconfigured
from include.zoom.redact import is_secret
from include.zoom.stream import Stream

EVERY = [*STREAMS.values(), *(stream for by in SOURCES.values() for stream in by.values())]


def test_parents_stand_before_their_children() -> None:
    """So that running in the catalogue's order always finds them."""
    names = list(STREAMS)
    assert all(
        names.index(stream.parent.stream) < names.index(stream.name) for stream in EVERY if stream.parent
    )


@pytest.mark.parametrize("stream", EVERY, ids=lambda stream: stream.lists[0].path)
def test_keys_and_numbering_name_columns(stream: Stream) -> None:
    """And no column is declared twice, or is a secret."""
    for table in stream.tables:
        names = [column.name for column in (*table.columns, *table.inherited, *table.from_parent)]
        numbered = [*names, "_ordinal"] if table.numbered_within else names
        assert len(set(names)) == len(names)
        assert {*table.key, *table.numbered_within} <= set(numbered)
        assert not any(is_secret(part) for column in table.columns for part in column.path)
        assert all(column.comment for column in table.columns)


@pytest.mark.parametrize("setting", list(SOURCES))
def test_each_source_fills_the_same_tables(setting: str) -> None:
    """The setting changes what is asked, not the warehouse."""
    first, *others = SOURCES[setting].values()
    assert all((other.name, other.tables) == (first.name, first.tables) for other in others)
    assert STREAMS[first.name] == first


def test_a_source_that_is_none_is_refused() -> None:
    """By the setting's name, with its values."""
    with pytest.raises(
        Misconfigured, match="participants_source is 'reports'; it must be one of past_meetings, report"
    ):
        streams({"participants_source": "reports"})


def test_no_two_streams_fill_the_same_table() -> None:
    """A slice has one stream."""
    names = [table.name for stream in STREAMS.values() for table in stream.tables]
    assert len(set(names)) == len(names)
