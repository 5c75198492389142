"""The checks that need the warehouse: a slice against what it held before."""

import math
from datetime import date
from fractions import Fraction
from functools import partial

from include.zoom.checks import Check, Outcome, Severity, passes

# Of fewer rows, a fifth is soon lost: a quiet day, a few deleted recordings.
_SHRINK_FROM_ROWS = 100
_SHRINK_LEAVES = Fraction(4, 5)


def shrink(table: str, day: date, *, held: int, rows: int, accepted: bool) -> Check:
    """Hard: a slice of more than 100 rows does not lose more than a fifth of them, unless the run accepts it."""
    check = partial(Check, "shrink", Severity.HARD, table=table, slice_date=day)
    if held <= _SHRINK_FROM_ROWS:
        return check(Outcome.NOT_APPLICABLE, found=f"{rows}", told=f"It held {held} rows.")
    least = math.ceil(held * _SHRINK_LEAVES)
    told = f"It held {held} rows{'; the run said accept_shrink' if accepted and rows < least else ''}."
    return check(passes(holds=accepted or rows >= least), f"{least} or more", f"{rows}", told)
