"""Every statement that the project sends to a warehouse, for each table of the catalog."""

from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial

from include.warehouse import forgetting, ledger, new_fields
from include.warehouse.changes import changes_of
from include.warehouse.counted import counted
from include.warehouse.evidence import Extraction, record
from include.warehouse.held import held
from include.warehouse.last_snapshot import last_snapshot
from include.warehouse.load import load
from include.warehouse.new_fields import NewField
from include.warehouse.session import Session, Warehouse
from include.warehouse.tables import Partitions, ensure
from include.warehouse.views import refresh_views
from include.zoom.catalog import STREAMS
from include.zoom.checks import Check, Outcome, Severity
from include.zoom.layout import REJECTED
from include.zoom.stream import Kind, Stream, Table
from tests.warehouse.frames_of_calls import DAY, ONE, Frames, a_file, open_file
from tests.warehouse.made_up_server import ACCOUNT, MadeUpServer

PERSON = forgetting.Person(("anna@example.com",), "person-1")
KEY = b"fake-key-of-a-test"


@dataclass(frozen=True)
class MadeUpWarehouse(Warehouse):
    """A warehouse whose sessions are with a made-up server."""

    server: MadeUpServer = field(kw_only=True)

    def connect(self) -> Session:
        """A session with it."""
        return self.server.session()


def tables_of(stream: Stream) -> list[Table]:
    """A stream's tables, and those that stand beside them."""
    changes = [changes_of(table) for table in stream.tables] if stream.kind is Kind.SNAPSHOT else []
    return [*stream.tables, *changes, REJECTED]


def statements(server: MadeUpServer) -> list[str]:
    """What a server of this kind is told, each text once."""
    told: dict[str, None] = {}
    for stream in STREAMS.values():
        for one in (partial(_made, stream), partial(_grown, stream), partial(_loaded, stream)):
            told.update(dict.fromkeys(one(server)))
    told.update(dict.fromkeys(_asked(server)))
    return list(told)


def _made(stream: Stream, server: MadeUpServer) -> list[str]:
    """Of a schema that is not there yet, with partitions where there are any."""
    empty = replace(server, statements=[])
    ensure(empty.session(), "zoom", stream)
    ensure(empty.session(), "zoom", stream, Partitions([table.name for table in stream.tables], [DAY]))
    return empty.statements


def _grown(stream: Stream, server: MadeUpServer) -> list[str]:
    """Of tables that lack their last column."""
    older = replace(server, statements=[], tables=tables_of(stream), lacking=1)
    ensure(older.session(), "zoom", stream)
    return older.statements


def _loaded(stream: Stream, server: MadeUpServer) -> list[str]:
    """A load of a row for each table, what is checked, compared and told, and a person forgotten in it."""
    days, every = [DAY], [table.name for each in STREAMS.values() for table in each.tables]
    full = replace(server, statements=[], tables=tables_of(stream))
    full = replace(
        full,
        answers={r"^select table_name, slice_date, rows, final": [(name, DAY, 1, True) for name in every]},
    )
    files = [a_file(table, [{}], day) for table in (*stream.tables, REJECTED) for day in days]
    warehouse = MadeUpWarehouse("", "zoom", dialect=server.dialect, server=full)
    assert load(warehouse, stream, Frames(files, days), open_file, accept_shrink=True).applied == days
    session = full.session()
    seen = [NewField(stream.tables[0].name, name, "string", 1) for name in ("colour", "seen")]
    new_fields.note(session, "zoom", stream, ONE, seen)
    new_fields.tell(session, "zoom", stream, bool)
    check = Check("volume", Severity.WARN, Outcome.PASSED, "1", "1", "", stream.tables[0].name, DAY)
    record(session, "zoom", stream, Extraction(ACCOUNT, "attempt", "load-1"), [check])
    for table in tables_of(stream):
        forgetting.linked(session, "zoom", table, PERSON.identifiers)
        forgetting.found(session, "zoom", table, PERSON)
        forgetting.forget(session, "zoom", forgetting.twins(session, "zoom", table), PERSON)
    held(session, "zoom", stream)
    ledger.extractions(session, "zoom", stream)
    ledger.unfinal_days(session, "zoom", stream, days)
    ledger.holds_attempt(session, "zoom", stream, DAY, "attempt")
    return full.statements


def _asked(server: MadeUpServer) -> list[str]:
    """What concerns no stream alone: the account, who is forgotten, sizes, the last snapshot, the views."""
    every = [table for stream in STREAMS.values() for table in tables_of(stream)]
    rows = [(table.name, day, 1) for table in every for day in (DAY, date(2026, 10, 31))]
    full = replace(
        server, statements=[], tables=every, answers={r"^select table_name, slice_date, rows from": rows}
    )
    session, users = full.session(), STREAMS["users"].tables[0]
    warehouse = MadeUpWarehouse("", "zoom", dialect=server.dialect, server=full)
    ledger.owner(session, "zoom")
    ledger.is_logged(session, "zoom", "transaction")
    forgetting.remember(session, "zoom", PERSON, ["hash"], KEY)
    forgetting.forgotten_people(session, "zoom", KEY)
    forgetting.found_elsewhere(session, "zoom", [], PERSON)
    last_snapshot(warehouse, ACCOUNT, users, users.columns[0], before=DAY)
    counted(warehouse, STREAMS, today=DAY)
    refresh_views(session, "zoom")
    nobody = replace(full, answers={"^select account": []}, statements=full.statements)
    _claimed(nobody)
    return full.statements


def _claimed(server: MadeUpServer) -> None:
    """A schema that is nobody's yet; the made-up one stays so."""
    try:
        ledger.claim(server.session(), "zoom", ACCOUNT)
    except IndexError:
        return
