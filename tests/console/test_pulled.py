"""Whose scopes the page asks for."""

import pytest

from include.console.connections import pulled, unpulled
from include.zoom.catalog import STREAMS


def test_the_page_looks_at_the_streams_that_the_setting_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    """With their parents; the others are those that somebody may switch on."""
    monkeypatch.setenv("AIRFLOW__ZOOM__STREAMS", "recordings, groups")
    assert [stream.name for stream in pulled()] == ["users", "groups", "recordings"]
    assert {stream.name for stream in unpulled()} == STREAMS.keys() - {"users", "groups", "recordings"}


def test_a_setting_that_is_wrong_leaves_the_page_of_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run says what is wrong; the page shows what is on by default."""
    monkeypatch.setenv("AIRFLOW__ZOOM__STREAMS", "recording")
    default = [stream.name for stream in STREAMS.values() if stream.on_by_default]
    assert [stream.name for stream in pulled()] == default
