"""Forgetting in the warehouse: own rows leave, others lose their traces, and no load brings anybody back."""

import threading
import time
from dataclasses import replace

import pytest

from include.warehouse.errors import FramesOutdated, PermanentWarehouseError
from include.warehouse.forgetting import (
    Forgetting,
    Person,
    forget,
    forgotten_people,
    found,
    found_elsewhere,
    linked,
    log,
    remember,
)
from include.warehouse.load import load
from include.warehouse.tables import ensure
from include.zoom.forgotten import NOBODY, identifier_hash, stand_in, version
from include.zoom.layout import REJECTED
from include.zoom.stream import Column, Table, Type
from tests.warehouse.frames_of_calls import Desk, Frames, a_file, a_stream, open_file, rejected

KEY = b"fake-key-of-a-test"
ANNA, ANNAS_ID = "anna@example.com", "KDcuGIm1QgePTO8WbOqwIQ"
IDENTIFIERS = (ANNA, ANNAS_ID)
PERSON = Person(IDENTIFIERS, stand_in(IDENTIFIERS, KEY))
HASHES = [identifier_hash(text, KEY) for text in IDENTIFIERS]

PEOPLE = Table(
    name="people",
    comment="",
    columns=(Column("id"), Column("email", personal=True), Column("name", personal=True)),
    key=("id", "email"),
    person=("id", "email"),
)
TALKS = Table(
    name="talks",
    comment="",
    columns=(
        Column("talk"),
        Column("host_id"),
        Column("host_email", personal=True),
        Column("topic", personal=True),
        Column("seats", Type.BIGINT),
        Column("tags", Type.JSON),
        Column("dept"),
    ),
    key=("talk", "host_id"),
)
STREAM = a_stream(PEOPLE, TALKS, name="talks")
PEOPLE_ROWS = [
    {"id": ANNAS_ID, "email": "Anna@Example.com", "name": "Anna"},
    {"id": "", "email": ANNA, "name": "Anna"},
    {"id": "ben", "email": "joanna@example.com", "name": "Ben"},
]
TALK_ROWS = [
    {"talk": "1", "host_id": ANNAS_ID, "host_email": ANNA, "topic": "Anna's", "seats": 3, "dept": "Sales"},
    {"talk": "2", "host_id": "ben", "host_email": "b@x.yz", "topic": "B", "tags": f'["{ANNA.upper()}"]'},
    {"talk": "3", "host_id": "ben", "topic": "of Anna", "_extra": '{"a": 1}', "dept": f"see {ANNA}."},
    {"talk": "4", "host_id": "ben", "topic": "mine", "tags": '{"k": [1]}', "_extra": '{"b": 2}'},
]


def frames(**more: object) -> Frames:
    return replace(
        Frames(files=[a_file(PEOPLE, PEOPLE_ROWS), a_file(TALKS, TALK_ROWS), rejected("talks", "why")]),
        **more,
    )


def loaded(desk: Desk) -> None:
    load(desk.warehouse, STREAM, frames(), open_file)


def test_own_rows_leave_and_others_keep_what_does_not_name_the_person(desk: Desk) -> None:
    """A key is stood in for; what is personal, undeclared or names them is NULL; nobody else's row changes."""
    loaded(desk)
    with desk.warehouse.connect() as connection:
        assert found(connection, "zoom", PEOPLE, PERSON) == Forgetting("people", 2, 0)
        assert found(connection, "zoom", TALKS, PERSON) == Forgetting("talks", 0, 3)
        assert forget(connection, "zoom", [PEOPLE], PERSON) == [Forgetting("people", 2, 0)]
        assert forget(connection, "zoom", [TALKS], PERSON) == [Forgetting("talks", 0, 3)]
        assert forget(connection, "zoom", [PEOPLE, TALKS], PERSON) == [
            Forgetting("people", 0, 0),
            Forgetting("talks", 0, 0),
        ]
    assert desk.rows("SELECT id, email, name FROM zoom.people") == [("ben", "joanna@example.com", "Ben")]
    wanted = (
        "SELECT talk, host_id, host_email, topic, seats, tags, dept, _extra FROM zoom.talks ORDER BY talk"
    )
    assert desk.rows(wanted) == [
        ("1", PERSON.stand_in, None, None, 3, None, "Sales", None),
        ("2", "ben", None, None, None, None, None, None),
        ("3", "ben", None, None, None, None, None, None),
        ("4", "ben", None, "mine", None, {"k": [1]}, None, {"b": 2}),
    ]
    assert desk.rows("SELECT rows FROM zoom.slices WHERE table_name = 'people'") == [(1,)]
    assert desk.rows("SELECT person, place, deleted, blanked FROM zoom.forget_ledger ORDER BY place") == [
        (PERSON.stand_in, "people", 2, 0),
        (PERSON.stand_in, "talks", 0, 3),
    ]


def test_rejected_records_are_blanked(desk: Desk) -> None:
    """They are whole records: where one names the person nothing of it stays but the reason."""
    record = f'{{"host": "{ANNA}"}}'
    file = a_file(REJECTED, [{"stream": "talks", "reason": "why", "record": record}])
    load(desk.warehouse, STREAM, Frames(files=[file]), open_file)
    with desk.warehouse.connect() as connection:
        forget(connection, "zoom", [REJECTED], PERSON)
    assert desk.rows("SELECT stream, reason, record FROM zoom.rejected_rows") == [("talks", "why", None)]


def test_frames_made_before_are_refused_and_those_made_after_taken(desk: Desk) -> None:
    """Nobody comes back by a rerun."""
    loaded(desk)
    with desk.warehouse.connect() as connection:
        remember(connection, "zoom", PERSON, HASHES, KEY)
        remember(connection, "zoom", PERSON, HASHES, KEY)
        people = forgotten_people(connection, "zoom", KEY)
    assert people.named_in(ANNA) == PERSON.stand_in
    assert people.version == version(HASHES)
    with pytest.raises(FramesOutdated, match="talks of 2026-11-01 .*Clear the transform task of this run"):
        load(desk.warehouse, STREAM, frames(), open_file)
    load(desk.warehouse, STREAM, frames(forgotten=people.version), open_file)


def test_a_load_under_way_is_waited_for_and_what_it_brought_leaves(desk: Desk) -> None:
    """It had locked its tables before it could know who is forgotten."""
    loaded(desk)
    with desk.warehouse.connect() as loading, desk.warehouse.connect() as forgetting:
        cursor = loading.cursor()
        cursor.execute("LOCK TABLE zoom.people IN ROW EXCLUSIVE MODE")
        cursor.execute(f"INSERT INTO zoom.people (id, name) VALUES ('{ANNAS_ID}', 'Anna')")
        remember(forgetting, "zoom", PERSON, HASHES, KEY)
        thread = threading.Thread(target=forget, args=(forgetting, "zoom", [PEOPLE], PERSON))
        thread.start()
        deadline = time.monotonic() + 30
        while not desk.rows("SELECT 1 FROM pg_locks WHERE NOT granted"):
            assert time.monotonic() < deadline
        loading.commit()
        cursor.close()
        thread.join(30)
    assert desk.rows("SELECT count(*) FROM zoom.people WHERE name = 'Anna'") == [(0,)]


def test_another_key_is_refused(desk: Desk) -> None:
    """It would find nobody, and who is forgotten would come back."""
    loaded(desk)
    with desk.warehouse.connect() as connection:
        assert forgotten_people(connection, "zoom", b"") is NOBODY
        remember(connection, "zoom", PERSON, HASHES, KEY)
        for key in (b"", b"another"):
            with pytest.raises(PermanentWarehouseError, match="set the key of then"):
                forgotten_people(connection, "zoom", key)


def test_an_empty_warehouse_has_forgotten_nobody(desk: Desk) -> None:
    """Before the first load there is no schema."""
    with desk.warehouse.connect() as connection:
        assert forgotten_people(connection, "zoom", KEY) is NOBODY
        assert linked(connection, "zoom", PEOPLE, [ANNA]) == []


def test_ids_and_addresses_are_linked_by_the_rows_that_have_both(desk: Desk) -> None:
    """In any case of the address."""
    loaded(desk)
    with desk.warehouse.connect() as connection:
        both = {(ANNAS_ID, "Anna@Example.com"), ("", ANNA)}
        assert set(linked(connection, "zoom", PEOPLE, ["ANNA@example.com"])) == both
        assert linked(connection, "zoom", PEOPLE, [ANNAS_ID]) == [(ANNAS_ID, "Anna@Example.com")]


def test_tables_that_are_not_ours_are_named_where_they_hold_the_person(desk: Desk) -> None:
    """A copy that somebody made, a table that was renamed: they are told, not touched."""
    loaded(desk)
    desk.rows("CREATE TABLE zoom.people_copy AS SELECT * FROM zoom.people")
    desk.rows("CREATE TABLE zoom.numbers (n bigint)")
    with desk.warehouse.connect() as connection:
        left = found_elsewhere(connection, "zoom", ["people", "talks", "forgotten"], PERSON)
    assert left == [Forgetting("people_copy", 0, 2)]
    assert desk.rows("SELECT count(*) FROM zoom.people_copy") == [(3,)]


def test_month_partitions_are_of_their_table(desk: Desk) -> None:
    """They are forgotten in through it, and are no foreign tables."""
    partitioned = replace(desk.warehouse, partitioned=("people",))
    load(partitioned, STREAM, frames(), open_file)
    with partitioned.connect() as connection:
        assert forget(connection, "zoom", [PEOPLE], PERSON) == [Forgetting("people", 2, 0)]
        assert found_elsewhere(connection, "zoom", ["people", "talks"], PERSON) == []


def test_the_ledger_has_no_line_where_nothing_was_found(desk: Desk) -> None:
    """It tells what was changed."""
    with desk.warehouse.connect() as connection:
        ensure(connection, "zoom", STREAM)
        log(connection, "zoom", PERSON, Forgetting("people", 0, 0))
        connection.commit()
    assert desk.rows("SELECT count(*) FROM zoom.forget_ledger") == [(0,)]
