"""From raw pages to typed Arrow batches, one table and slice each. Pure: reads and writes nothing.

orjson gives a page's records, `fit` their columns as Arrow arrays, pandas on Arrow types their grain. Columns
are built one by one: an array of structs is a little quicker, but one value that does not fit would fail all of it.
So it is found where it stands, while the other columns stay quick.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
import pyarrow as pa

from include.zoom.counts import FrameCounts
from include.zoom.grain import Keys, numbered
from include.zoom.layout import EXTRACTED_AT, LOAD_ID, REJECTED, SLICE_DATE, arrow_schema
from include.zoom.pages import Page
from include.zoom.privacy import KEEP_ALL, Policy
from include.zoom.roots import Rejected, Roots, Window, batches
from include.zoom.rows import Rows, rows_of, typed
from include.zoom.stream import Stream, Table
from include.zoom.withheld import withheld

__all__ = ["Batch", "FrameCounts", "frames"]


@dataclass(frozen=True)
class Batch:
    """Rows of one table and slice; `data` has `arrow_schema(table)`."""

    table: Table
    slice_date: date
    data: pa.RecordBatch


def frames(
    stream: Stream,
    pages: Iterable[Page],
    slices: Collection[date],
    *,
    snapshot_date: date | None,
    load_id: str,
    extracted_at: datetime,
    batch_rows: int = 20_000,
    counts: FrameCounts | None = None,
    policy: Policy = KEEP_ALL,
    rejected_in: Iterable[date] | None = None,
) -> Iterator[Batch]:
    """The stream's tables, slice by slice, in batches of about `batch_rows` records.

    Rows outside `slices` are trimmed (margins), except those of snapshots and months. A slice without a row
    yields nothing: the load empties it. Records without a day or a key become rows of `REJECTED` at the first
    of `slices`, or where they are told to.

    Args:
        stream: what the pages are of.
        pages: all pages of a (listing, parent) contiguous and in order.
        slices: the slices that the load will replace.
        snapshot_date: the slice of a snapshot, the UTC day of its extraction.
        load_id: stamped on each row.
        extracted_at: stamped on each row, UTC.
        batch_rows: how many records are framed at once.
        counts: filled on the way; complete when the iterator is at its end.
        policy: what becomes of personal data.
        rejected_in: the slices that rejected records stand at: each that is loaded by itself.

    Raises:
        RepeatedKey: a key comes twice in a slice.
        Unsettled: rows without a key don't add up to Zoom's count.
    """
    counts = counts if counts is not None else FrameCounts()
    framing = _Framing(stream, counts, policy, load_id, extracted_at)
    window = Window(slices, snapshot_date)
    for batch in batches(stream, pages, window, counts, rows=batch_rows):
        for table in stream.tables:
            yield from framing.slices(table, rows_of(stream, table, batch.roots))
        for day in (min(slices),) if rejected_in is None else rejected_in:
            yield from framing.slices(REJECTED, _rejected(stream, batch.rejected, day))
        del batch  # before the next one is made
    framing.keys.check(stream.tables)


class _Framing:
    """Rows of records into batches."""

    def __init__(
        self, stream: Stream, counts: FrameCounts, policy: Policy, load_id: str, extracted_at: datetime
    ) -> None:
        self._stream, self._counts, self._policy = stream, counts, policy
        self._load_id, self._extracted_at = load_id, extracted_at
        self.keys = Keys()

    def slices(self, table: Table, rows: Rows) -> Iterator[Batch]:
        if not rows.records:
            return
        frame = typed(self._stream, table, rows, self._counts).to_pandas(types_mapper=pd.ArrowDtype)
        if table.numbered_within:
            frame = numbered(frame, table.numbered_within, rows.told)
        frame = withheld(self._policy, self._stream, table, frame)
        for day, part in _by_day(frame, rows):
            self.keys.add(table, day, part)
            self._counts.rows[table.name] += len(part)
            yield Batch(table, day, self._stamped(table, part, day))

    def _stamped(self, table: Table, frame: pd.DataFrame, day: date) -> pa.RecordBatch:
        schema = arrow_schema(table)
        stamps = {SLICE_DATE.name: day, LOAD_ID.name: self._load_id, EXTRACTED_AT.name: self._extracted_at}
        own = pa.schema([column for column in schema if column.name not in stamps])
        data = pa.Table.from_pandas(frame, schema=own, preserve_index=False).combine_chunks()
        repeated = [
            pa.repeat(pa.scalar(value, schema.field(name).type), len(frame)) for name, value in stamps.items()
        ]
        return pa.RecordBatch.from_arrays(
            [*(column.chunk(0) for column in data.columns), *repeated], schema=schema
        )


def _by_day(frame: pd.DataFrame, rows: Rows) -> Iterable[tuple[date, pd.DataFrame]]:
    days = {roots.slice_date for roots, times in rows.runs if times}
    if len(days) == 1:
        return [(days.pop(), frame)]
    return frame.groupby(pd.Series(rows.days, index=frame.index, dtype=object), sort=True)


def _rejected(stream: Stream, rejected: Sequence[Rejected], slice_date: date) -> Rows:
    records = [
        {
            "stream": stream.name,
            "reason": item.reason,
            "parent": dict(item.parent.keys) if item.parent else None,
            "record": item.record,
        }
        for item in rejected
    ]
    roots = [item.record for item in rejected]
    return Rows(records, roots, [(Roots(roots, None, slice_date), len(roots))])
