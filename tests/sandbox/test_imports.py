"""Each module of the simulated account can be the first that is imported."""

import subprocess
import sys
from pathlib import Path

SANDBOX = Path(__file__).parents[2] / "include" / "sandbox"
ONE_BY_ONE = """
import importlib, sys
for name in sys.argv[1:]:
    for known in [each for each in sys.modules if each.startswith("include.sandbox")]:
        del sys.modules[known]
    importlib.import_module(name)
    print(name)
"""


def test_any_module_can_be_imported_first() -> None:
    """No import goes round in a circle, wherever one begins."""
    files = sorted(file for file in SANDBOX.rglob("*.py") if not file.stem.startswith("__"))
    names = [
        ".".join(("include.sandbox", *file.relative_to(SANDBOX).with_suffix("").parts)) for file in files
    ]
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, *names], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == names, done.stderr
