"""Who was there when an account was last asked."""

from dataclasses import dataclass
from datetime import date

from include.warehouse.catalogue import relations
from include.warehouse.changes import changes_of, snapshot_query
from include.warehouse.errors import trying
from include.warehouse.session import Session, Warehouse, ask, identifier
from include.zoom.stream import Column, Table

_LEDGER = ("slices", "change_slices", "account")
_NEWEST = """
SELECT s.slice_date, s.trimmed_at IS NULL
FROM {slices} s LEFT JOIN {change_slices} c USING (table_name, slice_date)
WHERE s.table_name = $1 AND s.slice_date < $2 AND (s.trimmed_at IS NULL OR c.slice_date IS NOT NULL)
  AND EXISTS (SELECT 1 FROM {account} WHERE account = $3)
ORDER BY s.slice_date DESC LIMIT 1
"""


@dataclass(frozen=True)
class LastSnapshot:
    """A snapshot's day, and the values of one column."""

    day: date
    values: frozenset[str]


def last_snapshot(
    warehouse: Warehouse, account: str, table: Table, column: Column, *, before: date
) -> LastSnapshot | None:
    """The newest snapshot of a table before a day, if the schema holds this account and has one.

    Raises:
        WarehouseError: the server refused or was not to be reached.
    """
    with (
        warehouse.connect() as connection,
        trying(f"read the last snapshot of {table.name} in schema {warehouse.schema}"),
    ):
        needed = {table.name, changes_of(table).name, *_LEDGER}
        if relations(connection, warehouse.schema, *needed).keys() != needed:
            return None
        names = {name: identifier(warehouse.schema, name) for name in _LEDGER}
        newest = ask(connection, _NEWEST.format(**names), table.name, before, account)
        if not newest:
            return None
        ((day, whole),) = newest
        return LastSnapshot(day, _values(connection, warehouse.schema, table, column, (day, whole)))


def _values(
    connection: Session, schema: str, table: Table, column: Column, snapshot: tuple[date, bool]
) -> frozenset[str]:
    name, (day, whole) = identifier(column.name), snapshot
    rows = ask(
        connection,
        f"SELECT DISTINCT {name} FROM ({snapshot_query(schema, table, day, whole=whole)}) last "  # noqa: S608 - quoted
        f"WHERE {name} IS NOT NULL",
    )
    return frozenset(str(value) for (value,) in rows)
