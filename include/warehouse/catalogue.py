"""What stands in the warehouse's schema, from PostgreSQL's catalogue, and where it differs from a declaration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from include.warehouse.session import ask
from include.zoom.layout import columns_of
from include.zoom.stream import Table

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_RELATIONS = """
SELECT c.relname::text, c.relkind::text, coalesce(obj_description(c.oid, 'pg_class'), ''),
       a.attname::text, format_type(a.atttypid, a.atttypmod),
       a.attgenerated::text || a.attidentity::text, a.attisdropped,
       coalesce(col_description(c.oid, a.attnum), '')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') {named}
ORDER BY c.relname, a.attnum
"""
_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


@dataclass
class Relation:
    """A table or view as it is; `columns` maps names to types, in the table's order."""

    kind: str
    comment: str
    columns: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)
    lost_columns: bool = False
    """Somebody has dropped a column; we never do."""

    @property
    def is_table(self) -> bool:
        """Whether it can be loaded."""
        return self.kind not in _KINDS


def relations(connection: "Connection", schema: str, *names: str) -> dict[str, Relation]:
    """The schema's tables and views by name, or those of these names; none where there is no such schema."""
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    statement = _RELATIONS.format(named=f"AND c.relname IN ({places})" if names else "")
    found: dict[str, Relation] = {}
    for name, kind, comment, column, type_, generated, dropped, said in ask(
        connection, statement, schema, *names
    ):
        relation = found.setdefault(name, Relation(kind, comment))
        if dropped:
            relation.lost_columns = True
            continue
        relation.columns[column] = f"generated {type_}" if generated else type_
        relation.comments[column] = said
    return found


def declared_types(table: Table) -> dict[str, str]:
    """A table's columns and their types as they are declared."""
    return {column.name: column.type.value for column in columns_of(table)}


def differences(table: Table, relation: Relation) -> list[str]:
    """What is not as declared, for a message; empty where each name and type is the same."""
    if not relation.is_table:
        return [f"it is {_KINDS[relation.kind]}, not a table"]
    declared = declared_types(table)
    missing = [
        f"column {name} ({declared[name]}) is missing" for name in declared if name not in relation.columns
    ]
    return [*missing, *_altered(declared, relation)]


def new_columns(table: Table, relation: Relation) -> list[str]:
    """Declared columns that a table of an earlier version of ours lacks.

    Where anything else about it is not ours (a column too many, another type, a column that was dropped), it
    may be a renamed or dropped column that is missing: then none is new.
    """
    declared = declared_types(table)
    if not relation.is_table or relation.lost_columns or _altered(declared, relation):
        return []
    return [name for name in declared if name not in relation.columns]


def _altered(declared: Mapping[str, str], relation: Relation) -> list[str]:
    return [
        f"column {name} is {type_} where {declared[name]} is declared"
        if name in declared
        else f"column {name} ({type_}) is not declared"
        for name, type_ in relation.columns.items()
        if declared.get(name) != type_
    ]
