"""What a load proves: the outcome of each check, in the warehouse's own table beside the ledger."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import orjson

from include.warehouse.errors import trying
from include.warehouse.ledger import claim
from include.warehouse.session import Warehouse, ask, begin, identifier
from include.warehouse.tables import ensure
from include.zoom.checks import Check, Outcome
from include.zoom.stream import Stream

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Connection

_log = logging.getLogger(__name__)

# One statement, however many there are; a NULL of JSON is a NULL of SQL.
_RECORD = """
INSERT INTO {checks} (checked_at, stream, attempt_id, load_id, table_name, slice_date, check_name, severity,
                      outcome, expected, found, told)
SELECT clock_timestamp(), $1, $2, $3, "table", slice_date, name, severity, outcome, expected, found, told
FROM jsonb_to_recordset(($4::text)::jsonb) AS told_of (
    "table" text, slice_date date, name text, severity text, outcome text, expected text, found text, told text
)
"""


@dataclass(frozen=True)
class Extraction:
    """Which extraction was checked, and by which load; no load where it failed before there was one."""

    account: str
    attempt_id: str | None
    load_id: str | None = None


def record(
    connection: "Connection", schema: str, stream: Stream, of: Extraction, checks: Sequence[Check]
) -> None:
    """Appends the outcomes in a transaction of their own, and logs the failed ones.

    Raises:
        WarehouseError: the server refused.
    """
    for check in checks:
        if check.outcome is Outcome.FAILED:
            _log.warning("%s", check)
    if not checks:
        return
    with trying(f"record the checks of {stream.name} in schema {schema}"):
        begin(connection)
        ask(
            connection,
            _RECORD.format(checks=identifier(schema, "checks")),
            stream.name,
            of.attempt_id,
            of.load_id,
            orjson.dumps([asdict(check) for check in checks]).decode(),
        )
        connection.commit()


def record_apart(warehouse: Warehouse, stream: Stream, of: Extraction, checks: Iterable[Check]) -> None:
    """The same in a session of its own, for what fails before there is a load.

    Raises:
        WarehouseError: the schema is not to be had, or another account's.
    """
    with warehouse.connect() as connection:
        ensure(connection, warehouse.schema, stream)
        claim(connection, warehouse.schema, of.account)
        record(connection, warehouse.schema, stream, of, list(checks))
