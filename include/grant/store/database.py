"""Transactions on Airflow's metadata database, and its own clock: hosts may disagree about the time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from include.grant.storage import StoreError
from include.grant.store.revision import refuse_newer

_NOW = {
    "sqlite": "SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "postgresql": "SELECT clock_timestamp()",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
}


@contextmanager
def transaction(engine: Callable[[], sa.Engine]) -> Iterator[sa.Connection]:
    """One transaction; what the database raises comes out as a StoreError.

    Raises:
        NewerDatabase: before anything is done.
    """
    try:
        with engine().begin() as connection:
            refuse_newer(connection)
            yield connection
    except SQLAlchemyError as error:
        raise StoreError(f"Airflow's metadata database failed ({type(error).__name__}).") from error


def now(connection: sa.Connection) -> datetime:
    """The database's UTC time."""
    told = connection.execute(sa.text(_NOW[connection.dialect.name])).scalar_one()
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
