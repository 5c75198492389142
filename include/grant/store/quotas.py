"""The quota of each Zoom account in the metadata database, changed by compare-and-swap.

A row is a Zoom account's, not a Connection's: two apps of an account share its limits. It outlives the
Connections; another one of that account finds today's count again.
"""

import random
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa

from include.grant.schema import quota_table as table
from include.grant.storage import StoreError
from include.grant.store.database import now, transaction

_TRIES = 20  # each that fails means that another process has changed the row: somebody moves on
_LONGEST_PAUSE_SECONDS = 0.01
_T = TypeVar("_T")


class Quotas:
    """The rows of `zoom_quota`; their text is whatever the callers make it."""

    def __init__(self, engine: Callable[[], sa.Engine]) -> None:
        self._engine = engine

    def read(self, account: str) -> tuple[str, datetime]:
        """The state, empty where nobody has asked this account yet, and the database's time."""
        with transaction(self._engine) as connection:
            row = _row(connection, account)
            return (row.state if row else ""), now(connection)

    def change(self, account: str, change: Callable[[str, datetime], tuple[str, _T]]) -> _T:
        """What `change` gives beside the new state, which it makes of the old one and the database's time.

        It may be called several times, and must do nothing but compute: where another process was quicker, its
        state is read and changed instead.

        Raises:
            StoreError: The database failed, or others were quicker time and again.
        """
        for _ in range(_TRIES):
            with transaction(self._engine) as connection:
                row = _row(connection, account)
                changed, given = change(row.state if row else "", now(connection))
                if row and _swap(connection, row, changed):
                    return given
            if row is None:
                self._begin(account)
            time.sleep(random.uniform(0, _LONGEST_PAUSE_SECONDS))  # noqa: S311 (spreads the rivals, no secret)
        raise StoreError(f"The quota of account {account} was changed by others {_TRIES} times in a row.")

    def _begin(self, account: str) -> None:
        # Others may do so at the same time; what else is wrong, the next read says.
        with suppress(StoreError), transaction(self._engine) as connection:
            connection.execute(sa.insert(table).values(account=account, version=0, state=""))


def _row(connection: sa.Connection, account: str) -> Any:  # noqa: ANN401 - SQLAlchemy's row has our columns
    return connection.execute(sa.select(table).where(table.c.account == account)).one_or_none()


def _swap(connection: sa.Connection, row: Any, state: str) -> bool:  # noqa: ANN401 - as above
    same = sa.and_(table.c.account == row.account, table.c.version == row.version)
    changed = connection.execute(sa.update(table).where(same).values(version=row.version + 1, state=state))
    return changed.rowcount == 1
