"""The report of Zoom's lists that no stream pulls: docs/not-pulled.md, as its readers see it."""

import re
from pathlib import Path

REPORT = Path(__file__).parents[2] / "docs" / "not-pulled.md"
_ROW = re.compile(r"^\| `(?P<path>/[^`]*)` \| (?P<reason>[^|]*) \|$", re.MULTILINE)


def not_pulled() -> dict[str, str]:
    """Paths with the reason why no stream asks them."""
    return {found["path"]: found["reason"].strip() for found in _ROW.finditer(REPORT.read_text())}
