"""Frame files as streams of Arrow batches, checked against what they should hold."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from include.warehouse.errors import DamagedFrame
from include.zoom.layout import arrow_schema
from include.zoom.stream import Table

_BATCH_ROWS = 20_000
_NEXT_STEP = "Clear the transform of this run: it makes the file anew and asks Zoom for nothing."


class FrameFile(Protocol):
    """One Parquet file of a frame manifest."""

    @property
    def table(self) -> str:
        """The table it is of."""

    @property
    def slice_date(self) -> date:
        """The slice it is of."""

    @property
    def name(self) -> str:
        """Its name, for messages."""

    @property
    def rows(self) -> int:
        """How many rows it holds."""


OpenFile = Callable[[FrameFile], BinaryIO]


@contextmanager
def system_pool() -> Iterator[None]:
    """Lets Arrow allocate from the system meanwhile: its own allocator keeps more that nothing uses any more."""
    pool = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(pool)


@dataclass
class FrameReader:
    """Reads one frame file in a table's column order; `batches` may be read once."""

    table: Table
    file: FrameFile
    open_file: OpenFile
    read_rows: int = 0
    damage: Exception | None = None

    def reader(self, order: Sequence[str]) -> pa.RecordBatchReader:
        """The file's rows, columns in this order, batch by batch.

        Raises:
            DamagedFrame: it is no Parquet file, or its columns are not the table's.
        """
        source = self.open_file(self.file)
        try:
            # Buffered ahead, what was read of a file would stay in memory until its end.
            parquet = pq.ParquetFile(source, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise self._damaged("cannot be read") from error
        self._compare(parquet.schema_arrow)
        schema = pa.schema([arrow_schema(self.table).field(name) for name in order])
        return pa.RecordBatchReader.from_batches(schema, self._batches(source, parquet, order))

    def check_readable(self) -> None:
        """Raises `DamagedFrame` where reading failed on the way."""
        if self.damage is not None:
            raise self._damaged("cannot be read to its end") from self.damage

    def check_rows(self) -> None:
        """Raises `DamagedFrame` where another number of rows came than the manifest says."""
        if self.read_rows != self.file.rows:
            raise self._damaged(f"holds {self.read_rows} rows where its manifest says {self.file.rows}")

    def _batches(
        self, source: BinaryIO, parquet: pq.ParquetFile, order: Sequence[str]
    ) -> Iterator[pa.RecordBatch]:
        try:
            with source:  # a backfill's files are many, and each may be a copy
                # Threads would each hold a column's pages, and are no quicker: the server is what is waited for.
                for batch in parquet.iter_batches(_BATCH_ROWS, use_threads=False):
                    self.read_rows += batch.num_rows
                    yield batch.select(list(order))
        except (pa.ArrowException, OSError) as error:
            # The driver would wrap it in an error of its own; `check_readable` raises ours.
            self.damage = error
            raise

    def _compare(self, schema: pa.Schema) -> None:
        wanted = arrow_schema(self.table)
        if (names := set(schema.names) ^ set(wanted.names)) or len(schema.names) != len(wanted.names):
            raise self._damaged(f"has other columns than {self.table.name}: {', '.join(sorted(names))}")
        for field in wanted:
            if (found := schema.field(field.name).type) != field.type:
                raise self._damaged(
                    f"has {found} in column {field.name} of {self.table.name} for {field.type}"
                )

    def _damaged(self, how: str) -> DamagedFrame:
        return DamagedFrame(
            f"Frame file {self.file.name} {how}. Nothing of its slice was loaded. {_NEXT_STEP}"
        )
