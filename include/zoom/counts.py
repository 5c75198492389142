"""What framing met on the way, for the manifest and the task's log."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from include.zoom.storable import storable_text

_KINDS: dict[type, str] = {
    str: "string",
    bool: "boolean",
    dict: "object",
    list: "array",
    type(None): "null",
}
_ADDRESS = re.compile(r"\..*@.*", re.DOTALL)


@dataclass
class FrameCounts:
    """Counts of one framing; names and numbers only, never a value."""

    rows: Counter[str] = field(default_factory=Counter)
    """By table."""
    repeated: int = 0
    """Records that came more than once."""
    trimmed: int = 0
    """Records of the margins, outside the window."""
    rejected: Counter[str] = field(default_factory=Counter)
    """By reason."""
    undeclared: Counter[str] = field(default_factory=Counter)
    """Values kept in `_extra`, by table and field that no column declares."""
    kinds: Counter[str] = field(default_factory=Counter)
    """The same by table, field and, after a blank, JSON type."""
    misfits: Counter[str] = field(default_factory=Counter)
    """Values kept in `_extra`, by table and column that they don't fit."""
    replaced: int = 0
    """Values with NUL or a lone surrogate, now U+FFFD."""

    def keep(self, field: str, kind: type, times: int = 1) -> None:
        """Counts values of a Python type that no column declares; `field` is table and name."""
        # Where Zoom names fields by people, their addresses are no names, and not to be told.
        field = _ADDRESS.sub(".(an address)", storable_text(field))
        self.undeclared[field] += times
        self.kinds[f"{field} {_KINDS.get(kind, 'number')}"] += times

    def as_dict(self) -> dict[str, Any]:
        """The counts as JSON takes them."""
        # Not asdict: it makes a Counter of a Counter's pairs.
        return {
            name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()
        }
