"""What every warehouse must tell of snapshots: what changed, who was there when, also where the rows are gone."""

from dataclasses import replace

from include.warehouse.load import load
from include.zoom.stream import Column
from tests.warehouse.contract.house import House
from tests.warehouse.frames_of_calls import a_file, open_file
from tests.warehouse.histories import MEMBERS, STREAM, Book, Row, changes, day, frames_of, history, narrow

A, B = ("id-a", "a@x.org", "member"), ("id-b", "b@x.org", "member")
ADA, INVITED = ("id-a", "a@x.org", "admin"), (None, "c@x.org", None)
C = ("id-c", "c@x.org", "member")


def test_a_week_of_snapshots(house: House) -> None:
    """Who came, changed, left, and went on under an id; loaded out of order, and one day twice."""
    week: list[list[Row]] = [[A, INVITED], [A, B, INVITED], [ADA, B, C], [ADA, C], []]
    book = Book()
    for number in (0, 3, 1, 4, 2):
        book.load(house.warehouse, number, week[number])
    book.load(house.warehouse, 1, [B], 1)
    assert changes(house) == book.changes()
    assert history(house) == book.history()
    assert house.rows("SELECT id FROM zoom.members_current") == []


def test_a_snapshot_whose_rows_are_gone_is_loaded_again(house: House) -> None:
    """Its neighbours are told from the changes up to their day, which must still stand when these are made anew."""
    warehouse, book = narrow(house.warehouse, 3), Book()
    for number, snapshot in ((0, [A]), (1, [ADA]), (2, [A, B]), (7, [A, B])):
        book.load(warehouse, number, snapshot)
    for attempt in (1, 2):
        assert house.rows("SELECT DISTINCT _slice_date FROM zoom.members") == [(day(7),)]
        book.load(warehouse, 1, [("id-a", "a@y.org", "owner")], attempt)
    assert changes(house) == book.changes()
    assert history(house) == book.history()


def test_the_newest_snapshot_may_be_empty(house: House) -> None:
    """The current view shows the newest slice, not the newest row."""
    load(house.warehouse, STREAM, frames_of(0, [A]), open_file)
    assert house.rows("SELECT id FROM zoom.members_current") == [("id-a",)]
    load(house.warehouse, STREAM, frames_of(1, []), open_file, accept_shrink=True)
    assert house.rows("SELECT id FROM zoom.members_current") == []


def test_views_show_a_new_column(house: House) -> None:
    """It is empty in the rows that are there, and in their history."""
    load(house.warehouse, STREAM, frames_of(0, [A]), open_file)
    grown = replace(MEMBERS, columns=(*MEMBERS.columns, Column("paint")))
    frames = frames_of(1, [])
    file = a_file(grown, [{"id": "id-a", "email": "a@x.org", "role": "member", "paint": "red"}], day(1))
    stream = replace(STREAM, tables=(grown, *STREAM.tables[1:]))
    load(house.warehouse, stream, replace(frames, files=[file]), open_file)
    assert house.rows("SELECT id, paint FROM zoom.members_current") == [("id-a", "red")]
    assert house.rows("SELECT paint, _change FROM zoom.members_history ORDER BY valid_from") == [
        (None, "first"),
        ("red", "changed"),
    ]
