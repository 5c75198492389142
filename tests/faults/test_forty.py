"""Every fault has one test, which is named after it."""

import re
from collections import Counter
from pathlib import Path

from tests.faults.report import FAULTS, number_of

TESTS = Path(__file__).parents[1]


def test_each_of_the_forty_faults_has_exactly_one_test() -> None:
    """Nobody can forget one, or test another twice."""
    found = [
        name
        for file in TESTS.rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_fault_\w+)\(", file.read_text(), re.MULTILINE)
    ]
    assert Counter(number_of(name) for name in found) == Counter(range(1, 41))
    assert set(FAULTS) == set(range(1, 41))
