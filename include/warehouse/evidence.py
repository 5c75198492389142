"""What a load proves: the outcome of each check, in the warehouse's own table beside the ledger."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from include.warehouse.errors import trying
from include.warehouse.ledger import claim
from include.warehouse.session import Session, Warehouse, ask_for_each, begin, identifier
from include.warehouse.tables import ensure
from include.zoom.checks import Check, Outcome
from include.zoom.stream import Stream

_log = logging.getLogger(__name__)

_RECORD = """
INSERT INTO {checks} (checked_at, stream, attempt_id, load_id, table_name, slice_date, check_name, severity,
                      outcome, expected, found, told)
VALUES ({clock}, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


@dataclass(frozen=True)
class Extraction:
    """Which extraction was checked, and by which load; no load where it failed before there was one."""

    account: str
    attempt_id: str | None
    load_id: str | None = None


def record(connection: Session, schema: str, stream: Stream, of: Extraction, checks: Sequence[Check]) -> None:
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
        statement = _RECORD.format(checks=identifier(schema, "checks"), clock=connection.dialect.clock)
        ask_for_each(connection, statement, [_line(stream, of, check) for check in checks])
        connection.commit()


def _line(stream: Stream, of: Extraction, check: Check) -> tuple[str | date | None, ...]:
    return (
        stream.name,
        of.attempt_id,
        of.load_id,
        check.table,
        check.slice_date,
        check.name,
        check.severity.value,
        check.outcome.value,
        check.expected,
        check.found,
        check.told,
    )


def record_apart(warehouse: Warehouse, stream: Stream, of: Extraction, checks: Iterable[Check]) -> None:
    """The same in a session of its own, for what fails before there is a load.

    Raises:
        WarehouseError: the schema is not to be had, or another account's.
    """
    with warehouse.connect() as connection:
        ensure(connection, warehouse.schema, stream)
        claim(connection, warehouse.schema, of.account)
        record(connection, warehouse.schema, stream, of, list(checks))
