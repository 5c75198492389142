"""What the loader says, as Snowflake reads it; what needs a server is in the contract."""

import sys
from base64 import b64encode
from datetime import UTC, date, datetime
from json import dumps as json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError
from airflow.sdk import BaseHook, Connection

from include.warehouse.connect import warehouse
from include.warehouse.dialects import SNOWFLAKE
from include.warehouse.errors import (
    PermanentWarehouseError,
    TransientWarehouseError,
    WarehouseError,
    explained,
)
from include.warehouse.snowflake import opened, spoken

EXTRA = {"account": "org-acme", "database": "ANALYTICS", "warehouse": "LOADING", "role": "LOADER"}


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The Connection that Airflow gives."""
    given = Connection(conn_id="zoom_warehouse", conn_type="snowflake", login="loader", password="fake + key")
    monkeypatch.setattr(BaseHook, "get_connection", classmethod(lambda cls, conn_id: given))
    return given


def options() -> dict[str, str]:
    """What the driver is told."""
    return dict(parse_qsl(warehouse().uri.partition("?")[2]))


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            'SELECT "rows" FROM "zoom"."users" WHERE email = $1',
            'SELECT "ROWS" FROM "ZOOM"."USERS" WHERE email = ?',
        ),
        (
            'SELECT \'a "name" and $1\' -- it\'s "here"\n, $1',
            'SELECT \'a "name" and $1\' -- it\'s "here"\n, ?',
        ),
        ('CREATE TABLE "a"."t" ("x" TEXT)', 'CREATE TABLE IF NOT EXISTS "A"."T" ("X" TEXT)'),
        ('ALTER TABLE "a"."t" ADD COLUMN "x" TEXT', 'ALTER TABLE "A"."T" ADD COLUMN IF NOT EXISTS "X" TEXT'),
        ('ALTER VIEW "a"."v" RENAME TO "v_1"', 'ALTER VIEW "A"."V" RENAME TO "A"."V_1"'),
        (
            'CREATE OR REPLACE VIEW "a"."v" ("x" COMMENT \'it\'\'s (x)\') AS\nSELECT 1',
            'CREATE OR REPLACE VIEW "A"."V" ("X" COMMENT \'it\'\'s (x)\') COPY GRANTS AS\nSELECT 1',
        ),
        ("INSERT INTO t (a, b) VALUES ($1, now($1))", "INSERT INTO t (a, b) SELECT ?, now(?)"),
        ("severity text NOT NULL CHECK (severity IN ('hard', 'warn')),", "severity text NOT NULL,"),
        (
            "(held.slice_date + interval '1 month 2 days') AT TIME ZONE 'UTC'",
            "CAST(TO_CHAR(DATEADD(day, 2, DATEADD(month, 1, held.slice_date)), 'YYYY-MM-DD') || ' 00:00:00+00:00' AS TIMESTAMP_TZ)",
        ),
        ("EXTRACT(EPOCH FROM b - a)", "(DATEDIFF(microsecond, a, b) / 1000000)"),
        ("x - INTERVAL '30' DAY", "x - INTERVAL '30 DAY'"),
    ],
)
def test_a_statement_in_its_words(said: str, read: str) -> None:
    """Names in capitals, places without numbers, and what it has other words for; texts and comments are left alone."""
    assert spoken(said, ["x"])[0] == read


def test_texts_are_bound_and_the_rest_is_written() -> None:
    """Each place of a text is bound for itself, in order; dates, times, numbers and none cannot be bound."""
    when = datetime(2026, 11, 1, 5, 0, 0, 7, UTC)
    values = ["it's", None, True, 2**53 + 1, date(2026, 11, 1), when, 0.5, "\\"]
    said, bound = spoken("$8 $1 $2 $3 $4 $5 $6 $7 $1", values)
    assert bound == ["\\", "it's", "it's"]
    assert said == (
        "? ? NULL TRUE 9007199254740993 CAST('2026-11-01' AS DATE) "
        "CAST('2026-11-01 05:00:00.000007+00:00' AS TIMESTAMP_TZ) 0.5 ?"
    )


def test_a_value_that_it_cannot_take() -> None:
    """Is no text by accident."""
    with pytest.raises(TypeError, match="list is no parameter"):
        spoken("$1", [[1]])


def test_a_connection_to_snowflake(connection: Connection) -> None:
    """Fields and extra as Airflow's own provider has them; any option of the driver may stand there by its name."""
    connection.extra = json(EXTRA | {"adbc.snowflake.sql.client_option.login_timeout": "30s"})
    assert options() == {
        "username": "loader",
        "password": "fake + key",
        "adbc.snowflake.sql.account": "org-acme",
        "adbc.snowflake.sql.db": "ANALYTICS",
        "adbc.snowflake.sql.warehouse": "LOADING",
        "adbc.snowflake.sql.role": "LOADER",
        "adbc.snowflake.sql.schema": "ZOOM",
        "adbc.snowflake.sql.client_option.login_timeout": "30s",
    }
    assert "fake" not in repr(warehouse())


def test_a_private_key(connection: Connection, tmp_path: Path) -> None:
    """From a file or the extra, opened by the password, instead of it."""
    key = tmp_path / "key.p8"
    key.write_text("a fake key")
    for told in ({"private_key_file": str(key)}, {"private_key_content": b64encode(b"a fake key").decode()}):
        connection.extra = json(EXTRA | told)
        assert "password" not in options()
        assert {
            name.rpartition(".")[2]: value
            for name, value in options().items()
            if "jwt" in value or "jwt" in name
        } == {
            "auth_type": "auth_jwt",
            "jwt_private_key_pkcs8_value": "a fake key",
            "jwt_private_key_pkcs8_password": "fake + key",
        }


def test_an_account_must_be_named(connection: Connection) -> None:
    """With an example of what the extra holds."""
    connection.extra = json({"database": "ANALYTICS"})
    with pytest.raises(PermanentWarehouseError, match="says no account in its extra; Snowflake needs both"):
        warehouse()


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("08004", PermanentWarehouseError),
        ("08001", TransientWarehouseError),
        ("57014", TransientWarehouseError),
    ],
    ids=["login refused", "not reached", "lock not had in time"],
)
def test_what_its_errors_ask_for(state: str, kind: type[WarehouseError]) -> None:
    """By the SQLSTATEs that its driver gives."""
    assert (
        type(explained(OperationalError("said", status_code=AdbcStatusCode.IO, sqlstate=state), "load"))
        is kind
    )


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the package to install."""
    monkeypatch.setitem(sys.modules, "adbc_driver_snowflake.dbapi", None)
    with pytest.raises(
        PermanentWarehouseError, match="of Snowflake: install adbc-driver-snowflake where the workers"
    ):
        opened(SNOWFLAKE, "snowflake://?")
