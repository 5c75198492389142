"""docs/trust.md names what the code checks."""

import ast
import re
from pathlib import Path

from include.warehouse.comparisons import COMPARISONS

PROJECT = Path(__file__).parents[1]
TRUST = (PROJECT / "docs" / "trust.md").read_text()


def literals(file: str) -> set[str]:
    """Every text in a module."""
    tree = ast.parse((PROJECT / file).read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_it_explains_each_check_and_no_other() -> None:
    """The rows of its tables of checks are the names in the code."""
    sections = TRUST.split("\n## Hard checks\n")[1].split("\n## Settling\n")[0]
    explained = set(re.findall(r"^\| `([^`]+)` \|", sections, flags=re.MULTILINE))
    compared = {comparison.name for comparison in COMPARISONS}
    assert explained == compared | {
        "skips",
        "vanished",
        "completeness",
        "keys",
        "shrink",
        "settled",
        "volume",
        "misfits",
        "rejected",
        "replaced",
    }
    modules = ("include/zoom/checks.py", "include/warehouse/checks.py", "include/warehouse/comparisons.py")
    assert explained <= set().union(*map(literals, modules))


def test_the_relations_that_it_names_are_the_ledgers() -> None:
    """What a person is sent to is there."""
    ledger = (PROJECT / "include" / "warehouse" / "ledger.sql").read_text()
    made = set(re.findall(r"^CREATE (?:TABLE|VIEW)(?: IF NOT EXISTS)? \{(\w+)\}", ledger, flags=re.MULTILINE))
    assert set(re.findall(r"zoom\.([a-z_]+)", TRUST)) - {"rejected_rows"} <= made
