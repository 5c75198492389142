"""A warehouse and a landing of an earlier version under this version's code, and what is asked of them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import psycopg2.extensions
import pyarrow as pa
import pyarrow.parquet as pq

from include.flow.publish import Publication
from include.flow.replay import replay
from include.landing import Landing
from include.warehouse.session import Warehouse
from include.zoom.layout import EXTRA, LOAD_ID
from tests.upgrade.stored import Stored

Columns = dict[str, list[str]]
_LOOSE = {LOAD_ID.name, EXTRA.name}


@dataclass
class Upgraded:
    """An earlier version's state and today's code."""

    state: Stored
    landing: Landing
    folder: Path
    uri: str
    _connection: psycopg2.extensions.connection = field(init=False)

    def __post_init__(self) -> None:
        self._connection = psycopg2.connect(self.uri)
        self._connection.autocommit = True

    @property
    def warehouse(self) -> Warehouse:
        """Where it lies now."""
        return Warehouse(self.uri, "zoom", snapshot_days=10_000)

    @property
    def publication(self) -> Publication:
        """From its landing to its warehouse."""
        return Publication(self.landing, self.warehouse, lambda _: True, accept_shrink=False)

    def replayed(self) -> list[str]:
        """Types and loads all that it holds anew; what failed."""
        done = [each for name in self.state.told["streams"] for each in replay(self.publication, name)]
        assert done
        return [str(each) for each in done if each.failure]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the warehouse answers."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def columns(self) -> Columns:
        """The tables that loads fill, by their columns."""
        found: Columns = {}
        for table, column in self.rows(_COLUMNS):
            found.setdefault(table, []).append(column)
        return {table: columns for table, columns in found.items() if LOAD_ID.name in columns}

    def content(self, columns: Columns) -> dict[str, Counter[str]]:
        """The rows of these tables as text, by these columns, without what names the load.

        And without `_extra`: what it had may have a column by now.
        """
        return {
            table: Counter(text for (text,) in self.rows(_told(table, wanted)))
            for table, wanted in columns.items()
        }

    def tables(self) -> Iterator[str]:
        """Every row of every table."""
        for (name,) in self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'zoom'"):
            yield from (text for (text,) in self.rows(f'SELECT t::text FROM zoom."{name}" t'))

    def landed(self) -> Iterator[str]:
        """Every file of landing."""
        return (_text(path) for path in self.folder.rglob("*") if path.is_file())

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()


_COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
WHERE table_schema = 'zoom' AND table_type = 'BASE TABLE' ORDER BY table_name, ordinal_position
"""


def _told(table: str, columns: Iterable[str]) -> str:
    wanted = ", ".join(f'"{column}"' for column in columns if column not in _LOOSE)
    return f'SELECT to_jsonb(t)::text FROM (SELECT {wanted} FROM zoom."{table}") t'


def _text(path: Path) -> str:
    if path.suffix == ".zst":
        return pa.input_stream(str(path), compression="zstd").read().decode()
    if path.suffix == ".parquet":
        return str(pq.read_table(path).to_pylist())
    return path.read_text()
