"""The checks of an extraction: what was expected, what was found. Names and counts only, never a value."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import partial
from typing import Any

from include.zoom.errors import IncompleteData, RepeatedKey, TooManySkipped, TooManyVanished, ZoomError
from include.zoom.stream import Stream
from include.zoom.vanished import confirming


class Severity(StrEnum):
    """What a failed check does."""

    HARD = "hard"
    """The slice keeps what it had, and the task fails."""
    WARN = "warn"
    """It is told, and nothing else."""


class Outcome(StrEnum):
    """What came of a check."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True)
class Check:
    """One check with its outcome, of an extraction or of one slice of one table."""

    name: str
    severity: Severity
    outcome: Outcome
    expected: str = ""
    found: str = ""
    told: str = ""
    """What it means, in a sentence at most."""
    table: str | None = None
    slice_date: date | None = None

    def __str__(self) -> str:
        where = f" of {self.table}" if self.table else ""
        when = f" of {self.slice_date}" if self.slice_date else ""
        what = f": expected {self.expected}, found {self.found}" if self.expected or self.found else ""
        return f"Check {self.name}{where}{when} {self.outcome}{what}. {self.told}".rstrip()


def passes(*, holds: bool) -> Outcome:
    """A check that could be made."""
    return Outcome.PASSED if holds else Outcome.FAILED


def summary(checks: Iterable[Check]) -> dict[str, dict[str, int]]:
    """How often each check had which outcome, by its name."""
    found: dict[str, Counter[str]] = {}
    for check in checks:
        found.setdefault(check.name, Counter())[check.outcome.value] += 1
    return {name: dict(outcomes) for name, outcomes in found.items()}


def allowed_skips(parents: int) -> int:
    """How many parents of so many may have nothing to give."""
    return max(_SKIPS_ALWAYS_ALLOWED, parents // _SKIPS_ALLOWED_OF)


def of_pull(stream: Stream, counts: Mapping[str, Any]) -> list[Check]:
    """What a finished pull has proved: one that had not would have raised.

    Args:
        stream: what was pulled.
        counts: its manifest's.
    """
    return [_skips(stream, counts), _completeness(stream, counts), *_vanished(stream, counts)]


def of_frames(counts: Mapping[str, Any], rows: Mapping[tuple[str, date], int]) -> list[Check]:
    """What a finished framing has proved, and what it could not keep in its place.

    Args:
        counts: its manifest's.
        rows: how many rows each table and slice has.
    """
    return [
        # Of the extraction, as where it fails: a failure is over with the next one that passes.
        Check("keys", Severity.HARD, Outcome.PASSED, "no key twice", f"{sum(rows.values())} keys"),
        _none(
            "misfits", counts["misfits"], "They are NULL in their column and stand in _extra as they came."
        ),
        _none("rejected", counts["rejected"], "The records stand in rejected_rows."),
        _none(
            "replaced",
            {"NUL or a lone surrogate": counts["replaced"]},
            "They are U+FFFD now: no database takes them.",
        ),
    ]


def of_failure(error: ZoomError) -> Check | None:
    """The hard check that an error is the failure of, if it is one's."""
    return next(
        (
            Check(name, Severity.HARD, Outcome.FAILED, expected, "", str(error))
            for kind, name, expected in _FAILURES
            if isinstance(error, kind)
        ),
        None,
    )


_SKIPS_ALWAYS_ALLOWED, _SKIPS_ALLOWED_OF = 10, 100
_FAILURES: tuple[tuple[type[ZoomError], str, str], ...] = (
    (TooManySkipped, "skips", "10 at most, or 1 %"),
    (TooManyVanished, "vanished", "100 at most, or a fifth"),
    (IncompleteData, "completeness", "as many records as Zoom counts"),
    (RepeatedKey, "keys", "no key twice"),
)


def _skips(stream: Stream, counts: Mapping[str, Any]) -> Check:
    check = partial(Check, "skips", Severity.HARD)
    if stream.parent is None:
        return check(Outcome.NOT_APPLICABLE, told="It is asked of no parent.")
    parents, reasons = counts["parents"], Counter(_plain(item["reason"]) for item in counts["skipped"])
    told = "; ".join(f"{count} times {reason}" for reason, count in reasons.most_common(3))
    return check(Outcome.PASSED, f"{allowed_skips(parents)} of {parents} at most", f"{reasons.total()}", told)


def _plain(reason: str) -> str:
    return reason.split(" (tracking", maxsplit=1)[0]


def _completeness(stream: Stream, counts: Mapping[str, Any]) -> Check:
    check = partial(Check, "completeness", Severity.HARD)
    if not any(listing.counts_records for listing in stream.lists):
        return check(Outcome.NOT_APPLICABLE, told="Zoom does not count this list.")
    return check(
        Outcome.PASSED, "each list as long as Zoom counts it", f"{counts['records']} records with repeats"
    )


def _vanished(stream: Stream, counts: Mapping[str, Any]) -> Iterator[Check]:
    """Where the stream asks for each who is in no list any more."""
    if confirming(stream) is not None:
        gone, kept, unasked = (counts.get(name, 0) for name in ("gone", "kept", "unconfirmed"))
        told = "Zoom's lists had lost them; they are kept as Zoom tells of each." if kept else ""
        found = f"{gone} gone, {kept} there"
        if unasked:
            told = "The grant lacks the scope to ask for them; they are shown as deleted because no list has them."
            found = f"{unasked} not confirmed"
        outcome = passes(holds=not kept and not unasked)
        yield Check("vanished", Severity.WARN, outcome, "who is in no list is gone", found, told)


def _none(name: str, counts: Mapping[str, int], told: str) -> Check:
    """Warns of values that could not be kept as they are; the most frequent are named."""
    found = Counter(counts)
    if not found.total():
        return Check(name, Severity.WARN, Outcome.PASSED, "0", "0")
    named = ", ".join(f"{what} {count}" for what, count in found.most_common(5))
    return Check(name, Severity.WARN, Outcome.FAILED, "0", f"{found.total()} ({named})", told)
