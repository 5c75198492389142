"""What the warehouse knows of its loads: slices, ledger, and whose account the schema holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from include.warehouse.catalogue import relations
from include.warehouse.errors import ForeignAccount, trying
from include.warehouse.session import Session, add_missing, ask, begin, identifier, lock_against_loads
from include.zoom.stream import Kind, Stream, slice_dates

_LOG = """
INSERT INTO {load_ledger}
    (loaded_at, transaction_id, load_id, stream, table_name, slice_date, extracted_at, attempt_id, "rows", final)
VALUES ({clock}, $1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


@dataclass(frozen=True)
class Slice:
    """What a load says of one slice of one table."""

    table: str
    slice_date: date
    stream: str
    extracted_at: datetime
    attempt_id: str
    load_id: str
    rows: int
    final: bool
    kind: Kind


def guard(connection: Session, schema: str, entry: Slice) -> str | None:
    """Claims a slice until the transaction ends; the load id that supersedes this one, if one does.

    An equal extraction does not, so that a cleared load, or new transform code over the same one, takes effect.
    """
    slices = identifier(schema, "slices")
    ask(
        connection,
        connection.dialect.guard.format(slices=slices, clock=connection.dialect.clock),
        entry.table,
        entry.slice_date,
        entry.stream,
        entry.extracted_at,
        entry.attempt_id,
        entry.load_id,
        entry.rows,
        entry.final,
        entry.kind.value,
    )
    newer = (
        f"SELECT load_id FROM {slices} WHERE table_name = $1 AND slice_date = $2 "  # noqa: S608 - quoted
        "AND NOT (extracted_at = $3 AND attempt_id = $4)"
    )
    found = ask(connection, newer, entry.table, entry.slice_date, entry.extracted_at, entry.attempt_id)
    return str(found[0][0]) if found else None


def log(connection: Session, schema: str, transaction_id: str, entries: Iterable[Slice]) -> None:
    """Appends to the ledger."""
    statement = _LOG.format(load_ledger=identifier(schema, "load_ledger"), clock=connection.dialect.clock)
    for entry in entries:
        ask(
            connection,
            statement,
            transaction_id,
            entry.load_id,
            entry.stream,
            entry.table,
            entry.slice_date,
            entry.extracted_at,
            entry.attempt_id,
            entry.rows,
            entry.final,
        )


def is_logged(connection: Session, schema: str, transaction_id: str) -> bool:
    """Whether a transaction was committed."""
    statement = f"SELECT 1 FROM {identifier(schema, 'load_ledger')} WHERE transaction_id = $1 LIMIT 1"  # noqa: S608 - quoted
    return bool(ask(connection, statement, transaction_id))


def claim(connection: Session, schema: str, account: str) -> None:
    """Makes the schema this account's, or checks that it is.

    Raises:
        ForeignAccount: it is another's.
    """
    table = identifier(schema, "account")
    with trying(f"read whose account schema {schema} holds"):
        begin(connection)
        owners = ask(connection, f"SELECT account FROM {table}")  # noqa: S608 - quoted
        if not owners:
            begin(connection)
            lock_against_loads(connection, schema, "account")
            add_missing(connection, table, {"only_row": "true", "account": "$1"}, account)
            owners = ask(connection, f"SELECT account FROM {table}")  # noqa: S608 - quoted
        connection.commit()
    owner = owners[0][0]
    if owner != account:
        raise ForeignAccount(
            f"Schema {schema} holds the Zoom account {owner}; this load is of {account}. Nothing was loaded: give "
            "the run another schema (its parameter), one for each account."
        )


def unfinal_days(
    connection: Session, schema: str, stream: Stream, candidates: Sequence[date]
) -> tuple[date, ...]:
    """Those of the days whose slice was never loaded, or before all of it was to be had.

    None for a snapshot: no later question tells how it was.
    """
    if stream.kind is Kind.SNAPSHOT or not candidates:
        return ()
    with trying(f"read which days of {stream.name} are final in schema {schema}"):
        final = _final_slices(connection, schema, stream)
    wanted = {table.name for table in stream.tables}
    return tuple(
        day
        for day in candidates
        if any((table, slice_dates(stream.kind, (day,))[0]) not in final for table in wanted)
    )


def holds_attempt(connection: Session, schema: str, stream: Stream, day: date, attempt_id: str) -> bool:
    """Whether all of the stream's tables hold this very extraction in a slice."""
    slices = identifier(schema, "slices")
    with trying(f"read what {stream.name} of {day} holds in schema {schema}"):
        if not relations(connection, schema, "slices"):
            return False
        statement = f"SELECT table_name FROM {slices} WHERE slice_date = $1 AND attempt_id = $2 AND trimmed_at IS NULL"  # noqa: S608 - quoted
        held = {table for (table,) in ask(connection, statement, day, attempt_id)}
    return held >= {table.name for table in stream.tables}


def _final_slices(connection: Session, schema: str, stream: Stream) -> set[tuple[str, date]]:
    slices = identifier(schema, "slices")
    if not relations(connection, schema, "slices"):
        return set()
    statement = f"SELECT table_name, slice_date FROM {slices} WHERE stream = $1 AND final"  # noqa: S608 - quoted
    return {(table, day) for table, day in ask(connection, statement, stream.name)}


def owner(connection: Session, schema: str) -> str | None:
    """The account whose data a schema holds; None where nothing was ever loaded into it."""
    table = identifier(schema, "account")
    with trying(f"read whose account schema {schema} holds"):
        if not relations(connection, schema, "account"):
            return None
        owners = ask(connection, f"SELECT account FROM {table}")  # noqa: S608 - quoted
    return owners[0][0] if owners else None


def extractions(connection: Session, schema: str, stream: Stream) -> dict[str, set[date]]:
    """The slices that a stream's tables hold, by the attempt that they came from, oldest attempt first.

    Without those of snapshots whose rows are deleted by age: their changes stay as they are.
    """
    held: dict[str, set[date]] = {}
    slices = identifier(schema, "slices")
    statement = (
        f"SELECT attempt_id, slice_date FROM {slices} WHERE stream = $1 AND trimmed_at IS NULL "  # noqa: S608 - quoted
        "ORDER BY attempt_id, slice_date"
    )
    with trying(f"read what {stream.name} holds in schema {schema}"):
        for attempt_id, day in ask(connection, statement, stream.name):
            held.setdefault(attempt_id, set()).add(day)
    return held
