"""What BigQuery's client is handed, and what becomes of what it says; the client itself is a made-up one."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from json import dumps
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from adbc_driver_manager import AdbcStatusCode, OperationalError, ProgrammingError
from airflow.sdk import BaseHook, Connection

from include.warehouse import bigquery
from include.warehouse.bigquery import Spoken
from include.warehouse.bigquery_client import Answer, state_of
from include.warehouse.bigquery_sql import spoken, together
from include.warehouse.catalogue import relations
from include.warehouse.connect import warehouse
from include.warehouse.dialects import BIGQUERY
from include.warehouse.errors import PermanentWarehouseError
from include.warehouse.session import Session, ask, ask_for_each, lock_for_loads

MEANWHILE = ProgrammingError(
    "ERROR: due to concurrent update", status_code=AdbcStatusCode.UNKNOWN, sqlstate="40001"
)
NO_SCHEMA = ProgrammingError(
    "ERROR: Not found: Dataset acme:zoom", status_code=AdbcStatusCode.UNKNOWN, sqlstate="3D000"
)
LOCK = "UPDATE `zoom`.`schema_version` SET since = since WHERE true"


@dataclass
class MadeUpClient:
    """Writes down what it is told, each statement behind its session; faults come first."""

    faults: dict[str, list[Exception]] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    described: list[tuple[str, str, dict[str | None, str]]] = field(default_factory=list)
    loaded: list[pa.Table] = field(default_factory=list)
    project: str = "acme"
    sessions: int = 0

    def query(
        self, statement: str, parameters: dict[str, Any], session: str | None, *, begins: bool
    ) -> Answer:
        self.told.append(f"{session}: {statement}" if session else statement)
        for said, faults in self.faults.items():
            if said in statement and faults:
                raise faults.pop(0)
        self.sessions += begins
        found = next((answer for said, answer in self.answers.items() if said in statement), Answer([], []))
        return found._replace(session=f"s{self.sessions}" if begins else session)

    def load(self, dataset: str, table: str, parquet: Any) -> None:
        parquet.seek(0)
        self.loaded.append(pq.read_table(parquet))

    def describe(self, dataset: str, table: str, comments: dict[str | None, str]) -> None:
        self.described.append((dataset, table, comments))


def session_with(client: MadeUpClient) -> Session:
    """A session with it."""
    return Session(Spoken(client), BIGQUERY)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (
            'SELECT "rows" FROM "zoom"."users" WHERE email = $1',
            "SELECT `rows` FROM `acme`.`zoom`.`users` WHERE email = @p1",
        ),
        ("SELECT 'it''s' -- it's \"here\"\n, $1, $1", 'SELECT "it\'s" -- it\'s "here"\n, @p1, @p1'),
        ("SELECT 'a \"b\"'", "SELECT 'a \"b\"'"),
        ("SELECT 'it''s \"b\"'", 'SELECT "it\'s \\"b\\""'),
        ("severity STRING NOT NULL CHECK (severity IN ('hard', 'warn')),", "severity STRING NOT NULL,"),
        ("only_row BOOL PRIMARY KEY DEFAULT true CHECK (only_row),", "only_row BOOL,"),
        ('x STRING COLLATE "C" NOT NULL,\n    PRIMARY KEY (x, y)\n)', "x STRING NOT NULL\n)"),
        ("kinds ARRAY<STRING> NOT NULL,", "kinds ARRAY<STRING>,"),
        ('ALTER VIEW "a"."v" RENAME TO "v_1"', "DROP VIEW `acme`.`a`.`v`"),
        (
            "(held.slice_date + interval '1 month 2 days') AT TIME ZONE 'UTC'",
            "TIMESTAMP(DATE_ADD(DATE_ADD(held.slice_date, INTERVAL 1 MONTH), INTERVAL 2 DAY))",
        ),
        ("EXTRACT(EPOCH FROM b - a)", "(TIMESTAMP_DIFF(b, a, MICROSECOND) / 1000000)"),
        ("x - INTERVAL '30' DAY", "x - INTERVAL 30 DAY"),
        (
            "INSERT INTO t (a, b) SELECT true, now() WHERE NOT EXISTS (SELECT 1 FROM t)",
            "INSERT INTO t (a, b) SELECT true, now() FROM UNNEST([1]) AS one WHERE NOT EXISTS (SELECT 1 FROM t)",
        ),
        ("(e.a, e.b) IN (SELECT a, b FROM now)", "(e.a, e.b) IN (SELECT (a, b) FROM now)"),
        ("(e.a) IN (SELECT a FROM now)", "(e.a) IN (SELECT a FROM now)"),
        (
            "SELECT 1 FROM INFORMATION_SCHEMA.TABLES AS t WHERE t.table_schema = 'zoom'",
            "SELECT 1 FROM `zoom`.INFORMATION_SCHEMA.TABLES AS t WHERE t.table_schema = 'zoom'",
        ),
    ],
)
def test_a_statement_in_its_words(said: str, read: str) -> None:
    """Backticks with the project, named places, and what it has other words for; texts and comments are left alone."""
    assert spoken(said, ["x"], "acme")[0] == read


def test_parameters_have_names_and_none_is_written() -> None:
    """What is used twice is bound once; nothing has a type, so NULL has none to be bound with."""
    when = datetime(2026, 11, 1, 5, tzinfo=UTC)
    said, bound = spoken("$1 $2 $3 $4 $1", ["it's", None, date(2026, 11, 1), when], "acme")
    assert said == "@p1 NULL @p3 @p4 @p1"
    assert bound == {"p1": "it's", "p3": date(2026, 11, 1), "p4": when}


def test_many_rows_are_one_insert() -> None:
    """Each statement takes a second there."""
    rows: Sequence[Sequence[Any]] = [("a", 1), ("b", 2)]
    assert list(together("INSERT INTO t (a, b) VALUES ($1, f($2))", rows)) == [
        ("INSERT INTO t (a, b) VALUES ($1, f($2)), ($3, f($4))", ["a", 1, "b", 2])
    ]
    assert list(together("UPDATE t SET a = $1 WHERE b = $2", rows)) == [
        ("UPDATE t SET a = $1 WHERE b = $2", ["a", 1]),
        ("UPDATE t SET a = $1 WHERE b = $2", ["b", 2]),
    ]
    assert list(together("INSERT INTO t (a, b) VALUES ($1, $2)", [])) == []


def test_a_transaction_begins_with_what_changes_rows() -> None:
    """In a session that begins with it; questions before it need none, and the lock is said once."""
    client = MadeUpClient()
    with session_with(client) as session:
        ask(session, "SELECT 1")
        for table in ("calls", "legs"):
            lock_for_loads(session, "zoom", table)
        ask(session, "SELECT 2")
        session.commit()
        ask_for_each(session, "INSERT INTO t (a) VALUES ($1)", [("a",), ("b",)])
        ask_for_each(session, "UPDATE t SET a = $1", [("a",), ("b",)])
        session.rollback()
        session.commit()
    assert client.told == [
        "SELECT 1",
        "BEGIN TRANSACTION",
        f"s1: {LOCK}",
        "s1: SELECT 2",
        "s1: COMMIT TRANSACTION",
        "s1: BEGIN TRANSACTION",
        "s1: INSERT INTO t (a) VALUES (@p1), (@p2)",
        "s1: UPDATE t SET a = @p1",
        "s1: UPDATE t SET a = @p1",
        "s1: ROLLBACK TRANSACTION",
        "s1: CALL BQ.ABORT_SESSION()",
    ]


def test_making_a_table_ends_a_transaction() -> None:
    """It may not stand in one; what was done before it is kept."""
    client = MadeUpClient()
    session = session_with(client)
    ask(session, "DELETE FROM t WHERE true")
    ask(session, "CREATE TABLE u (a INT64)")
    assert client.told[-2:] == ["s1: COMMIT TRANSACTION", "CREATE TABLE u (a INT64)"]


def test_who_is_refused_at_the_lock_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another load has the row: nothing was done yet, so this one waits for its turn."""
    monkeypatch.setattr(bigquery, "sleep", lambda _: None)
    client = MadeUpClient({"SET since": [MEANWHILE, MEANWHILE]})
    lock_for_loads(session_with(client), "zoom", "calls")
    again = ["s1: ROLLBACK TRANSACTION", "s1: BEGIN TRANSACTION", f"s1: {LOCK}"]
    assert client.told == ["BEGIN TRANSACTION", f"s1: {LOCK}", *again, *again]


def test_who_is_refused_later_does_not() -> None:
    """What was done before would be missing: the task is tried again."""
    client = MadeUpClient({"DELETE": [MEANWHILE]})
    session = session_with(client)
    lock_for_loads(session, "zoom", "calls")
    with pytest.raises(ProgrammingError):
        ask(session, "DELETE FROM t WHERE true")


def test_a_session_that_cannot_be_rolled_back_is_left() -> None:
    """The next transaction has another."""
    client = MadeUpClient({"ROLLBACK": [OperationalError("lost", status_code=AdbcStatusCode.IO)]})
    session = session_with(client)
    ask(session, "DELETE FROM t WHERE true")
    session.rollback()
    ask(session, "DELETE FROM t WHERE true")
    assert client.told[2:] == [
        "s1: ROLLBACK TRANSACTION",
        "s1: CALL BQ.ABORT_SESSION()",
        "BEGIN TRANSACTION",
        "s2: DELETE FROM t WHERE true",
    ]


def test_comments_of_a_table_go_together() -> None:
    """With the next statement or the commit: a table may be changed five times in ten seconds."""
    client = MadeUpClient()
    session = session_with(client)
    ask(session, """COMMENT ON TABLE "zoom"."calls" IS 'Calls, not "legs"'""")
    ask(session, """COMMENT ON COLUMN "zoom"."calls"."name" IS 'Who''s called'""")
    ask(session, """COMMENT ON COLUMN "zoom"."calls".rows IS 'How many'""")
    assert client.described == []
    session.commit()
    assert client.described == [
        ("zoom", "calls", {None: 'Calls, not "legs"', "name": "Who's called", "rows": "How many"})
    ]
    assert client.told == []


def test_the_catalogue_is_asked_outside() -> None:
    """Of a schema that is not there it tells nothing; a description comes as a literal."""
    client = MadeUpClient({"INFORMATION_SCHEMA": [NO_SCHEMA]})
    session = session_with(client)
    ask(session, "DELETE FROM t WHERE true")
    assert relations(session, "zoom") == {}
    line = ("calls", "r", '"It\'s \\"here\\""', "name", "STRING", "", False, "Who")
    client.answers["INFORMATION_SCHEMA"] = Answer(["x"], [line])
    assert relations(session, "zoom", "calls")["calls"].comment == 'It\'s "here"'
    assert not client.told[-1].startswith("s1")


def test_rows_go_as_a_file() -> None:
    """JSON as the text that it is."""
    client = MadeUpClient()
    table = pa.table({"n": pa.array([1, 2]), "j": pa.array(['{"a": 1}', None], pa.json_())})
    with closing(session_with(client).cursor()) as cursor:
        assert cursor.adbc_ingest("stage", table.to_reader(), mode="append", db_schema_name="zoom") == 2
    assert client.loaded[0].to_pylist() == [{"n": 1, "j": '{"a": 1}'}, {"n": 2, "j": None}]
    assert client.loaded[0].schema.field("j").type == pa.string()


@pytest.mark.parametrize(
    ("code", "message", "state"),
    [
        (400, "Transaction is aborted due to concurrent update against table zoom.slices", "40001"),
        (409, "Already Exists: Table acme:zoom.calls", "40001"),
        (404, "Not found: Dataset acme:zoom was not found", "3D000"),
        (404, "Not found: Table acme:zoom.calls was not found", "42P01"),
        (412, "Precondition check failed", "40001"),
        (403, "Access Denied: Dataset acme:zoom: Permission denied", "42501"),
        (403, "Quota exceeded: Your table exceeded quota", "53400"),
        (401, "Request had invalid authentication credentials", "28000"),
        (400, "Bad double value: canary@example.org", "22000"),
        (400, "Syntax error: Unexpected keyword WHERE", "42000"),
    ],
)
def test_what_its_errors_mean(code: int, message: str, state: str) -> None:
    """As SQLSTATEs, by which a load is tried again or not, and a row's content is left out."""
    error = type("Error", (), {"code": code, "message": message})()
    assert state_of(error) == state


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The Connection that Airflow gives."""
    given = Connection(conn_id="zoom_warehouse", conn_type="gcpbigquery")
    monkeypatch.setattr(BaseHook, "get_connection", classmethod(lambda cls, conn_id: given))
    return given


def test_a_connection_to_bigquery(connection: Connection) -> None:
    """Its extra as Airflow's own provider has it; a key is not shown."""
    key = {"type": "service_account", "private_key": "fake + key"}
    connection.extra = dumps({"project": "acme", "location": "EU", "keyfile_dict": key, "scope": "x"})
    address = urlsplit(warehouse().uri)
    assert (address.scheme, address.netloc) == ("bigquery", "acme")
    assert dict(parse_qsl(address.query)) == {"location": "EU", "keyfile_dict": dumps(key)}
    assert "fake" not in repr(warehouse())


def test_a_project_must_be_named(connection: Connection) -> None:
    """With an example of what the extra holds."""
    connection.extra = "{}"
    with pytest.raises(PermanentWarehouseError, match="says no project in its extra; BigQuery needs it"):
        warehouse()


def test_a_session_is_left_at_the_end() -> None:
    """Else it is kept for a day, with what it locks."""
    client = MadeUpClient()
    with closing(session_with(client)) as session:
        ask(session, "DELETE FROM t WHERE true")
    assert client.told[-1] == "s1: CALL BQ.ABORT_SESSION()"
