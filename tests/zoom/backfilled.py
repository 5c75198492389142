"""What pulls of a simulated Zoom really ask, and how many records it really has."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from include.sandbox.products import TABLES
from include.warehouse.counted import asked_share, root_table, weekday_means
from include.zoom.fanout import root_records
from include.zoom.pages import Page
from include.zoom.pull import pull
from include.zoom.sharing import shared_windows
from include.zoom.sizes import Size
from include.zoom.stream import Kind, Stream
from include.zoom.window import reachable_days
from tests.zoom.simulated import DAY, TODAY, Simulated, Sink

Days = tuple[date, ...]
Record = dict[str, Any]


def days_back(count: int) -> Days:
    """So many days up to yesterday."""
    return tuple(DAY - timedelta(days=back) for back in reversed(range(count)))


def together(stream: Stream, days: Days, *, backfill: bool) -> list[Days]:
    """The days of each pull of a stream: of each run of a backfill, or of one run."""
    if stream.kind is Kind.SNAPSHOT:
        return [()]
    told = reachable_days(stream, days, today=TODAY)
    if not backfill:
        return [told]
    return [each.days for each in shared_windows(stream, told, today=TODAY)] or [(day,) for day in told]


async def really_asked(
    simulated: Simulated, every: dict[str, Stream], days: Days, *, backfill: bool
) -> dict[str, int]:
    """Pulls these streams, parents first; how many requests the simulated Zoom counted for each."""
    asked: dict[str, int] = {}
    landed: dict[tuple[str, Days], list[Page]] = {}
    for name, stream in every.items():
        before = simulated.sandbox.log.report()["requests"]
        for each in together(stream, days, backfill=backfill):
            sink = Sink()
            records = None
            if stream.parent is not None:
                above = every[stream.parent.stream]
                serving = (
                    together(above, each, backfill=backfill) if above.kind is not Kind.SNAPSHOT else [()]
                )
                pages = [page for part in serving for page in landed[above.name, part]]
                records = list(root_records(above, pages, each, snapshot_date=TODAY))
            await pull(stream, each, simulated.client, sink=sink, parents=records, today=TODAY)
            landed[name, each] = sink.pages
        asked[name] = simulated.sandbox.log.report()["requests"] - before  # type: ignore[operator]
    return asked


def true_sizes(
    simulated: Simulated, every: dict[str, Stream], days: Days, *, averages: bool
) -> dict[str, Size]:
    """The sizes of streams from the simulated account's truth: of each day, or on the average of weekdays."""
    earlier = (days[0] - timedelta(days=2), days[0] - timedelta(days=1))
    rows = {name: _rows(simulated, stream, (*earlier, *days)) for name, stream in every.items()}
    return {name: _size(stream, rows, averages=averages) for name, stream in every.items()}


def _rows(simulated: Simulated, stream: Stream, days: Sequence[date]) -> dict[date, list[Record]]:
    if (table := root_table(stream)) is None:
        return {}
    if stream.kind is Kind.SNAPSHOT:
        days = [TODAY]
    elif stream.kind is Kind.MONTH:
        days = sorted({day.replace(day=1) for day in days})
    return {day: list(TABLES[table.name](simulated.sandbox.account, day, "past")) for day in days}


def _size(stream: Stream, rows: dict[str, dict[date, list[Record]]], *, averages: bool) -> Size:
    numbers = {day: len(of_day) for day, of_day in rows[stream.name].items()}
    shares: tuple[float, ...] = ()
    asked = 1.0
    if stream.name == "users":
        found = Counter(record["status"] for record in rows["users"][TODAY])
        shares = tuple(found[status] / found.total() for status in ("active", "inactive", "pending"))
    if stream.parent is not None:
        above = rows[stream.parent.stream]
        asked = asked_share(
            stream.parent, [(record, day) for day, of_day in above.items() for record in of_day]
        )
    return Size(weekday_means(numbers), "truth", {} if averages else numbers, asked, shares)
