"""How long full snapshots stay: their changes carry the history on."""

from datetime import date, timedelta

from include.warehouse.changes import changes_of
from include.warehouse.dialects import Dialect
from include.warehouse.session import Session, ask, identifier, literal
from include.zoom.stream import Table

_SNAPSHOTS = "SELECT slice_date, trimmed_at IS NULL FROM {slices} WHERE table_name = $1 ORDER BY slice_date"
_TRIM = """
UPDATE {slices} SET trimmed_at = {clock}
WHERE table_name = $1 AND slice_date <= $2 AND trimmed_at IS NULL
"""


def trim(connection: Session, schema: str, table: Table, days: int) -> list[date]:
    """Deletes the full snapshots that are `days` or more older than the newest one; their days.

    By the newest snapshot's day and not by a clock: where nothing new comes, nothing goes. The slices keep
    their line, with the time since when their rows are gone.
    """
    slices, name = identifier(schema, "slices"), identifier(schema, table.name)
    snapshots = ask(connection, _SNAPSHOTS.format(slices=slices), table.name)
    trimmed = [day for day, whole in snapshots if whole and snapshots[-1][0] - day >= timedelta(days=days)]
    if trimmed:
        ask(connection, _TRIM.format(slices=slices, clock=connection.dialect.clock), table.name, trimmed[-1])
    for day in trimmed:
        ask(connection, f'DELETE FROM {name} WHERE "_slice_date" = $1', day)  # noqa: S608 - quoted
    return trimmed


def forget_snapshots(schema: str, table: Table, dialect: Dialect) -> str:
    """For a table that is not there yet: the snapshots that an earlier one of its name held went with it."""
    return (
        f"UPDATE {identifier(schema, 'slices')} SET trimmed_at = {dialect.clock} "  # noqa: S608 - quoted
        f"WHERE table_name = {literal(table.name)} AND trimmed_at IS NULL{_unless_made(schema, table, dialect)}"
    )


def forget_changes(schema: str, table: Table, dialect: Dialect) -> str:
    """For a change table that is not there yet: the next load compares all snapshots that there are."""
    return (
        f"DELETE FROM {identifier(schema, 'change_slices')} "  # noqa: S608 - quoted
        f"WHERE table_name = {literal(table.name)}{_unless_made(schema, changes_of(table), dialect)}"
    )


def _unless_made(schema: str, table: Table, dialect: Dialect) -> str:
    """Another load may have made the table since it was found missing, and filled it."""
    if not dialect.unless_made:
        return ""
    return f" AND {dialect.unless_made.format(schema=literal(schema), name=literal(table.name))}"
