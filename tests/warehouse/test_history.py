"""What changed between snapshots is kept beside them, and tells who was there when, whatever the order of loads."""

from itertools import count

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.warehouse.frames_of_calls import Desk
from tests.warehouse.histories import Book, day, narrow

_schemas = count()

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


def changes(desk: Desk, schema: str = "zoom") -> list[tuple[object, ...]]:
    """The change table of the members."""
    columns = "_slice_date, _change, id, email, role, _load_id"
    return sorted(desk.rows(f"SELECT {columns} FROM {schema}.members_changes"), key=str)


def history(desk: Desk, schema: str = "zoom") -> list[tuple[object, ...]]:
    """The versions of the members."""
    columns = "id, email, role, valid_from, valid_to, deleted_at"
    return sorted(desk.rows(f"SELECT {columns} FROM {schema}.members_history"), key=str)


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
    schema = f"z{next(_schemas)}"
    warehouse, book = narrow(desk.warehouse, schema, days), Book()
    for number, snapshot, attempt in loads:
        book.load(warehouse, number, snapshot, attempt)
    assert changes(desk, schema) == book.changes()
    assert history(desk, schema) == book.history()
    newest = book.snapshots[max(book.snapshots)]
    current = desk.rows(f"SELECT id, email, role FROM {schema}.members_current")
    assert sorted(current, key=str) == sorted(newest, key=str)
    whole = desk.rows(
        f"SELECT slice_date FROM {schema}.slices WHERE table_name = 'members' AND trimmed_at IS NULL"
    )
    assert {found for (found,) in whole} == {day(number) for number in book.whole}
    held = desk.rows(f"SELECT DISTINCT _slice_date FROM {schema}.members")
    assert {found for (found,) in held} == {day(number) for number in book.whole if book.snapshots[number]}
