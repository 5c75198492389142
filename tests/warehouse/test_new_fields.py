"""Fields without a column are listed and told once, however many loads meet them at once."""

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from include.warehouse.new_fields import NewField, new_fields, note, tell
from include.warehouse.tables import ensure
from include.zoom.stream import Column
from tests.warehouse.frames_of_calls import CALLS, Desk, a_stream

STREAM = a_stream(CALLS)
FIRST = datetime(2026, 11, 2, tzinfo=UTC)
LATER = datetime(2026, 11, 3, tzinfo=UTC)
COLOUR = NewField("calls", "colour", "string", 4)
SIZE = NewField("calls", "size.width", "number", 1)


@pytest.fixture
def noted(desk: Desk) -> Desk:
    """A warehouse that knows of one new field."""
    with desk.warehouse.connect() as connection:
        ensure(connection, "zoom", STREAM)
        note(connection, "zoom", STREAM, FIRST, [COLOUR])
    return desk


def untold(desk: Desk, *, sent: bool = True) -> list[str]:
    """What a load tells now."""
    found: list[str] = []

    def send(fields: Sequence[NewField]) -> bool:
        found.extend(field.field for field in fields)
        return sent

    with desk.warehouse.connect() as connection:
        tell(connection, "zoom", STREAM, send)
    return found


def test_counts_of_a_framing_become_fields() -> None:
    """By table and field, with the JSON types; a field's name may have dots and blanks."""
    found = new_fields(
        {"calls.colour": 4, "calls.a b.c": 1},
        {"calls.colour string": 3, "calls.colour null": 1, "calls.a b.c number": 1},
    )
    assert found == [NewField("calls", "a b.c", "number", 1), NewField("calls", "colour", "null, string", 4)]


def test_a_field_is_listed_with_when_and_how_often_it_came(noted: Desk) -> None:
    """First and last extraction, loads, values and kinds together; an older extraction moves only the first."""
    with noted.warehouse.connect() as connection:
        note(connection, "zoom", STREAM, LATER, [NewField("calls", "colour", "null, string", 2), SIZE])
        note(connection, "zoom", STREAM, datetime(2026, 11, 1, tzinfo=UTC), [COLOUR])
    assert noted.rows(
        "SELECT stream, table_name, field, first_seen, last_seen, loads, values_counted, kinds "
        "FROM zoom.new_fields ORDER BY field"
    ) == [
        (
            "calls",
            "calls",
            "colour",
            datetime(2026, 11, 1, tzinfo=UTC),
            LATER,
            3,
            10,
            ["null", "string"],
        ),
        ("calls", "calls", "size.width", LATER, LATER, 1, 1, ["number"]),
    ]


def test_a_field_is_told_once(noted: Desk) -> None:
    """The next load, and a rerun that lists it again, tell only what nobody was told of."""
    assert untold(noted) == ["colour"]
    with noted.warehouse.connect() as connection:
        note(connection, "zoom", STREAM, LATER, [COLOUR, SIZE])
    assert (untold(noted), untold(noted)) == (["size.width"], [])


def test_what_could_not_be_sent_is_told_by_the_next_load(noted: Desk) -> None:
    """Nobody was told, so somebody is to be told still."""
    assert untold(noted, sent=False) == ["colour"]
    assert untold(noted) == ["colour"]


def test_who_dies_while_telling_leaves_it_to_the_next(noted: Desk) -> None:
    """Nothing is marked before it was sent, and the lock ends with the session."""

    def dies(_: object) -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), noted.warehouse.connect() as connection:
        tell(connection, "zoom", STREAM, dies)
    assert untold(noted) == ["colour"]


def test_of_loads_at_once_one_tells(noted: Desk) -> None:
    """While one is telling, seven others come to the same point and none of them tells it too."""
    told: list[str] = []
    start, done = threading.Barrier(8), threading.Semaphore(0)

    def send(fields: Sequence[NewField]) -> bool:
        told.extend(field.field for field in fields)
        # The others have passed by before this one has ended.
        for _ in range(7):
            done.acquire(timeout=30)
        return True

    def load() -> None:
        with noted.warehouse.connect() as connection:
            note(connection, "zoom", STREAM, LATER, [COLOUR])
            start.wait(30)
            tell(connection, "zoom", STREAM, send)
        done.release()

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == ["colour"]
    assert noted.rows("SELECT loads FROM zoom.new_fields") == [(9,)]


def test_a_field_that_got_a_column_is_new_no_more(noted: Desk) -> None:
    """It is marked, and told to nobody any more; it is new again if the column goes."""
    grown = a_stream(
        type(CALLS)(**{**vars(CALLS), "columns": (*CALLS.columns, Column("paint", source="colour"))})
    )
    with noted.warehouse.connect() as connection:
        note(connection, "zoom", grown, LATER, [])
    assert noted.rows("SELECT field FROM zoom.new_fields WHERE declared_at IS NOT NULL") == [("colour",)]
    assert untold(noted) == []
    with noted.warehouse.connect() as connection:
        note(connection, "zoom", STREAM, LATER, [COLOUR])
    assert untold(noted) == ["colour"]
