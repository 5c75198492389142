"""Forgets people in landing: what was pulled is written anew without them, what was made of it leaves.

Nothing is lost in a crash: a file of pages is written beside the old one, then the manifests that name it and its
index change over, then the old file goes. Again from the start ends the same.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby

from include.landing.files import listed, read_whole, removed, swapped
from include.landing.folders import attempts_in, is_old, published_by
from include.landing.manifest import FrameManifest, Manifest
from include.landing.parts import OpenPart, Part, index_name, pages_of, versioned
from include.landing.place import Place
from include.landing.store import Landing
from include.zoom.forgetting import Removed, is_named, without_forgotten
from include.zoom.forgotten import Forgotten
from include.zoom.pages import Page, Record
from include.zoom.stream import Stream

FRAMES_REMOVED = "removed"
"""The version of a frame manifest whose files are gone: no load takes it."""
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass
class LandingForgetting:
    """What was changed, or would be."""

    deleted: int = 0
    """Records that were the person's own."""
    blanked: int = 0
    files: int = 0
    """Files of pages written anew."""
    frames: int = 0
    """Parquet files deleted; `load` makes them anew when it needs them."""
    under_way: list[str] = field(default_factory=list)
    """Attempts that have not ended, or were killed not long ago: nothing of theirs was touched."""


def forget_in_landing(
    landing: Landing,
    account: str,
    stream: Stream,
    forgotten: Forgotten,
    *,
    now: datetime,
    dry_run: bool = False,
) -> LandingForgetting:
    """Forgets in all attempts of an account's stream.

    Raises:
        LandingDamaged: a file is not what its index says.
        LandingError: landing cannot be written.
    """
    done = LandingForgetting()
    folder = landing.folder(account, stream.name)
    attempts = [_Attempt(each, now) for each in attempts_in(folder)]
    # What a try had finished before it was killed is published by the one that went on from there.
    published = {
        file.name.split("/")[0] for each in attempts if (told := each.manifest()) for file in told.files
    }
    ended = [attempt for attempt in attempts if attempt.ended or attempt.path.name in published]
    done.under_way = [each.path.name for each in attempts if each not in ended and each.holds_data]
    if not dry_run:
        for attempt in ended:
            done.frames += attempt.remove_frames(forgotten)
    rewriting = _Rewriting(folder, stream, forgotten, done, dry_run=dry_run)
    changed = {name: part for attempt in ended for name, part in rewriting.parts(attempt)}
    if not dry_run:
        for attempt in ended:
            rewriting.swap_manifest(attempt, changed)
        for part in changed.values():
            swapped(folder / index_name(part.file.name), part.written())
        for attempt in ended:
            attempt.remove_unnamed()
    return done


def landed_records(landing: Landing, account: str, stream: Stream) -> Iterator[Record]:
    """The records of all pages of an account's stream that lie in closed files."""
    folder = landing.folder(account, stream.name)
    for path in attempts_in(folder):
        for part in _Attempt(path, _LONG_AGO).indexes():
            for page in pages_of(folder, part.file):
                yield from page.records(stream.lists[page.listing])


@dataclass
class _Attempt:
    """An attempt's folder."""

    path: Place
    now: datetime
    names: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.names = set(listed(self.path))

    @property
    def ended(self) -> bool:
        """Whether nobody writes here any more."""
        return self.manifest() is not None or is_old(self.path.name, self.now)

    @property
    def holds_data(self) -> bool:
        """Whether pages were written."""
        return any(name.startswith("part-") for name in self.names)

    def indexes(self) -> Iterator[Part]:
        """Its closed files of pages."""
        for name in sorted({index_name(each) for each in self.names if each.startswith("part-")}):
            if (part := self._part(name)) is not None:
                yield part

    def manifest(self) -> Manifest | None:
        """What it has published."""
        return published_by(self.path)

    def remove_unnamed(self) -> None:
        """Deletes files of pages that no index names: what a crash left, and versions that were replaced."""
        for name in self.names | set(listed(self.path)):
            if name.endswith(".new") or (name.endswith(".zst") and not self._is_named(name)):
                removed(self.path / name)

    def _is_named(self, name: str) -> bool:
        part = self._part(index_name(name))
        return part is not None and part.file.name.endswith(f"/{name}")

    def _part(self, index: str) -> Part | None:
        """By the index's name: a list might tell of one file and not of the other yet."""
        if not index.endswith(".json"):
            return None
        try:
            return Part.read(read_whole(self.path / index), index)
        except FileNotFoundError:
            return None

    def remove_frames(self, forgotten: Forgotten) -> int:
        """Empties frames that were made when others were forgotten; how many files left."""
        frames = [self.path / name for name in sorted(self.names) if name.startswith("frames-")]
        return sum(_removed(each, forgotten, self.now) for each in frames)


def _removed(frames: Place, forgotten: Forgotten, now: datetime) -> int:
    files = [name for name in listed(frames) if name.endswith(".parquet")]
    path = frames / "manifest.json"
    try:
        manifest = FrameManifest.read(read_whole(path), path.name)
    except FileNotFoundError:
        if not is_old(frames.name.removeprefix("frames-"), now):
            return 0  # a transform is writing it; what it publishes, no load takes
    else:
        if manifest.forgotten == forgotten.version:
            return 0
        swapped(path, replace(manifest, files=(), forgotten=FRAMES_REMOVED).written())
    for name in files:
        removed(frames / name)
    return len(files)


@dataclass
class _Rewriting:
    folder: Place
    stream: Stream
    forgotten: Forgotten
    done: LandingForgetting
    dry_run: bool

    def parts(self, attempt: _Attempt) -> Iterator[tuple[str, Part]]:
        """The attempt's files of pages that name somebody, written anew, by the name of their index."""
        for part in attempt.indexes():
            if any(is_named(page, self.forgotten) for page in pages_of(self.folder, part.file)):
                removed = Removed()
                pages = without_forgotten(
                    self.stream, pages_of(self.folder, part.file), self.forgotten, removed
                )
                if self.dry_run:
                    for _ in pages:
                        pass
                else:
                    yield index_name(part.file.name), self._written(part, pages)
                self.done.deleted += removed.records
                self.done.blanked += removed.blanked
                self.done.files += 1

    def swap_manifest(self, attempt: _Attempt, changed: Mapping[str, Part]) -> None:
        """Has the attempt's manifest name the new files, and its skipped parents nobody."""
        manifest = attempt.manifest()
        if manifest is None:
            return
        files = tuple(
            changed[name].file if (name := index_name(file.name)) in changed else file
            for file in manifest.files
        )
        counts = {
            **manifest.counts,
            "skipped": [self._renamed(each) for each in manifest.counts.get("skipped", [])],
        }
        if files != manifest.files:
            for name in ("pages", "records", "total_records"):
                counts[name] = sum(getattr(file, name) for file in files)
        new = replace(manifest, files=files, counts=counts)
        if new.written() != manifest.written():
            swapped(attempt.path / "manifest.json", new.written())

    def _written(self, part: Part, pages: Iterator[Page]) -> Part:
        new = OpenPart(self.folder, versioned(part.file.name, self.forgotten.version))
        try:
            for _, unit in groupby(pages, key=lambda page: (page.listing, page.parent)):
                new.write(unit, self.stream)
        except BaseException:
            new.drop()
            raise
        closed = new.close()
        return replace(closed, extracted_at=part.extracted_at, taken_over=part.taken_over)

    def _renamed(self, skipped: Mapping[str, object]) -> dict[str, object]:
        parent = skipped.get("parent")
        if not isinstance(parent, dict):
            return dict(skipped)
        named = self.forgotten.named_within
        return {**skipped, "parent": {name: named(value) or value for name, value in parent.items()}}
