"""What Zoom sends that no column declares: listed in the warehouse, told once. Names and counts, never a value."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from include.warehouse.errors import trying
from include.warehouse.session import Session, alone, ask, ask_for_each, begin, identifier, lock_against_loads
from include.zoom.layout import ROOT, taken_columns
from include.zoom.stream import Stream

_KNOWN = """
SELECT table_name, field, stream, first_seen, last_seen, array_to_string(kinds, ', '), declared_at IS NOT NULL
FROM {new_fields}
"""
_ADD = """
INSERT INTO {new_fields} (stream, table_name, field, first_seen, last_seen, loads, values_counted, kinds)
VALUES ($1, $2, $3, $4, $5, 1, $6, {kinds})
"""
_ADD_TO = """
UPDATE {new_fields} SET first_seen = $1, last_seen = $2, loads = loads + 1, values_counted = values_counted + $3,
       kinds = {kinds}, declared_at = NULL
WHERE table_name = $5 AND field = $6
"""
_DECLARED = "UPDATE {new_fields} SET declared_at = {clock} WHERE table_name = $1 AND field = $2"
_UNTOLD = """
SELECT table_name, field, array_to_string(kinds, ', '), values_counted FROM {new_fields}
WHERE stream = $1 AND alerted_at IS NULL AND declared_at IS NULL ORDER BY table_name, field
"""
_TOLD = "UPDATE {new_fields} SET alerted_at = {clock} WHERE table_name = $1 AND field = $2"


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
    connection: Session, schema: str, stream: Stream, seen_at: datetime, fields: Iterable[NewField]
) -> None:
    """Lists the fields of an extraction, and marks those that have got a column since they were new.

    Raises:
        WarehouseError: the server refused.
    """
    with trying(f"list the new fields of {stream.name} in schema {schema}"):
        begin(connection)
        lock_against_loads(connection, schema, "new_fields")
        table = identifier(schema, "new_fields")
        _List(connection, table, stream).add(seen_at, {(seen.table, seen.field): seen for seen in fields})
        connection.commit()


def tell(
    connection: Session, schema: str, stream: Stream, send: Callable[[Sequence[NewField]], bool]
) -> None:
    """Hands the fields to `send` that nobody was told of; where it says that it sent them, they are told.

    One load at a time: another one's new fields wait for the next load. A lock that ends with the session
    decides who tells, so that whoever is killed on the way leaves it to the next.

    Raises:
        WarehouseError: the server refused.
    """
    table = identifier(schema, "new_fields")
    with trying(f"tell the new fields of {stream.name} in schema {schema}"):
        begin(connection)
        free = alone(connection, f"new fields of {stream.name} in {schema}")
        untold = [NewField(*row) for row in ask(connection, _UNTOLD.format(new_fields=table), stream.name)]
        if free and untold and send(untold):
            statement = _TOLD.format(new_fields=table, clock=connection.dialect.clock)
            ask_for_each(connection, statement, [(field.table, field.field) for field in untold])
        connection.commit()


@dataclass(frozen=True)
class _List:
    """The table of new fields, which nobody else writes meanwhile."""

    connection: Session
    table: str
    stream: Stream

    def add(self, at: datetime, fields: Mapping[tuple[str, str], NewField]) -> None:
        """Marks what has got a column, then counts these in."""
        known = {
            (table, field): line
            for table, field, *line in ask(self.connection, _KNOWN.format(new_fields=self.table))
        }
        columns = _declared(self.stream)
        self._for_each(
            _DECLARED,
            [
                name
                for name, (stream, *_, declared) in known.items()
                if stream == self.stream.name and not declared and name in columns
            ],
        )
        self._for_each(_ADD, [self._new(seen, at) for name, seen in fields.items() if name not in known])
        again = [self._more(seen, at, known[name]) for name, seen in fields.items() if name in known]
        self._for_each(_ADD_TO, again, joined="$4")

    def _for_each(self, statement: str, rows: Sequence[Sequence[Any]], joined: str = "$7") -> None:
        dialect = self.connection.dialect
        filled = statement.format(
            new_fields=self.table, clock=dialect.clock, kinds=dialect.words.format(joined=joined)
        )
        ask_for_each(self.connection, filled, rows)

    def _new(self, seen: NewField, at: datetime) -> tuple[Any, ...]:
        return self.stream.name, seen.table, seen.field, at, at, seen.count, seen.kinds

    def _more(self, seen: NewField, at: datetime, line: Sequence[Any]) -> tuple[Any, ...]:
        _, first, last, kinds, _ = line
        both = sorted({*kinds.split(", "), *seen.kinds.split(", ")} - {""})
        return min(first, at), max(last, at), seen.count, ", ".join(both), seen.table, seen.field


def _declared(stream: Stream) -> set[tuple[str, str]]:
    return {
        (table.name, f"{of}{'.'.join(column.path)}")
        for table in stream.tables
        for column in taken_columns(table)
        for of in ("", f"{ROOT}.")
    }
