"""The warehouse from the Airflow Connection `zoom_warehouse`, whose type says which one it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from airflow.sdk import BaseHook, Connection, conf
from airflow.sdk.exceptions import AirflowNotFoundException

from include.warehouse.dialects import DIALECTS
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.warehouse.session import SNAPSHOT_DAYS, Warehouse

_DIALECTS = {type_: dialect for dialect in DIALECTS for type_ in dialect.conn_types}
# A firewall or a NAT forgets a silent connection: ask every 30 s, give up after three answers are missing.
_DEFAULTS: Mapping[str, Any] = {
    "connect_timeout": 10,
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "application_name": "airflow-zoom-warehouse",
}
# What the Connection's extra may set of https://www.postgresql.org/docs/current/libpq-connect.html
_LIBPQ = [
    "host",
    "hostaddr",
    "port",
    "passfile",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "sslmode",
    "sslcompression",
    "sslcert",
    "sslkey",
    "sslrootcert",
    "sslcrl",
    "sslsni",
    "gssencmode",
    "krbsrvname",
    "service",
    "target_session_attrs",
]


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
            f"Connection {conn_id} has the type {connection.conn_type!r}; the warehouse needs postgres or duckdb."
        )
    extra = connection.extra_dejson
    partitioned = conf.get("zoom", "partitioned_tables", fallback="").replace(",", " ").split()
    schema = schema or extra.get("schema") or "zoom"
    return Warehouse(
        _path(connection, schema) if dialect.is_file else _address(connection, extra),
        schema,
        conn_id,
        tuple(partitioned),
        _snapshot_days(),
        dialect,
    )


def _path(connection: Connection, schema: str) -> str:
    """Absolute: a worker's working folder is nobody's choice.

    Not named as the schema: DuckDB calls the database by its file, and cannot tell the two apart in a view.
    """
    path = connection.host or ""
    if not Path(path).is_absolute() or Path(path).stem.lower() == schema.lower():
        raise PermanentWarehouseError(
            f"Connection {connection.conn_id} has the host {path!r}; for duckdb it must be the whole path of the "
            f"database file, such as /data/warehouse.duckdb, and its name another than the schema's, {schema}."
        )
    return path


def _snapshot_days() -> int:
    told = conf.get("zoom", "snapshot_days", fallback=str(SNAPSHOT_DAYS))
    if not told.isdecimal() or int(told) < 1:
        raise PermanentWarehouseError(
            f"The setting [zoom] snapshot_days is {told!r}; it must be a whole number of days, at least 1."
        )
    return int(told)


def _address(connection: Connection, extra: Mapping[str, Any]) -> str:
    settings = {
        **_DEFAULTS,
        "host": connection.host,
        "port": connection.port,
        "user": connection.login,
        "password": connection.password,
        "dbname": connection.schema,
        **{name: extra[name] for name in _LIBPQ if name in extra},
    }
    # Not quote_plus, urlencode's own: libpq knows no "+" for a blank.
    return "postgresql://?" + urlencode(
        {name: value for name, value in settings.items() if value not in (None, "")}, quote_via=quote, safe=""
    )
