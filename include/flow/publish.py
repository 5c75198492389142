"""From typed files to the warehouse: slices, what was checked of them, and the fields that are new."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import date

from include.landing import FrameManifest, Landing, Manifest
from include.warehouse.errors import FramesOutdated, WarehouseError
from include.warehouse.evidence import Extraction, record_apart
from include.warehouse.load import LoadResult, load
from include.warehouse.new_fields import NewField, new_fields, note, tell
from include.warehouse.session import Session, Warehouse
from include.zoom.checks import of_failure, of_frames, of_pull
from include.zoom.errors import ZoomError
from include.zoom.stream import Stream

_NAMED = 20
_FRAMED_ANEW = 3  # in one load: people are forgotten one after another
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publication:
    """Where to load from and to, and who is told of new fields."""

    store: Landing
    warehouse: Warehouse
    send: Callable[[str], bool]
    """Takes an alert's text; whether it was sent."""
    accept_shrink: bool = False

    def publish(self, stream: Stream, pulled: Manifest, framed: FrameManifest) -> LoadResult:
        """Replaces the slices of `framed`, which `pulled` was made into.

        Where somebody was forgotten since, the frames are made anew, without them.

        Raises:
            WarehouseError: see `include.warehouse.load`.
        """
        for _ in range(_FRAMED_ANEW):
            try:
                return self._loaded(stream, pulled, framed)
            except FramesOutdated:
                _log.info("A person was forgotten since these frames were made: they are made anew.")
                pulled = self.store.manifest(pulled.address)  # its pages are others now
                if pulled.shared:
                    pulled = replace(pulled, days=framed.slice_dates)
                framed = self._anew(stream, pulled, framed.slice_dates)
        return self._loaded(stream, pulled, framed)

    def _anew(self, stream: Stream, pulled: Manifest, days: tuple[date, ...]) -> FrameManifest:
        from include.flow.framing import framed  # noqa: PLC0415 - pandas, which a load has no use for
        from include.flow.privacy import forgotten_in  # noqa: PLC0415 - Airflow's settings: nor for these

        with failures_recorded(lambda: self.warehouse, stream, pulled.account, pulled.attempt_id):
            return replace(framed(stream, self.store, pulled, forgotten_in(self.warehouse)), slice_dates=days)

    def _loaded(self, stream: Stream, pulled: Manifest, framed: FrameManifest) -> LoadResult:
        checks = [*of_pull(stream, pulled.counts), *of_frames(framed.counts, _rows(framed))]
        with ExitStack() as files:
            opened = {file.name: file for file in framed.files}
            return load(
                self.warehouse,
                stream,
                framed,
                lambda file: files.enter_context(self.store.open_frame(framed, opened[file.name])),
                accept_shrink=self.accept_shrink,
                checks=checks,
                afterwards=lambda connection: self._list_new_fields(connection, stream, framed),
            )

    def _list_new_fields(self, connection: Session, stream: Stream, framed: FrameManifest) -> None:
        schema = self.warehouse.schema
        found = new_fields(framed.counts["undeclared"], framed.counts.get("kinds", {}))
        note(connection, schema, stream, framed.extracted_at, found)
        tell(connection, schema, stream, lambda untold: self.send(told(stream, schema, untold)))


def told(stream: Stream, schema: str, fields: Sequence[NewField]) -> str:
    """The alert: each field is in one, and those that one load meets are in the same."""
    named = ", ".join(
        f"{plain(field.table)}.{plain(field.field)} ({field.kinds})" for field in fields[:_NAMED]
    )
    more = f" and {len(fields) - _NAMED} more" if len(fields) > _NAMED else ""
    return (
        f"Airflow: Zoom sends fields of {stream.name} that have no column: {named}{more}. Nothing is lost: their "
        f"values stand in _extra. {schema}.new_fields lists them; docs/trust.md says how one gets a column."
    )


def plain(name: str) -> str:
    """A name that Zoom gave, as a message may show it."""
    return "".join(letter if letter.isalnum() or letter in "_-.$" else "?" for letter in name[:80])


@contextmanager
def failures_recorded(
    warehouse: Callable[[], Warehouse], stream: Stream, account: str, attempt_id: str
) -> Iterator[None]:
    """Records a hard check that fails before there is a load; its error goes on as it is."""
    try:
        yield
    except ZoomError as error:
        if check := of_failure(error):
            try:
                record_apart(warehouse(), stream, Extraction(account, attempt_id), [check])
            except WarehouseError as refusal:
                _log.warning("The failed check is not in the warehouse's ledger: %s", refusal)
        raise


def _rows(framed: FrameManifest) -> Mapping[tuple[str, date], int]:
    return {
        (file.table, file.slice_date): file.rows
        for file in framed.files
        if file.slice_date in framed.slice_dates
    }
