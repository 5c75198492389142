"""Only a dialect speaks in one warehouse's own words."""

import re
import sys
from dataclasses import fields
from pathlib import Path
from string import Formatter

import pytest

from include.warehouse.dialects import DIALECTS, Dialect
from include.warehouse.errors import PermanentWarehouseError
from include.warehouse.session import Warehouse

FOLDER = Path(__file__).parents[2] / "include" / "warehouse"
OWN_WORDS = re.compile(
    r"ON CONFLICT|RETURNING|DISTINCT ON|FILTER \(|\w::\w|\)::\w|~\*|clock_timestamp|jsonb_|to_regclass|pg_catalog|LOCK TABLE"
    r"|WITH \w+ AS \((?:INSERT|UPDATE|DELETE)"
)
TEXTS = [file for file in (*FOLDER.rglob("*.py"), *FOLDER.rglob("*.sql")) if file.parent.name != "dialects"]


@pytest.mark.parametrize("file", TEXTS, ids=lambda file: file.name)
def test_no_statement_is_one_warehouses_alone(file: Path) -> None:
    """What the loader asks is written once, in words that all warehouses read alike."""
    assert OWN_WORDS.findall(file.read_text()) == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_dialect_fills_in_what_it_is_given(dialect: Dialect) -> None:
    """Each text takes the names that the loader has for it, and no other."""
    given = {
        "matches": {"column"},
        "words": {"joined"},
        "add_missing": {"table", "columns", "values", "key", "key_value"},
        "json_compared": {"column"},
        "view_column": {"column", "text"},
        "unless_made": {"schema", "name"},
        "guard": {"slices", "clock"},
        "relations": {"named"},
        "lock_name": {"name"},
        "try_name": {"name"},
        "stage": {"table", "columns"},
        "comment": {"kind", "name", "text"},
        "comment_on_column": {"kind", "name", "column", "text"},
        "lock_for_loads": {"table", "schema", "name"},
        "lock_against_loads": {"table", "schema", "name"},
        "index": {"table", "column"},
        "table_options": {"column"},
        "partitioned": {"column"},
        "partition": {"part", "table", "first", "following"},
    }
    for field in fields(dialect):
        if isinstance(text := getattr(dialect, field.name), str):
            named = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
            assert named <= given.get(field.name, set()), field.name


def test_no_connection_type_leads_to_two_warehouses() -> None:
    """The type of a Connection chooses."""
    types = [type_ for dialect in DIALECTS for type_ in dialect.conn_types]
    assert len(types) == len(set(types))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
def test_a_missing_driver_is_told(dialect: Dialect, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it the message says what to install, and retrying is of no use."""
    monkeypatch.setitem(sys.modules, dialect.driver, None)
    warehouse = Warehouse(str(tmp_path / "warehouse"), "zoom", dialect=dialect)
    with pytest.raises(
        PermanentWarehouseError, match=f"driver of {dialect.name}: install {dialect.package} where"
    ):
        warehouse.connect()
