"""Landing's root: begins attempts, finds what manifests name."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import BinaryIO
from urllib.parse import quote

import orjson
import uuid6
from upath import UPath

from include.landing.attempt import Attempt
from include.landing.errors import LandingDamaged
from include.landing.files import made, read_whole, verified, written_whole
from include.landing.folders import TAKEN
from include.landing.frames import FrameFolder
from include.landing.manifest import FrameFile, FrameManifest, Manifest, joined_manifest
from include.landing.parts import ASK_ANEW, pages_of
from include.landing.place import Place
from include.landing.pointers import pointed
from include.landing.shared import SharedPlace
from include.zoom.pages import Page
from include.zoom.stream import Kind, Stream

_TRANSFORM_ANEW = "Clear the transform task of this run, which makes it anew."

_log = logging.getLogger(__name__)


def _now() -> datetime:
    return datetime.now(UTC)


class Landing:
    """A folder or bucket of attempts; addresses are paths below it, so it may be moved."""

    def __init__(
        self,
        root: Place | str,
        *,
        clock: Callable[[], datetime] = _now,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._root = UPath(root) if isinstance(root, str) else root
        self._clock = clock
        self._pause = pause

    def begin(
        self,
        account: str,
        stream: Stream,
        *,
        days: Iterable[date] = (),
        resume: str | None = None,
        settings: Mapping[str, str] | None = None,
        keep: Callable[[str], None] | None = None,
        shared: bool = False,
        as_of: datetime | None = None,
    ) -> Attempt:
        """A new attempt.

        Args:
            account: key of the Zoom account and host.
            stream: what is pulled.
            days: the window; a snapshot has none.
            resume: the cursor of a try of the same run that did not end.
            settings: what else decides what is asked, such as which list gives the participants.
            keep: is called with the cursor each time that a file is complete.
            shared: whether the window is one that several runs share.
            as_of: when it was found what there is to ask for; the extraction is no newer.
        """
        attempt_id = str(uuid6.uuid7())
        folder = f"{_folder_name(account)}/{stream.name}"
        empty = Manifest(
            address=self.address(account, stream.name, attempt_id),
            account=account,
            stream=stream.name,
            kind=stream.kind,
            attempt_id=attempt_id,
            days=() if stream.kind is Kind.SNAPSHOT else tuple(sorted(set(days))),
            extracted_at=self._clock(),
            files=(),
            settings=dict(settings or {}),
            shared=shared,
        )
        attempt = Attempt(
            self._root / folder, stream, attempt_id, empty, clock=self._clock, keep=keep, as_of=as_of
        )
        made(self._root / folder / attempt_id)
        if resume is not None:
            _resume(attempt, resume)
        return attempt

    def address(self, account: str, stream: str, attempt_id: str) -> str:
        """Where the manifest of an attempt is, whether it is there or not."""
        return f"{_folder_name(account)}/{stream}/{attempt_id}/manifest.json"

    def manifest(self, address: str) -> Manifest:
        """The manifest at an address."""
        return Manifest.read(self._read(address, ASK_ANEW), address)

    def pages(self, manifest: Manifest) -> Iterator[Page]:
        """All pages of an attempt, each file verified before its first page comes.

        Raises:
            LandingDamaged: a file is missing, cut off or altered.
        """
        folder = self._root / manifest.address.rsplit("/", 2)[0]
        for file in manifest.files:
            yield from pages_of(folder, file)

    def latest_snapshot(self, account: str, stream: str, day: date) -> str | None:
        """The address of the complete snapshot that was taken on `day`, if there is one."""
        address = pointed(self.folder(account, stream) / "snapshots" / f"{day}.json", account)
        if address is None:
            return None
        try:
            return self.manifest(address).address
        except LandingDamaged as error:
            _log.warning("%s It is asked anew.", error)
            return None

    def shared(self, account: str, stream: str, name: str) -> SharedPlace:
        """The place of something that runs share of an account's stream."""
        return SharedPlace(self.folder(account, stream) / "shared", name, account, self._clock, self._pause)

    def join(self, manifests: Sequence[Manifest], days: Iterable[date]) -> Manifest:
        """An attempt of files that others have written: for days that lie across two windows."""
        first, attempt_id = manifests[0], str(uuid6.uuid7())
        address = self.address(first.account, first.stream, attempt_id)
        joined = replace(
            joined_manifest(manifests), address=address, attempt_id=attempt_id, days=tuple(sorted(set(days)))
        )
        made((self._root / address).parent)
        written_whole(self._root / address, joined.written())
        return joined

    def take(self, manifest: Manifest, days: Iterable[date]) -> None:
        """Says which days of a window that runs share are to be loaded, so that it stays until they are."""
        if manifest.shared and (taken := sorted(days)):
            folder = (self._root / manifest.address).parent
            told = orjson.dumps({"days": taken})
            written_whole(folder / f"{TAKEN}{taken[0]}-{taken[-1]}.json", told)

    def begin_frames(self, manifest: Manifest) -> FrameFolder:
        """A new folder for one transform of an attempt."""
        load_id = str(uuid6.uuid7())
        folder = f"{manifest.address.rsplit('/', 1)[0]}/frames-{load_id}"
        made(self._root / folder)
        return FrameFolder(self._root / folder, f"{folder}/manifest.json", load_id, manifest)

    def frame_manifest(self, address: str) -> FrameManifest:
        """The manifest of a transform at an address."""
        return FrameManifest.read(self._read(address, _TRANSFORM_ANEW), address)

    def open_frame(self, manifest: FrameManifest, file: FrameFile) -> AbstractContextManager[BinaryIO]:
        """A local, seekable copy of a Parquet file, verified."""
        path = self._root / manifest.address.rsplit("/", 1)[0] / file.name
        return verified(path, size=file.bytes, sha256=file.sha256, remedy=_TRANSFORM_ANEW)

    def folder(self, account: str, stream: str) -> Place:
        """Where the attempts of an account's stream lie."""
        return self._root / _folder_name(account) / stream

    def _read(self, address: str, remedy: str) -> bytes:
        if address.startswith("/") or ".." in address.split("/"):
            raise LandingDamaged(f"{address} is no address in landing. {remedy}")
        try:
            return read_whole(self._root / address)
        except FileNotFoundError as error:
            raise LandingDamaged(f"{address} is gone from landing. {remedy}") from error


def _resume(attempt: Attempt, cursor: str) -> None:
    try:
        attempt.resume(cursor)
    except (LandingDamaged, KeyError, TypeError, ValueError) as error:
        _log.warning("An earlier try cannot be continued, so all is asked again: %s", error)


def _folder_name(account: str) -> str:
    return quote(account, safe="@").replace("%", "~")
