"""Fixtures of the grant's tests."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.grant.installation import copy_of, migrated, migrated_on
from tests.grant.world import World


@pytest.fixture
def world() -> World:
    """A fresh grant that nobody has used yet."""
    return World()


@pytest.fixture
def metadata_on(templates: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Makes a migrated metadata database of one's own on SQLite or PostgreSQL; its address."""

    def make(backend: str) -> str:
        if backend == "sqlite":
            return copy_of(migrated(templates), tmp_path)
        server = request.getfixturevalue("postgres_server")
        return server.create(f"grant_{tmp_path.name}".lower(), template=migrated_on(server, templates))

    return make
