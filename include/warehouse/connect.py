"""The warehouse from the Airflow Connection `zoom_warehouse`, whose type says which one it is."""

from airflow.sdk import BaseHook, conf
from airflow.sdk.exceptions import AirflowNotFoundException

from include.warehouse.addresses import ADDRESSES
from include.warehouse.dialects import DIALECTS
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.warehouse.session import SNAPSHOT_DAYS, Warehouse

_DIALECTS = {type_: dialect for dialect in DIALECTS for type_ in dialect.conn_types}


def warehouse(conn_id: str = "zoom_warehouse", *, schema: str | None = None) -> Warehouse:
    """The warehouse of a Connection; the schema, unless given, is its extra's `schema`, else `zoom`.

    Of PostgreSQL, a host that starts with `/` is the folder of a unix socket; of DuckDB, the host is the file's path.

    Raises:
        TransientWarehouseError: there is no such Connection, or Airflow's API did not answer, which looks alike.
        PermanentWarehouseError: the Connection leads to no warehouse that can be loaded, or a setting is no number of
            days.
    """
    try:
        connection = BaseHook.get_connection(conn_id)
    except AirflowNotFoundException as error:
        raise TransientWarehouseError(
            f"Airflow gave no Connection {conn_id}. Create it under Admin, Connections (type postgres: host, "
            "database, login, password). If it is there, Airflow's API failed, and the next try finds it."
        ) from error
    dialect = _DIALECTS.get(connection.conn_type or "")
    if dialect is None:
        raise PermanentWarehouseError(
            f"Connection {conn_id} has the type {connection.conn_type!r}; the warehouse needs "
            f"{' or '.join(each.conn_types[0] for each in DIALECTS)}."
        )
    partitioned = conf.get("zoom", "partitioned_tables", fallback="").replace(",", " ").split()
    schema = schema or connection.extra_dejson.get("schema") or "zoom"
    return Warehouse(
        ADDRESSES[dialect.name](connection, schema),
        schema,
        conn_id,
        tuple(partitioned),
        _snapshot_days(),
        dialect,
    )


def _snapshot_days() -> int:
    told = conf.get("zoom", "snapshot_days", fallback=str(SNAPSHOT_DAYS))
    if not told.isdecimal() or int(told) < 1:
        raise PermanentWarehouseError(
            f"The setting [zoom] snapshot_days is {told!r}; it must be a whole number of days, at least 1."
        )
    return int(told)
