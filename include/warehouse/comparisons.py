"""What a loaded slice is compared with: other tables of the same day, the same weekday of the weeks before.

They only warn: Zoom rounds, counts people where its lists have seats, and says of none of these numbers how exact
it is. A comparison of two tables is made by each one's load; where the other is not there yet, it does not apply.
"""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from statistics import median

from include.warehouse.errors import WarehouseError, trying
from include.warehouse.session import Session, ask, begin, identifier
from include.zoom.checks import Check, Outcome, Severity, passes
from include.zoom.stream import Kind, Stream

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Comparison:
    """A comparison of two tables on one slice.

    `statement` takes the slice's date as its only parameter and gives one row: how many things were compared, how
    many of them differ by more than the tolerance that `expected` names, and what was found, in words.
    """

    name: str
    tables: tuple[str, str]
    expected: str
    statement: str


# A seat is a stay: who rejoins has two, so only fewer seats than people are odd. Zoom rounds minutes per seat.
# People who were alone are not listed. Grouped, not joined: of slices that were just loaded the server has no
# statistics, and would go through all seats again for each meeting, for hours where there are a million.
_OF_MEETINGS = """
SELECT count(*), count(CASE WHEN {differs} THEN 1 END),
       CAST(count(CASE WHEN {differs} THEN 1 END) AS varchar) || ' of ' || CAST(count(*) AS varchar) || ' meetings differ'
FROM (
    SELECT max(people) AS people, max(minutes) AS minutes, count(*) - 1 AS seats, sum(seconds) / 60.0 AS seat_minutes
    FROM (
        SELECT meeting_uuid, participants AS people, total_participant_minutes AS minutes, 0 AS seconds
        FROM {{meetings}} WHERE _slice_date = $1 AND type = 'Meeting' AND participants > 1
        UNION ALL
        SELECT meeting_uuid, NULL, NULL, coalesce(duration_seconds, 0)
        FROM {{meeting_participants}} WHERE _slice_date = $1
    ) AS either_side
    GROUP BY meeting_uuid HAVING count(either_side.people) > 0
) AS both_sides
"""
_OF_USERS = """
SELECT 1, CASE WHEN told BETWEEN active - slack AND everybody + slack AND abs(told_pending - pending) <= slack
               THEN 0 ELSE 1 END,
       CAST(told AS varchar) || ' with ' || CAST(told_pending AS varchar) || ' pending in the summary; '
       || CAST(active AS varchar) || ' active, ' || CAST(pending AS varchar) || ' pending, '
       || CAST(everybody AS varchar) || ' in all in the list'
FROM (
    SELECT total_users_count - coalesce(room_users_count, 0) AS told, pending_users_count AS told_pending
    FROM {user_summary} WHERE _slice_date = $1
) AS summary, (
    SELECT count(*) AS everybody, count(CASE WHEN status = 'active' THEN 1 END) AS active,
           count(CASE WHEN status = 'pending' THEN 1 END) AS pending, greatest(2, floor(count(*) * 0.01)) AS slack
    FROM {users} WHERE _slice_date = $1
) AS list
"""
COMPARISONS = (
    Comparison(
        "participants",
        ("meetings", "meeting_participants"),
        "as many seats as Zoom counts people, but for 1 or a tenth",
        _OF_MEETINGS.format(differs="seats < people - greatest(1, people * 0.1)"),
    ),
    Comparison(
        "minutes",
        ("meetings", "meeting_participants"),
        "the minutes that Zoom counts, but for 1 per seat or a tenth",
        _OF_MEETINGS.format(differs="abs(seat_minutes - minutes) > greatest(seats, minutes * 0.1)"),
    ),
    Comparison("users_summary", ("users", "user_summary"), "as many users, but for 2 or 1 %", _OF_USERS),
)

_DIFFERING_SHARE = 0.01
_WEEKS, _WEEKS_NEEDED = 8, 4
_VOLUME_FACTOR, _VOLUME_SLACK_ROWS = 2, 10
_Slices = dict[tuple[str, date], tuple[int, bool]]


def compared(connection: Session, schema: str, stream: Stream, days: Collection[date]) -> list[Check]:
    """The warnings' outcomes for slices that have been loaded.

    What cannot be compared, because the server refuses, is told in the log: nothing is lost by it.
    """
    if not days:
        return []
    try:
        with trying(f"compare what was loaded of {stream.name} in schema {schema}"):
            begin(connection)
            checks = list(_checks(connection, schema, stream, sorted(days)))
            connection.commit()
    except WarehouseError as error:
        _log.warning("%s The slices are loaded all the same.", error)
        return []
    return checks


def _checks(connection: Session, schema: str, stream: Stream, days: Sequence[date]) -> Iterator[Check]:
    tables = {table.name for table in stream.tables}
    slices = _slices(connection, schema, days)
    for day in days:
        if stream.kind is Kind.INTERVAL:
            yield from (_volume(slices, table, day) for table in sorted(tables))
        for table, column in _settling(stream):
            yield _settled(connection, schema, table, column, day, final=slices[table, day][1])
        for comparison in COMPARISONS:
            if tables & set(comparison.tables):
                yield _compared(connection, schema, comparison, day, slices)


def _slices(connection: Session, schema: str, days: Sequence[date]) -> _Slices:
    since = days[0] - timedelta(weeks=_WEEKS)
    statement = f'SELECT table_name, slice_date, "rows", final FROM {identifier(schema, "slices")} WHERE slice_date >= $1'  # noqa: S608 - quoted
    return {(table, day): (rows, final) for table, day, rows, final in ask(connection, statement, since)}


def _volume(slices: _Slices, table: str, day: date) -> Check:
    """A final day against the median of the same weekday's final days of the last eight weeks."""
    check = partial(Check, "volume", Severity.WARN, table=table, slice_date=day)
    rows, final = slices[table, day]
    before = [slices.get((table, day - timedelta(weeks=week)), (0, False)) for week in range(1, _WEEKS + 1)]
    known = [held for held, settled in before if settled]
    if not final or len(known) < _WEEKS_NEEDED:
        told = f"{len(known)} final days of this weekday are there." if final else "The day is not final yet."
        return check(Outcome.NOT_APPLICABLE, found=f"{rows}", told=told)
    usual = median(known)
    least = max(0, int(usual / _VOLUME_FACTOR) - _VOLUME_SLACK_ROWS)
    most = int(usual * _VOLUME_FACTOR) + _VOLUME_SLACK_ROWS
    told = f"The median of {len(known)} such weekdays is {usual:g}."
    return check(passes(holds=least <= rows <= most), f"{least} to {most}", f"{rows}", told)


def _settling(stream: Stream) -> Iterator[tuple[str, str]]:
    """Table and column of the fields that are 0 while Zoom still counts."""
    fields = {listing.unsettled_while_zero for listing in stream.lists} - {""}
    for table in stream.tables:
        yield from ((table.name, column.name) for column in table.columns if ".".join(column.path) in fields)


def _settled(connection: Session, schema: str, table: str, column: str, day: date, *, final: bool) -> Check:
    statement = f"SELECT count(*) FROM {identifier(schema, table)} WHERE _slice_date = $1 AND {identifier(column)} = 0"  # noqa: S608 - quoted
    ((zeros,),) = ask(connection, statement, day)
    told = "The day is final: a zero is a zero." if final else "The run that settles the day asks again."
    return Check(
        "settled",
        Severity.WARN,
        passes(holds=final or not zeros),
        f"no {column} of 0",
        f"{zeros}",
        told if zeros else "",
        table,
        day,
    )


def _compared(connection: Session, schema: str, comparison: Comparison, day: date, slices: _Slices) -> Check:
    # Under one table, whichever of the two was loaded: the latest outcome is the one that counts.
    check = partial(Check, comparison.name, Severity.WARN, table=comparison.tables[0], slice_date=day)
    if missing := [table for table in comparison.tables if (table, day) not in slices]:
        return check(Outcome.NOT_APPLICABLE, told=f"{missing[0]} of that day is not loaded.")
    names = {table: identifier(schema, table) for table in comparison.tables}
    answer = ask(connection, comparison.statement.format(**names), day)
    if not answer or not answer[0][0]:
        return check(Outcome.NOT_APPLICABLE, told="There is nothing to compare.")
    ((count, differing, found),) = answer
    return check(passes(holds=differing <= count * _DIFFERING_SHARE), comparison.expected, found)
