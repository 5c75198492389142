"""Zoom's newest answer on disk as well: sealed, synced, readable by the owner alone.

Written before the commit and kept until the next answer, so that neither a database that fails just then, nor a
process that is killed just then, nor a database that comes back older than it was loses the newest refresh token.
A folder is one host's, or shared by several: then each can bring back what another was given.
"""

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import time

from include.grant.journal import Tokens
from include.grant.sealing import dump, load

log = logging.getLogger(__name__)

_SUFFIX = ".sealed"
_WRITING = ".writing"
_LEFT_BEHIND_SECONDS = 3600  # nobody writes for so long: it was killed


class SpillError(Exception):
    """The folder took no file; the database alone has to keep the answer."""


@dataclass(frozen=True)
class Kept:
    """A granted token set that the database may not know.

    Attributes:
        generation: The journal's when the token was posted.
        posted: The fingerprint of the refresh token that was posted.
    """

    connection_id: str
    attempt_id: str
    generation: int
    posted: str
    tokens: Tokens


@dataclass(frozen=True)
class SpillFolder:
    """One file per Connection in a folder that should outlive the container; `unseal` gives None where it can't.

    Many processes may use one folder at once: each writes a file of its own and renames it.
    """

    folder: Path
    seal: Callable[[str], str]
    unseal: Callable[[str], str | None]

    def keep(self, kept: Kept) -> None:
        """Returns once the file would survive a power cut; one that has a later answer stays.

        That one came to another process, while this one was stopped beyond its lease.

        Raises:
            SpillError: The folder cannot be written.
        """
        file = self._file(kept.connection_id)
        text = self.seal(json.dumps(vars(kept) | {"tokens": dump(kept.tokens)}))
        there = self._read(file)
        if there and there.tokens.issued_at > kept.tokens.issued_at:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            _replace(file, text)
            _clear(file)
        except OSError as error:
            raise SpillError(
                f"The folder {self.folder} cannot be written ({type(error).__name__})."
            ) from error

    def find(self, connection_id: str) -> Kept | None:
        """The newest answer in this folder."""
        return self._read(self._file(connection_id))

    def all(self) -> Iterator[Kept]:
        """The newest answer of each Connection; what can't be opened is named and stays."""
        for file in sorted(self.folder.glob(f"*{_SUFFIX}")):
            if kept := self._read(file):
                yield kept

    def drop(self, connection_id: str) -> None:
        """Forgets a grant that a person has ended."""
        try:
            self._file(connection_id).unlink(missing_ok=True)
        except OSError:
            log.warning("A file in %s could not be removed; what it keeps is revoked.", self.folder)

    def reseal(self) -> int:
        """Seals everything in this folder anew, with Airflow's first Fernet key; how many files that were.

        The leases are held meanwhile: who kept an answer between reading and writing would lose it.
        """
        resealed = 0
        for file in self.folder.glob(f"*{_SUFFIX}"):
            try:
                text = self.unseal(file.read_text())
                if text is not None:
                    _replace(file, self.seal(text))
                    resealed += 1
            except OSError as error:
                log.warning("The file %s was not sealed anew (%s).", file, type(error).__name__)
        return resealed

    def _file(self, connection_id: str) -> Path:
        return self.folder / f"{hashlib.sha256(connection_id.encode()).hexdigest()[:32]}{_SUFFIX}"

    def _read(self, file: Path) -> Kept | None:
        try:
            text = self.unseal(file.read_text())
        except FileNotFoundError:
            return None
        except OSError as error:
            log.error("The answer kept in %s cannot be read (%s).", file, type(error).__name__)  # noqa: TRY400 - no trace needed
            return None
        if text is None:
            log.error("The answer kept in %s was sealed with another Fernet key: it stays there.", file)
            return None
        kept = json.loads(text)
        tokens = load(kept.pop("tokens"))
        return Kept(**kept, tokens=tokens) if tokens else None


def _replace(file: Path, text: str) -> None:
    with NamedTemporaryFile(
        "w", dir=file.parent, prefix=f"{file.stem}-", suffix=_WRITING, delete=False
    ) as opened:
        try:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
            Path(opened.name).replace(file)
        except OSError:
            Path(opened.name).unlink(missing_ok=True)
            raise
    _sync_folder(file.parent)


def _clear(file: Path) -> None:
    """Removes what killed processes have left unfinished of it."""
    for left in file.parent.glob(f"{file.stem}*{_WRITING}"):
        with suppress(OSError):
            if time() - left.stat().st_mtime > _LEFT_BEHIND_SECONDS:
                left.unlink()


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
