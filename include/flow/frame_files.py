"""From landed pages to typed files: one Parquet file per table and slice."""

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from include.landing import FrameFile, FrameFolder, FrameManifest, Landing, Manifest
from include.zoom.forgetting import without_forgotten
from include.zoom.forgotten import Forgotten
from include.zoom.frame import Batch, FrameCounts, frames
from include.zoom.privacy import Policy
from include.zoom.stream import Stream

_log = logging.getLogger(__name__)
_DICTIONARY_BYTES = (
    64 << 10
)  # a column of mostly different values shows it soon: less time, and a smaller file


def write_frames(
    stream: Stream, store: Landing, manifest: Manifest, policy: Policy, forgotten: Forgotten
) -> FrameManifest:
    """Types an attempt's pages into a new folder of frames beside it, by a policy and without who is forgotten."""
    folder, counts = store.begin_frames(manifest), FrameCounts()
    writers = _Writers(folder)
    try:
        with _sparing():
            for batch in frames(
                stream,
                without_forgotten(stream, store.pages(manifest), forgotten),
                manifest.slice_dates,
                snapshot_date=manifest.snapshot_date,
                load_id=folder.load_id,
                extracted_at=manifest.extracted_at,
                counts=counts,
                policy=policy,
                rejected_in=manifest.slice_dates if manifest.shared else None,
            ):
                writers.write(batch)
    finally:
        writers.close()
    told = {**counts.as_dict(), "personal": policy.told((stream,))}
    _log.info("Transformed %s: %s", stream.name, told)
    return folder.finish(files=writers.files(), counts=told, forgotten=forgotten.version)


@contextmanager
def _sparing() -> Iterator[None]:
    """Without Python's collector of cycles, and with an allocator for Arrow that gives memory back.

    Nothing that is framed refers to itself, so that counting references frees all of it; the collector would walk
    through a batch's records again and again, for a tenth of the whole time. The system's allocator is as quick, and
    keeps less that nothing uses any more: docs/adr/0016-speed-is-bought-where-it-was-measured.md.
    """
    collecting, pool = gc.isenabled(), pa.default_memory_pool()
    gc.disable()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(pool)
        if collecting:
            gc.enable()


@dataclass
class _Writers:
    """A Parquet writer for each table and slice that has rows."""

    folder: FrameFolder
    _open: dict[tuple[str, date], pq.ParquetWriter] = field(default_factory=dict)
    _rows: dict[tuple[str, date], int] = field(default_factory=dict)

    def write(self, batch: Batch) -> None:
        place = (batch.table.name, batch.slice_date)
        if place not in self._open:
            file = self.folder.file(_file_name(*place))
            self._open[place] = pq.ParquetWriter(
                file, batch.data.schema, compression="zstd", dictionary_pagesize_limit=_DICTIONARY_BYTES
            )
            self._rows[place] = 0
        self._open[place].write_batch(batch.data)
        self._rows[place] += batch.data.num_rows

    def close(self) -> None:
        for writer in self._open.values():
            writer.close()

    def files(self) -> list[FrameFile]:
        return [
            FrameFile(table=table, slice_date=day, name=_file_name(table, day), rows=rows)
            for (table, day), rows in self._rows.items()
        ]


def _file_name(table: str, day: date) -> str:
    return f"{table}-{day}.parquet"
