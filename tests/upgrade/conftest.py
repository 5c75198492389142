"""A state of an earlier version, brought back, for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from include.launch.postgres import EmbeddedPostgres
from tests.upgrade.stored import FERNET_KEY, HASH_KEY, Stored, stored_states
from tests.upgrade.upgraded import Upgraded


@pytest.fixture(scope="module", params=stored_states(), ids=lambda state: state.name)
def state(request: pytest.FixtureRequest) -> Stored:
    return request.param


@pytest.fixture(scope="module")
def keys() -> Iterator[None]:
    """The keys that the states were made with."""
    from airflow.models.crypto import get_fernet

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AIRFLOW__CORE__FERNET_KEY", FERNET_KEY)
        patched.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", HASH_KEY)
        get_fernet.cache_clear()
        yield
    get_fernet.cache_clear()


@pytest.fixture
def upgraded(
    state: Stored, keys: None, postgres_server: EmbeddedPostgres, tmp_path: Path
) -> Iterator[Upgraded]:
    """Its warehouse and landing, under this version's code."""
    uri = postgres_server.create(f"upgrade_{tmp_path.name}".lower())
    state.restore_warehouse(uri)
    made = Upgraded(state, state.landing(tmp_path / "landing"), tmp_path / "landing", uri)
    yield made
    made.close()
