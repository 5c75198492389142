"""Fixtures of the forty faults: simulated Zooms that run for the whole session, and a stage per test."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from airflow.models.crypto import get_fernet

from include.launch.place import Place, free_port
from include.launch.processes import Processes
from tests.faults.children import Children
from tests.faults.proxy import Proxy
from tests.faults.stage import MakeStage, Stage, Zoom
from tests.grant.installation import start_sandbox

ZOOMS = {
    "strict": ("--rotation", "strict", "--old-access-token", "dies"),
    "family": ("--rotation", "family"),
    "grace": ("--rotation", "grace", "--grace-seconds", "3600"),
    "none": ("--rotation", "none"),
    "slow strict": ("--rotation", "strict", "--token-latency-ms", "100"),
    "slow grace": ("--rotation", "grace", "--grace-seconds", "3600", "--token-latency-ms", "100"),
}


@pytest.fixture(scope="session")
def zoom_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Zoom]]:
    """The running sandbox that rotates so; see ZOOMS."""
    folder, started = tmp_path_factory.mktemp("zooms"), {}
    with ExitStack() as stack:

        def start(rotation: str) -> Zoom:
            if rotation not in started:
                processes = stack.enter_context(Processes(folder / rotation.replace(" ", "-")))
                env = Place(folder).environment(metadata_uri="sqlite://", port=1)
                started[rotation] = Zoom(start_sandbox(processes, env, "--allow", *ZOOMS[rotation]))
            return started[rotation]

        yield start


def set_stage(folder: Path, uri: str, zoom: Zoom, stack: ExitStack) -> Stage:
    """A stage in a folder, on a migrated database."""
    env = Place(folder).environment(metadata_uri=uri, port=free_port())
    env |= {
        "AIRFLOW__ZOOM__ALLOWED_HOSTS": "127.0.0.1",
        "AIRFLOW__ZOOM__SPILL_FOLDER": str(folder / "spill"),
    }
    target = urlsplit(zoom.url)
    proxy = stack.enter_context(Proxy((str(target.hostname), int(target.port or 0))))
    return Stage(folder, env, zoom, proxy, stack.enter_context(Children(folder)))


@pytest.fixture
def enter(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Stage], Stage]]:
    """Gives a stage its first grant and lets the test look into its database as its processes do."""

    def look(stage: Stage) -> Stage:
        for name in ("AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__ZOOM__ALLOWED_HOSTS"):
            monkeypatch.setenv(name, stage.env[name])
        get_fernet.cache_clear()
        stage.begin()
        return stage

    yield look
    get_fernet.cache_clear()


@pytest.fixture
def make_stage(
    zoom_of: Callable[[str], Zoom],
    metadata_on: Callable[[str], str],
    enter: Callable[[Stage], Stage],
    tmp_path: Path,
) -> Iterator[MakeStage]:
    """Makes the stage of a test on a database, before a Zoom that rotates in one of the ways."""
    with ExitStack() as stack:
        yield lambda backend, rotation="strict", uri="": enter(
            set_stage(tmp_path, uri or metadata_on(backend), zoom_of(rotation), stack)
        )


@pytest.fixture(params=["postgresql", "sqlite"])
def stage(request: pytest.FixtureRequest, make_stage: MakeStage) -> Stage:
    """A stage on each database, before a strict Zoom."""
    return make_stage(request.param)


@pytest.fixture
def on_postgres(make_stage: MakeStage) -> Stage:
    """A stage on PostgreSQL, before a strict Zoom."""
    return make_stage("postgresql")
