"""The views of a snapshot table: what is now, and what was when.

Their columns are named, in their table's order, so that they can be replaced when it has new ones.
"""

from collections.abc import Iterable, Iterator, Mapping

from include.warehouse.catalogue import Relation
from include.warehouse.changes import GONE, changes_of, identity
from include.warehouse.session import identifier, literal
from include.zoom.layout import SLICE_DATE
from include.zoom.stream import Table

_CURRENT = """
CREATE OR REPLACE VIEW {view} AS
SELECT {columns} FROM {table}
WHERE "_slice_date" = (SELECT max(slice_date) FROM {slices} WHERE table_name = {name})
"""
_HISTORY = """
CREATE OR REPLACE VIEW {view} AS
SELECT valid_from, valid_to, deleted_at, {columns} FROM (
    SELECT "_slice_date" AS valid_from, lead("_slice_date") OVER later AS valid_to,
           CASE WHEN lead("_change") OVER later = 'removed' THEN lead("_extracted_at") OVER later END AS deleted_at,
           {columns}
    FROM {changes} WINDOW later AS (PARTITION BY {identity} ORDER BY "_slice_date")
) versions WHERE "_change" NOT IN {gone}
"""
_OF_A_VERSION = {
    "valid_from": "The first snapshot that has it so; where _change is first, it may be older.",
    "valid_to": "The first snapshot that has it otherwise or not at all; NULL: it still is so.",
    "deleted_at": "When Zoom was first asked and did not have it any more; NULL: it is there, or went on changed.",
}


def current_view(
    schema: str, table: Table, columns: Mapping[str, str], view: Relation | None
) -> Iterator[str]:
    """The DDL for a table's newest snapshot, which is also there when it is empty.

    `columns` are the table's, with their comments; `view` is what there is of it.
    """
    name = identifier(schema, f"{table.name}_current")
    if view is None or list(view.columns) != list(columns):
        yield _CURRENT.format(
            view=name,
            columns=_listed(columns),
            table=identifier(schema, table.name),
            slices=identifier(schema, "slices"),
            name=literal(table.name),
        )
    yield from _comments(name, f"The newest snapshot of {table.name}", columns, view)


def history_view(
    schema: str, table: Table, columns: Mapping[str, str], view: Relation | None
) -> Iterator[str]:
    """The DDL for one row per key and version; `columns` are the change table's."""
    kept = {column: comment for column, comment in columns.items() if column != SLICE_DATE.name}
    name = identifier(schema, f"{table.name}_history")
    if view is None or list(view.columns) != [*_OF_A_VERSION, *kept]:
        yield _HISTORY.format(
            view=name,
            columns=_listed(kept),
            changes=identifier(schema, changes_of(table).name),
            identity=", ".join(identity(table)),
            gone=GONE,
        )
    told = f"Each version of each row of {table.name}, from valid_from until before valid_to"
    yield from _comments(name, told, {**_OF_A_VERSION, **kept}, view)


def _comments(name: str, comment: str, columns: Mapping[str, str], view: Relation | None) -> Iterator[str]:
    if view is None or view.comment != comment:
        yield f"COMMENT ON VIEW {name} IS {literal(comment)}"
    for column, told in columns.items():
        if told != (view.comments.get(column, "") if view else ""):
            yield f"COMMENT ON COLUMN {name}.{identifier(column)} IS {literal(told)}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(identifier(column) for column in columns)
