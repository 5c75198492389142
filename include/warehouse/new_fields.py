"""What Zoom sends that no column declares: listed in the warehouse, told once. Names and counts, never a value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

from include.warehouse.errors import trying
from include.warehouse.session import ask, begin, identifier, literal
from include.zoom.layout import ROOT, taken_columns
from include.zoom.stream import Stream

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

# Sorted, so that two loads of one stream lock the rows in one order.
_NOTE = """
INSERT INTO {new_fields} AS known
    (stream, table_name, field, first_seen, last_seen, loads, values_counted, kinds)
SELECT $1, "table", field, $2, $2, 1, count, kinds
FROM jsonb_to_recordset(($3::text)::jsonb) AS seen ("table" text, field text, count bigint, kinds text[])
ORDER BY "table", field
ON CONFLICT (table_name, field) DO UPDATE SET
    first_seen = least(known.first_seen, excluded.first_seen),
    last_seen = greatest(known.last_seen, excluded.last_seen),
    loads = known.loads + 1,
    values_counted = known.values_counted + excluded.values_counted,
    kinds = (SELECT array_agg(DISTINCT kind ORDER BY kind) FROM unnest(known.kinds || excluded.kinds) AS kind),
    declared_at = NULL
"""
_DECLARED = """
UPDATE {new_fields} SET declared_at = clock_timestamp()
WHERE stream = $1 AND declared_at IS NULL AND (table_name, field) IN (
    SELECT "table", field FROM jsonb_to_recordset(($2::text)::jsonb) AS declared ("table" text, field text)
)
"""
_UNTOLD = """
SELECT table_name, field, array_to_string(kinds, ', '), values_counted FROM {new_fields}
WHERE stream = $1 AND alerted_at IS NULL AND declared_at IS NULL ORDER BY table_name, field
"""
_TOLD = "UPDATE {new_fields} SET alerted_at = clock_timestamp() WHERE table_name = $1 AND field = $2"


@dataclass(frozen=True)
class NewField:
    """A field of a table's records; `kinds` are its JSON types."""

    table: str
    field: str
    kinds: str
    count: int


def new_fields(undeclared: Mapping[str, int], kinds: Mapping[str, int]) -> list[NewField]:
    """The fields that a framing counted (`FrameCounts.undeclared` and `.kinds`)."""
    of_field: dict[str, list[str]] = {}
    for told in sorted(kinds):
        name, _, kind = told.rpartition(" ")
        of_field.setdefault(name, []).append(kind)
    found = []
    for name, count in sorted(undeclared.items()):
        table, _, field = name.partition(".")
        found.append(NewField(table, field, ", ".join(of_field.get(name, [])), count))
    return found


def note(
    connection: "Connection", schema: str, stream: Stream, seen_at: datetime, fields: Iterable[NewField]
) -> None:
    """Lists the fields of an extraction, and marks those that have got a column since they were new.

    Raises:
        WarehouseError: the server refused.
    """
    table = identifier(schema, "new_fields")
    with trying(f"list the new fields of {stream.name} in schema {schema}"):
        begin(connection)
        ask(connection, _DECLARED.format(new_fields=table), stream.name, _declared(stream))
        ask(connection, _NOTE.format(new_fields=table), stream.name, seen_at, _written(fields))
        connection.commit()


def tell(
    connection: "Connection", schema: str, stream: Stream, send: Callable[[Sequence[NewField]], bool]
) -> None:
    """Hands the fields to `send` that nobody was told of; where it says that it sent them, they are told.

    One load at a time: another one's new fields wait for the next load. A lock that ends with the session
    decides who tells, so that whoever is killed on the way leaves it to the next.

    Raises:
        WarehouseError: the server refused.
    """
    table = identifier(schema, "new_fields")
    key = literal(f"new fields of {stream.name} in {schema}")
    with trying(f"tell the new fields of {stream.name} in schema {schema}"):
        begin(connection)
        ((alone,),) = ask(connection, f"SELECT pg_try_advisory_xact_lock(hashtextextended({key}, 0))")
        untold = [NewField(*row) for row in ask(connection, _UNTOLD.format(new_fields=table), stream.name)]
        if alone and untold and send(untold):
            for field in untold:
                ask(connection, _TOLD.format(new_fields=table), field.table, field.field)
        connection.commit()


def _declared(stream: Stream) -> str:
    names = [
        {"table": table.name, "field": f"{of}{'.'.join(column.path)}"}
        for table in stream.tables
        for column in taken_columns(table)
        for of in ("", f"{ROOT}.")
    ]
    return orjson.dumps(names).decode()


def _written(fields: Iterable[NewField]) -> str:
    return orjson.dumps(
        [
            {
                "table": found.table,
                "field": found.field,
                "count": found.count,
                "kinds": found.kinds.split(", ") if found.kinds else [],
            }
            for found in fields
        ]
    ).decode()
