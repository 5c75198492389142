"""Where a final day of a stream lies: the attempt that asked Zoom for it, and the parents that it asked.

    <account>/<stream>/finals/2026-01-31.json        the newest finished attempt that has the day as final
    <account>/<stream>/finals/2026-01-31.anew.json   since when somebody wants the day asked anew

What is older than the second is not used, whoever finishes when: so a run that asks anew is not undone by one that
takes over what it found before. Nothing that lies here is needed: where it is gone or damaged, Zoom is asked.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import orjson

from include.landing.errors import LandingDamaged, LandingError
from include.landing.files import made, read_whole, swapped
from include.landing.manifest import Manifest, parsed
from include.landing.place import Place
from include.landing.store import Landing
from include.zoom.reuse import lists_digest
from include.zoom.stream import Stream, is_final

_CLOCKS_DIFFER = timedelta(days=1)  # a pull counts a list as unsettled by the day of our own clock
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Final:
    """An earlier attempt, the days of it that count, and the attempt that gave its parents."""

    manifest: Manifest
    days: tuple[date, ...]
    parents: Manifest


def point(landing: Landing, stream: Stream, manifest: Manifest, parents: Manifest) -> None:
    """Points at a finished attempt from each of its final days, unless a newer one is there.

    An attempt whose first answers are older than its parents' records is no source: what changed between the two
    shows in neither. That a pointer cannot be written costs requests later, and nothing now.
    """
    if manifest.extracted_at < parents.extracted_at:
        return
    told = {
        **_question(manifest.account, stream, manifest.settings),
        "address": manifest.address,
        "extracted_at": manifest.extracted_at,
        "parents": parents.address,
    }
    folder = _folder(landing, manifest.account, stream)
    for day in manifest.slice_dates:
        if _is_settled(manifest, day):
            try:
                _replace_older(folder / f"{day}.json", told, manifest.extracted_at)
            except LandingError as error:
                _log.warning("A later run cannot take %s of %s over: %s", day, stream.name, error)


def ask_anew(
    landing: Landing, account: str, stream: Stream, days: Iterable[date], *, since: datetime
) -> None:
    """Has nobody take over what was extracted of these days before `since`."""
    folder = _folder(landing, account, stream)
    for day in days:
        _put(folder / f"{day}.anew.json", {"account": account, "extracted_at": since})


def finals(
    landing: Landing, account: str, stream: Stream, days: Iterable[date], *, settings: Mapping[str, str]
) -> list[Final]:
    """The attempts that have these days as final, asked by the same lists with the same settings."""
    folder, question = _folder(landing, account, stream), _question(account, stream, settings)
    found = []
    for day in sorted(days):
        try:
            told, anew = _told(folder / f"{day}.json"), _told(folder / f"{day}.anew.json")
        except LandingDamaged as error:
            _log.warning("%s The day is asked anew.", error)
            continue
        if told and question.items() <= told.items() and not (anew and _moment(told) < _moment(anew)):
            found.append((told["address"], told["parents"], day))
    return list(_opened(landing, sorted(found)))


def _opened(landing: Landing, found: list[tuple[str, str, date]]) -> Iterator[Final]:
    for (address, parents), same in groupby(found, key=lambda each: each[:2]):
        try:
            manifest = landing.manifest(address)
            days = tuple(day for *_, day in same if is_final(manifest.kind, day, manifest.extracted_at))
            yield Final(manifest, days, landing.manifest(parents))
        except LandingDamaged as error:
            _log.warning("%s What it holds is asked anew.", error)


def _folder(landing: Landing, account: str, stream: Stream) -> Place:
    return landing.folder(account, stream.name) / "finals"


def _is_settled(manifest: Manifest, day: date) -> bool:
    """Whether a day is final, and by more than clocks may differ where something had not been settled."""
    unsure = _CLOCKS_DIFFER if manifest.counts["unsettled"] else timedelta(0)
    return is_final(manifest.kind, day, manifest.extracted_at - unsure)


def _question(account: str, stream: Stream, settings: Mapping[str, str]) -> dict[str, Any]:
    """What was asked, of whom."""
    return {"account": account, "settings": dict(settings), "lists": lists_digest(stream)}


def _replace_older(path: Place, told: Mapping[str, Any], extracted_at: datetime) -> None:
    try:
        there = _told(path)
    except LandingDamaged:
        there = {}
    if not there or _moment(there) <= extracted_at:
        _put(path, told)


def _put(path: Place, told: Mapping[str, Any]) -> None:
    made(path.parent)
    swapped(path, orjson.dumps(told))


def _told(path: Place) -> dict[str, Any]:
    """What a pointer tells; nothing where there is none."""
    try:
        told = parsed(read_whole(path), path.name)
        _moment(told)
    except FileNotFoundError:
        return {}
    except (KeyError, TypeError, ValueError) as error:
        raise LandingDamaged(f"{path.name} in landing is no pointer.") from error
    return told


def _moment(told: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(told["extracted_at"])
