"""A server that is down, refuses or waits: a clear error, and the old slice stays."""

import os
import sys
from dataclasses import replace
from urllib.parse import quote

import pytest

from include.warehouse import load as load_module
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.warehouse.load import load
from include.warehouse.session import Warehouse, begin
from tests.warehouse.frames_of_calls import (
    CALLS,
    Desk,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
)

NEWER = "01900000-0000-7000-8000-000000000002"


def test_a_warehouse_that_is_down_is_tried_again() -> None:
    """Nobody listens: a transient error says so, without the password."""
    warehouse = Warehouse("postgresql://zoom:canary@127.0.0.1:1/x?connect_timeout=2", "zoom")
    with pytest.raises(
        TransientWarehouseError, match=r"Could not connect .*Connection zoom_warehouse.*refused"
    ) as caught:
        load(warehouse, a_stream(), Frames(), open_file)
    assert "canary" not in f"{caught.value!r} {caught.value.__cause__!r} {warehouse!r}"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("user=nobody", 'role "nobody" does not exist'),
        ("dbname=nothing", 'database "nothing" does not exist'),
    ],
)
def test_a_refused_login_is_permanent(desk: Desk, wrong: str, told: str) -> None:
    """A user or database that does not exist is told, with what to correct."""
    with pytest.raises(PermanentWarehouseError, match=f"{told}.*Correct host, database, login"):
        load(replace(desk.warehouse, uri=f"{desk.warehouse.uri}&{wrong}"), a_stream(), Frames(), open_file)


def test_a_read_only_server_is_permanent(desk: Desk) -> None:
    """A standby takes no rows: the message says that, and names the slice."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    options = quote("-c default_transaction_read_only=on", safe="")
    standby = replace(desk.warehouse, uri=f"{desk.warehouse.uri}&options={options}")
    with pytest.raises(PermanentWarehouseError, match=r"load calls of 2026-11-01.*The server is read-only"):
        load(standby, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls") == [(1,)]


def test_missing_rights_are_permanent(desk: Desk) -> None:
    """A user who may read only is told which table it may not write."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    reader = a_user(desk, "SELECT")
    with pytest.raises(
        PermanentWarehouseError, match=r"permission denied for table .*Grant the Connection's user"
    ):
        load(reader, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)


def test_missing_rights_to_make_a_schema_are_permanent(desk: Desk) -> None:
    """In an empty database a user without CREATE is told so."""
    user = replace(desk.warehouse, uri=f"{desk.warehouse.uri}&user={a_role(desk)}")
    with pytest.raises(
        PermanentWarehouseError, match=r"permission denied for database .*CREATE on the schema"
    ):
        load(user, a_stream(), Frames(), open_file)


def test_where_all_is_made_no_right_to_make_is_needed(desk: Desk) -> None:
    """A user who may only write rows loads into tables that somebody else has made."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    writer = a_user(desk, "SELECT, INSERT, UPDATE, DELETE")
    load(writer, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT number FROM zoom.calls") == [(2,)]


def a_role(desk: Desk) -> str:
    """A login of this test's own; roles belong to the whole server."""
    ((number,),) = desk.rows("SELECT oid::text FROM pg_database WHERE datname = current_database()")
    desk.rows(f"CREATE ROLE user_{number} LOGIN")
    return f"user_{number}"


def a_user(desk: Desk, rights: str) -> Warehouse:
    """The warehouse for a user with these rights on its tables."""
    role = a_role(desk)
    desk.rows(f"GRANT USAGE ON SCHEMA zoom TO {role}")
    desk.rows(f"GRANT {rights} ON ALL TABLES IN SCHEMA zoom TO {role}")
    return replace(desk.warehouse, uri=f"{desk.warehouse.uri}&user={role}")


def test_a_lock_that_stays_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A load does not wait for ever for somebody who holds the table."""
    load(desk.warehouse, a_stream(), Frames(), open_file)
    monkeypatch.setattr(load_module, "begin", lambda connection: begin(connection, lock_timeout_seconds=1))
    with desk.connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE zoom.calls")
        with pytest.raises(TransientWarehouseError, match=r"lock timeout.*Another session holds a lock"):
            load(desk.warehouse, a_stream(), Frames(), open_file)
        cursor.execute("ROLLBACK")


def test_a_session_that_the_server_ends_is_tried_again(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart of the server between delete and append rolls back and is transient."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)

    def ended(file: object) -> object:
        desk.rows(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        return open_file(file)

    with pytest.raises(TransientWarehouseError, match="terminating connection"):
        load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), ended)
    assert desk.rows("SELECT number FROM zoom.calls") == [(1,)]


def with_project() -> dict[str, str]:
    """An environment in which a child finds the project's tests."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in ["", *sys.path] if path is not None)}
