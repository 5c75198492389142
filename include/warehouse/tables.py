"""The warehouse's tables and views, made from the streams' declarations, in a transaction of their own."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.resources import files

from include.warehouse.catalogue import Relation, declared_types, new_columns, relations
from include.warehouse.changes import changes_of
from include.warehouse.comments import comment_on, comment_on_column, view_columns
from include.warehouse.dialects import POSTGRES, Dialect
from include.warehouse.errors import TransientWarehouseError, trying
from include.warehouse.retention import forget_changes, forget_snapshots
from include.warehouse.session import Session, ask, begin, identifier, lock_ddl
from include.warehouse.snapshot_views import current_view, history_view
from include.warehouse.version import SCHEMA_VERSION, held_version, raise_version
from include.zoom.layout import REJECTED, SLICE_DATE, columns_of
from include.zoom.stream import Column, Kind, Stream, Table, slice_dates, slice_end

_LEDGER_FILE = "ledger.sql"
_IN_LEDGER = re.compile(r"(?m)^CREATE (TABLE|VIEW) \{(\w+)\}")
_COMMENT_IN_LEDGER = re.compile(r"COMMENT ON \w+ \{(\w+)\}(?:\.(\w+))? IS '(.*)'")
_COLUMN_IN_LEDGER = re.compile(r'(?m)^(    "?\w+"?) (timestamp with time zone|text\[\]|\w+)')
# Columns of the ledger's own that schemas of an earlier version lack.
_SINCE_ADDED = {"slices": {"kind": "text", "trimmed_at": "timestamp with time zone"}}
DDL_LOCK_TIMEOUT_SECONDS = 60
_PARTITIONED = "p"

Present = Mapping[str, Relation]


@dataclass(frozen=True)
class Partitions:
    """Which tables are made in month partitions (worth it from 100 M rows), and which days are loaded."""

    tables: Collection[str]
    days: Collection[date]


NO_PARTITIONS = Partitions((), ())


def ensure(connection: Session, schema: str, stream: Stream, plan: Partitions = NO_PARTITIONS) -> None:
    """Makes what the stream's load needs and the schema lacks: tables, new columns, comments, views.

    Writes nothing, and needs no right to, where nothing is lacking. Else it is done behind one advisory lock:
    `CREATE TABLE IF NOT EXISTS` alone fails when sessions run it at once. Where there is no such lock, who came later
    looks again at what is still lacking.

    Raises:
        NewerSchema: the schema is newer than this code.
        WarehouseError: the server refused.
    """
    for last in (False, False, False, True):
        try:
            _make(connection, schema, stream, plan)
        except TransientWarehouseError:
            if last or connection.dialect.lock_name:
                raise
        else:
            return


def _make(connection: Session, schema: str, stream: Stream, plan: Partitions) -> None:
    with trying(f"make the tables of {stream.name} in schema {schema}"):
        begin(connection, lock_timeout_seconds=DDL_LOCK_TIMEOUT_SECONDS)
        if _due(connection, schema, stream, plan):
            lock_ddl(connection, schema)
            for statement in _due(connection, schema, stream, plan):
                ask(connection, statement)
        connection.commit()


def _due(connection: Session, schema: str, stream: Stream, plan: Partitions) -> list[str]:
    present = relations(connection, schema)
    version = held_version(connection, schema, present)
    lacking = list(statements(schema, stream, present, plan, connection.dialect))
    if not lacking and version == SCHEMA_VERSION:
        return []
    return [*lacking, *raise_version(schema, connection.dialect)]


def statements(
    schema: str,
    stream: Stream,
    present: Present,
    plan: Partitions = NO_PARTITIONS,
    dialect: Dialect = POSTGRES,
) -> Iterator[str]:
    """The DDL that brings a schema with these relations up to date for a stream."""
    if not dialect.partitioned:
        plan = NO_PARTITIONS
    if not present:
        yield f"CREATE SCHEMA IF NOT EXISTS {identifier(schema)}"
    yield from _ledger(schema, present, dialect)
    for table in (*stream.tables, REJECTED):
        yield from _table(schema, table, present.get(table.name), plan, dialect)
        yield from _partitions(schema, table, present, plan, dialect)
    if stream.kind is Kind.SNAPSHOT:
        for table in stream.tables:
            yield from _snapshots(schema, table, present, dialect)


def ledger_names() -> list[str]:
    """The ledger's tables and views."""
    return list(_ledger_kinds())


def _ledger_text() -> str:
    return files("include.warehouse").joinpath(_LEDGER_FILE).read_text()


def _ledger_kinds() -> dict[str, str]:
    """`TABLE` or `VIEW`, by name."""
    return {name: kind for kind, name in _IN_LEDGER.findall(_ledger_text())}


def _ledger(schema: str, present: Present, dialect: Dialect) -> Iterator[str]:
    """Relations and comments of the ledger that are not there: a schema of an earlier version has some of them."""
    kinds = _ledger_kinds()
    names = {name: identifier(schema, name) for name in kinds}
    for table, columns in _SINCE_ADDED.items():
        for column in columns.keys() - (present[table].columns if table in present else columns).keys():
            type_ = dialect.types.get(columns[column], columns[column])
            yield f"ALTER TABLE {names[table]} ADD COLUMN {identifier(column)} {type_}"
    for statement in filter(str.strip, _ledger_text().split(";\n")):
        if found := _COMMENT_IN_LEDGER.fullmatch(statement.strip()):
            name, column, comment = found[1], found[2], found[3].replace("''", "'")
            if _is_told(comment, column, present.get(name)):
                continue
            if not column:
                yield comment_on(dialect, kinds[name], names[name], comment)
            elif kinds[name] == "TABLE" or not dialect.view_column:
                yield comment_on_column(dialect, kinds[name], names[name], column, comment)
        elif (made := _IN_LEDGER.search(statement)) and made[2] not in present:
            name = made[2]
            told = view_columns(dialect, _ledger_comments(name)) if made[1] == "VIEW" else ""
            typed = _COLUMN_IN_LEDGER.sub(partial(_in_types_of, dialect), statement)
            yield typed.format(**{**names, name: names[name] + told})


def _ledger_comments(relation: str) -> dict[str, str]:
    """The columns of one of the ledger's relations that have a comment."""
    found = _COMMENT_IN_LEDGER.findall(_ledger_text())
    return {column: text.replace("''", "'") for name, column, text in found if name == relation and column}


def _is_told(comment: str, column: str | None, relation: Relation | None) -> bool:
    return relation is not None and comment == (relation.comments.get(column) if column else relation.comment)


def _in_types_of(dialect: Dialect, column: re.Match[str]) -> str:
    return f"{column[1]} {dialect.types.get(column[2], column[2])}"


def _table(
    schema: str, table: Table, relation: Relation | None, plan: Partitions, dialect: Dialect
) -> Iterator[str]:
    name, day = identifier(schema, table.name), identifier(SLICE_DATE.name)
    types = {column: dialect.types.get(kind, kind) for column, kind in declared_types(table).items()}
    if relation is not None and not relation.is_table:
        return  # the load tells what it is
    if relation is None:
        columns = ", ".join(f"{identifier(column)} {kind}" for column, kind in types.items())
        ending = dialect.partitioned if table.name in plan.tables else dialect.table_options
        yield f"CREATE TABLE {name} ({columns}) {ending.format(column=day)}".rstrip()
        if dialect.index:
            yield dialect.index.format(table=name, column=day)
    else:
        for column in new_columns(table, relation):
            yield f"ALTER TABLE {name} ADD COLUMN {identifier(column)} {types[column]}"
    yield from _comments(table, name, relation, dialect)


def _partitions(
    schema: str, table: Table, present: Present, plan: Partitions, dialect: Dialect
) -> Iterator[str]:
    """A partition for each month touched, of a table that is partitioned; one that is not stays as it is."""
    relation = present.get(table.name)
    if relation.kind != _PARTITIONED if relation else table.name not in plan.tables:
        return
    for month in slice_dates(Kind.MONTH, tuple(plan.days)):
        part, following = f"{table.name}_{month:%Y_%m}", slice_end(Kind.MONTH, month).date()
        if part not in present:
            yield dialect.partition.format(
                part=identifier(schema, part),
                table=identifier(schema, table.name),
                first=month,
                following=following,
            )


def _comments(table: Table, name: str, relation: Relation | None, dialect: Dialect) -> Iterator[str]:
    known = relation or Relation("", "", declared_types(table))
    if known.comment != table.comment:
        yield comment_on(dialect, "TABLE", name, table.comment)
    there = {*known.columns, *new_columns(table, known)}
    for column in columns_of(table):
        if column.name in there and known.comments.get(column.name, "") != _comment(column):
            yield comment_on_column(dialect, "TABLE", name, column.name, _comment(column))


def _comment(column: Column) -> str:
    parts = [column.comment.rstrip("."), f"unit: {column.unit}" if column.unit else ""]
    return ". ".join(part for part in [*parts, "Personal data" if column.personal else ""] if part)


def _snapshots(schema: str, table: Table, present: Present, dialect: Dialect) -> Iterator[str]:
    """What a snapshot table has beside it: its changes, its views.

    A view follows a table that was renamed, so it is made anew with the table.
    """
    changes = changes_of(table)
    if table.name not in present:
        yield forget_snapshots(schema, table, dialect)
    if changes.name not in present:
        yield forget_changes(schema, table, dialect)
    yield from _table(schema, changes, present.get(changes.name), NO_PARTITIONS, dialect)
    yield from current_view(schema, table, _commented_columns(table, present), present, dialect)
    yield from history_view(schema, table, _commented_columns(changes, present), present, dialect)


def _commented_columns(table: Table, present: Present) -> dict[str, str]:
    """The columns of ours that a table will have, in its order, with their comments."""
    relation = present.get(table.name)
    comments = {column.name: _comment(column) for column in columns_of(table)}
    names = [*relation.columns, *new_columns(table, relation)] if relation else comments
    return {name: comments[name] for name in names if name in comments}
