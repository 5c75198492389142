"""Forgets a person in the warehouse: their rows leave, of other rows their traces do; and it stays so.

First the person's hashes are committed to `forgotten`. A load reads that after it has locked its tables, and takes no
frames that were made before; a load that was quicker holds the locks for which each table's forgetting waits. So
nobody comes back.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.warehouse.catalogue import relations
from include.warehouse.changes import changes_of
from include.warehouse.errors import PermanentWarehouseError, trying
from include.warehouse.session import ask, begin, identifier
from include.zoom.forgotten import NOBODY, Forgotten, key_mark, version
from include.zoom.layout import EXTRA, columns_of
from include.zoom.stream import Column, Table, Type

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_REMEMBER = """
INSERT INTO {forgotten} (identifier, person, key_mark, forgotten_at) VALUES ($1, $2, $3, clock_timestamp())
ON CONFLICT (identifier) DO NOTHING
"""
_DELETE = 'WITH gone AS (DELETE FROM {table} WHERE {own} RETURNING "_slice_date") {counted}'
_BLANK = 'WITH gone AS (UPDATE {table} SET {blanks} WHERE {named} RETURNING "_slice_date") {counted}'
_COUNTED = 'SELECT "_slice_date", count(*) FROM gone GROUP BY 1'
_FEWER = "UPDATE {slices} SET rows = rows - $1 WHERE table_name = $2 AND slice_date = $3"


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten: each text that says who it is, in clear and as hashed columns hold it."""

    identifiers: tuple[str, ...] = field(repr=False)
    stand_in: str

    @property
    def pattern(self) -> str:
        """Finds an identifier in a text, and not one that is a part of another's. PostgreSQL and Python read it."""
        either = "|".join(re.escape(text) for text in sorted(self.identifiers))
        return rf"(?<![A-Za-z0-9._%+-])({either})(?![A-Za-z0-9_-]|\.[A-Za-z0-9])"


@dataclass(frozen=True)
class Forgetting:
    """What was changed in one place, or would be."""

    place: str
    deleted: int
    blanked: int


def linked(
    connection: "Connection", schema: str, table: Table, texts: Collection[str]
) -> list[tuple[str, ...]]:
    """What the table's `person` columns hold in rows where one of them is one of these texts, in any case."""
    columns = [identifier(name) for name in table.person]
    if not columns or not relations(connection, schema, table.name):
        return []
    wanted = ", ".join(f"lower(${number})" for number in range(1, len(texts) + 1))
    statement = (
        f"SELECT DISTINCT {', '.join(columns)} FROM {identifier(schema, table.name)} "  # noqa: S608 - quoted
        f"WHERE {' OR '.join(f'lower({column}) IN ({wanted})' for column in columns)}"
    )
    with trying(f"look for a person in {table.name} of schema {schema}"):
        return [tuple(text or "" for text in row) for row in ask(connection, statement, *texts)]


def twins(connection: "Connection", schema: str, table: Table) -> list[Table]:
    """The tables that stand for each other: the table and, of a snapshot, its changes; none that is not there."""
    both = (table, changes_of(table))
    there = relations(connection, schema, *(each.name for each in both))
    return [each for each in both if each.name in there]


def remember(
    connection: "Connection", schema: str, person: Person, hashes: Iterable[str], key: bytes
) -> None:
    """Commits who is forgotten, by hashes; again is harmless."""
    with trying(f"remember in schema {schema} who is forgotten"):
        begin(connection)
        for one in sorted(hashes):
            statement = _REMEMBER.format(forgotten=identifier(schema, "forgotten"))
            ask(connection, statement, one, person.stand_in, key_mark(key))
        connection.commit()


def forgotten_people(connection: "Connection", schema: str, key: bytes) -> Forgotten:
    """Who is forgotten in a schema.

    Raises:
        PermanentWarehouseError: somebody is, but with another key than this.
    """
    with trying(f"read who is forgotten in schema {schema}"):
        begin(connection)
        if not relations(connection, schema, "forgotten"):
            return NOBODY
        rows = ask(connection, f"SELECT identifier, person, key_mark FROM {identifier(schema, 'forgotten')}")  # noqa: S608 - quoted
        connection.commit()
    if not rows:
        return NOBODY
    if {mark for _, _, mark in rows} != {key_mark(key)}:
        raise PermanentWarehouseError(
            f"Could not tell who is forgotten in schema {schema}: [zoom] personal_hash_key is not the one that they "
            "were forgotten with. Nothing is loaded that could bring them back; set the key of then."
        )
    return Forgotten({one: person for one, person, _ in rows}, key)


def forgotten_version(connection: "Connection", schema: str) -> str:
    """The version of who is forgotten, as this transaction sees it."""
    statement = f"SELECT identifier FROM {identifier(schema, 'forgotten')}"  # noqa: S608 - quoted
    return version(str(one) for (one,) in ask(connection, statement))


def forget(
    connection: "Connection", schema: str, tables: Sequence[Table], person: Person
) -> list[Forgetting]:
    """Deletes and blanks in these tables, which stand for each other, in one transaction."""
    names = " and ".join(table.name for table in tables)
    with trying(f"forget a person in {names} of schema {schema}"):
        begin(connection)
        for table in tables:
            # What loads take stands against it, and it against them.
            ask(connection, f"LOCK TABLE {identifier(schema, table.name)} IN SHARE ROW EXCLUSIVE MODE")
        done = [_forget(connection, schema, table, person) for table in tables]
        for each in done:
            log(connection, schema, person, each)
        connection.commit()
    return done


def log(connection: "Connection", schema: str, person: Person, done: Forgetting) -> None:
    """Appends to the ledger of what was forgotten, where anything was."""
    if done.deleted or done.blanked:
        statement = (
            f"INSERT INTO {identifier(schema, 'forget_ledger')} VALUES (clock_timestamp(), $1, $2, $3, $4)"  # noqa: S608 - quoted
        )
        ask(connection, statement, person.stand_in, done.place, done.deleted, done.blanked)


def found(connection: "Connection", schema: str, table: Table, person: Person) -> Forgetting:
    """What forgetting would delete and blank in a table."""
    own = _any(_named(table, table.person))
    statement = (
        f"SELECT count(*) FILTER (WHERE {own}), count(*) FILTER (WHERE NOT {own}) "  # noqa: S608 - quoted
        f"FROM {identifier(schema, table.name)} WHERE {_any(_named(table))}"
    )
    with trying(f"look for a person in {table.name} of schema {schema}"):
        begin(connection)
        ((deleted, blanked),) = ask(connection, statement, person.pattern)
        connection.commit()
    return Forgetting(table.name, deleted, blanked)


def found_elsewhere(
    connection: "Connection", schema: str, ours: Iterable[str], person: Person
) -> list[Forgetting]:
    """Tables that are not ours and name the person; the rows are counted as not blanked by us."""
    known = tuple(ours)
    left = []
    for name, relation in relations(connection, schema).items():
        if relation.is_table and not any(name == our or _is_partition(name, our) for our in known):
            columns = [_matching(column) for column, type_ in relation.columns.items() if _may_name(type_)]
            statement = f"SELECT count(*) FROM {identifier(schema, name)} WHERE {_any(columns)}"  # noqa: S608 - quoted
            ((count,),) = ask(connection, statement, person.pattern) if columns else ((0,),)
            left += [Forgetting(name, 0, count)] if count else []
    return left


def _forget(connection: "Connection", schema: str, table: Table, person: Person) -> Forgetting:
    name, deleted = identifier(schema, table.name), 0
    own = _any(_named(table, table.person))
    for day, count in ask(connection, _DELETE.format(table=name, own=own, counted=_COUNTED), person.pattern):
        deleted += count
        fewer = _FEWER.format(slices=identifier(schema, "slices"))
        ask(connection, fewer, count, table.name, day)
    blank = _BLANK.format(
        table=name, blanks=", ".join(_blanks(table)), named=_any(_named(table)), counted=_COUNTED
    )
    parameters = (person.pattern, person.stand_in)
    blanked = ask(connection, blank, *parameters[: 2 if "$2" in blank else 1])
    return Forgetting(table.name, deleted, sum(count for _, count in blanked))


def _named(table: Table, columns: Iterable[str] | None = None) -> list[str]:
    """Conditions on the text columns, or on those of them that are named here."""
    return [
        _matching(column.name)
        for column in columns_of(table)
        if column.type in (Type.TEXT, Type.JSON) and (columns is None or column.name in columns)
    ]


def _blanks(table: Table) -> list[str]:
    blanks = [(column, _blank(table, column)) for column in columns_of(table)]
    stood_in = [f"{identifier(column.name)} = {value}" for column, value in blanks if value]
    return stood_in or [f"{identifier(EXTRA.name)} = NULL"]


def _blank(table: Table, column: Column) -> str:
    quoted = identifier(column.name)
    if column.name in table.key and column.type is Type.TEXT:
        return f"CASE WHEN {_matching(column.name)} THEN $2 ELSE {quoted} END"
    if column.personal or column.name == EXTRA.name:
        return "NULL"
    if column.type in (Type.TEXT, Type.JSON):
        return f"CASE WHEN {_matching(column.name)} THEN NULL ELSE {quoted} END"
    return ""


def _matching(column: str) -> str:
    return f"{identifier(column)}::text ~* $1"


def _any(conditions: Sequence[str]) -> str:
    return "(" + " OR ".join(f"coalesce({condition}, false)" for condition in conditions or ["false"]) + ")"


def _may_name(type_: str) -> bool:
    return type_.startswith(("text", "character", "json"))


def _is_partition(name: str, of: str) -> bool:
    return re.fullmatch(rf"{re.escape(of)}_\d{{4}}_\d\d", name) is not None
