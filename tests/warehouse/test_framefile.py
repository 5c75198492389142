"""A frame file is read as it is loaded, however long it is."""

import io

import pyarrow as pa
import pyarrow.parquet as pq

from include.warehouse.framefile import FrameReader
from include.zoom.layout import arrow_schema, columns_of
from tests.warehouse.frames_of_calls import DAY, LEGS, File

ORDER = [column.name for column in columns_of(LEGS)]


class Watched(io.BytesIO):
    """A file that tells how much of it was read."""

    taken = 0

    def read(self, size: int | None = -1) -> bytes:
        """Counts what it gives."""
        given = super().read(size)
        self.taken += len(given)
        return given


def legs(rows: int) -> bytes:
    """Parquet of so many rows, as `transform` writes it: a row group for each batch."""
    schema = arrow_schema(LEGS)
    arrays = [
        pa.array(range(rows)) if name == "number" else pa.nulls(rows, schema.field(name).type)
        for name in ORDER
    ]
    written = io.BytesIO()
    pq.write_table(pa.table(arrays, schema=schema), written, row_group_size=20_000)
    return written.getvalue()


def test_a_frame_is_read_batch_by_batch() -> None:
    """When the first 20,000 of 100,000 rows are taken, less than half of the file was read; memory holds no more."""
    content = legs(100_000)
    source = Watched(content)
    frame = FrameReader(LEGS, File("legs", DAY, "legs.parquet", 100_000), lambda _: source)
    with frame.reader(ORDER) as reader:
        first = reader.read_next_batch()
        assert (first.num_rows, frame.read_rows) == (20_000, 20_000)
        assert source.taken < len(content) / 2
        assert sum(batch.num_rows for batch in reader) == 80_000
    frame.check_rows()
    assert source.closed
