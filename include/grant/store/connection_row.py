"""The row of a `zoom` Connection, read and written under compare-and-swap.

Airflow's own model reads, changes and writes without a version; here the ciphertext that was read is the
version, as Fernet never gives the same one twice.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from airflow.configuration import ensure_secrets_loaded
from airflow.models.connection import Connection
from airflow.models.crypto import FernetProtocol, get_fernet
from cryptography.fernet import InvalidToken

from include.grant.fields import shadowed
from include.zoom.errors import Misconfigured

_TABLE = Connection.__table__
_DEFAULT_BACKENDS = {"EnvironmentVariablesBackend", "MetastoreBackend"}


@dataclass(frozen=True)
class ConnectionRow:
    """A Connection as it lies in the metadata database, its secrets opened."""

    connection_id: str
    conn_type: str
    host: str | None
    login: str | None
    password: str | None = field(repr=False)
    extra: Mapping[str, Any] = field(repr=False)
    raw_extra: str | None = field(repr=False)


def read_row(connection: sa.Connection, connection_id: str) -> ConnectionRow | None:
    """The row, or None where there is none of this id.

    Raises:
        Misconfigured: Airflow's Fernet key does not open it, or `extra` is not JSON.
    """
    row = (
        connection.execute(sa.select(_TABLE).where(_TABLE.c.conn_id == connection_id))
        .mappings()
        .one_or_none()
    )
    if row is None:
        return None
    fernet = get_fernet()
    password = _open(fernet, row["password"], row["is_encrypted"], connection_id)
    extra = _open(fernet, row["extra"], row["is_extra_encrypted"], connection_id)
    return ConnectionRow(
        connection_id=connection_id,
        conn_type=row["conn_type"],
        host=row["host"],
        login=row["login"],
        password=password,
        extra=_parsed(extra, connection_id),
        raw_extra=row["extra"],
    )


def zoom_ids(connection: sa.Connection) -> list[str]:
    """The ids of all Connections of type `zoom`, sorted."""
    found = connection.execute(sa.select(_TABLE.c.conn_id).where(_TABLE.c.conn_type == "zoom"))
    return sorted(found.scalars())


def write_extra(connection: sa.Connection, row: ConnectionRow, changes: Mapping[str, str | None]) -> bool:
    """Changes these keys of `extra` (None removes one) where it is still what was read; whether it was."""
    extra = {name: value for name, value in {**row.extra, **changes}.items() if value is not None}
    sealed = get_fernet().encrypt(json.dumps(extra).encode()).decode()
    unchanged = _TABLE.c.extra.is_(None) if row.raw_extra is None else _TABLE.c.extra == row.raw_extra
    changed = connection.execute(
        sa.update(_TABLE)
        .where(_TABLE.c.conn_id == row.connection_id, unchanged)
        .values(extra=sealed, is_extra_encrypted=True)
    )
    return changed.rowcount == 1


def refuse_unsafe(connection_id: str) -> None:
    """Raises Misconfigured where a rotated token would be stored in plain text, or never be read again."""
    if not get_fernet().is_encrypted:
        raise Misconfigured(
            "Airflow has no Fernet key, so tokens would be stored in plain text: set [core] fernet_key "
            "(AIRFLOW__CORE__FERNET_KEY). Nothing was sent to Zoom."
        )
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    if variable in os.environ:
        raise Misconfigured(shadowed(connection_id, f"the environment variable {variable}"))
    for backend in ensure_secrets_loaded():
        name = type(backend).__name__
        if name not in _DEFAULT_BACKENDS and backend.get_connection(conn_id=connection_id):
            raise Misconfigured(shadowed(connection_id, f"the secrets backend {name}"))


def _open(fernet: FernetProtocol, text: str | None, sealed: bool, connection_id: str) -> str | None:
    if not text or not sealed:
        return text
    try:
        return fernet.decrypt(text.encode()).decode() if fernet.is_encrypted else _unreadable(connection_id)
    except InvalidToken as error:
        raise Misconfigured(_UNREADABLE.format(connection_id)) from error


_UNREADABLE = (
    "Airflow's Fernet key does not open Connection {}: set the key that it was saved with ([core] fernet_key). "
    "Nothing was sent to Zoom."
)


def _unreadable(connection_id: str) -> str:
    raise Misconfigured(_UNREADABLE.format(connection_id))


def _parsed(extra: str | None, connection_id: str) -> dict[str, Any]:
    try:
        parsed = json.loads(extra or "{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise Misconfigured(
            f"The extra of Connection {connection_id} is not a JSON object. Airflow's own list of Connections may fail over "
            f"it too: delete it (airflow connections delete {connection_id}) and add it anew."
        )
    return parsed
