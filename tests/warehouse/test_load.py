"""What a load does beside the contract that all warehouses keep: damaged frames, finality, a connection that breaks."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from include.warehouse.errors import DamagedFrame
from include.warehouse.ledger import holds_attempt, unfinal_days
from include.warehouse.load import load
from include.warehouse.session import ask
from include.zoom.stream import Kind
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    LEGS,
    ONE,
    OTHER_DAY,
    Desk,
    File,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
)

NEWER = "01900000-0000-7000-8000-000000000002"


def held(desk: Desk, table: str = "calls", day: date = DAY) -> list[int]:
    """The numbers that a slice holds."""
    return [
        n for (n,) in desk.rows(f"SELECT number FROM zoom.{table} WHERE _slice_date = %s ORDER BY 1", day)
    ]


def test_the_extremes_of_an_integer_arrive(desk: Desk) -> None:
    """The least and the greatest integer of 64 bits arrive as they are."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2**63 - 1, -(2**63)))]), open_file)
    assert held(desk) == [-9223372036854775808, 9223372036854775807]


def test_at_the_same_moment_the_later_attempt_wins(desk: Desk) -> None:
    """Two extractions of the same second: the attempt whose id sorts later stays."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))], attempt_id=NEWER), open_file)
    result = load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    assert (result.superseded, held(desk)) == ({DAY: "load-1"}, [2])


def test_the_servers_isolation_level_does_not_matter(desk: Desk) -> None:
    """With REPEATABLE READ as the database's default each load still runs in READ COMMITTED."""
    (name,) = desk.rows("SELECT current_database()")[0]
    desk.rows(f'ALTER DATABASE "{name}" SET default_transaction_isolation TO "repeatable read"')
    with desk.warehouse.connect() as connection:
        assert ask(connection, "SELECT current_setting('transaction_isolation')") == [("repeatable read",)]
    desk.rows("CREATE TABLE seen (level text)")
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    desk.rows(
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS "
        "$$BEGIN INSERT INTO public.seen VALUES (current_setting('transaction_isolation')); RETURN NULL; END$$"
    )
    desk.rows("CREATE TRIGGER noted AFTER INSERT ON zoom.calls EXECUTE FUNCTION note()")
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert desk.rows("SELECT DISTINCT level FROM seen") == [("read committed",)]


@pytest.mark.parametrize(("before", "after"), [(100, 0), (110, 88)])
def test_a_small_slice_or_a_small_loss_is_no_shrinking(desk: Desk, before: int, after: int) -> None:
    """100 rows may vanish, and of more rows a fifth."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(*range(before)))]), open_file)
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(*range(after)))]), open_file)
    assert len(held(desk)) == after


@pytest.mark.parametrize("cut", [4, 200, -1])
def test_a_truncated_frame_file_leaves_the_slice_alone(desk: Desk, cut: int) -> None:
    """A file that is cut off is named, with the next step, and nothing of its slice changes."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    whole = a_file(CALLS, numbers(2))
    frames = Frames([File("calls", DAY, whole.name, 1, whole.content[:cut])], attempt_id=NEWER)
    with pytest.raises(DamagedFrame, match=r"calls-2026-11-01\.parquet cannot be read.*Clear the transform"):
        load(desk.warehouse, a_stream(), frames, open_file)
    assert held(desk) == [1]


def test_damage_in_the_middle_of_a_file_is_found(desk: Desk) -> None:
    """A file whose pages are spoiled behind an intact footer rolls the slice back."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    whole = a_file(CALLS, numbers(*range(1000)))
    spoiled = b"PAR1" + b"\xff" * 3000 + whole.content[3004:]
    frames = Frames([File("calls", DAY, whole.name, 1000, spoiled)], attempt_id=NEWER)
    with pytest.raises(DamagedFrame, match="cannot be read to its end"):
        load(desk.warehouse, a_stream(), frames, open_file)
    assert held(desk) == [1]


def test_a_file_with_other_rows_than_its_manifest_says_is_refused(desk: Desk) -> None:
    """The manifest's count is what must arrive."""
    whole = a_file(CALLS, numbers(1, 2))
    with pytest.raises(DamagedFrame, match="holds 2 rows where its manifest says 3"):
        load(
            desk.warehouse, a_stream(), Frames([File("calls", DAY, whole.name, 3, whole.content)]), open_file
        )
    assert held(desk) == []


def test_a_file_with_other_columns_is_refused(desk: Desk) -> None:
    """A file of another table, or of another version of this one, names what differs."""
    file = a_file(LEGS, numbers(1))
    with pytest.raises(DamagedFrame, match="has other columns than calls: email, length_seconds, name"):
        load(desk.warehouse, a_stream(), Frames([File("calls", DAY, file.name, 1, file.content)]), open_file)


def test_a_lost_reply_to_the_commit_is_looked_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the commit was done and its reply was lost, the load succeeds."""
    lose_the_reply(desk, monkeypatch, commits=True)
    assert load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file).applied == [DAY]
    assert held(desk) == [1]


def test_a_commit_that_failed_is_no_success(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the connection broke before the commit, an earlier load with the same id is not mistaken for it."""
    load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(1))]), open_file)
    lose_the_reply(desk, monkeypatch, commits=False)
    with pytest.raises(Exception, match="Could not load calls of 2026-11-01") as caught:
        load(desk.warehouse, a_stream(), Frames([a_file(CALLS, numbers(2))]), open_file)
    assert type(caught.value).__name__ == "TransientWarehouseError"
    assert held(desk) == [1]


def lose_the_reply(desk: Desk, monkeypatch: pytest.MonkeyPatch, *, commits: bool) -> None:
    """Ends the server's side of the session around the commit of a slice."""
    from include.warehouse.load import _SliceLoad

    original = _SliceLoad._commit

    def commit(self: _SliceLoad) -> None:
        ((pid,),) = ask(self.connection, "SELECT pg_backend_pid()")
        if commits:
            self.connection.commit()
        desk.rows("SELECT pg_terminate_backend(%s, 5000)", pid)
        original(self)

    monkeypatch.setattr(_SliceLoad, "_commit", commit)


def test_a_slice_is_final_48_hours_after_its_end(desk: Desk) -> None:
    """A slice extracted a second too early stays unfinal, and is asked for again."""
    end = datetime(2026, 11, 2, tzinfo=UTC)
    early = Frames(extracted_at=end + timedelta(hours=48) - timedelta(seconds=1))
    load(desk.warehouse, a_stream(), early, open_file)
    assert unfinal(desk) == (DAY, OTHER_DAY)
    load(desk.warehouse, a_stream(), Frames(extracted_at=end + timedelta(hours=48)), open_file)
    assert unfinal(desk) == (OTHER_DAY,)


def test_nothing_is_final_before_the_first_load(desk: Desk) -> None:
    """In an empty database each day is still to be had."""
    assert unfinal(desk) == (DAY, OTHER_DAY)


def test_snapshots_are_never_asked_again_for_an_earlier_day(desk: Desk) -> None:
    """No later question tells how a snapshot's day was."""
    assert unfinal(desk, Kind.SNAPSHOT) == ()


def test_days_of_a_month_are_final_with_their_month(desk: Desk) -> None:
    """A month's slice is final 48 hours after the month."""
    stream = a_stream(kind=Kind.MONTH)
    frames = Frames(extracted_at=datetime(2026, 12, 3, tzinfo=UTC))
    load(desk.warehouse, stream, frames, open_file)
    assert unfinal(desk, Kind.MONTH) == ()


def unfinal(desk: Desk, kind: Kind = Kind.INTERVAL) -> tuple[Any, ...]:
    """Which of two days are not final."""
    with desk.warehouse.connect() as connection:
        return unfinal_days(connection, "zoom", a_stream(kind=kind), [DAY, OTHER_DAY])


def test_which_extraction_a_slice_holds(desk: Desk) -> None:
    """A slice holds the attempt that was loaded last, and no other."""
    with desk.warehouse.connect() as connection:
        assert not holds_attempt(connection, "zoom", a_stream(), DAY, NEWER)
    load(desk.warehouse, a_stream(), Frames(attempt_id=NEWER), open_file)
    with desk.warehouse.connect() as connection:
        assert holds_attempt(connection, "zoom", a_stream(), DAY, NEWER)
        assert not holds_attempt(connection, "zoom", a_stream(), DAY, "01900000-0000-7000-8000-000000000001")


def test_stamps(desk: Desk) -> None:
    """Each row tells its slice, its load and its extraction."""
    load(desk.warehouse, a_stream(), Frames([a_file(LEGS, numbers(1))]), open_file)
    assert desk.rows("SELECT _slice_date, _load_id, _extracted_at FROM zoom.legs") == [(DAY, "load-1", ONE)]
