"""A server that only writes down what it is told, and answers as one would that has all tables or none.

With it every statement is had that the loader would send to a warehouse, also to one of which there is no server here.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from include.warehouse.dialects import Dialect
from include.warehouse.session import Session
from include.warehouse.tables import ledger_names
from include.warehouse.version import SCHEMA_VERSION
from include.zoom.stream import Table
from tests.warehouse.frames_of_calls import DAY, ONE, OTHER_DAY

Rows = Sequence[tuple[Any, ...]]
ACCOUNT = "account@zoom.us"
# What a statement asks, by its text without quotes and in lower case; the first that is found.
_ANSWERS: tuple[tuple[str, Rows], ...] = (
    (r"^select account from", [(ACCOUNT,)]),
    (r"^select version from", [(SCHEMA_VERSION,)]),
    (
        r"^with known as",
        [
            (OTHER_DAY, ONE, "load-2", ONE, True, DAY, ONE, False),
            (DAY, ONE, "load-1", ONE, True, None, None, None),
            (DAY, None, None, None, None, None, None, None),
        ],
    ),
    (r"^select slice_date, trimmed_at is null from", [(DAY.replace(year=2025), True), (DAY, True)]),
    (r"^select s.slice_date, s.trimmed_at is null", [(DAY, False)]),
    (r"^select count\(\*\) from", [(0,)]),
    (r"^select count\(case when _change", [(1, 1, 1)]),
    (r"^select _slice_date, count\(\*\)", [(DAY, 1), (None, 1)]),
    (r"^select count\(case when .*count\(case when ", [(1, 1)]),
    (r"^select count\(\*\), count\(case|^\s*select 1, case when told", [(1, 0, "none differ")]),
    (r"try_advisory", [(True,)]),
    (r"^select table_name, field, stream", [("users", "seen", "users", ONE, ONE, "string", False)]),
    (r"^select table_name, field, array", [("users", "colour", "string", 1)]),
)


@dataclass
class MadeUpServer:
    """`catalogue` and `views` tell by a part of their text the questions that its dialect has for them."""

    dialect: Dialect
    told: Callable[["MadeUpServer"], Any]
    """Puts what speaks for the dialect between the loader and this connection."""
    catalogue: str
    views: str
    tables: Sequence[Table] = ()
    """What it has, with the ledger; nothing: not even a schema."""
    lacking: int = 0
    """So many columns at each table's end it has not."""
    statements: list[str] = field(default_factory=list)
    answers: dict[str, Rows] = field(default_factory=dict)
    """Answers to questions of a kind, before those that are the same for all."""

    def session(self) -> Session:
        """A session with it."""
        return Session(self.told(self), self.dialect)

    def cursor(self) -> "_Cursor":
        """A cursor."""
        return _Cursor(self)

    def commit(self) -> None:
        """Nothing to keep."""

    rollback = close = commit

    def answer(self, statement: str) -> Rows:
        """Rows as they would come."""
        self.statements.append(statement)
        if self.views in statement:
            return [(name, kind, "", None) for name, kind, _ in self._relations()]
        if self.catalogue in statement:
            return list(self._columns())
        asked = re.sub('["`]', "", statement).lower().strip()
        known = (*self.answers.items(), *_ANSWERS)
        return next((rows for said, rows in known if re.search(said, asked, re.DOTALL)), [])

    def _relations(self) -> list[tuple[str, str, dict[str, str]]]:
        from include.warehouse.catalogue import declared_types

        ours = [(table.name, "r", declared_types(table)) for table in self.tables]
        slices = {"kind": "text", "trimmed_at": "timestamp with time zone"}
        ledger = [(name, "r", slices if name == "slices" else {"x": "text"}) for name in ledger_names()]
        views = [
            (f"{table.name}_{which}", "v", {}) for table in self.tables for which in ("current", "history")
        ]
        return [*ours, *ledger, *views] if self.tables else []

    def _columns(self) -> Iterator[tuple[Any, ...]]:
        for name, kind, types in self._relations():
            for column, type_ in list(types.items())[: len(types) - self.lacking]:
                yield name, kind, "", column, self.dialect.types.get(type_, type_), "", False, ""


class _Cursor:
    def __init__(self, server: MadeUpServer) -> None:
        self._server = server
        self._rows: Rows = []

    def close(self) -> None:
        """Nothing to close."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def execute(self, statement: str, parameters: Sequence[Any] | None = None) -> None:
        """Writes it down."""
        self._rows = self._server.answer(statement)

    def executemany(self, statement: str, rows: Sequence[Any]) -> None:
        """Writes it down once."""
        if rows:
            self._server.answer(statement)

    def adbc_ingest(self, table: str, reader: Any, **_: Any) -> None:
        """Takes the rows."""
        reader.read_all()

    @property
    def description(self) -> list[str]:
        """Whether there are rows."""
        return ["x"] if self._rows else []

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows."""
        return list(self._rows)
