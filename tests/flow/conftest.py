"""A landing and a warehouse for the tests of the flow."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from include.landing import Landing
from tests.flow.accounts import Account
from tests.flow.landed import House


@pytest.fixture
def house(tmp_path: Path, new_database: Callable[[], str]) -> Iterator[House]:
    made = House(Landing(f"file://{tmp_path}/landing"), new_database())
    yield made
    made.close()


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Account:
    """A day of everything that a simulated account tells, in a landing; to be copied before it is changed."""
    made = Account(tmp_path_factory.mktemp("account") / "landing")
    made.pull()
    return made
