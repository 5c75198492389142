"""Parquet beside the attempt that it was made of: one folder per transform."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from include.landing.errors import LandingError
from include.landing.files import MeasuredFile, written_whole
from include.landing.manifest import FrameFile, FrameManifest, Manifest
from include.landing.place import Place


class FrameFolder:
    """Where one transform writes its files."""

    def __init__(self, folder: Place, address: str, load_id: str, manifest: Manifest) -> None:
        self.load_id = load_id
        self._folder = folder
        self._address = address
        self._manifest = manifest
        self._files: dict[str, MeasuredFile] = {}

    def file(self, name: str) -> MeasuredFile:
        """A new binary file to write; close it before `finish`."""
        if name in self._files:
            raise LandingError(f"{name} is written twice by one transform. This is a bug.")
        self._files[name] = MeasuredFile(self._folder / name)
        return self._files[name]

    def finish(
        self, *, files: Iterable[FrameFile], counts: Mapping[str, Any] | None = None, forgotten: str = ""
    ) -> FrameManifest:
        """Publishes: `files` name what each written file holds; bytes and checksums are filled in here."""
        manifest = FrameManifest(
            address=self._address,
            account=self._manifest.account,
            stream=self._manifest.stream,
            kind=self._manifest.kind,
            attempt_id=self._manifest.attempt_id,
            load_id=self.load_id,
            extracted_at=self._manifest.extracted_at,
            slice_dates=self._manifest.slice_dates,
            files=tuple(self._measured(file) for file in files),
            counts=dict(counts or {}),
            forgotten=forgotten,
        )
        written_whole(self._folder / "manifest.json", manifest.written())
        return manifest

    def _measured(self, file: FrameFile) -> FrameFile:
        written = self._files[file.name]
        written.close()
        return replace(file, bytes=written.size, sha256=written.sha256)
