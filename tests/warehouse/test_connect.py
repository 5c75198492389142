"""The Airflow Connection becomes a libpq address."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.connect import warehouse
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.warehouse.session import ask


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The Connection that Airflow gives."""
    given = Connection(conn_id="zoom_warehouse", conn_type="postgres")
    monkeypatch.setattr(BaseHook, "get_connection", classmethod(lambda cls, conn_id: given))
    return given


def settings(uri: str) -> dict[str, str]:
    """What an address says."""
    return {name: value for name, (value,) in parse_qs(urlsplit(uri).query).items()}


def test_every_field_of_the_connection_reaches_libpq(connection: Connection) -> None:
    """Host, port, login, password and database are taken over, with keepalives and a time limit."""
    connection.host, connection.port, connection.schema = "db.example.org", 6543, "warehouse"
    connection.login, connection.password = "zoom", "p@ss w/ö+rd&%"
    assert settings(warehouse().uri) == {
        "host": "db.example.org",
        "port": "6543",
        "user": "zoom",
        "password": "p@ss w/ö+rd&%",
        "dbname": "warehouse",
        "connect_timeout": "10",
        "keepalives": "1",
        "keepalives_idle": "30",
        "keepalives_interval": "10",
        "keepalives_count": "3",
        "application_name": "airflow-zoom-warehouse",
    }


def test_a_blank_in_a_password_is_no_plus(connection: Connection) -> None:
    """Libpq reads a plus as a plus, so a blank is written in percent."""
    connection.password = "a b+c"
    assert "password=a%20b%2Bc" in warehouse().uri


def test_a_password_shows_nowhere(connection: Connection) -> None:
    """The warehouse's own text tells schema and Connection only."""
    connection.password = "canary"
    assert (
        repr(warehouse())
        == "Warehouse(schema='zoom', name='zoom_warehouse', partitioned=(), snapshot_days=35)"
    )


def test_extra_sets_libpq_options_and_the_schema(connection: Connection) -> None:
    """What libpq knows is passed on, what it doesn't know is not; the schema is ours."""
    connection.extra = '{"sslmode": "require", "keepalives_idle": "5", "cursor": "x", "schema": "zoom_b"}'
    found = warehouse()
    assert (settings(found.uri)["sslmode"], settings(found.uri)["keepalives_idle"]) == ("require", "5")
    assert "cursor" not in found.uri
    assert found.schema == "zoom_b"


def test_a_given_schema_counts_more(connection: Connection) -> None:
    """A run's parameter wins over the Connection's extra."""
    connection.extra = '{"schema": "zoom_b"}'
    assert warehouse(schema="zoom_c").schema == "zoom_c"


def test_a_unix_socket(connection: Connection, postgres_server: EmbeddedPostgres) -> None:
    """A host that is a folder reaches the server through its socket."""
    connection.host, connection.port, connection.login = (
        postgres_server.socket_folder,
        postgres_server.port,
        "postgres",
    )
    connection.schema = "postgres"
    with warehouse().connect() as session:
        assert ask(session, "SELECT current_database()::text") == [("postgres",)]


def test_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing Connection and a failing API look alike: tried again, with the way to create it."""

    def missing(cls: type, conn_id: str) -> Connection:
        raise AirflowNotFoundException(conn_id)

    monkeypatch.setattr(BaseHook, "get_connection", classmethod(missing))
    with pytest.raises(
        TransientWarehouseError, match=r"Airflow gave no Connection zoom_warehouse. Create it under Admin"
    ):
        warehouse()


def test_a_connection_of_another_type(connection: Connection) -> None:
    """A Connection that is not PostgreSQL's is named with its type."""
    connection.conn_type = "mysql"
    with pytest.raises(
        PermanentWarehouseError,
        match="has the type 'mysql'; the warehouse needs postgres or duckdb or redshift or snowflake",
    ):
        warehouse()


def test_a_connection_to_duckdb(connection: Connection, tmp_path: Path) -> None:
    """Its host is the file, which the first session makes."""
    connection.conn_type, connection.host = "duckdb", str(tmp_path / "warehouse.duckdb")
    with warehouse().connect() as session:
        assert ask(session, "SELECT current_database()") == [("warehouse",)]


@pytest.mark.parametrize("host", [None, "warehouse.duckdb", "/data/Zoom.duckdb"])
def test_a_file_that_cannot_be_the_warehouse(connection: Connection, host: str | None) -> None:
    """A relative path would be another file for each process; a file named as its schema hides it in views."""
    connection.conn_type, connection.host = "duckdb", host
    with pytest.raises(
        PermanentWarehouseError, match="the whole path of the database file.*another than the schema's"
    ):
        warehouse()


def test_a_connection_to_redshift(connection: Connection) -> None:
    """Its fields, whatever letters they have, and of its extra what the driver knows."""
    connection.conn_type, connection.host, connection.schema = "redshift", "cluster.example.org", "dev"
    connection.login, connection.password = "zoom", "p@ss/w ord"
    connection.extra = '{"iam": true, "cluster_identifier": "one", "cursor": "x", "schema": "zoom_b"}'
    assert warehouse().uri == (
        "redshift://zoom:p%40ss%2Fw%20ord@cluster.example.org:5439/dev?cluster_identifier=one&iam=True"
    )
    assert warehouse().schema == "zoom_b"
