"""A slice of one row, which pandas would group differently from a slice of two."""

from datetime import UTC, date, datetime

from include.zoom.catalog import STREAMS
from include.zoom.frame import frames
from include.zoom.pages import Page


def test_a_single_record_belongs_to_its_day() -> None:
    """The batch's slice is the day itself."""
    body = b'{"history_meetings":[{"meeting_uuid":"a==","start_time":"2026-11-07T10:00:00Z"}]}'
    now = datetime(2026, 11, 9, tzinfo=UTC)
    found = frames(
        STREAMS["meetings"],
        [Page(0, None, 1, {}, 200, now, body)],
        [date(2026, 11, 7)],
        snapshot_date=None,
        load_id="load",
        extracted_at=now,
    )
    assert [(batch.slice_date, batch.data.num_rows) for batch in found] == [(date(2026, 11, 7), 1)]
