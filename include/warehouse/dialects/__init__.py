"""The warehouses that there are, and what differs between them."""

from include.warehouse.dialects.dialect import Dialect
from include.warehouse.dialects.postgres import POSTGRES

__all__ = ["DIALECTS", "POSTGRES", "Dialect"]

DIALECTS = (POSTGRES,)
