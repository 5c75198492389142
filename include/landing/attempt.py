"""One try of a pull: takes pages as they are finished and publishes them with a manifest at the end.

Pages go into files that are closed every so often. Each closed file has an index beside it that names the
finished units, and the cursor names the files: what a killed try has finished is not asked again. Each try
writes a folder of its own, so a try that is not quite dead cannot write into its successor's.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from typing import Any

import orjson

from include.landing.errors import LandingDamaged, LandingError
from include.landing.files import read_whole, written_whole
from include.landing.folders import RESUMES
from include.landing.manifest import Manifest, parsed
from include.landing.parts import OpenPart, Part, index_name, pages_of
from include.landing.place import Place
from include.landing.pointers import point
from include.zoom.pages import Page
from include.zoom.pull import PullCounts
from include.zoom.stream import Stream

_RESUMABLE = timedelta(hours=48)  # since the last file: the longest wait for a daily cap is 24 hours


class Attempt:
    """A `Sink` for `include.zoom.pull`."""

    def __init__(
        self,
        folder: Place,
        stream: Stream,
        attempt_id: str,
        about: Manifest,
        *,
        clock: Callable[[], datetime],
        keep: Callable[[str], None] | None = None,
        as_of: datetime | None = None,
    ) -> None:
        self.id = attempt_id
        self._folder = folder
        self._stream = stream
        self._about = about
        self._clock = clock
        self._keep = keep
        self._as_of = as_of
        self._parts: list[Part] = []
        self._open: OpenPart | None = None
        self._lost = False
        self._confirmed_at: datetime | None = None

    def resume(self, cursor: str) -> None:
        """Takes over what an earlier try had finished, if it asked the same and not too long ago.

        Raises:
            LandingDamaged: its files are gone or altered.
        """
        told = parsed(cursor.encode(), "The pull's cursor")
        fresh = self._clock() - datetime.fromisoformat(told["kept_at"]) <= _RESUMABLE
        if fresh and told["asks"] == self._asks():
            self._parts = [self._index(name) for name in told["files"]]
            written_whole(self._folder / self.id / RESUMES, orjson.dumps({"files": told["files"]}))

    def write(self, pages: Sequence[Page]) -> None:
        """Takes the pages of one finished unit."""
        part, self._open = self._open or self._next_part(), None
        try:
            part.write(pages, self._stream)
        except BaseException:
            # Half a unit is in it: the whole file is lost, and what was in it is asked again.
            self._lost = True
            part.drop()
            raise
        self._open = part
        if part.is_large():
            self._close()

    def take_over(self, units: Iterable[Sequence[Page]], *, confirmed_at: datetime) -> None:
        """Takes units of an earlier attempt, which were seen to be unchanged at `confirmed_at`.

        Their pages keep the time at which Zoom gave them. What comes before an error in `units` is taken.
        """
        self.cursor()
        self._confirmed_at = confirmed_at
        try:
            for unit in units:
                self.write(unit)
        finally:
            self.cursor()
            self._confirmed_at = None

    def taken_over(self) -> int:
        """How many of the finished units come from an earlier attempt."""
        return sum(len(part.finished) for part in self._parts if part.taken_over)

    def finished(self) -> Collection[str]:
        """The units that this try, and those it goes on from, have finished."""
        return {unit for part in self._parts for unit in part.finished}

    def cursor(self) -> str:
        """What the next try needs to go on from here; everything written so far is in closed files then."""
        if self._open is not None:
            self._close()
        return self._cursor()

    def pages(self) -> Iterator[Page]:
        """What is finished so far, also by the tries that this one goes on from.

        Raises:
            LandingDamaged: a file is missing, cut off or altered.
        """
        self.cursor()
        for part in self._parts:
            yield from pages_of(self._folder, part.file)

    def start_over(self) -> None:
        """Gives up what is finished: the next try asks everything anew."""
        self.cursor()
        self._parts = []

    def finish(self, counts: PullCounts) -> Manifest:
        """Publishes: writes the manifest, and the pointer to it where it is a snapshot."""
        self.cursor()
        if self._lost:
            raise LandingError(
                f"A file of {self.id} was lost, so the attempt is not published. This is a bug."
            )
        moments = [part.extracted_at for part in self._parts if part.extracted_at is not None]
        extracted_at = min(moments, default=self._clock())
        files = tuple(part.file for part in self._parts)
        manifest = replace(
            self._about,
            extracted_at=min(extracted_at, self._as_of or extracted_at),
            files=files,
            counts={
                **asdict(counts),
                "reused": max(0, counts.reused - self.taken_over()),
                "taken_over": self.taken_over(),
                "pages": sum(file.pages for file in files),
                "records": sum(file.records for file in files),
                "total_records": sum(file.total_records for file in files),
            },
        )
        written_whole(self._folder / self.id / "manifest.json", manifest.written())
        if manifest.snapshot_date is not None:
            self._point(manifest, manifest.snapshot_date)
        return manifest

    def _next_part(self) -> OpenPart:
        return OpenPart(self._folder, f"{self.id}/part-{len(self._parts) + 1:05}.ndjson.zst")

    def _close(self) -> None:
        if self._open is None:
            return
        was_open, self._open, self._lost = self._open, None, True
        try:
            part = was_open.close()
        except BaseException:
            was_open.drop()
            raise
        if self._confirmed_at is not None:
            part = replace(part, extracted_at=self._confirmed_at, taken_over=True)
        written_whole(self._folder / index_name(part.file.name), part.written())
        self._parts.append(part)
        self._lost = False
        if self._keep is not None:
            self._keep(self._cursor())

    def _cursor(self) -> str:
        told = {
            "kept_at": self._clock(),
            "asks": self._asks(),
            "files": [part.file.name for part in self._parts],
        }
        return orjson.dumps(told).decode()

    def _asks(self) -> dict[str, Any]:
        return {
            "account": self._about.account,
            "stream": self._stream.name,
            "days": [day.isoformat() for day in self._about.days],
            "settings": dict(self._about.settings),
        }

    def _index(self, name: str) -> Part:
        path = self._folder / index_name(name)
        try:
            return Part.read(read_whole(path), path.name)
        except FileNotFoundError as error:
            raise LandingDamaged(
                f"{path.name}, which the pull's cursor names, is gone from landing."
            ) from error

    def _point(self, manifest: Manifest, day: date) -> None:
        point(self._folder / "snapshots" / f"{day}.json", manifest.account, manifest.address)
