"""How long full snapshots stay: their changes carry the history on."""

from datetime import date
from typing import TYPE_CHECKING

from include.warehouse.session import ask, identifier, literal
from include.zoom.stream import Table

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_TRIM = """
UPDATE {slices} SET trimmed_at = clock_timestamp()
WHERE table_name = $1 AND trimmed_at IS NULL
  AND slice_date <= (SELECT max(slice_date) FROM {slices} WHERE table_name = $1) - $2::integer
RETURNING slice_date
"""


def trim(connection: "Connection", schema: str, table: Table, days: int) -> list[date]:
    """Deletes the full snapshots that are `days` or more older than the newest one; their days.

    By the newest snapshot's day and not by a clock: where nothing new comes, nothing goes. The slices keep
    their line, with the time since when their rows are gone.
    """
    trimmed = ask(connection, _TRIM.format(slices=identifier(schema, "slices")), table.name, days)
    name = identifier(schema, table.name)
    for (day,) in trimmed:
        ask(connection, f"DELETE FROM {name} WHERE _slice_date = $1", day)  # noqa: S608 - quoted
    return sorted(day for (day,) in trimmed)


def forget_snapshots(schema: str, table: Table) -> str:
    """For a table that is not there yet: the snapshots that an earlier one of its name held went with it."""
    return (
        f"UPDATE {identifier(schema, 'slices')} SET trimmed_at = clock_timestamp() "  # noqa: S608 - quoted
        f"WHERE table_name = {literal(table.name)} AND trimmed_at IS NULL"
    )


def forget_changes(schema: str, table: Table) -> str:
    """For a change table that is not there yet: the next load compares all snapshots that there are."""
    return (
        f"DELETE FROM {identifier(schema, 'change_slices')} "  # noqa: S608 - quoted
        f"WHERE table_name = {literal(table.name)}"
    )
