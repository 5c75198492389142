"""Deletes what has lain in landing for longer than wanted, and nothing that something younger still needs.

An attempt stays, however old, where the warehouse has not taken it, or where one that stays names files in its folder
(what a killed try had finished, a window that was joined), was asked for its records (parents of what is final), or
goes on from it. What points at an attempt goes before it, its manifest before its pages: who comes meanwhile, or after
a kill, finds it gone and never in part.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from include.landing.errors import LandingDamaged
from include.landing.files import folder_removed, listed, read_whole, removed
from include.landing.folders import RESUMES, TAKEN, made_at, published_by
from include.landing.manifest import Manifest, parsed
from include.landing.place import Place
from include.landing.store import Landing
from include.zoom.stream import slice_dates

IsLoaded = Callable[[Manifest, Sequence[date]], bool]
"""Whether the warehouse holds these slices as an extraction has them, or newer."""
_POINTERS = ("snapshots", "finals", "shared")


@dataclass
class Retired:
    """What was deleted, or would be."""

    attempts: int = 0
    pointers: int = 0
    needed: int = 0
    """Old attempts that something younger needs."""
    unloaded: list[str] = field(default_factory=list)
    """The addresses of old attempts that stay because the warehouse has not taken them."""
    damaged: list[str] = field(default_factory=list)
    """Addresses whose manifest cannot be read: they stay, for a person to look at."""


def retire(
    landing: Landing,
    account: str,
    streams: Sequence[str],
    *,
    before: datetime,
    is_loaded: IsLoaded,
    dry_run: bool = False,
) -> Retired:
    """Deletes an account's attempts that were begun before a moment.

    Args:
        landing: where they lie.
        account: whose.
        streams: all that may have landed.
        before: at least ten days ago: windows that runs share are used for seven, a cursor for two.
        is_loaded: asks the ledger.
        dry_run: count and change nothing.

    Raises:
        LandingError: landing cannot be read or written; what was deleted before is whole.
    """
    retiring = _Retiring(landing, account, before, is_loaded)
    for stream in streams:
        retiring.look_at(stream)
    if retiring.old:
        retiring.decide()
        if not dry_run:
            retiring.carry_out()
    return retiring.done


@dataclass(frozen=True, order=True)
class _Node:
    """An attempt, by where it lies."""

    stream: str
    name: str

    @classmethod
    def at(cls, address: str) -> "_Node | None":
        """That of a manifest's address, or of one of its frames'."""
        parts = address.split("/")
        return cls(parts[1], parts[2]) if len(parts) > 3 else None  # noqa: PLR2004 - account, stream, attempt, file

    def made_before(self, moment: datetime) -> bool:
        """By its name."""
        made = made_at(self.name)
        return made is not None and made < moment


@dataclass(frozen=True)
class _Pointer:
    """A small file that leads to attempts."""

    path: Place
    leads_to: tuple[_Node, ...]
    is_old: bool
    """Said before the moment that counts: for what leads nowhere."""


@dataclass
class _Retiring:
    landing: Landing
    account: str
    before: datetime
    is_loaded: IsLoaded
    old: set[_Node] = field(default_factory=set)
    young: set[_Node] = field(default_factory=set)
    pointers: list[_Pointer] = field(default_factory=list)
    done: Retired = field(default_factory=Retired)
    _going: set[_Node] = field(default_factory=set)

    def look_at(self, stream: str) -> None:
        """Sorts a stream's attempts by age, and reads what points at them."""
        folder = self.landing.folder(self.account, stream)
        for name in listed(folder):
            if name in _POINTERS:
                self.pointers += _pointers(folder / name, self.before)
            elif made_at(name):
                node = _Node(stream, name)
                (self.old if node.made_before(self.before) else self.young).add(node)

    def decide(self) -> None:
        """Finds which old attempts leave: those that nothing that stays leads to."""
        leaving = {node for node in sorted(self.old) if self._may_leave(node)}
        waiting = [*self.young, *(self.old - leaving)]
        seen = set(waiting)
        while waiting:
            for node in self._needed_by(waiting.pop()) - seen:
                seen.add(node)
                waiting.append(node)
        self._going = leaving - seen
        self.done.needed = len(leaving & seen)
        self.done.attempts = len(self._going)
        self.done.pointers = sum(1 for _ in self._dangling())

    def carry_out(self) -> None:
        """Deletes, what leads to something before it."""
        for pointer in self._dangling():
            removed(pointer.path)
        for node in sorted(self._going):
            removed(self._path(node) / "manifest.json")
            folder_removed(self._path(node))

    def _may_leave(self, node: _Node) -> bool:
        """Whether the warehouse has no further use for an old attempt."""
        address = self.landing.address(self.account, node.stream, node.name)
        try:
            manifest = published_by(self._path(node))
            wanted = self._wanted(manifest, node) if manifest else ()
        except (LandingDamaged, KeyError, TypeError, ValueError):
            self.done.damaged.append(address)
            return False
        if manifest is None or self.is_loaded(manifest, wanted):
            return True
        self.done.unloaded.append(address)
        return False

    def _wanted(self, manifest: Manifest, node: _Node) -> tuple[date, ...]:
        """The slices that somebody was to load: of a window that runs share, those of the days that they took."""
        if not manifest.shared:
            return manifest.slice_dates
        path = self._path(node)
        told = [parsed(read_whole(path / name), name) for name in listed(path) if name.startswith(TAKEN)]
        days = {date.fromisoformat(day) for each in told for day in each["days"]}
        return slice_dates(manifest.kind, tuple(sorted(days))) if days else ()

    def _needed_by(self, node: _Node) -> set[_Node]:
        return {*self._with_files(node), *self._parents.get(node, ())}

    def _with_files(self, node: _Node) -> Iterator[_Node]:
        """The attempts of the same stream that have files of this one."""
        path = self._path(node)
        try:
            manifest = published_by(path)
            names = [file.name for file in manifest.files] if manifest else _resumed(path)
        except (LandingDamaged, KeyError, TypeError, ValueError):
            return  # nobody can read it, so it leads nowhere
        yield from (_Node(node.stream, name.split("/")[0]) for name in names)

    @cached_property
    def _parents(self) -> dict[_Node, set[_Node]]:
        """By attempt, those that gave the parents of its final days: without them nothing of it can be taken over."""
        found: dict[_Node, set[_Node]] = {}
        for pointer in self.pointers:
            if pointer.leads_to:
                found.setdefault(pointer.leads_to[0], set()).update(pointer.leads_to[1:])
        return found

    def _dangling(self) -> Iterator[_Pointer]:
        """Pointers to what leaves or is gone already; old claims and marks, but for a mark beside a pointer that stays."""
        staying = {
            str(each.path) for each in self.pointers if each.leads_to and not self._leads_nowhere(each)
        }
        for pointer in self.pointers:
            marked = str(pointer.path).replace(".anew.json", ".json")
            if self._leads_nowhere(pointer) if pointer.leads_to else pointer.is_old and marked not in staying:
                yield pointer

    def _leads_nowhere(self, pointer: _Pointer) -> bool:
        """What was made since this run began to look is no less there."""
        return any(
            node in self._going or (node not in self.old and node.made_before(self.before))
            for node in pointer.leads_to
        )

    def _path(self, node: _Node) -> Place:
        return self.landing.folder(self.account, node.stream) / node.name


def _resumed(attempt: Place) -> list[str]:
    try:
        return list(parsed(read_whole(attempt / RESUMES), RESUMES)["files"])
    except FileNotFoundError:
        return []


def _pointers(folder: Place, before: datetime) -> Iterator[_Pointer]:
    """Pointers, claims, and marks that a day is to be asked anew; what cannot be read is left alone."""
    for name in listed(folder):
        try:
            told = parsed(read_whole(folder / name), name)
            nodes = tuple(
                node for each in ("address", "parents") if each in told and (node := _Node.at(told[each]))
            )
            moment = told.get("until") or told.get("extracted_at")
            is_old = moment is not None and datetime.fromisoformat(moment) < before
            yield _Pointer(folder / name, nodes, is_old)
        except (FileNotFoundError, LandingDamaged, TypeError, ValueError):
            continue
