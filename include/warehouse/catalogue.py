"""What stands in the warehouse's schema, from its catalogue, and where it differs from a declaration."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from include.warehouse.session import Session, ask
from include.zoom.layout import columns_of
from include.zoom.stream import Table

_KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table"}


@dataclass
class Relation:
    """A table or view as it is; `columns` maps names to types (by our names for them), in the table's order."""

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


def relations(connection: Session, schema: str, *names: str) -> dict[str, Relation]:
    """The schema's tables and views by name, or those of these names; none where there is no such schema."""
    places = ", ".join(f"${number}" for number in range(2, len(names) + 2))
    dialect = connection.dialect
    ours = {theirs: type_ for type_, theirs in dialect.types.items()}
    statement = dialect.relations.format(named=f"AND {dialect.relation} IN ({places})" if names else "")
    found: dict[str, Relation] = {}
    for name, kind, comment, column, type_, generated, dropped, said in ask(
        connection, statement, schema, *names
    ):
        relation = found.setdefault(name, Relation(kind, comment))
        if dropped:
            relation.lost_columns = True
            continue
        known = ours.get(type_, type_)
        relation.columns[column] = f"generated {known}" if generated else known
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
