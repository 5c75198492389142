"""Folders of attempts and of frames, whose names tell when they were made."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from include.landing.files import listed, read_whole
from include.landing.manifest import Manifest
from include.landing.place import Place

ENDED_AFTER = timedelta(hours=48)
"""No pull or transform goes on with what is older."""
RESUMES = "resumes.json"
"""In an attempt's folder: which files it goes on from, that lie in the folders of earlier tries."""
TAKEN = "taken-"
"""In the folder of a window that runs share, begins the name of a file that says which days one of them took."""


def attempts_in(folder: Place) -> list[Place]:
    """The folders of a stream's attempts, oldest first."""
    return [folder / name for name in listed(folder) if made_at(name)]


def made_at(name: str) -> datetime | None:
    """When a folder that is named by a UUIDv7 was made; None for other names."""
    try:
        return datetime.fromtimestamp((UUID(name).int >> 80) / 1000, UTC)
    except (ValueError, OverflowError):
        return None


def is_old(name: str, now: datetime) -> bool:
    """Whether nobody goes on with a folder of this name."""
    made = made_at(name)
    return made is not None and now - made > ENDED_AFTER


def published_by(attempt: Place) -> Manifest | None:
    """What an attempt has published; by its name, as a list might not have it yet."""
    path = attempt / "manifest.json"
    try:
        return Manifest.read(read_whole(path), path.name)
    except FileNotFoundError:
        return None
