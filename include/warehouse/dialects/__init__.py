"""The warehouses that there are, and what differs between them."""

from include.warehouse.dialects.dialect import Dialect
from include.warehouse.dialects.duckdb import DUCKDB
from include.warehouse.dialects.postgres import POSTGRES

__all__ = ["DIALECTS", "DUCKDB", "POSTGRES", "Dialect"]

DIALECTS = (POSTGRES, DUCKDB)
