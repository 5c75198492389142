"""The grain of a table: one row per key and slice, numbered where Zoom gives no key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from secrets import token_hex
from typing import Any

import pandas as pd

from include.zoom.errors import RepeatedKey
from include.zoom.layout import ORDINAL
from include.zoom.seats import content
from include.zoom.stream import Table


def numbered(frame: pd.DataFrame, within: Sequence[str], records: Sequence[Any]) -> pd.DataFrame:
    """Adds `_ordinal`: 1, 2, … over rows that are equal in `within`, in the order of their records' content.

    By content, not by arrival: the same rows get the same numbers in every pull. `records` are the rows'
    records as Zoom sent them.
    """
    ordinal = pd.Series(1, index=frame.index, dtype="int64[pyarrow]")
    twins = frame.duplicated(list(within), keep=False)
    if twins.any():
        alike = frame.loc[twins, list(within)]
        alike = alike.assign(_content=[content(records[row]) for row in alike.index]).sort_values("_content")
        # Without dropna=False guests, who have no id, are numbered NaN.
        ordinal[alike.index] = alike.groupby(list(within), dropna=False).cumcount() + 1
    return frame.assign(**{ORDINAL.name: ordinal})


@dataclass
class Keys:
    """The keys seen in each slice so far, as hashes of 64 bits; two processes never hash alike."""

    _seen: dict[tuple[str, date], set[int]] = field(default_factory=dict)
    _salt: str = field(default_factory=lambda: token_hex(8))

    def check(self, table: Table, slice_date: date, frame: pd.DataFrame) -> None:
        """Checks that no key comes twice in a slice, NULL being equal to NULL.

        Raises:
            RepeatedKey: one does; nothing of this stream may be loaded.
        """
        if not table.key:
            return
        seen = self._seen.setdefault((table.name, slice_date), set())
        known = len(seen)
        seen.update(pd.util.hash_pandas_object(_key(table, frame), index=False, hash_key=self._salt).tolist())
        if (twice := len(frame) - (len(seen) - known)) > 0:
            raise RepeatedKey(
                f"Framing {table.name} of {slice_date}: {twice} rows have the key ({', '.join(table.key)}) of "
                "another row. The slice keeps what it had; clear the pull to ask Zoom again, and if it stays so, "
                "the table needs another key."
            )


def _key(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The key of each row; a column that only stands in for another one is NULL where that one is not."""
    standing_in = {
        column: frame[column].where(frame[other].isna()) for column, other in table.key_fallback.items()
    }
    return frame[list(table.key)].assign(**standing_in)
