"""What a pull and a framing have proved, as checks with their outcome."""

from datetime import date
from typing import Any

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.checks import (
    Check,
    Outcome,
    Severity,
    allowed_skips,
    of_failure,
    of_frames,
    of_pull,
    summary,
)
from include.zoom.counts import FrameCounts
from include.zoom.errors import IncompleteData, PermanentError, RepeatedKey, TooManySkipped, ZoomError
from include.zoom.seats import Unsettled

DAY = date(2026, 11, 1)


def counts(parents: int = 0, skips: tuple[str, ...] = ()) -> dict[str, Any]:
    """A pull manifest's counts."""
    return {
        "parents": parents,
        "skipped": [{"parent": {}, "reason": reason} for reason in skips],
        "records": 42,
    }


@pytest.mark.parametrize(
    ("parents", "allowed"), [(0, 10), (1000, 10), (1099, 10), (1100, 11), (250_000, 2500)]
)
def test_ten_parents_or_one_in_a_hundred_may_be_skipped(parents: int, allowed: int) -> None:
    """Whichever is more."""
    assert allowed_skips(parents) == allowed


def test_a_pull_of_parents_tells_how_many_it_skipped_and_why() -> None:
    """The most frequent reasons, without the request's number."""
    reasons = ("gone (tracking id 1)", "gone (tracking id 2)", "unlicensed")
    skips, completeness = of_pull(STREAMS["recordings"], counts(50, reasons))
    assert (skips.severity, skips.outcome, skips.expected, skips.found, skips.told) == (
        "hard",
        "passed",
        "10 of 50 at most",
        "3",
        "2 times gone; 1 times unlicensed",
    )
    assert (completeness.outcome, completeness.found) == ("passed", "42 records with repeats")


def test_what_a_list_cannot_prove_does_not_apply() -> None:
    """The account's meetings are asked of no parent, and Zoom does not count them."""
    assert [check.outcome for check in of_pull(STREAMS["meetings"], counts())] == ["not_applicable"] * 2


def test_a_framing_proves_its_keys_and_tells_what_it_could_not_keep() -> None:
    """Of all tables together, as where they fail, and a warning with counts for each kind of loss."""
    found = FrameCounts(replaced=3)
    found.misfits.update({"recordings.meeting_id": 2, "recording_files.id": 1})
    rows = {("recordings", DAY): 4, ("recording_files", DAY): 9}
    checks = of_frames(found.as_dict(), rows)
    assert [(check.name, check.outcome.value, check.found) for check in checks] == [
        ("keys", "passed", "13 keys"),
        ("misfits", "failed", "3 (recordings.meeting_id 2, recording_files.id 1)"),
        ("rejected", "passed", "0"),
        ("replaced", "failed", "3 (NUL or a lone surrogate 3)"),
    ]


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (TooManySkipped("x"), "skips"),
        (IncompleteData("x"), "completeness"),
        (Unsettled("x"), "completeness"),
        (RepeatedKey("x"), "keys"),
        (PermanentError("x"), None),
    ],
)
def test_an_error_that_is_a_failed_check_is_known(error: ZoomError, name: str | None) -> None:
    """And its message is what it means."""
    check = of_failure(error)
    assert (check and (check.name, check.severity, check.outcome, check.told)) == (
        name and (name, "hard", "failed", "x")
    )


def test_the_summary_counts_outcomes_by_name() -> None:
    """Names and numbers only: it stands in XCom."""
    passed = Check("shrink", Severity.HARD, Outcome.PASSED)
    failed = Check("shrink", Severity.HARD, Outcome.FAILED)
    assert summary([passed, failed, passed]) == {"shrink": {"passed": 2, "failed": 1}}


def test_kinds_of_undeclared_values_are_counted_by_json_type() -> None:
    """Under names that any database takes."""
    found = FrameCounts()
    for value in ("text", None, True, 1, 1.5, [], {}):
        found.keep("users.a\0b", type(value))
    assert found.undeclared == {"users.a\ufffdb": 7}
    assert found.kinds == {
        f"users.a\ufffdb {kind}": count
        for kind, count in {
            "string": 1,
            "null": 1,
            "boolean": 1,
            "number": 2,
            "array": 1,
            "object": 1,
        }.items()
    }
