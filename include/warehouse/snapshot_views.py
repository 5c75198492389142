"""The views of a snapshot table: what is now, and what was when.

Their columns are named, in their table's order, so that they can be replaced when it has new ones.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import count

from include.warehouse.catalogue import Relation, declared_types
from include.warehouse.changes import GONE, changes_of, identity
from include.warehouse.comments import comment_on, comment_on_column, view_columns
from include.warehouse.dialects import Dialect
from include.warehouse.session import identifier, literal
from include.zoom.layout import SLICE_DATE
from include.zoom.stream import Table, Type

_CURRENT = """
CREATE OR REPLACE VIEW {view} AS
SELECT {columns} FROM {table}
WHERE "_slice_date" = (SELECT max(slice_date) FROM {slices} WHERE table_name = {name})
"""
_HISTORY = """
CREATE OR REPLACE VIEW {view} AS
SELECT valid_from, valid_to, deleted_at, {columns} FROM (
    SELECT "_slice_date" AS valid_from, lead("_slice_date") OVER {later} AS valid_to,
           CASE WHEN lead("_change") OVER {later} = 'removed' THEN lead("_extracted_at") OVER {later} END AS deleted_at,
           {columns}
    FROM {changes}
) versions WHERE "_change" NOT IN {gone}
"""
_OF_A_VERSION = {
    "valid_from": "The first snapshot that has it so; where _change is first, it may be older.",
    "valid_to": "The first snapshot that has it otherwise or not at all; NULL: it still is so.",
    "deleted_at": "When Zoom was first asked and did not have it any more; NULL: it is there, or went on changed.",
}


def current_view(
    schema: str, table: Table, comments: Mapping[str, str], present: Mapping[str, Relation], dialect: Dialect
) -> Iterator[str]:
    """The DDL for a table's newest snapshot, which is also there when it is empty.

    `comments` are those of the table's columns, in its order; `present` is what the schema has.
    """
    fixed = {"table": identifier(schema, table.name), "slices": identifier(schema, "slices")}
    view = _View(
        dialect,
        schema,
        f"{table.name}_current",
        f"The newest snapshot of {table.name}",
        declared_types(table),
        partial(_CURRENT.format, **fixed, name=literal(table.name)),
    )
    yield from view.statements(comments, present, anew=table.name not in present)


def history_view(
    schema: str, table: Table, comments: Mapping[str, str], present: Mapping[str, Relation], dialect: Dialect
) -> Iterator[str]:
    """The DDL for one row per key and version; `comments` are those of the change table's columns."""
    changes = changes_of(table)
    fixed = {
        "changes": identifier(schema, changes.name),
        "later": f'(PARTITION BY {", ".join(identity(table))} ORDER BY "_slice_date")',
        "gone": GONE,
    }
    view = _View(
        dialect,
        schema,
        f"{table.name}_history",
        f"Each version of each row of {table.name}, from valid_from until before valid_to",
        {
            "valid_from": "date",
            "valid_to": "date",
            "deleted_at": Type.TIMESTAMP.value,
            **declared_types(changes),
        },
        partial(_HISTORY.format, **fixed),
    )
    kept = {column: comment for column, comment in comments.items() if column != SLICE_DATE.name}
    yield from view.statements({**_OF_A_VERSION, **kept}, present, anew=changes.name not in present)


@dataclass(frozen=True)
class _View:
    dialect: Dialect
    schema: str
    name: str
    comment: str
    types: Mapping[str, str]
    definition: Callable[..., str]
    """Takes the quoted `view` and its `columns`."""

    def statements(
        self, comments: Mapping[str, str], present: Mapping[str, Relation], *, anew: bool
    ) -> Iterator[str]:
        """What makes it with these columns; `anew` where what it reads is made anew, too.

        It keeps its columns in their order, new ones after them: PostgreSQL replaces no other view. Where their
        table was renamed and has other columns now, or they cannot be more, the view is renamed as well, since others
        may read it.
        """
        view, name = present.get(self.name), identifier(self.schema, self.name)
        if view is not None and not self._can_be_replaced(view, comments, anew=anew):
            yield f"ALTER VIEW {name} RENAME TO {identifier(self._free_name(present))}"
            view = None
        before = list(view.columns) if view else []
        columns = [*before, *(column for column in comments if column not in before)]
        told = {column: text for column, text in comments.items() if text}
        with_comments = bool(self.dialect.view_column)
        if (
            anew
            or columns != before
            or (with_comments and view and not told.items() <= view.comments.items())
        ):
            view = None  # some warehouses drop a view's comments where it is replaced
            listed = [column for column in columns if column not in _OF_A_VERSION]
            order = [*(column for column in columns if column in _OF_A_VERSION), *listed]
            commented = view_columns(self.dialect, {column: told.get(column, "") for column in order})
            yield self.definition(view=name + commented, columns=", ".join(map(identifier, listed)))
        if view is None or view.comment != self.comment:
            yield comment_on(self.dialect, "VIEW", name, self.comment)
        for column, text in () if with_comments else comments.items():
            if text != (view.comments.get(column, "") if view else ""):
                yield comment_on_column(self.dialect, "VIEW", name, column, text)

    def _can_be_replaced(self, view: Relation, columns: Mapping[str, str], *, anew: bool) -> bool:
        if self.dialect.views_fixed and not columns.keys() <= view.columns.keys():
            return False
        return not anew or view.columns.items() <= self.types.items()

    def _free_name(self, present: Mapping[str, Relation]) -> str:
        return next(name for number in count(1) if (name := f"{self.name}_{number}") not in present)
