"""Change slices: beside each snapshot table, each snapshot's difference from the one before it.

They alone carry the history, so full snapshots may be deleted. A snapshot that is gone is told from them again
where its neighbour is loaded anew: the last change of each key up to its day.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import uuid4

from include.warehouse.session import Session, ask, identifier, lock_against_loads
from include.zoom.layout import STAMPS, columns_of, taken_columns
from include.zoom.stream import Column, Table, Type

CHANGE = Column(
    "_change",
    Type.TEXT,
    "first (in the first snapshot there is), added, changed, removed (with its last values), or continued: no "
    "longer there under this key, but as an added row that has an id now.",
)
GONE = "('removed', 'continued')"

# Which change slices are not what the snapshots say, newest first: the snapshot or the one before it was loaded
# since, one came between, or is no more. A snapshot that neither its table nor the changes hold takes no part.
_STALE = """
WITH known AS (
    SELECT s.slice_date, s.loaded_at, s.load_id, s.extracted_at, s.trimmed_at IS NULL AS whole
    FROM {slices} s LEFT JOIN {change_slices} c USING (table_name, slice_date)
    WHERE s.table_name = $1 AND (s.trimmed_at IS NULL OR c.slice_date IS NOT NULL)
), paired AS (
    SELECT *, lag(slice_date) OVER (ORDER BY slice_date) AS previous,
           lag(loaded_at) OVER (ORDER BY slice_date) AS previous_loaded_at,
           lag(whole) OVER (ORDER BY slice_date) AS previous_whole
    FROM known
), made AS (SELECT * FROM {change_slices} WHERE table_name = $1)
SELECT slice_date, p.loaded_at, p.load_id, p.extracted_at, p.whole, p.previous, p.previous_loaded_at, p.previous_whole
FROM paired p FULL JOIN made m USING (slice_date)
WHERE p.loaded_at IS DISTINCT FROM m.loaded_at OR p.previous IS DISTINCT FROM m.compared_with
      OR p.previous_loaded_at IS DISTINCT FROM m.compared_loaded_at
ORDER BY slice_date DESC
"""
_COMPARE = """
INSERT INTO {changes} ({columns}, "_change", "_slice_date", "_load_id", "_extracted_at")
SELECT {values},
       CASE WHEN later.present IS NULL THEN {gone} WHEN earlier.present THEN 'changed' ELSE '{added}' END,
       $1, $2, $3
FROM ({earlier}) earlier FULL JOIN ({later}) later ON {same}
WHERE earlier.present IS NULL OR later.present IS NULL OR {differ}
"""
_COUNT = """
SELECT count(CASE WHEN "_change" IN ('first', 'added') THEN 1 END),
       count(CASE WHEN "_change" = 'changed' THEN 1 END),
       count(CASE WHEN "_change" IN {is_gone} THEN 1 END)
FROM {changes} WHERE "_slice_date" = $1
"""
_WHOLE = """SELECT true AS present, {columns} FROM {table} WHERE {of_day}"""
_FROM_CHANGES = """
SELECT true AS present, {columns} FROM (
    SELECT "_change", {columns}, row_number() OVER (PARTITION BY {identity} ORDER BY "_slice_date" DESC) AS "_age"
    FROM {changes} WHERE "_slice_date" <= CAST('{day}' AS date)
) latest WHERE "_age" = 1 AND "_change" NOT IN {is_gone}
"""
_MARK = """
INSERT INTO {change_slices}
    (table_name, slice_date, loaded_at, compared_with, compared_loaded_at, added, changed, removed)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


class _Snapshots(NamedTuple):
    """A snapshot and the one before it, as `_STALE` gives them; no `loaded_at`: it is no more."""

    day: date
    loaded_at: datetime | None
    load_id: str
    extracted_at: datetime
    whole: bool
    previous: date | None
    previous_loaded_at: datetime | None
    previous_whole: bool


def changes_of(table: Table) -> Table:
    """The table of a snapshot table's changes: its columns without the volatile ones."""
    kept = tuple(column for column in taken_columns(table) if not column.volatile)
    return replace(
        table,
        name=f"{table.name}_changes",
        comment=f"What each snapshot of {table.name} has changed against the one before; see {table.name}_history",
        columns=(CHANGE, *kept),
        records=None,
        inherited=(),
        from_parent=(),
    )


def identity(table: Table, of: str = "") -> list[str]:
    """SQL expressions that tell together whether two rows are the same thing, NULL being equal to NULL."""
    key = table.key or compared_columns(table)
    return [_identifying(table, name, f"{of}." if of else "") for name in key]


def compared_columns(table: Table) -> list[str]:
    """What makes a change: all columns but the stamps and the volatile ones."""
    return [column.name for column in _compared(table)]


def _compared(table: Table) -> list[Column]:
    return [column for column in columns_of(changes_of(table)) if column not in (CHANGE, *STAMPS)]


def lock_changes(connection: Session, schema: str, table: Table) -> None:
    """Lets nobody else write the table's snapshots until the transaction ends.

    Two loads of neighbouring days that don't see each other would each compare with the wrong day.
    """
    lock_against_loads(connection, schema, changes_of(table).name)


def bring_in_line(connection: Session, schema: str, table: Table) -> list[date]:
    """Makes those change slices anew that are not what the snapshots say; their days.

    From the newest on: what a day is compared with is told by the changes before it, which still stand then.
    """
    slices, change_slices = identifier(schema, "slices"), identifier(schema, "change_slices")
    stale = ask(connection, _STALE.format(slices=slices, change_slices=change_slices), table.name)
    comparison = _Comparison(connection, schema, table)
    for row in stale:
        comparison.make(_Snapshots(*row))
    return [row[0] for row in stale]


def snapshot_query(schema: str, table: Table, day: date | None, *, whole: bool) -> str:
    """A snapshot's rows, and `present`: those that stand in its table, else what the changes tell of it."""
    columns = ", ".join(identifier(name) for name in compared_columns(table))
    if day is None or whole:
        of_day = f"\"_slice_date\" = CAST('{day}' AS date)" if day else "1 = 0"
        return _WHOLE.format(columns=columns, table=identifier(schema, table.name), of_day=of_day)
    return _FROM_CHANGES.format(
        columns=columns,
        changes=identifier(schema, changes_of(table).name),
        identity=", ".join(identity(table)),
        day=day,
        is_gone=GONE,
    )


@dataclass(frozen=True)
class _Comparison:
    connection: Session
    schema: str
    table: Table

    def make(self, pair: _Snapshots) -> None:
        change_slices = identifier(self.schema, "change_slices")
        clear = f"DELETE FROM {change_slices} WHERE table_name = $1 AND slice_date = $2"  # noqa: S608 - quoted
        ask(self.connection, clear, self.table.name, pair.day)
        if pair.loaded_at is None:
            ask(self.connection, f'DELETE FROM {self._changes} WHERE "_slice_date" = $1', pair.day)  # noqa: S608 - quoted
            return
        self._write(pair)
        (counts,) = ask(self.connection, _COUNT.format(changes=self._changes, is_gone=GONE), pair.day)
        ask(
            self.connection,
            _MARK.format(change_slices=change_slices),
            self.table.name,
            pair.day,
            pair.loaded_at,
            pair.previous,
            pair.previous_loaded_at,
            *counts,
        )

    def _write(self, pair: _Snapshots) -> None:
        """The day's changes in the place of those that stand there.

        A snapshot whose own rows are gone is told from the changes up to its day, so these must still stand while
        it is compared: the new ones wait beside them under a mark.
        """
        compare, of_day = self._statement(pair), f'{self._changes} WHERE "_slice_date" = $1'
        if pair.whole:
            ask(self.connection, f"DELETE FROM {of_day}", pair.day)  # noqa: S608 - quoted
            ask(self.connection, compare, pair.day, pair.load_id, pair.extracted_at)
            return
        mark = str(uuid4())
        ask(self.connection, compare, pair.day, mark, pair.extracted_at)
        ask(self.connection, f'DELETE FROM {of_day} AND "_load_id" <> $2', pair.day, mark)  # noqa: S608 - quoted
        stamp = f'UPDATE {self._changes} SET "_load_id" = $1 WHERE "_slice_date" = $2 AND "_load_id" = $3'  # noqa: S608 - quoted
        ask(self.connection, stamp, pair.load_id, pair.day, mark)

    @property
    def _changes(self) -> str:
        return identifier(self.schema, changes_of(self.table).name)

    def _statement(self, pair: _Snapshots) -> str:
        columns = [identifier(name) for name in compared_columns(self.table)]
        later = snapshot_query(self.schema, self.table, pair.day, whole=pair.whole)
        return _COMPARE.format(
            changes=self._changes,
            columns=", ".join(columns),
            values=", ".join(
                f"CASE WHEN later.present THEN later.{name} ELSE earlier.{name} END" for name in columns
            ),
            gone=self._gone(later),
            added="first" if pair.previous is None else "added",
            earlier=snapshot_query(self.schema, self.table, pair.previous, whole=pair.previous_whole),
            later=later,
            same=self._same(),
            differ=" OR ".join(self._differs(column) for column in _compared(self.table)),
        )

    def _differs(self, column: Column) -> str:
        """Column by column, as PostgreSQL compares rows too: not all warehouses have rows."""
        pair = [f"{of}.{identifier(column.name)}" for of in ("earlier", "later")]
        if column.type is Type.JSON:
            pair = [self.connection.dialect.json_compared.format(column=name) for name in pair]
        return " IS DISTINCT FROM ".join(pair)

    def _same(self) -> str:
        """Equal identities as PostgreSQL can hash them: it has no full join on IS NOT DISTINCT FROM."""
        pairs = zip(identity(self.table, "earlier"), identity(self.table, "later"), strict=True)
        return " AND ".join(
            f"coalesce(CAST({earlier} AS varchar), '') = coalesce(CAST({later} AS varchar), '') "
            f"AND (({earlier}) IS NULL) = (({later}) IS NULL)"
            for earlier, later in pairs
        )

    def _gone(self, later: str) -> str:
        """Whether a row that is no longer there under its key goes on as one that has an id by now."""
        cases = []
        for other in set(self.table.key_fallback.values()):
            names = [identifier(name) for name in self.table.key if name != other]
            was, of_now = ", ".join(f"earlier.{name}" for name in names), ", ".join(names)
            now = f"SELECT {of_now} FROM ({later}) now WHERE {identifier(other)} IS NOT NULL"  # noqa: S608 - quoted
            cases.append(f"WHEN earlier.{identifier(other)} IS NULL AND ({was}) IN ({now}) THEN 'continued' ")
        return f"CASE {''.join(sorted(cases))}ELSE 'removed' END" if cases else "'removed'"


def _identifying(table: Table, name: str, prefix: str) -> str:
    column = prefix + identifier(name)
    if (other := table.key_fallback.get(name)) is None:
        return column
    return f"CASE WHEN {prefix}{identifier(other)} IS NULL THEN {column} END"
