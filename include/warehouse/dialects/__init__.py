"""The warehouses that there are, and what differs between them."""

from include.warehouse.dialects.bigquery import BIGQUERY
from include.warehouse.dialects.dialect import Dialect
from include.warehouse.dialects.duckdb import DUCKDB
from include.warehouse.dialects.postgres import POSTGRES
from include.warehouse.dialects.redshift import REDSHIFT
from include.warehouse.dialects.snowflake import SNOWFLAKE

__all__ = ["BIGQUERY", "DIALECTS", "DUCKDB", "POSTGRES", "REDSHIFT", "SNOWFLAKE", "Dialect"]

DIALECTS = (POSTGRES, DUCKDB, REDSHIFT, SNOWFLAKE, BIGQUERY)
