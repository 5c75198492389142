"""What every warehouse must have beside the rows: comments, views, checks, new fields, and who is forgotten."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from include.warehouse.counted import counted
from include.warehouse.forgetting import Forgetting, Person, forget, remember
from include.warehouse.held import held
from include.warehouse.last_snapshot import LastSnapshot, last_snapshot
from include.warehouse.ledger import extractions, holds_attempt, owner, unfinal_days
from include.warehouse.load import load
from include.warehouse.new_fields import NewField, note, tell
from include.warehouse.tables import ensure
from include.warehouse.views import View, refresh_views
from include.zoom.catalog import STREAMS
from include.zoom.forgotten import identifier_hash, stand_in
from include.zoom.stream import Column, Table
from tests.warehouse.contract.house import House
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    ONE,
    OTHER_DAY,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
)
from tests.warehouse.histories import MEMBERS, Book, day
from tests.warehouse.histories import STREAM as MEMBERS_STREAM

VIEW = View("calls_made", "-- Calls\n-- that were made.\nSELECT\n    number -- Whom\nFROM {calls}\n")
KEY = b"fake-key-of-a-test"
IDENTIFIERS = ("anna@example.com", "KDcuGIm1QgePTO8WbOqwIQ")
PEOPLE = Table(
    name="people",
    comment="",
    columns=(Column("id"), Column("email", personal=True), Column("told")),
    key=("id",),
    person=("id", "email"),
)


def test_tables_and_columns_say_what_they_mean(house: House) -> None:
    """Comments with units and whether it is personal; a changed one is written by the next load."""
    load(house.warehouse, a_stream(), Frames(), open_file)
    assert house.comment("calls") == "Calls of the account's people"
    assert house.comment("calls", "length_seconds") == "Length. unit: seconds"
    assert house.comment("calls", "name") == "Who called. Personal data"
    assert house.comment("calls", "email") == "Personal data"
    load(house.warehouse, a_stream(replace(CALLS, comment="Calls")), Frames(attempt_id="1"), open_file)
    assert house.comment("calls") == "Calls"


def test_nothing_is_made_twice(house: House) -> None:
    """Where all is there, a load has nothing to make: the catalogue tells names, types and comments as they were given."""
    from include.warehouse.catalogue import relations
    from include.warehouse.tables import statements

    for stream in (a_stream(), MEMBERS_STREAM, STREAMS["users"]):
        with house.warehouse.connect() as session:
            ensure(session, "zoom", stream)
            dialect = house.warehouse.dialect
            left = list(statements("zoom", stream, relations(session, "zoom"), dialect=dialect))
        assert left == []


def test_a_view_follows_its_file(house: House) -> None:
    """It is made with its comments, and again with other columns, and has its comments then as well."""
    load(house.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(1, 2))]), open_file)
    for view in (VIEW, replace(VIEW, text=VIEW.text.replace("SELECT\n", "SELECT\n    1 AS one, -- One\n"))):
        with house.warehouse.connect() as session:
            refresh_views(session, "zoom", [view])
        assert (house.comment("calls_made") or "").startswith("Calls that were made. [airflow-zoom-warehouse")
        assert house.comment("calls_made", "number") == "Whom"
    assert house.rows("SELECT one, number FROM zoom.calls_made ORDER BY 2") == [(1, 1), (1, 2)]


def test_a_view_of_ours_is_made_when_its_tables_are_there(house: House) -> None:
    """Recordings and users make the view of both, which answers."""
    load(house.warehouse, STREAMS["recordings"], Frames(), open_file)
    load(house.warehouse, STREAMS["users"], Frames(), open_file)
    load(house.warehouse, STREAMS["users"], Frames(), open_file)
    assert house.rows("SELECT count(*) FROM zoom.recording_storage_by_user") == [(0,)]


def test_each_slice_says_whether_more_may_come(house: House) -> None:
    """The ledger's views answer: provisional first, then final with what settled it."""
    load(house.warehouse, a_stream(CALLS), Frames([a_file(CALLS, numbers(1))]), open_file)
    assert house.rows("SELECT state FROM zoom.settling") == [("provisional",)]
    late = Frames(
        [a_file(CALLS, numbers(1, 2))], attempt_id="2", extracted_at=datetime(2026, 11, 5, tzinfo=UTC)
    )
    load(house.warehouse, a_stream(CALLS), late, open_file)
    assert house.rows("SELECT state, provisional_rows, settled_by FROM zoom.settling") == [("final", 1, 1)]
    assert house.rows("SELECT count(*) FROM zoom.failing") == [(0,)]


def test_new_fields_are_counted_and_told_once(house: House) -> None:
    """First and last extraction, loads, values and kinds together; of a column that came it is new no more."""
    stream, told = a_stream(CALLS), []
    with house.warehouse.connect() as session:
        ensure(session, "zoom", stream)
        for day, kinds, count in ((3, "string", 4), (2, "null, string", 2)):
            seen = [NewField("calls", "colour", kinds, count)]
            note(session, "zoom", stream, datetime(2026, 11, day, tzinfo=UTC), seen)
        for _ in range(2):
            tell(session, "zoom", stream, lambda fields: told.extend(fields) or True)
    assert told == [NewField("calls", "colour", "null, string", 6)]
    assert house.rows("SELECT loads, first_seen < last_seen FROM zoom.new_fields") == [(2, True)]
    grown = replace(CALLS, columns=(*CALLS.columns, Column("paint", source="colour")))
    with house.warehouse.connect() as session:
        note(session, "zoom", a_stream(grown), datetime(2026, 11, 4, tzinfo=UTC), [])
    assert house.rows("SELECT count(*) FROM zoom.new_fields WHERE declared_at IS NOT NULL") == [(1,)]


def test_a_person_is_forgotten(house: House) -> None:
    """Own rows leave and are counted off, others lose their traces, nobody else is touched; again is harmless."""
    stream = a_stream(PEOPLE)
    rows = [
        {"id": IDENTIFIERS[1], "email": "Anna@Example.com", "told": None},
        {"id": "ben", "email": "joanna@example.com", "told": "asks <ANNA@example.com>."},
        {"id": "cem", "email": "cem@example.com", "told": "anna@example.com.tr is somebody else"},
    ]
    load(house.warehouse, stream, Frames([a_file(PEOPLE, rows)]), open_file)
    person = Person(IDENTIFIERS, stand_in(IDENTIFIERS, KEY))
    hashes = [identifier_hash(text, KEY) for text in IDENTIFIERS]
    with house.warehouse.connect() as session:
        for _ in range(2):
            remember(session, "zoom", person, hashes, KEY)
        assert forget(session, "zoom", [PEOPLE], person) == [Forgetting("people", 1, 1)]
        assert forget(session, "zoom", [PEOPLE], person) == [Forgetting("people", 0, 0)]
    assert house.rows("SELECT id, told FROM zoom.people ORDER BY id") == [
        ("ben", None),
        ("cem", "anna@example.com.tr is somebody else"),
    ]
    assert house.rows("SELECT \"rows\" FROM zoom.slices WHERE table_name = 'people'") == [(2,)]
    assert house.rows("SELECT count(*) FROM zoom.forgotten") == [(2,)]


def test_what_is_asked_between_loads(house: House) -> None:
    """Whose it is, which extraction each slice holds, what is final, how much there is, who was there last."""
    stream, attempt = a_stream(CALLS), Frames().attempt_id
    load(house.warehouse, stream, Frames([a_file(CALLS, numbers(1, 2))]), open_file)
    Book().load(house.warehouse, 0, [("id-a", "a@x.org", "member")])
    with house.warehouse.connect() as session:
        assert owner(session, "zoom") == "account@zoom.us"
        assert held(session, "zoom", stream) == {DAY: [(ONE, attempt)]}
        assert extractions(session, "zoom", stream) == {attempt: {DAY}}
        assert holds_attempt(session, "zoom", stream, DAY, attempt)
        assert unfinal_days(session, "zoom", stream, [DAY, OTHER_DAY]) == (DAY, OTHER_DAY)
    assert counted(house.warehouse, {"calls": stream}, today=OTHER_DAY)["calls"].counted == {DAY: 2}
    seen = last_snapshot(house.warehouse, "account@zoom.us", MEMBERS, MEMBERS.columns[0], before=day(1))
    assert seen == LastSnapshot(day(0), frozenset({"id-a"}))


@pytest.mark.parametrize("table", ["slices", "load_ledger", "checks", "settling", "failing"])
def test_the_ledger_is_commented(house: House, table: str) -> None:
    """Its tables and views say what they are."""
    with house.warehouse.connect() as session:
        ensure(session, "zoom", a_stream(CALLS))
    assert house.comment(table)
