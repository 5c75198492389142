"""How this installation types what was pulled: by its settings, and by its code of now."""

import hashlib
from functools import cache
from pathlib import Path

from include.flow.frame_files import write_frames
from include.flow.privacy import configured_policy
from include.landing import FrameManifest, Landing, Manifest
from include.zoom.forgotten import NOBODY, Forgotten
from include.zoom.stream import Stream


def framed(
    stream: Stream, store: Landing, manifest: Manifest, forgotten: Forgotten = NOBODY
) -> FrameManifest:
    """Types an attempt's pages into a new folder of frames beside it, without who is forgotten."""
    return write_frames(stream, store, manifest, configured_policy(), forgotten)


@cache
def code_version(folder: Path = Path(__file__).parents[1] / "zoom") -> str:
    """The same as long as the code is that says what becomes of a page."""
    digest = hashlib.sha256()
    for source in sorted(folder.rglob("*.py")):
        digest.update(f"{source.relative_to(folder)}\n".encode() + source.read_bytes())
    return digest.hexdigest()[:12]
