"""What changed between snapshots is kept beside them, and tells who was there when, whatever the order of loads."""

from dataclasses import replace

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from include.warehouse.ledger import holds_attempt
from include.warehouse.load import load
from include.zoom.catalog import STREAMS
from include.zoom.layout import columns_of
from include.zoom.stream import Column, Kind
from tests.warehouse.frames_of_calls import Desk, Frames, a_file, open_file
from tests.warehouse.histories import MEMBERS, STREAM, Book, changes, day, frames_of, history, narrow
from tests.warehouse.histories import asked as asked_at

# Each person is away, invited (an address alone) or there, under one of two addresses and in one of two roles.
PERSON = st.sampled_from([None, "invited", ("one", "member"), ("one", "admin"), ("two", "member")])
SNAPSHOT = st.tuples(PERSON, PERSON, PERSON).map(
    lambda states: [
        (None, f"{n}-one", None) if state == "invited" else (f"id-{n}", f"{n}-{state[0]}", state[1])
        for n, state in enumerate(states)
        if state is not None
    ]
)
LOADS = st.lists(st.tuples(st.integers(0, 9), SNAPSHOT, st.integers(0, 2)), min_size=1, max_size=9)


def emptied(desk: Desk) -> None:
    """As before the first load, but for the tables: to make them takes longer than all that is tested."""
    tables = ["members", "members_changes", "seats", "seats_changes", "slices", "change_slices"]
    if desk.rows("SELECT to_regclass('zoom.members')::text") != [(None,)]:
        desk.rows(f"TRUNCATE {', '.join(f'zoom.{table}' for table in tables)}")


# Nine loads are short enough to be read; to shrink a failure would take minutes of them.
@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(loads=LOADS, days=st.sampled_from([1, 2, 4, 35]))
def test_any_order_of_loads_gives_the_same_history(
    desk: Desk, loads: list[tuple[int, list[tuple[str | None, str | None, str | None]], int]], days: int
) -> None:
    """Days in any order, replaced, superseded, with gaps and with full snapshots deleted: as if told in order."""
    warehouse, book = narrow(desk.warehouse, days), Book()
    emptied(desk)
    for number, snapshot, attempt in loads:
        book.load(warehouse, number, snapshot, attempt)
    assert changes(desk) == book.changes()
    assert history(desk) == book.history()
    newest = book.snapshots[max(book.snapshots)]
    current = desk.rows("SELECT id, email, role FROM zoom.members_current")
    assert sorted(current, key=str) == sorted(newest, key=str)
    whole = desk.rows(
        "SELECT slice_date FROM zoom.slices WHERE table_name = 'members' AND trimmed_at IS NULL"
    )
    assert {found for (found,) in whole} == {day(number) for number in book.whole}
    held = desk.rows("SELECT DISTINCT _slice_date FROM zoom.members")
    assert {found for (found,) in held} == {day(number) for number in book.whole if book.snapshots[number]}


A, B = ("id-a", "a@x.org", "member"), ("id-b", "b@x.org", "member")


def test_who_was_a_member_on_a_day(desk: Desk) -> None:
    """The version that was valid then; a day without a snapshot is as the one before it."""
    book = Book()
    for number, snapshot in {0: [A, B], 1: [A], 5: [A, ("id-b", "b@x.org", "admin")]}.items():
        book.load(desk.warehouse, number, snapshot)
    asked = "SELECT id FROM zoom.members_history WHERE valid_from <= %s AND (valid_to > %s OR valid_to IS NULL) ORDER BY 1"
    on = {number: [who for (who,) in desk.rows(asked, day(number), day(number))] for number in (0, 1, 4, 5)}
    assert on == {0: ["id-a", "id-b"], 1: ["id-a"], 4: ["id-a"], 5: ["id-a", "id-b"]}
    gone = desk.rows("SELECT id, deleted_at FROM zoom.members_history WHERE deleted_at IS NOT NULL")
    assert gone == [("id-b", asked_at(1))]


def test_a_volatile_column_makes_no_change_and_stands_in_no_history(desk: Desk) -> None:
    """Everybody is seen each day; what was seen on the first day of a version would be told as of all of it."""
    book = Book()
    for number in range(3):
        book.load(desk.warehouse, number, [A])
    assert [change for _, change, *_ in changes(desk)] == ["first"]
    columns = desk.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE column_name = 'seen' ORDER BY 1"
    )
    assert columns == [("members", "seen"), ("members_current", "seen")]


def test_a_trimmed_snapshot_is_told_and_counts_as_not_loaded(desk: Desk) -> None:
    """Its line in slices says since when its rows are gone; the newest one always stays."""
    warehouse = narrow(desk.warehouse, 2)
    for number in (0, 1, 2):
        load(warehouse, STREAM, frames_of(number, [A, B]), open_file)
    told = (
        "SELECT slice_date, rows, trimmed_at IS NULL FROM zoom.slices WHERE table_name = 'members' ORDER BY 1"
    )
    assert desk.rows(told) == [(day(0), 2, False), (day(1), 2, True), (day(2), 2, True)]
    with desk.warehouse.connect() as connection:
        held = [holds_attempt(connection, "zoom", STREAM, day(number), "00") for number in (0, 1, 2)]
    assert held == [False, True, True]


def test_snapshots_of_an_earlier_version_get_their_history_from_the_next_load(desk: Desk) -> None:
    """A schema that has snapshots alone, as before there were change tables."""
    book = Book()
    for number, snapshot in enumerate([[A], [A, B], [B]]):
        book.load(desk.warehouse, number, snapshot)
    desk.rows("DROP TABLE zoom.members_changes, zoom.seats_changes, zoom.change_slices CASCADE")
    desk.rows("ALTER TABLE zoom.slices DROP COLUMN trimmed_at CASCADE")
    book.load(desk.warehouse, 3, [B, A])
    assert changes(desk) == book.changes()
    assert history(desk) == book.history()


def test_a_renamed_snapshot_table_leaves_the_history(desk: Desk) -> None:
    """The full snapshots went with it; the views are of the new one, and who was there before is still known."""
    book = Book()
    for number, snapshot in enumerate([[A], [A, B], [B]]):
        book.load(desk.warehouse, number, snapshot)
    desk.rows("ALTER TABLE zoom.members RENAME TO old_members")
    book.load(desk.warehouse, 3, [B, A])
    assert changes(desk) == book.changes()
    assert desk.rows("SELECT id FROM zoom.members_current ORDER BY 1") == [("id-a",), ("id-b",)]


def test_a_snapshot_that_somebody_took_out_is_out_of_the_history(desk: Desk) -> None:
    """A wrong snapshot whose rows and slice are deleted: the next load compares its neighbours."""
    book = Book()
    for number, snapshot in enumerate([[A, B], [], [A, B]]):
        book.load(desk.warehouse, number, snapshot)
    desk.rows("DELETE FROM zoom.slices WHERE slice_date = %s", day(1))
    book.load(desk.warehouse, 3, [A, B])
    assert [row[:3] for row in changes(desk)] == [(day(0), "first", "id-a"), (day(0), "first", "id-b")]


def test_a_new_column_comes_to_the_end_of_changes_and_history(desk: Desk) -> None:
    """The views are replaced, not dropped: what somebody built on them stays."""
    load(desk.warehouse, STREAM, frames_of(0, [A]), open_file)
    desk.rows("CREATE VIEW theirs AS SELECT id FROM zoom.members_history")
    wider = replace(MEMBERS, columns=(Column("country", comment="Where"), *MEMBERS.columns))
    stream = replace(STREAM, tables=(wider,))
    row = {"id": "id-a", "email": "a@x.org", "role": "member", "tags": '{"a": [1, null]}', "country": "CH"}
    frames = Frames([a_file(wider, [row], day(1))], [day(1)], extracted_at=asked_at(1))
    load(desk.warehouse, stream, frames, open_file)
    told = desk.rows("SELECT country, valid_from, _change FROM zoom.members_history ORDER BY 2")
    assert told == [(None, day(0), "first"), ("CH", day(1), "changed")]
    assert desk.rows("SELECT * FROM theirs") == [("id-a",), ("id-a",)]
    assert desk.rows(
        "SELECT col_description('zoom.members_history'::regclass, attnum) FROM pg_attribute "
        "WHERE attrelid = 'zoom.members_history'::regclass AND attname = 'country'"
    ) == [("Where",)]


def test_no_declaration_is_in_the_way_of_history() -> None:
    """No table is called as another one's changes or history, and no column as one of a version."""
    tables = [table for stream in STREAMS.values() for table in stream.tables]
    names = {table.name for table in tables}
    snapshots = {
        table.name for stream in STREAMS.values() for table in stream.tables if stream.kind is Kind.SNAPSHOT
    }
    beside = {f"{name}{what}" for name in snapshots for what in ("_changes", "_history", "_current")}
    assert names & beside == set()
    own = {"valid_from", "valid_to", "deleted_at", "_change", "present"}
    assert [table.name for table in tables for column in columns_of(table) if column.name in own] == []
    unknown = [t.name for t in tables if {*t.key_fallback, *t.key_fallback.values()} - set(t.key)]
    assert unknown == []
