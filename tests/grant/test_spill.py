"""The folder where an answer waits for the database: what is on the disk, and what a broken disk does."""

import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet, InvalidToken

from include.grant.journal import Tokens
from include.grant.spill import Kept, SpillError, SpillFolder

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kept(connection_id: str = "zoom_default", generation: int = 7, at: datetime = START) -> Kept:
    """An answer with obvious fakes."""
    tokens = Tokens("access-canary", "refresh-canary", at, at + timedelta(hours=1), "user:read")
    return Kept(connection_id, "a" * 32, generation, "mark", tokens)


def folder_at(path: Path, key: bytes) -> SpillFolder:
    """A folder that seals with this key."""
    fernet = Fernet(key)

    def opened(text: str) -> str | None:
        try:
            return fernet.decrypt(text.encode()).decode()
        except InvalidToken:
            return None

    return SpillFolder(path, lambda text: fernet.encrypt(text.encode()).decode(), opened)


@pytest.fixture
def folder(tmp_path: Path) -> SpillFolder:
    """A folder that does not exist yet."""
    return folder_at(tmp_path / "state" / "spill", Fernet.generate_key())


def test_what_is_kept_is_found_by_another_process(folder: SpillFolder) -> None:
    """All of it, by its Connection and in the list; dropped, it is gone."""
    folder.keep(kept())
    other = SpillFolder(folder.folder, folder.seal, folder.unseal)
    assert other.find("zoom_default") == kept()
    assert list(other.all()) == [kept()]
    other.drop("zoom_default")
    assert (folder.find("zoom_default"), list(folder.all())) == (None, [])
    folder.drop("zoom_default")


def test_a_file_is_sealed_and_the_owners_alone(folder: SpillFolder) -> None:
    """No token in plain text, nobody else may read, and no half-written file stays."""
    folder.keep(kept())
    files = list(folder.folder.iterdir())
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600]
    assert stat.S_IMODE(folder.folder.stat().st_mode) == 0o700
    assert "canary" not in files[0].read_text()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """The rotation goes on without it, so the error names the folder and no token."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(SpillError, match="cannot be written") as caught:
        folder_at(blocked / "spill", Fernet.generate_key()).keep(kept())
    assert "canary" not in str(caught.value)


def test_a_file_of_another_fernet_key_stays(folder: SpillFolder, caplog: pytest.LogCaptureFixture) -> None:
    """It can't be opened, so it is named and left for the key that can."""
    folder.keep(kept())
    other = folder_at(folder.folder, Fernet.generate_key())
    assert list(other.all()) == []
    assert "sealed with another Fernet key" in caplog.text
    assert list(folder.all()) == [kept()]


def test_the_newest_answer_of_each_connection_is_kept(folder: SpillFolder) -> None:
    """One file each, whatever the Connection is called."""
    strange = "../zoom/ünlü"
    for found in (kept(), kept(generation=8), kept(strange)):
        folder.keep(found)
    assert folder.find("zoom_default") == kept(generation=8)
    assert folder.find(strange) == kept(strange)
    assert len(list(folder.folder.iterdir())) == 2


def test_a_server_that_is_interrupted_by_another_keeps_its_answer_too(
    folder: SpillFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two share the folder and write at once: neither loses the file that it is writing, and the later answer stays."""
    sync = os.fsync

    def while_another_writes(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", sync)
        folder.keep(kept(generation=8, at=START + timedelta(minutes=2)))
        sync(descriptor)

    folder.keep(kept(generation=6))
    monkeypatch.setattr(os, "fsync", while_another_writes)
    folder.keep(kept("zoom_default", generation=9, at=START + timedelta(minutes=3)))
    assert folder.find("zoom_default") == kept(generation=9, at=START + timedelta(minutes=3))
    assert len(list(folder.folder.iterdir())) == 1


def test_an_answer_that_came_earlier_displaces_none(folder: SpillFolder) -> None:
    """Whoever was stopped beyond its lease and goes on, leaves what another server was given meanwhile."""
    folder.keep(kept(generation=8, at=START + timedelta(minutes=2)))
    folder.keep(kept())
    assert folder.find("zoom_default") == kept(generation=8, at=START + timedelta(minutes=2))


def test_what_a_killed_process_left_unfinished_goes(folder: SpillFolder) -> None:
    """Once nobody can be writing it any more; what is being written stays."""
    folder.keep(kept())
    (whole,) = folder.folder.iterdir()
    left, written = (folder.folder / f"{whole.stem}-{name}.writing" for name in ("left", "written"))
    left.write_text("")
    written.write_text("")
    os.utime(left, (0, 0))
    folder.keep(kept(generation=8))
    assert sorted(folder.folder.iterdir()) == sorted([whole, written])
