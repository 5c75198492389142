"""Each check leaves its outcome in the warehouse, also where it kept a slice from being replaced."""

from datetime import UTC, datetime, timedelta

import pytest

from include.warehouse.errors import SliceShrank
from include.warehouse.load import load
from include.zoom.checks import Check, Outcome, Severity
from include.zoom.stream import Kind
from tests.warehouse.frames_of_calls import (
    CALLS,
    DAY,
    OTHER_DAY,
    TWO,
    Desk,
    Frames,
    a_file,
    a_stream,
    numbers,
    open_file,
)

NEWER = "01900000-0000-7000-8000-000000000002"
EARLIER_LEDGER = """
CREATE SCHEMA zoom;
CREATE TABLE zoom.slices (
    table_name text NOT NULL, slice_date date NOT NULL, stream text NOT NULL, extracted_at timestamptz NOT NULL,
    attempt_id text COLLATE "C" NOT NULL, load_id text NOT NULL, rows bigint NOT NULL, final boolean NOT NULL,
    loaded_at timestamptz NOT NULL, PRIMARY KEY (table_name, slice_date)
);
CREATE TABLE zoom.load_ledger (
    loaded_at timestamptz NOT NULL, transaction_id text NOT NULL, load_id text NOT NULL, stream text NOT NULL,
    table_name text NOT NULL, slice_date date NOT NULL, extracted_at timestamptz NOT NULL, attempt_id text NOT NULL,
    rows bigint NOT NULL, final boolean NOT NULL
);
CREATE TABLE zoom.account (only_row boolean PRIMARY KEY DEFAULT true, account text NOT NULL);
INSERT INTO zoom.account (account) VALUES ('account@zoom.us');
INSERT INTO zoom.slices VALUES ('calls', '2026-11-02', 'calls', '2026-11-03 01:00Z', 'a', 'l', 5, false, now())
"""


def calls(count: int, **about: object) -> Frames:
    """An extraction of so many calls."""
    return Frames([a_file(CALLS, numbers(*range(count)))], **about)


def outcomes(desk: Desk, name: str) -> list[tuple[object, ...]]:
    """What came of a check, in order."""
    return desk.rows(
        "SELECT table_name, severity, outcome, expected, found FROM zoom.checks WHERE check_name = %s "
        "ORDER BY checked_at, table_name",
        name,
    )


def test_what_a_slice_held_before_is_compared_and_recorded(desk: Desk) -> None:
    """A first load has nothing to compare, one that shrinks by a fifth passes, one row less does not."""
    stream = a_stream(CALLS)
    load(desk.warehouse, stream, calls(115), open_file)
    load(desk.warehouse, stream, calls(92, attempt_id=NEWER), open_file)
    assert outcomes(desk, "shrink") == [
        ("calls", "hard", "not_applicable", "", "115"),
        ("calls", "hard", "passed", "92 or more", "92"),
    ]


def test_a_failed_hard_check_keeps_the_slice_and_is_recorded(desk: Desk) -> None:
    """The old rows stay, the task fails, and what was expected and found stands there under its load."""
    stream = a_stream(CALLS)
    load(desk.warehouse, stream, calls(200), open_file)
    with pytest.raises(SliceShrank):
        load(desk.warehouse, stream, calls(100, attempt_id=NEWER, load_id="load-2"), open_file)
    assert desk.rows("SELECT count(*) FROM zoom.calls") == [(200,)]
    assert desk.rows(
        "SELECT stream, attempt_id, load_id, table_name, slice_date, check_name, expected, found, told "
        "FROM zoom.failing"
    ) == [
        ("calls", NEWER, "load-2", "calls", DAY, "shrink", "160 or more", "100", "It held 200 rows."),
    ]


def test_a_shrinking_that_was_accepted_passes_and_says_so(desk: Desk) -> None:
    """The run's word stands in the ledger, and the failure before it is over."""
    stream = a_stream(CALLS)
    load(desk.warehouse, stream, calls(200), open_file)
    with pytest.raises(SliceShrank):
        load(desk.warehouse, stream, calls(100, attempt_id=NEWER), open_file)
    load(desk.warehouse, stream, calls(100, attempt_id=NEWER), open_file, accept_shrink=True)
    told = desk.rows("SELECT told FROM zoom.checks WHERE outcome = 'passed'")
    assert told == [("It held 200 rows; the run said accept_shrink.",)]
    assert desk.rows("SELECT * FROM zoom.failing") == []


def test_checks_made_before_the_load_are_recorded_with_it(desk: Desk) -> None:
    """Those of the extraction as a whole, and those of the slices that were published; not of superseded ones."""
    stream = a_stream(CALLS)
    load(desk.warehouse, stream, calls(1, extracted_at=TWO), open_file)
    before = [
        Check("skips", Severity.HARD, Outcome.PASSED, "10 at most", "2"),
        Check("keys", Severity.HARD, Outcome.PASSED, table="calls", slice_date=DAY),
        Check("keys", Severity.HARD, Outcome.PASSED, table="calls", slice_date=OTHER_DAY),
    ]
    both = Frames([], [DAY, OTHER_DAY])
    result = load(desk.warehouse, stream, both, open_file, checks=before)
    recorded = desk.rows(
        "SELECT check_name, slice_date FROM zoom.checks WHERE check_name IN ('skips', 'keys') ORDER BY slice_date"
    )
    assert recorded == [("keys", OTHER_DAY), ("skips", None)]
    assert [check.name for check in result.checks] == ["skips", "keys", "shrink", "volume"]


def test_a_load_that_publishes_nothing_proves_nothing(desk: Desk) -> None:
    """An extraction that was superseded as a whole leaves no outcome."""
    load(desk.warehouse, a_stream(CALLS), calls(1, extracted_at=TWO), open_file)
    result = load(
        desk.warehouse,
        a_stream(CALLS),
        calls(2),
        open_file,
        checks=[Check("skips", Severity.HARD, Outcome.PASSED)],
    )
    assert (result.checks, outcomes(desk, "skips")) == ([], [])


def test_a_schema_of_an_earlier_version_gets_what_it_lacks(desk: Desk) -> None:
    """The three tables that were there keep their rows, and the next load works and tells its settling."""
    desk.rows(EARLIER_LEDGER)
    load(desk.warehouse, a_stream(CALLS), calls(3), open_file)
    assert desk.rows("SELECT slice_date, rows, state, final_from FROM zoom.settling ORDER BY 1") == [
        (DAY, 3, "provisional", datetime(2026, 11, 4, tzinfo=UTC)),
        (OTHER_DAY, 5, "provisional", None),
    ]
    assert outcomes(desk, "shrink") == [("calls", "hard", "not_applicable", "", "3")]


def test_settling_tells_what_came_between_provisional_and_final(desk: Desk) -> None:
    """How many rows a day had when it was last loaded provisionally, and how many came since."""
    stream, end = a_stream(CALLS), datetime(2026, 11, 2, tzinfo=UTC)
    for hours, rows in ((1, 10), (20, 30), (48, 37)):
        load(desk.warehouse, stream, calls(rows, extracted_at=end + timedelta(hours=hours)), open_file)
        if hours == 20:
            assert desk.rows("SELECT state, provisional_rows, settled_by FROM zoom.settling") == [
                ("provisional", None, None)
            ]
    assert desk.rows(
        "SELECT stream, rows, state, extracted_at, final_from, provisional_rows, settled_by FROM zoom.settling"
    ) == [("calls", 37, "final", end + timedelta(hours=48), end + timedelta(hours=48), 30, 7)]


@pytest.mark.parametrize(
    ("kind", "state", "final_from"),
    [
        (Kind.MONTH, "provisional", datetime(2026, 12, 3, tzinfo=UTC)),
        (Kind.SNAPSHOT, "snapshot", None),
    ],
)
def test_a_month_settles_after_its_end_and_a_snapshot_never(
    desk: Desk, kind: Kind, state: str, final_from: datetime | None
) -> None:
    """What a slice is decides when it is final; nothing later tells how a moment was."""
    load(desk.warehouse, a_stream(CALLS, kind=kind), calls(1), open_file)
    assert desk.rows("SELECT state, final_from FROM zoom.settling") == [(state, final_from)]
