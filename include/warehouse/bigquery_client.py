"""What is asked of BigQuery by its own client, whose errors become ADBC's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from importlib import import_module
from json import loads
from typing import IO, Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

from adbc_driver_manager import AdbcStatusCode, OperationalError, ProgrammingError

from include.warehouse.errors import PermanentWarehouseError

_TYPES = {bool: "BOOL", int: "INT64", float: "FLOAT64", str: "STRING", datetime: "TIMESTAMP", date: "DATE"}
# What BigQuery says, as the SQLSTATE that means the same; first match.
_STATES = (
    (re.compile(r"(?i)concurrent update|due to concurrent|could not serialize"), "40001"),
    (re.compile(r"(?i)already exists"), "40001"),
    (re.compile(r"(?i)quota|rate ?limit|too many"), "53400"),
    (re.compile(r"(?i)not found: (?:dataset|project)"), "3D000"),
    (
        re.compile(
            r"(?i)bad (?:value|double|int64|bool)|could not parse|overflow|out of range|invalid (?:value|json)"
        ),
        "22000",
    ),
)
_BY_CODE = {401: "28000", 403: "42501", 404: "42P01", 408: "57014", 409: "40001", 412: "40001", 429: "53400"}
_SERVER_FAILED = 500


class Answer(NamedTuple):
    """What a statement gave: its columns' names, none where it gives no rows, its rows, and the session it ran in."""

    columns: list[str]
    rows: list[tuple[Any, ...]]
    session: str | None = None


class Client(Protocol):
    """What is asked of BigQuery; its errors are ADBC's."""

    project: str

    def query(
        self, statement: str, parameters: dict[str, Any], session: str | None, *, begins: bool
    ) -> Answer:
        """Runs a statement, in a session where one is told or begins with it."""

    def load(self, dataset: str, table: str, parquet: IO[bytes]) -> None:
        """Appends a file's rows to a table, columns by name."""

    def describe(self, dataset: str, table: str, comments: dict[str | None, str]) -> None:
        """Writes what stands beside columns, and by None what stands beside the table or view itself."""


def google_client(driver: Any, uri: str) -> Client:  # noqa: ANN401 - a module that may lack
    """BigQuery at an address such as `bigquery://project?location=EU&key_path=/run/secrets/key.json`.

    Raises:
        PermanentWarehouseError: the key cannot be read.
    """
    address = urlsplit(uri)
    with _told():
        return _Google(driver, _client(driver, address.netloc, dict(parse_qsl(address.query))))


def _client(driver: Any, project: str, settings: dict[str, str]) -> Any:  # noqa: ANN401 - a module that may lack
    options = {"api_endpoint": settings["api_endpoint"]} if "api_endpoint" in settings else None
    return driver.Client(
        project=project or None,
        credentials=_credentials(settings),
        location=settings.get("location"),
        client_options=options,
    )


def _credentials(settings: dict[str, str]) -> Any:  # noqa: ANN401 - a module that may lack
    """Of a key; None: what the machine is logged in as."""
    account = import_module("google.oauth2.service_account").Credentials
    try:
        if path := settings.get("key_path"):
            return account.from_service_account_file(path)
        if key := settings.get("keyfile_dict"):
            return account.from_service_account_info(loads(key))
    except (OSError, ValueError) as error:
        raise PermanentWarehouseError(
            f"Could not read the key of BigQuery ({type(error).__name__}): correct key_path or keyfile_dict in the "
            "Connection's extra."
        ) from None
    if settings.get("api_endpoint", "").startswith("http://"):  # an emulator asks for none
        return import_module("google.auth.credentials").AnonymousCredentials()
    return None


class _Google:
    """BigQuery by its own client."""

    def __init__(self, driver: Any, client: Any) -> None:  # noqa: ANN401 - a module that may lack
        self._driver, self._client = driver, client
        self.project: str = client.project

    def query(
        self, statement: str, parameters: dict[str, Any], session: str | None, *, begins: bool
    ) -> Answer:
        driver = self._driver
        config = driver.QueryJobConfig(
            query_parameters=[
                driver.ScalarQueryParameter(name, _TYPES[type(value)], value)
                for name, value in parameters.items()
            ]
        )
        if begins:
            config.create_session = True
        elif session:
            config.connection_properties = [driver.ConnectionProperty("session_id", session)]
        with _told():
            job = self._client.query(statement, job_config=config)
            found = job.result()
            columns = [each.name for each in found.schema or ()]
            rows = [tuple(row.values()) for row in found] if columns else []
        return Answer(columns, rows, job.session_info.session_id if begins else session)

    def load(self, dataset: str, table: str, parquet: IO[bytes]) -> None:
        config = self._driver.LoadJobConfig(source_format="PARQUET", write_disposition="WRITE_APPEND")
        with _told():
            self._client.load_table_from_file(
                parquet, f"{self.project}.{dataset}.{table}", rewind=True, job_config=config
            ).result()

    def describe(self, dataset: str, table: str, comments: dict[str | None, str]) -> None:
        with _told():
            known = self._client.get_table(f"{self.project}.{dataset}.{table}")
            known.schema = [_described(self._driver, each, comments.get(each.name)) for each in known.schema]
            changed = ["schema"]
            if None in comments:
                known.description, changed = comments[None], [*changed, "description"]
            self._client.update_table(known, changed)


def _described(driver: Any, column: Any, text: str | None) -> Any:  # noqa: ANN401 - a module that may lack
    return (
        column
        if text is None
        else driver.SchemaField.from_api_repr({**column.to_api_repr(), "description": text})
    )


@contextmanager
def _told() -> Iterator[None]:
    """Turns the driver's errors into ADBC's: with BigQuery's words and an SQLSTATE, or as a lost connection."""
    exceptions = import_module("google.api_core.exceptions")
    auth = import_module("google.auth.exceptions")
    lost = import_module("requests.exceptions").RequestException
    try:
        yield
    except exceptions.GoogleAPICallError as error:
        if (error.code or 0) >= _SERVER_FAILED:
            raise OperationalError(
                str(error.message), status_code=AdbcStatusCode.IO, sqlstate="08006"
            ) from error
        raise ProgrammingError(
            f"ERROR: {error.message}", status_code=AdbcStatusCode.UNKNOWN, sqlstate=state_of(error)
        ) from None  # its details may quote a row
    except auth.TransportError as error:
        raise OperationalError(str(error), status_code=AdbcStatusCode.IO) from error
    except auth.GoogleAuthError as error:
        raise ProgrammingError(
            f"ERROR: {error}", status_code=AdbcStatusCode.UNAUTHENTICATED, sqlstate="28000"
        ) from error
    except (lost, exceptions.RetryError, OSError) as error:
        raise OperationalError(str(error), status_code=AdbcStatusCode.IO, sqlstate="08006") from error


def state_of(error: Any) -> str:  # noqa: ANN401 - the driver has no types
    """The SQLSTATE that means what an error of its API says."""
    said = next((state for pattern, state in _STATES if pattern.search(str(error.message))), "")
    return said or _BY_CODE.get(int(error.code or 0), "42000")
