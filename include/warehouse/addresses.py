"""Where a warehouse is, by its dialect: what an Airflow Connection says, as the driver reads it."""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from airflow.sdk import Connection

from include.warehouse.dialects import BIGQUERY, DUCKDB, POSTGRES, REDSHIFT, SNOWFLAKE
from include.warehouse.errors import PermanentWarehouseError

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

# What the Connection's extra may set of https://github.com/aws/amazon-redshift-python-driver#connection-parameters
_REDSHIFT = [
    "cluster_identifier",
    "db_user",
    "iam",
    "is_serverless",
    "profile",
    "region",
    "serverless_acct_id",
    "serverless_work_group",
    "ssl",
    "sslmode",
]
# https://airflow.apache.org/docs/apache-airflow-providers-snowflake/stable/connections/snowflake.html, as ADBC has it.
_SNOWFLAKE = {
    "account": "account",
    "database": "db",
    "warehouse": "warehouse",
    "role": "role",
    "region": "region",
}


def libpq_address(connection: Connection, _: str) -> str:
    """PostgreSQL: the Connection's fields, and what its extra sets of libpq's."""
    extra = connection.extra_dejson
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


def file_path(connection: Connection, schema: str) -> str:
    """DuckDB: the host is a path, and absolute, since a worker's working folder is nobody's choice.

    It is not named as the schema: DuckDB calls the database by its file, and cannot tell the two apart in a view.
    """
    path = connection.host or ""
    if not Path(path).is_absolute() or Path(path).stem.lower() == schema.lower():
        raise PermanentWarehouseError(
            f"Connection {connection.conn_id} has the host {path!r}; for duckdb it must be the whole path of the "
            f"database file, such as /data/warehouse.duckdb, and its name another than the schema's, {schema}."
        )
    return path


def redshift_address(connection: Connection, _: str) -> str:
    """Redshift: the Connection's fields, and what its extra sets of the driver's, such as who logs in by IAM."""
    extra = connection.extra_dejson
    login = f"{quote(connection.login or '', safe='')}:{quote(connection.password or '', safe='')}"
    more = {name: extra[name] for name in _REDSHIFT if name in extra}
    return (
        f"redshift://{login}@{connection.host or ''}:{connection.port or 5439}"
        f"/{quote(connection.schema or '', safe='')}?{urlencode(more)}"
    )


def snowflake_options(connection: Connection, schema: str) -> str:
    """Snowflake: fields and extra as Airflow's own provider has them, and any option of ADBC's driver by its name."""
    extra = connection.extra_dejson
    if missing := [name for name in ("account", "database") if not extra.get(name)]:
        raise PermanentWarehouseError(
            f"Connection {connection.conn_id} says no {' and no '.join(missing)} in its extra; Snowflake needs both "
            '({"account": "organisation-account", "database": "ANALYTICS", "warehouse": "LOADING"}).'
        )
    options = {
        "username": connection.login,
        **_snowflake_secret(connection, extra),
        **{f"adbc.snowflake.sql.{option}": extra.get(name) for name, option in _SNOWFLAKE.items()},
        "adbc.snowflake.sql.schema": schema.upper(),
        **{name: value for name, value in extra.items() if name.startswith("adbc.snowflake.")},
    }
    return "snowflake://?" + urlencode({name: value for name, value in options.items() if value})


def _snowflake_secret(connection: Connection, extra: Mapping[str, Any]) -> dict[str, str | None]:
    """The password, or a private key that the password opens."""
    if path := extra.get("private_key_file"):
        key = Path(path).read_text()
    elif content := extra.get("private_key_content"):
        key = b64decode(content).decode()
    else:
        return {"password": connection.password}
    return {
        "adbc.snowflake.sql.auth_type": "auth_jwt",
        "adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_value": key,
        "adbc.snowflake.sql.client_option.jwt_private_key_pkcs8_password": connection.password,
    }


def bigquery_address(connection: Connection, _: str) -> str:
    """BigQuery: the extra as Airflow's own provider has it; without a key, what the machine is logged in as."""
    extra = connection.extra_dejson
    if not (project := extra.get("project")):
        raise PermanentWarehouseError(
            f"Connection {connection.conn_id} says no project in its extra; BigQuery needs it "
            '({"project": "acme-analytics", "location": "EU", "key_path": "/run/secrets/key.json"}).'
        )
    key = extra.get("keyfile_dict")
    more = {
        **{name: extra.get(name) for name in ("location", "key_path", "api_endpoint")},
        "keyfile_dict": key if isinstance(key, str | None) else json.dumps(key),
    }
    return f"bigquery://{project}?" + urlencode({name: value for name, value in more.items() if value})


ADDRESSES: Mapping[str, Callable[[Connection, str], str]] = {
    POSTGRES.name: libpq_address,
    DUCKDB.name: file_path,
    REDSHIFT.name: redshift_address,
    SNOWFLAKE.name: snowflake_options,
    BIGQUERY.name: bigquery_address,
}
"""By the dialect's name: takes the Connection and the schema.

Raises:
    PermanentWarehouseError: the Connection leads to no warehouse that can be loaded.
"""
