"""Views that answer what people ask: a SQL file each, whose comments say what the view and its columns mean.

They are made when the last table that they read is there, and made anew when their file has changed or a table
was renamed and made anew (a view follows the renamed one). That never fails a load: what could not be made is
told in the log. A view of somebody else's is left alone, and so are views that depend on ours.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from adbc_driver_manager import Error as AdbcError

from include.warehouse.errors import WarehouseError, trying
from include.warehouse.session import Session, ask, begin, identifier, lock_ddl
from include.warehouse.views.view import View, is_ours, views

__all__ = ["View", "refresh_views", "views"]

_log = logging.getLogger(__name__)

LOCK_TIMEOUT_SECONDS = 5
"""How long a view that somebody reads is waited for: who wants to read it meanwhile waits too."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html: invalid_table_definition
_OTHER_COLUMNS = "42P16"


@dataclass
class _Present:
    kind: str
    comment: str
    reads: set[str] = field(default_factory=set)


def refresh_views(connection: Session, schema: str, wanted: Iterable[View] | None = None) -> None:
    """Makes the views that lack, or are of another version, and whose tables are all there.

    Writes nothing, and needs no right to, where there is none. Raises nothing.
    """
    try:
        with trying(f"see which views schema {schema} has"):
            begin(connection)
            present = _relations(connection, schema)
            connection.rollback()
    except WarehouseError as error:
        _log.warning("%s The load goes on.", error)
        return
    follow = connection.dialect.views_follow
    for view in _due(schema, views() if wanted is None else wanted, present, follow=follow):
        _try_to_make(connection, schema, view)


def _relations(connection: Session, schema: str) -> dict[str, _Present]:
    found: dict[str, _Present] = {}
    for name, kind, comment, read in ask(connection, connection.dialect.views, schema):
        relation = found.setdefault(name, _Present(kind, comment))
        if read is not None:
            relation.reads.add(read)
    return found


def _due(
    schema: str, wanted: Iterable[View], present: Mapping[str, _Present], *, follow: bool
) -> Iterator[View]:
    for view in wanted:
        made = present.get(view.name)
        if not view.reads <= present.keys():
            continue
        if made and (made.kind != "v" or not is_ours(made.comment)):
            _log.warning(
                "%s.%s is not the view that this project makes under that name, and is left alone. Rename or drop "
                "it: the next load makes ours.",
                schema,
                view.name,
            )
        elif made is None or made.comment != view.stamped_comment or (follow and made.reads != view.reads):
            yield view


def _try_to_make(connection: Session, schema: str, view: View) -> None:
    try:
        with trying(f"make the view {view.name} in schema {schema}"):
            _make(connection, schema, view)
    except WarehouseError as error:
        _log.warning(
            "%s The view stays as it is, the load goes on, and the next one tries again. Views that depend on it are "
            "never dropped: if it is one of these, drop it yourself and make it again afterwards.",
            error,
        )


def _make(connection: Session, schema: str, view: View) -> None:
    try:
        _run(connection, schema, view, anew=False)
    except AdbcError as error:
        if error.sqlstate != _OTHER_COLUMNS:
            raise
        # It has other columns than before, not only more of them.
        _run(connection, schema, view, anew=True)


def _run(connection: Session, schema: str, view: View, *, anew: bool) -> None:
    name = identifier(schema, view.name)
    try:
        begin(connection, lock_timeout_seconds=LOCK_TIMEOUT_SECONDS)
        lock_ddl(connection, schema)
        grants = (
            ask(connection, connection.dialect.grants, name) if anew and connection.dialect.grants else []
        )
        drop = [f"DROP VIEW IF EXISTS {name}"] if anew else []
        for statement in (
            *drop,
            *view.statements(schema, connection.dialect),
            *(grant for (grant,) in grants),
        ):
            ask(connection, statement)
        connection.commit()
    finally:
        connection.rollback()
