"""A database of its own for each test."""

from collections.abc import Callable, Iterator

import psycopg2
import pytest

from include.warehouse.session import Warehouse
from tests.warehouse.frames_of_calls import Desk


@pytest.fixture
def desk(new_database: Callable[[], str]) -> Iterator[Desk]:
    uri = new_database()
    connection = psycopg2.connect(uri)
    connection.autocommit = True
    yield Desk(Warehouse(uri, "zoom"), connection)
    connection.close()
