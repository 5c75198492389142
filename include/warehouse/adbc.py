"""Warehouses whose driver is one of ADBC's."""

from typing import TYPE_CHECKING, cast

from include.warehouse.dialects import Dialect
from include.warehouse.driver import driver_of

if TYPE_CHECKING:
    from adbc_driver_manager import AdbcDatabase
    from adbc_driver_manager.dbapi import Connection


class Database:
    """What a driver knows of one warehouse: it opens the sessions."""

    def __init__(self, database: "AdbcDatabase") -> None:
        self._database = database

    def connect(self) -> "Connection":
        """Another session; where it ends, the database stays."""
        from adbc_driver_manager import AdbcConnection, dbapi  # noqa: PLC0415 - who has a database has loaded it

        return dbapi.Connection(cast("AdbcDatabase", _Lasting()), AdbcConnection(self._database))

    def close(self) -> None:
        """Leaves the warehouse, after the last session."""
        self._database.close()


class _Lasting:
    """Stands for a database where a session closes its own."""

    def close(self) -> None:
        """Leaves it to the sessions to come."""


def opened(dialect: Dialect, uri: str) -> Database:
    """The warehouse at an address that its driver knows.

    Raises:
        PermanentWarehouseError: there is no driver.
        adbc_driver_manager.Error: the driver raised one.
    """
    driver_of(dialect, ".dbapi")
    return Database(driver_of(dialect).connect(uri))
