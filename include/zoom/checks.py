"""The checks of an extraction: what was expected, what was found. Names and counts only, never a value."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


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


def summary(checks: Iterable[Check]) -> Mapping[str, Mapping[str, int]]:
    """How often each check had which outcome, by its name."""
    found: dict[str, Counter[str]] = {}
    for check in checks:
        found.setdefault(check.name, Counter())[check.outcome.value] += 1
    return {name: dict(outcomes) for name, outcomes in found.items()}
