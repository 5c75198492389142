"""Fixtures that more than one folder of tests needs."""

import itertools
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet
from hypothesis import settings

# Before anything imports Airflow: no test reads or writes somebody's own installation.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="zoom-tests-airflow-")

from include.launch.place import Place
from include.launch.postgres import EmbeddedPostgres
from tests.console.running import Running, running
from tests.grant.installation import copy_of, migrated, migrated_on
from tests.s3 import store

pytest_plugins = ["tests.faults.report"]
_numbers = itertools.count()

# No test depends on how fast the machine is.
settings.register_profile("unhurried", deadline=None)
settings.register_profile("nightly", max_examples=10_000, deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """An embedded PostgreSQL 18 for this test session."""
    server = EmbeddedPostgres.in_temporary_folder()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the migrated databases lie that tests copy."""
    return tmp_path_factory.mktemp("metadata")


@pytest.fixture(scope="session")
def airflow(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An API server with the Zoom page and people of every role, for the tests of the page."""
    folder = tmp_path_factory.mktemp("console")
    with running(folder, copy_of(migrated(templates), folder)) as made:
        yield made


@pytest.fixture(scope="session")
def s3_server() -> Iterator[store.Store]:
    """An S3 server for this test session."""
    with store.running() as made:
        yield made


@pytest.fixture
def s3(s3_server: store.Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[store.Store]:
    """The S3 server that this process's environment names; what it is told to do badly ends with the test."""
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    yield s3_server
    s3_server.fail()
    s3_server.list_late(0)


@pytest.fixture
def bucket(s3: store.Store) -> str:
    """An empty bucket."""
    return s3.bucket(f"bucket-{next(_numbers)}")


CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser; for one module, because its event loop would be in the way of asynchronous tests."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), headless=True, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_database(postgres_server: EmbeddedPostgres) -> Callable[[], str]:
    """Makes an empty database of its own and gives its libpq address."""
    return lambda: postgres_server.create(f"test_{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def airflow_home(tmp_path: Path) -> dict[str, str]:
    """The environment of an Airflow of its own that has no processes and no metadata database yet."""
    uri = f"sqlite:///{tmp_path / 'airflow.db'}"
    return Place(tmp_path).environment(metadata_uri=uri, port=1)


@pytest.fixture
def metadata_on(templates: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a migrated metadata database of one's own on SQLite or PostgreSQL; its address."""

    def make(backend: str) -> str:
        if backend == "sqlite":
            return copy_of(migrated(templates), tmp_path)
        server = request.getfixturevalue("postgres_server")
        return server.create(f"grant_{tmp_path.name}".lower(), template=migrated_on(server, templates))

    return make


@pytest.fixture
def fernet_key(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A Fernet key of this test's own; called, Airflow has another one."""
    from airflow.models.crypto import get_fernet

    def renew() -> None:
        monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", Fernet.generate_key().decode())
        get_fernet.cache_clear()

    renew()
    yield renew
    get_fernet.cache_clear()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(
    request: pytest.FixtureRequest, tmp_path: Path, new_database: Callable[[], str]
) -> Iterator[sa.Engine]:
    """A database as Airflow may have it for its metadata, without a table."""
    uri = f"sqlite:///{tmp_path / 'airflow.db'}"
    if request.param == "postgresql":
        uri = new_database().replace("postgresql://", "postgresql+psycopg2://")
    made = sa.create_engine(uri)
    yield made
    made.dispose()
