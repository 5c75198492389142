"""Forgets a person in the warehouse: their rows leave, of other rows their traces do; and it stays so.

First the person's hashes are committed to `forgotten`. A load reads that after it has locked its tables, and takes no
frames that were made before; a load that was quicker holds the locks for which each table's forgetting waits. So
nobody comes back.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from include.warehouse.catalogue import relations
from include.warehouse.changes import changes_of
from include.warehouse.dialects import Dialect
from include.warehouse.errors import PermanentWarehouseError, trying
from include.warehouse.session import (
    Session,
    add_missing,
    ask,
    ask_for_each,
    begin,
    identifier,
    lock_against_loads,
)
from include.zoom.forgotten import NOBODY, Forgotten, key_mark, version
from include.zoom.layout import EXTRA, SLICE_DATE, columns_of
from include.zoom.stream import Column, Table, Type

_BY_SLICE = 'SELECT "_slice_date", count(*) FROM {table} WHERE {condition} GROUP BY "_slice_date"'
_FEWER = 'UPDATE {slices} SET "rows" = "rows" - $1 WHERE table_name = $2 AND slice_date = $3'


@dataclass(frozen=True)
class Person:
    """Who is to be forgotten: each text that says who it is, in clear and as hashed columns hold it."""

    identifiers: tuple[str, ...] = field(repr=False)
    stand_in: str

    @property
    def pattern(self) -> str:
        """Finds an identifier in a text, and not one that is a part of another's.

        PostgreSQL, RE2 and Python read it: no look-around, so it takes what stands beside it along.
        """
        either = "|".join(re.escape(text) for text in sorted(self.identifiers))
        return rf"(^|[^A-Za-z0-9._%+-])({either})($|[^A-Za-z0-9_.-]|\.($|[^A-Za-z0-9]))"


@dataclass(frozen=True)
class Forgetting:
    """What was changed in one place, or would be."""

    place: str
    deleted: int
    blanked: int


def linked(connection: Session, schema: str, table: Table, texts: Collection[str]) -> list[tuple[str, ...]]:
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


def twins(connection: Session, schema: str, table: Table) -> list[Table]:
    """The tables that stand for each other: the table and, of a snapshot, its changes; none that is not there."""
    both = (table, changes_of(table))
    there = relations(connection, schema, *(each.name for each in both))
    return [each for each in both if each.name in there]


def remember(connection: Session, schema: str, person: Person, hashes: Iterable[str], key: bytes) -> None:
    """Commits who is forgotten, by hashes; again is harmless."""
    with trying(f"remember in schema {schema} who is forgotten"):
        begin(connection)
        values = {
            "identifier": "$1",
            "person": "$2",
            "key_mark": "$3",
            "forgotten_at": connection.dialect.clock,
        }
        for one in sorted(hashes):
            add_missing(
                connection, identifier(schema, "forgotten"), values, one, person.stand_in, key_mark(key)
            )
        connection.commit()


def forgotten_people(connection: Session, schema: str, key: bytes) -> Forgotten:
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


def forgotten_version(connection: Session, schema: str) -> str:
    """The version of who is forgotten, as this transaction sees it."""
    statement = f"SELECT identifier FROM {identifier(schema, 'forgotten')}"  # noqa: S608 - quoted
    return version(str(one) for (one,) in ask(connection, statement))


def forget(connection: Session, schema: str, tables: Sequence[Table], person: Person) -> list[Forgetting]:
    """Deletes and blanks in these tables, which stand for each other, in one transaction."""
    names = " and ".join(table.name for table in tables)
    with trying(f"forget a person in {names} of schema {schema}"):
        begin(connection)
        for table in tables:
            # What loads take stands against it, and it against them.
            lock_against_loads(connection, schema, table.name)
        done = [_forget(connection, schema, table, person) for table in tables]
        for each in done:
            log(connection, schema, person, each)
        connection.commit()
    return done


def log(connection: Session, schema: str, person: Person, done: Forgetting) -> None:
    """Appends to the ledger of what was forgotten, where anything was."""
    if done.deleted or done.blanked:
        statement = (
            f"INSERT INTO {identifier(schema, 'forget_ledger')} (happened_at, person, place, deleted, blanked) "  # noqa: S608 - quoted
            f"VALUES ({connection.dialect.clock}, $1, $2, $3, $4)"
        )
        ask(connection, statement, person.stand_in, done.place, done.deleted, done.blanked)


def found(connection: Session, schema: str, table: Table, person: Person) -> Forgetting:
    """What forgetting would delete and blank in a table."""
    dialect = connection.dialect
    own = _any(_named(dialect, table, table.person))
    statement = (
        f"SELECT count(CASE WHEN {own} THEN 1 END), count(CASE WHEN NOT {own} THEN 1 END) "  # noqa: S608 - quoted
        f"FROM {identifier(schema, table.name)} WHERE {_any(_named(dialect, table))}"
    )
    with trying(f"look for a person in {table.name} of schema {schema}"):
        begin(connection)
        ((deleted, blanked),) = ask(connection, statement, person.pattern)
        connection.commit()
    return Forgetting(table.name, deleted, blanked)


def found_elsewhere(
    connection: Session, schema: str, ours: Iterable[str], person: Person
) -> list[Forgetting]:
    """Tables that are not ours and name the person; the rows are counted as not blanked by us."""
    known = tuple(ours)
    left = []
    for name, relation in relations(connection, schema).items():
        if relation.is_table and not any(name == our or _is_partition(name, our) for our in known):
            columns = [
                _matching(connection.dialect, column)
                for column, type_ in relation.columns.items()
                if _may_name(type_)
            ]
            statement = f"SELECT count(*) FROM {identifier(schema, name)} WHERE {_any(columns)}"  # noqa: S608 - quoted
            ((count,),) = ask(connection, statement, person.pattern) if columns else ((0,),)
            left += [Forgetting(name, 0, count)] if count else []
    return left


def _forget(connection: Session, schema: str, table: Table, person: Person) -> Forgetting:
    """The counts come first, of a table that nobody else writes; what changes rows looks at their slices alone."""
    name, dialect = identifier(schema, table.name), connection.dialect
    own, named = _any(_named(dialect, table, table.person)), _any(_named(dialect, table))
    deleted = _by_slice(connection, name, own, person)
    if deleted:
        ask(connection, f"DELETE FROM {name} WHERE {_in(deleted)} AND {own}", person.pattern)  # noqa: S608 - quoted
    fewer = _FEWER.format(slices=identifier(schema, "slices"))
    ask_for_each(connection, fewer, [(count, table.name, day) for day, count in deleted.items()])
    blanked = _by_slice(connection, name, named, person)
    if blanked:
        blank = f"UPDATE {name} SET {', '.join(_blanks(dialect, table))} WHERE {_in(blanked)} AND {named}"  # noqa: S608 - quoted
        ask(connection, blank, *(person.pattern, person.stand_in)[: 2 if "$2" in blank else 1])
    return Forgetting(table.name, sum(deleted.values()), sum(blanked.values()))


def _by_slice(connection: Session, name: str, condition: str, person: Person) -> dict[date | None, int]:
    statement = _BY_SLICE.format(table=name, condition=condition)
    return dict(ask(connection, statement, person.pattern)) if "$1" in statement else {}


def _in(days: Iterable[date | None]) -> str:
    """That a row is of one of these slices, or of none, as a row that somebody else has written may be."""
    column = identifier(SLICE_DATE.name)
    any_of = "".join(f"{column} = CAST('{day}' AS date) OR " for day in sorted(filter(None, days)))
    return f"({any_of}{column} IS NULL)"


def _named(dialect: Dialect, table: Table, columns: Iterable[str] | None = None) -> list[str]:
    """Conditions on the text columns, or on those of them that are named here."""
    return [
        _matching(dialect, column.name)
        for column in columns_of(table)
        if column.type in (Type.TEXT, Type.JSON) and (columns is None or column.name in columns)
    ]


def _blanks(dialect: Dialect, table: Table) -> list[str]:
    blanks = [(column, _blank(dialect, table, column)) for column in columns_of(table)]
    stood_in = [f"{identifier(column.name)} = {value}" for column, value in blanks if value]
    return stood_in or [f"{identifier(EXTRA.name)} = NULL"]


def _blank(dialect: Dialect, table: Table, column: Column) -> str:
    quoted = identifier(column.name)
    if column.name in table.key and column.type is Type.TEXT:
        return f"CASE WHEN {_matching(dialect, column.name)} THEN $2 ELSE {quoted} END"
    if column.personal or column.name == EXTRA.name:
        return "NULL"
    if column.type in (Type.TEXT, Type.JSON):
        return f"CASE WHEN {_matching(dialect, column.name)} THEN NULL ELSE {quoted} END"
    return ""


def _matching(dialect: Dialect, column: str) -> str:
    return dialect.matches.format(column=identifier(column))


def _any(conditions: Sequence[str]) -> str:
    return "(" + " OR ".join(f"coalesce({condition}, false)" for condition in conditions or ["false"]) + ")"


def _may_name(type_: str) -> bool:
    return type_.startswith(("text", "character", "json"))


def _is_partition(name: str, of: str) -> bool:
    return re.fullmatch(rf"{re.escape(of)}_\d{{4}}_\d\d", name) is not None
