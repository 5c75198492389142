"""Files on their way to an object store: written here first, then sent whole or not at all."""

import shutil
import tempfile
from contextlib import suppress
from typing import IO

from include.landing.errors import writing
from include.landing.place import Place

_CHUNK = 1 << 20


class Upload:
    """A file that a store has when it is closed, and not before.

    Writing straight to the store would hold a block of each open file in memory (s3fs: 50 MB, and a transform has a
    file open for each table and day), keep a multipart upload open for as long as a pull takes, and leave its parts
    there after a kill. The copy here has no name, so that a killed process leaves nothing.
    """

    def __init__(self, path: Place) -> None:
        self._path = path
        self._copy: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close` or `discard`

    def write(self, data: bytes) -> int:
        """Appends to what will be sent."""
        with writing(self._path.name, where="the temporary folder", named_by="TMPDIR"):
            return self._copy.write(data)

    def close(self) -> None:
        """Sends it."""
        with self._copy:
            self._copy.seek(0)
            _send(self._copy, self._path)

    def discard(self) -> None:
        """Sends nothing."""
        self._copy.close()


def _send(source: IO[bytes], path: Place) -> None:
    target = path.fs.open(path.path, "wb")
    try:
        shutil.copyfileobj(source, target, _CHUNK)
        target.close()
    except BaseException:
        _give_up(target)
        raise


def _give_up(target: IO[bytes]) -> None:
    """Ends a multipart upload without its object; when it is collected, fsspec would close and so publish it."""
    with suppress(Exception):
        target.discard()  # type: ignore[attr-defined]
    with suppress(AttributeError):
        target.closed = True  # type: ignore[misc]
