"""Records of pages, each once and in its slice."""

import json
from datetime import UTC, date, datetime

from include.zoom.catalog import STREAMS
from include.zoom.counts import FrameCounts
from include.zoom.pages import Page
from include.zoom.roots import NO_DATE, Window, batches

DAY = date(2026, 3, 10)


def page(number: int, *times: str) -> Page:
    """A page of the log of operations."""
    body = json.dumps({"operation_logs": [{"time": time, "action": "add"} for time in times]}).encode()
    return Page(0, None, number, {"from": "2026-03-09"}, 200, datetime(2026, 3, 11, tzinfo=UTC), body)


def test_a_log_without_a_total_keeps_equal_lines_and_no_margins() -> None:
    """Twins on one page stay, what came again on the next does not, the margins go, a line without a time is told."""
    noon, before = "2026-03-10T12:00:00Z", "2026-03-09T12:00:00Z"
    counts = FrameCounts()
    pages = [page(1, before, noon, noon), page(2, noon, before, "")]
    (batch,) = batches(STREAMS["operation_logs"], pages, Window((DAY,)), counts, rows=100)
    assert [record["time"] for roots in batch.roots for record in roots.records] == [noon, noon]
    assert [rejected.reason for rejected in batch.rejected] == [NO_DATE]
    assert (counts.trimmed, counts.repeated) == (2, 1)
