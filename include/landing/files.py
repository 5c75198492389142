"""Files that know their length and checksum: measured while they are written, verified before they are read.

Of a store they need no more than that an object is there whole or not at all, and that who reads its name after it
was written finds it. So small objects are written and read by one request each, and caches of listings are left out.
"""

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast
from uuid import uuid4

from fsspec.implementations.local import LocalFileSystem

from include.landing.errors import LandingDamaged, LandingError, reading, writing
from include.landing.place import Place
from include.landing.uploads import Upload

_CHUNK = 1 << 20
_IN_MEMORY_BYTES = 8 << 20
# Else s3fs asks for the length first, and lists where there is none.
_AT_ONCE = {each: {"max_concurrency": 1} for each in ("s3", "s3a", "s3n")}
_WITHOUT_FOLDERS = {"s3", "s3a", "s3n", "gs", "gcs", "abfs", "abfss", "adl", "az"}


class MeasuredFile:
    """A binary file to write once from start to end; `size` and `sha256` are right when it is closed.

    It has what pyarrow asks of a file to write.
    """

    def __init__(self, path: Place) -> None:
        self.name = path.name
        self._path = path
        self.size = 0
        self.closed = False
        self._digest = hashlib.sha256()
        self._abandoned = False
        with writing(self.name):
            self._target = _to_write(path)

    @property
    def sha256(self) -> str:
        """Hexadecimal checksum of what was written."""
        return self._digest.hexdigest()

    def write(self, data: bytes | bytearray | memoryview) -> int:
        """Appends; raises `LandingFull` or another `LandingError`."""
        content = bytes(data)
        if self._abandoned:
            return len(content)
        with writing(self.name):
            self._target.write(content)
        self._digest.update(content)
        self.size += len(content)
        return len(content)

    def tell(self) -> int:
        """How many bytes were written."""
        return self.size

    def flush(self) -> None:
        """Does nothing: only a closed file counts."""

    def close(self) -> None:
        """Ends the file."""
        if not self.closed:
            self.closed = True
            with writing(self.name):
                self._target.close()

    def abandon(self) -> None:
        """Gives the file up and its space back; what is still written to it goes nowhere."""
        self._abandoned = self.closed = True
        if isinstance(self._target, Upload):
            self._target.discard()
            return
        with suppress(OSError):
            self._target.close()
        with suppress(LandingError):
            removed(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def verified(path: Place, *, size: int, sha256: str, remedy: str) -> Iterator[BinaryIO]:
    """A seekable file that is what its manifest says, else `LandingDamaged`: a copy of it where it is not local."""
    with _at_hand(path, remedy) as (file, found_size, found_sha256):
        if found_size != size:
            raise LandingDamaged(
                f"{path.name} in landing has {found_size} bytes, its manifest says {size}. {remedy}"
            )
        if found_sha256 != sha256:
            raise LandingDamaged(f"{path.name} in landing was altered: its checksum differs. {remedy}")
        file.seek(0)
        yield file


def written_whole(path: Place, content: bytes) -> None:
    """Writes a small object at once."""
    with writing(path.name):
        path.fs.pipe_file(path.path, content)


def read_whole(path: Place) -> bytes:
    """What a small object holds now.

    Raises:
        FileNotFoundError: it is not there.
        LandingError: the store cannot be read.
    """
    with reading(path.name):
        return cast("bytes", path.fs.cat_file(path.path, **_AT_ONCE.get(path.protocol, {})))


def removed(path: Place) -> None:
    """Deletes a file; it need not be there."""
    with writing(path.name), suppress(FileNotFoundError):
        path.fs.rm_file(path.path)


def folder_removed(folder: Place) -> None:
    """Deletes a folder with all that is in it; it need not be there."""
    with writing(folder.name), suppress(FileNotFoundError):
        folder.fs.invalidate_cache()
        folder.fs.rm(folder.path, recursive=True)


def made(folder: Place) -> None:
    """Has a folder be there. An object store has none, and would look for its bucket, or make one."""
    if folder.protocol not in _WITHOUT_FOLDERS:
        with writing(folder.name):
            folder.mkdir(parents=True, exist_ok=True)


def listed(folder: Place) -> list[str]:
    """The names in a folder, none where it is not there. A store may tell of what was just written a little later."""
    with reading(folder.name):
        folder.fs.invalidate_cache()
        try:
            found = [str(each).rstrip("/") for each in folder.fs.ls(folder.path, detail=False)]
        except FileNotFoundError:
            return []
        finally:
            folder.fs.invalidate_cache()  # fsspec would answer from it what is read by name next
    own = folder.path.rstrip("/")
    return sorted(each.rsplit("/", 1)[-1] for each in found if each.lstrip("/") != own.lstrip("/"))


def swapped(path: Place, content: bytes) -> None:
    """Replaces a small object that is there: who reads it meanwhile, or after a crash, finds the old or the new one."""
    if not isinstance(path.fs, LocalFileSystem):
        written_whole(path, content)  # object stores show an object when it is complete
        return
    beside = path.with_name(f"{path.name}.{uuid4().hex}.new")  # of this writer alone
    written_whole(beside, content)
    with writing(path.name):
        Path(beside.path).replace(path.path)


@contextmanager
def _at_hand(path: Place, remedy: str) -> Iterator[tuple[BinaryIO, int, str]]:
    """The file with its size and checksum; one that is replaced meanwhile stays what it was to who has it open."""
    try:
        with reading(path.name):
            source = path.open("rb")
    except FileNotFoundError as error:
        raise LandingDamaged(f"{path.name} is gone from landing. {remedy}") from error
    if isinstance(path.fs, LocalFileSystem):
        with source:
            sha256 = hashlib.file_digest(cast("io.BufferedReader", source), "sha256").hexdigest()
            yield source, source.tell(), sha256
        return
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as copy:
        with reading(path.name):
            size, sha256 = _copied(source, cast("BinaryIO", copy))
        yield cast("BinaryIO", copy), size, sha256


def _copied(source: BinaryIO, target: BinaryIO) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += target.write(chunk)
    return size, digest.hexdigest()


def _to_write(path: Place) -> BinaryIO | Upload:
    if isinstance(path.fs, LocalFileSystem):
        return path.open("wb")
    return Upload(path)
