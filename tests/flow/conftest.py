"""A landing and a warehouse for the tests of the flow."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from include.landing import Landing
from tests.flow.landed import House


@pytest.fixture
def house(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[House]:
    made = House(Landing(f"file://{tmp_path}/landing"), new_database())
    yield made
    made.close()
