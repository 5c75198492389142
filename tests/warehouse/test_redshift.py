"""What Redshift's driver is handed, and what becomes of what it says; the driver itself is a made-up one."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pytest

from include.warehouse import redshift
from include.warehouse.catalogue import Relation, declared_types
from include.warehouse.changes import compared_columns
from include.warehouse.dialects import POSTGRES, REDSHIFT, Dialect
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError, trying
from include.warehouse.session import Session, ask
from include.warehouse.snapshot_views import current_view
from include.warehouse.tables import ensure
from include.zoom.catalog import STREAMS
from include.zoom.layout import columns_of
from include.zoom.stream import Kind, Stream, Type
from tests.warehouse.histories import MEMBERS, STREAM


class MadeUpError(Exception):
    """What the driver raises."""


@dataclass
class MadeUpDriver:
    """Writes down what it is told."""

    fault: Exception | None = None
    told: list[tuple[str, list[Any] | None]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    Error = MadeUpError

    def connect(self, **settings: Any) -> "MadeUpDriver":
        self.settings.update(settings)
        return self

    def cursor(self) -> "MadeUpCursor":
        return MadeUpCursor(self)

    def rollback(self) -> None:
        pass

    def close(self) -> None:
        if self.fault:
            raise self.fault


@dataclass
class MadeUpCursor:
    """A cursor of it."""

    driver: MadeUpDriver
    description = None

    def execute(self, statement: str, values: list[Any] | None) -> None:
        self.driver.told.append((statement, values))
        if self.driver.fault:
            raise self.driver.fault

    def close(self) -> None:
        pass


def session(driver: MadeUpDriver) -> Session:
    """A session with it."""
    return Session(redshift.Spoken(driver, driver), REDSHIFT)  # type: ignore[arg-type]


def test_each_place_is_a_parameter_of_its_own() -> None:
    """A number that stands twice is sent twice, since Redshift finds a type for each place."""
    driver = MadeUpDriver()
    ask(session(driver), "SELECT $2, $1 FROM t WHERE a = $2", "x", 7)
    assert driver.told == [("SELECT ?, ? FROM t WHERE a = ?", [7, "x", 7])]


def test_a_text_may_be_several_statements() -> None:
    """Each is sent alone, with those of the parameters that it names."""
    driver = MadeUpDriver()
    ask(session(driver), "UPDATE t SET a = $2;\nINSERT INTO t SELECT $1\n", 1, 2)
    assert driver.told == [("UPDATE t SET a = ?", [2]), ("INSERT INTO t SELECT ?\n", [1])]


@pytest.mark.parametrize(
    ("statement", "sent"),
    [
        ('a text COLLATE "C" NOT NULL', "a text NOT NULL"),
        ("a text CHECK (a IN ('x', 'y')),", "a text,"),
        (
            'WHERE a."x" IS DISTINCT FROM b."x" OR',
            'WHERE (a."x" <> b."x" OR (a."x" IS NULL AND b."x" IS NOT NULL) OR (a."x" IS NOT NULL AND b."x" IS NULL)) OR',
        ),
        ("ALTER VIEW v RENAME TO w", "ALTER TABLE v RENAME TO w"),
        ("EXTRACT(EPOCH FROM a - b)", "(EXTRACT(EPOCH FROM a) - EXTRACT(EPOCH FROM b))"),
        ("d + interval '1 month 2 days'", "d + interval '1 month' + interval '2 days'"),
        ("SELECT array_to_string(kinds, ', ') FROM t", "SELECT kinds FROM t"),
    ],
)
def test_what_it_lacks_is_said_otherwise(statement: str, sent: str) -> None:
    """Collations, checks, lists and a comparison that NULL takes part in, which it has not; its older word for views."""
    driver = MadeUpDriver()
    ask(session(driver), statement)
    assert driver.told == [(sent, None)]


def test_rows_go_many_in_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    """Columns are named, values bound, and the last statement has what is left."""
    monkeypatch.setattr(redshift, "_VALUES_AT_ONCE", 5)
    driver, rows = MadeUpDriver(), pa.table({"a": [1, 2, 3], "b": ["x", None, "z"]})
    with closing(session(driver).cursor()) as cursor:
        assert cursor.adbc_ingest("t", rows.to_reader(), mode="append", db_schema_name="zoom") == 3
    assert driver.told == [
        ('INSERT INTO "zoom"."t" ("a", "b") VALUES (?, ?), (?, ?)', [1, "x", 2, None]),
        ('INSERT INTO "zoom"."t" ("a", "b") VALUES (?, ?)', [3, "z"]),
    ]


def said(state: str, words: str, detail: str = "") -> MadeUpError:
    """An error as the server words it."""
    return MadeUpError({"S": "ERROR", "C": state, "M": words, "D": detail})


@pytest.mark.parametrize(
    ("fault", "kind", "message"),
    [
        (said("XX000", "1023", "Serializable isolation violation on table - 1"), TransientWarehouseError, "40001"),
        (said("XX000", "1018", "Relation does not exist"), TransientWarehouseError, "40001"),
        (said("42P07", 'Relation "slices" already exists'), TransientWarehouseError, "40001"),
        (said("23505", 'duplicate key in "pg_class_relname_nsp_index"'), TransientWarehouseError, "40001"),
        (said("57014", "Query cancelled"), TransientWarehouseError, "57014"),
        (said("42501", "permission denied for schema zoom"), PermanentWarehouseError, "Grant"),
        (said("28000", "password authentication failed"), PermanentWarehouseError, "Correct login and password"),
        (MadeUpError("BrokenPipe: server socket closed"), TransientWarehouseError, "BrokenPipe"),
        (ConnectionResetError("reset by peer"), TransientWarehouseError, "reset by peer"),
    ],
)  # fmt: skip
def test_what_can_pass_is_tried_again(fault: Exception, kind: type[Exception], message: str) -> None:
    """A lost connection and what another session brought about pass; what a person must change does not."""
    with pytest.raises(kind, match=message), trying("load"):
        ask(session(MadeUpDriver(fault)), "SELECT 1")


def test_words_that_quote_a_value_are_left_out() -> None:
    """A text that is too long is a fault of the value: neither the message nor the detail is told."""
    fault = said("XX000", "Value too long for character type", "canary@example.org")
    with pytest.raises(PermanentWarehouseError, match="SQLSTATE 22000") as caught, trying("load"):
        ask(session(MadeUpDriver(fault)), "INSERT")
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_a_session_that_the_server_ended_closes() -> None:
    """The driver makes an error of it; there is nothing left to close."""
    with closing(session(MadeUpDriver(MadeUpError("connection is closed")))):
        pass


def test_an_address_becomes_the_drivers_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever letters a password has; flags are flags."""
    driver = MadeUpDriver()
    monkeypatch.setattr(redshift, "driver_of", lambda _: driver)
    redshift.opened(
        REDSHIFT, "redshift://zo%40om:p%2F%3F%40@cluster.example.org:5439/dev?iam=True&region=eu-1"
    ).connect()
    expected = {
        "host": "cluster.example.org",
        "port": 5439,
        "database": "dev",
        "user": "zo@om",
        "password": "p/?@",
        "iam": True,
        "region": "eu-1",
    }
    assert expected.items() <= driver.settings.items()


def test_texts_and_json_are_told_apart() -> None:
    """Each type of ours has a name of its own there, by which a clash shows."""
    names = [REDSHIFT.types.get(kind.value, kind.value) for kind in Type]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    "stream",
    [stream for stream in STREAMS.values() if stream.kind is Kind.SNAPSHOT],
    ids=lambda stream: stream.name,
)
def test_no_row_is_known_by_a_boolean(stream: Stream) -> None:
    """Identities are compared as texts, and it makes no text of a boolean."""
    for table in stream.tables:
        types = {column.name: column.type for column in columns_of(table)}
        assert Type.BOOLEAN not in {types[name] for name in table.key or compared_columns(table)}


def test_a_view_gets_no_column_in_its_place() -> None:
    """It is renamed where its table has grown, and another made; where nothing is new it stays."""
    types = declared_types(MEMBERS)
    for lacking, first in (
        ("role", 'ALTER VIEW "zoom"."members_current" RENAME TO "members_current_1"'),
        ("", None),
    ):
        columns = {name: kind for name, kind in types.items() if name != lacking}
        view = Relation("v", "The newest snapshot of members", columns)
        made = current_view(
            "zoom", MEMBERS, dict.fromkeys(types, ""), {"members": view, "members_current": view}, REDSHIFT
        )
        assert next(made, None) == first


@pytest.mark.parametrize(
    ("dialect", "looks"), [(REDSHIFT, 4), (POSTGRES, 1)], ids=lambda value: str(getattr(value, "name", value))
)
def test_who_came_later_looks_again(dialect: Dialect, looks: int) -> None:
    """Nothing can be locked there before it is made: where others make the same, what lacks is asked again, a few times."""
    driver = MadeUpDriver(said("42P07", 'Relation "slices" already exists'))
    with pytest.raises(TransientWarehouseError, match="make the tables of members"):
        ensure(replace(session(driver), dialect=dialect), "zoom", STREAM)
    assert len(driver.told) == looks
