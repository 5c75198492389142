"""The embedded PostgreSQL."""

import tempfile
from pathlib import Path

import pytest

from include.launch.postgres import EmbeddedPostgres


def test_a_throw_away_server_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gigabytes a day would stay where tests run often."""
    folder = tmp_path / "throw-away"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "mkdtemp", lambda **_: str(folder))
    server = EmbeddedPostgres.in_temporary_folder()
    assert (folder / "data" / "PG_VERSION").exists()
    server.stop()
    assert not folder.exists()
