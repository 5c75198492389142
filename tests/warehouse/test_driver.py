"""What ADBC does in silence: why a load compares names and types itself, and mends texts before."""

import adbc_driver_postgresql
import pyarrow as pa
import pytest
from adbc_driver_manager import DataError, ProgrammingError

from tests.warehouse.frames_of_calls import Desk


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        ("double precision", pa.array([60]), 2.96e-322),
        ("bigint", pa.array([1.5]), 4609434218613702656),
        ("bigint", pa.array([2**64 - 1], pa.uint64()), -1),
    ],
)
def test_append_stores_the_bits_of_another_type(
    desk: Desk, column: str, value: pa.Array, stored: float
) -> None:
    """The driver does not check types: the day it does, the comparison of a load may go."""
    desk.rows(f"CREATE TABLE t (x {column})")
    with desk.warehouse.connect() as connection:
        with connection.cursor() as cursor:
            cursor.adbc_ingest("t", pa.table({"x": value}), mode="append")
        connection.commit()
    assert desk.rows("SELECT x FROM t") == [(stored,)]


def test_the_servers_types_are_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A session may be closed, also by an error, and the next one opens without asking for them again."""
    read, connect = [], adbc_driver_postgresql.connect
    monkeypatch.setattr(adbc_driver_postgresql, "connect", lambda uri: read.append(uri) or connect(uri))
    for _ in range(2):
        with desk.warehouse.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchall() == [(1,)]
        with pytest.raises(ProgrammingError), desk.warehouse.connect() as connection:
            connection.cursor().execute("SELECT nothing")
    assert read == [desk.warehouse.uri]


def test_the_warehouse_takes_no_nul(desk: Desk) -> None:
    """PostgreSQL refuses NUL in a text, so frame replaces it."""
    desk.rows("CREATE TABLE t (x text)")
    with desk.warehouse.connect() as connection, connection.cursor() as cursor, pytest.raises(DataError):
        cursor.adbc_ingest("t", pa.table({"x": ["a\0b"]}), mode="append")
