"""Reads a `zoom` Connection where the hook runs: in a task, or in a process with the metadata database."""

import asyncio
import json
import os
import ssl
from collections.abc import Awaitable, Callable

import anyio
import certifi
import httpx
from airflow.configuration import conf
from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import amask_secret, mask_secret

from include.grant.fields import Fields, shadowed
from include.grant.masking import basic, forms
from include.zoom.errors import Misconfigured, TransientError

_NO_DATABASE = "airflow-db-not-allowed"
_PAUSES_SECONDS = (1.0, 2.0, 4.0, 8.0)


def has_database() -> bool:
    """Whether this process may open the metadata database: the API server and `dag.test()`, not a task."""
    from airflow import settings  # noqa: PLC0415 - a task process that has not loaded it need not

    return not (settings.SQL_ALCHEMY_CONN or _NO_DATABASE).startswith(_NO_DATABASE)


def read_fields(connection_id: str) -> Fields:
    """For synchronous callers; one try."""
    try:
        connection = BaseHook.get_connection(connection_id)
    except AirflowNotFoundException as error:
        raise Misconfigured(_missing(connection_id)) from error
    mask_secret([*_secret_forms(connection)])
    return fields_of(connection)


async def aread_fields(
    connection_id: str, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Fields:
    """For coroutines. In a task "isn't defined" may be a passing fault of the API: it is asked again.

    Raises:
        Misconfigured: There is no such Connection, proven; or it can't be used.
        TransientError: Airflow's API does not give it at the moment.
    """
    variable = f"AIRFLOW_CONN_{connection_id.upper()}"
    if variable in os.environ:
        raise Misconfigured(shadowed(connection_id, f"the environment variable {variable}"))
    if has_database():  # where `aget_connection` does not find what lies there
        return await _from_database(connection_id)
    for pause in (*_PAUSES_SECONDS, 0.0):
        try:
            connection = await BaseHook.aget_connection(connection_id)
        except AirflowNotFoundException:
            await sleep(pause)
        else:
            await amask_secret([*_secret_forms(connection)])
            return fields_of(connection)
    raise await _why_missing(connection_id)


def _secret_forms(connection: Connection) -> set[str]:
    """Airflow masks the password and the whole text of `extra`, not the tokens in it, and neither's other forms."""
    extra = _extra(connection)
    named = (connection.password, extra.get("refresh_token"), extra.get("access_token"))
    secrets = [str(secret) for secret in named if secret]
    secrets += [basic(connection.login or "", connection.password or "")]
    return set[str]().union(*map(forms, secrets))


def fields_of(connection: Connection) -> Fields:
    """The fields of a Connection; `extra_dejson` is not used, as it masks synchronously."""
    if connection.conn_type != "zoom":
        raise Misconfigured(f"Connection {connection.conn_id} is not of type zoom.")
    return Fields.of(
        connection.conn_id,
        connection.host,
        connection.login,
        connection.password,
        _extra(connection),
        listed=conf.get("zoom", "allowed_hosts", fallback=""),
    )


def api_server_url() -> str:
    """Where the API server with the broker is: [zoom] api_url, else beside the execution API."""
    from airflow.executors.base_executor import get_execution_api_server_url  # noqa: PLC0415 - only where asked

    own = conf.get("zoom", "api_url", fallback="").rstrip("/")
    beside = get_execution_api_server_url().rstrip("/")
    if not own and not beside.endswith("/execution"):
        raise Misconfigured(
            "Airflow's execution API address does not end in /execution, so it does not tell where the API "
            "server's plugins are: set [zoom] api_url (AIRFLOW__ZOOM__API_URL)."
        )
    return own or beside.removesuffix("/execution")


def api_server_trust() -> ssl.SSLContext:
    """What Airflow's own client trusts and shows its API server: [api] ssl_ca_file, ssl_cert, client_ssl_cert."""
    context = ssl.create_default_context(cafile=conf.get("api", "ssl_ca_file", fallback=None) or None)
    context.load_verify_locations(certifi.where())
    if own := conf.get("api", "ssl_cert", fallback=""):
        context.load_verify_locations(own)
    if shown := conf.get("api", "client_ssl_cert", fallback=None):
        context.load_cert_chain(shown, conf.get("api", "client_ssl_key", fallback=None))
    return context


async def _from_database(connection_id: str) -> Fields:
    from include.grant.store.wiring import store  # noqa: PLC0415 - a task must not load the database's models

    return await anyio.to_thread.run_sync(store(connection_id).fields)


async def _why_missing(connection_id: str) -> Exception:
    """Airflow says "isn't defined" also when its API or its database fails; both must have been well."""
    passing = TransientError(
        f"Airflow's API does not give Connection {connection_id} at the moment; trying again may help."
    )
    if not await _api_says_missing(connection_id) or not await _database_is_healthy():
        return passing
    return Misconfigured(_missing(connection_id))


async def _api_says_missing(connection_id: str) -> bool:
    # The SDK's own secrets backend swallows the difference between 404 and 500.
    from airflow.sdk.exceptions import ErrorType  # noqa: PLC0415
    from airflow.sdk.execution_time import task_runner  # noqa: PLC0415
    from airflow.sdk.execution_time.comms import ErrorResponse, GetConnection  # noqa: PLC0415

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    if comms is None:
        return False
    answer = await comms.asend(GetConnection(conn_id=connection_id))
    return isinstance(answer, ErrorResponse) and answer.error == ErrorType.CONNECTION_NOT_FOUND


async def _database_is_healthy() -> bool:
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False, verify=api_server_trust()) as http:
            answer = await http.get(f"{api_server_url()}/api/v2/monitor/health")
        return bool(answer.json()["metadatabase"]["status"] == "healthy")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


def _extra(connection: Connection) -> dict[str, object]:
    try:
        extra = json.loads(connection.extra or "{}")
    except ValueError:
        extra = None
    if not isinstance(extra, dict):
        raise Misconfigured(f"The extra of Connection {connection.conn_id} is not a JSON object.")
    return extra


def _missing(connection_id: str) -> str:
    return f"There is no Connection {connection_id} in Airflow: create one of type zoom."
