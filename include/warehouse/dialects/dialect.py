"""What differs between warehouses: a table of texts for each.

All other statements are written once, in SQL that every warehouse reads alike: no `ON CONFLICT`, no `RETURNING`, no
`DISTINCT ON`, no `FILTER`, no rows changed inside of a `WITH`, casts by `CAST`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Dialect:
    """One warehouse's ways; an empty text or tuple is something that it lacks and does not need.

    Names in braces are filled in: quoted names of tables and columns, `name` a quoted text.
    """

    name: str
    """As people call it."""
    conn_types: tuple[str, ...]
    """Types of the Airflow Connections that lead to it."""
    driver: str
    """The module of its driver."""
    package: str
    """What to install where the driver is missing."""
    clock: str
    """The moment at which a statement runs, or its transaction began."""
    matches: str
    """Whether `column` holds the regular expression `$1`, in any case."""
    words: str
    """The list of the texts that `joined` holds, comma and blank between them."""
    add_missing: str
    """Inserts `values` as `columns` of `table`, unless their key is there: `key`, whose value is `key_value`."""
    guard: str
    """Writes a line of `slices` unless a newer extraction's is there."""
    relations: str
    """Tables and views of schema `$1`, a row a column: name, kind (see catalogue.KINDS), comment, column, type, what
    generates it, whether it was dropped, its comment; `named` adds a condition on `relation`."""
    relation: str
    """The name in it."""
    views: str
    """The same without columns, and a row for each relation of the schema that a view reads, where that is known: name,
    kind, comment, what is read."""
    types: Mapping[str, str] = field(default_factory=dict)
    """Our types' names where its own differ, as its catalogue writes them."""
    opens: str = "include.warehouse.adbc"
    """The module of ours whose `opened` opens it."""
    stage: str = ""
    """Makes `table` of `columns` for rows on their way, outside of a transaction; it must be gone soon where nobody
    drops it. Empty: rows are appended inside of the load's transaction."""
    staged_types: Mapping[str, str] = field(default_factory=dict)
    """Our types' names in a stage, where its driver writes them as others."""
    unstaged: Mapping[str, str] = field(default_factory=dict)
    """By our types, what makes of `column` in a stage what the table holds."""
    json_compared: str = "{column}"
    """What of a JSON `column` can be compared."""
    comment: str = "COMMENT ON {kind} {name} IS {text}"
    """Comments on a table or view: `kind` is `TABLE` or `VIEW`."""
    comment_on_column: str = "COMMENT ON COLUMN {name}.{column} IS {text}"
    """Comments on a column of it."""
    view_column: str = ""
    """A `column` of a view with its comment, `text`, where it can be said only as the view is made."""
    unless_made: str = ""
    """A condition: nobody has made table `name` of `schema` (texts) by now; not needed where making one can be locked."""
    begin: tuple[str, ...] = ()
    """Sets a transaction up, with `lock_seconds` and `idle_seconds`."""
    lock_name: str = ""
    """Lets one transaction at a time go on under `name`."""
    try_name: str = ""
    """The same, without waiting: gives whether it may."""
    lock_for_loads: str = ""
    """Keeps `table` (`name`, as a text, of `schema`) as it is; other loads may write it too."""
    lock_against_loads: str = ""
    """Lets nobody else write it."""
    grants: str = ""
    """Statements that give the rights to view `$1` again."""
    index: str = ""
    """Makes an index of `table` on `column`."""
    table_options: str = ""
    """What ends a table's definition."""
    partitioned: str = ""
    """What ends the definition of a table with month partitions by `column`."""
    partition: str = ""
    """Makes `part` of `table`, from `first` until before `following`."""
    views_follow: bool = False
    """Whether a view goes on reading a table that is renamed, so that it must be made anew for the table's successor."""
    views_fixed: bool = False
    """Whether a view is replaced only by one with the same columns."""
    binds_one_row: bool = False
    """Whether its driver takes one row of parameters at a time."""
    is_file: bool = False
    """Whether one process at a time opens it; then no reply of its own can be lost on the way."""
