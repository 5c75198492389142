"""Tables anew from what has landed: after a column was added, or the typing changed. Zoom is asked nothing."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from include.flow.framing import framed
from include.flow.privacy import forgotten_in
from include.flow.publish import Publication, failures_recorded
from include.landing import LandingError, Manifest
from include.warehouse.errors import SliceShrank
from include.warehouse.ledger import extractions, owner
from include.warehouse.tables import ensure
from include.zoom.catalog import STREAMS, streams
from include.zoom.errors import PermanentError, ZoomError
from include.zoom.stream import slice_dates

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Replayed:
    """What became of one extraction."""

    stream: str
    days: tuple[date, ...]
    rows: Mapping[str, int]
    failure: str = ""

    def __str__(self) -> str:
        days = f"{self.days[0]}" if len(self.days) == 1 else f"{self.days[0]} to {self.days[-1]}"
        if self.failure:
            return f"{self.stream} of {days} stays as it was: {self.failure}"
        rows = ", ".join(f"{count} rows of {table}" for table, count in self.rows.items())
        return f"{self.stream} of {days}: {rows or 'nothing, a newer extraction was loaded meanwhile'}"


def replay(
    publication: Publication, name: str, *, first: date | None = None, last: date | None = None
) -> Iterator[Replayed]:
    """Types and loads anew each extraction that the warehouse holds of a stream, oldest first.

    An extraction replaces the slices that it already holds and no other, and only where nothing newer has been
    loaded meanwhile. One that is gone from landing, or fails a check, is told; its slices stay.

    Args:
        publication: from which landing to which warehouse.
        name: the stream.
        first: leaves earlier slices alone.
        last: leaves later slices alone.

    Raises:
        PermanentError: the schema holds nothing of the stream in this time.
        WarehouseError: the warehouse failed; what was told before is loaded.
    """
    account, held = _held(publication, name, _within(name, first, last))
    for attempt_id, days in held.items():
        yield _replayed(publication, name, publication.store.address(account, name, attempt_id), days)


def _held(
    publication: Publication, name: str, within: Callable[[date], bool]
) -> tuple[str, dict[str, tuple[date, ...]]]:
    schema = publication.warehouse.schema
    with publication.warehouse.connect() as connection:
        held: dict[str, set[date]] = {}
        if account := owner(connection, schema):
            ensure(connection, schema, STREAMS[name])
            held = extractions(connection, schema, STREAMS[name])
    wanted = {attempt: tuple(sorted(filter(within, days))) for attempt, days in held.items()}
    wanted = {attempt: days for attempt, days in wanted.items() if days}
    if not account or not wanted:
        raise PermanentError(
            f"Schema {schema} holds nothing of {name} in this time, so there is nothing to replay: see {schema}.slices."
        )
    return account, wanted


def _within(name: str, first: date | None, last: date | None) -> Callable[[date], bool]:
    """Whether a slice is wanted: one that is a month, if any of its days is."""
    kind = STREAMS[name].kind
    least = slice_dates(kind, (first,))[0] if first else date.min
    most = last or date.max
    return lambda day: least <= day <= most


def _replayed(publication: Publication, name: str, address: str, days: tuple[date, ...]) -> Replayed:
    try:
        pulled = publication.store.manifest(address)
        rows = _published(publication, pulled, days)
    except (LandingError, SliceShrank, ZoomError) as error:
        return Replayed(name, days, {}, str(error))
    return Replayed(name, days, rows)


def _published(publication: Publication, pulled: Manifest, days: tuple[date, ...]) -> Mapping[str, int]:
    stream = streams(pulled.settings)[pulled.stream]
    if (
        pulled.shared
    ):  # each day of a window was loaded by itself, and one that cannot be typed holds up no other
        pulled = replace(pulled, days=days)
    with failures_recorded(lambda: publication.warehouse, stream, pulled.account, pulled.attempt_id):
        # All of a run's extraction is typed, or its rejected rows would move to the first of the wanted slices.
        frames = framed(stream, publication.store, pulled, forgotten_in(publication.warehouse))
    return publication.publish(stream, pulled, replace(frames, slice_dates=days)).rows
