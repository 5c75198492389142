"""Fixtures of the grant's tests."""

import pytest

from tests.grant.world import World


@pytest.fixture
def world() -> World:
    """A fresh grant that nobody has used yet."""
    return World()
