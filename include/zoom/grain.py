"""The grain of a table: one row per key and slice, numbered where Zoom gives no key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from secrets import token_hex
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from include.zoom.errors import RepeatedKey
from include.zoom.layout import ORDINAL
from include.zoom.seats import content
from include.zoom.stream import Table

Hashes = npt.NDArray[np.uint64]

_SALT = token_hex(8)  # two processes never hash alike: no data can be made to collide
_NULL = np.uint64(0x9E3779B97F4A7C15)


def numbered(frame: pd.DataFrame, within: Sequence[str], told: Callable[[int], Any]) -> pd.DataFrame:
    """Adds `_ordinal`: 1, 2, … over rows that are equal in `within`, in the order of their records' content.

    By content, not by arrival: the same rows get the same numbers in every pull. `told` gives what tells a row,
    by its place, from one that is equal in `within`.
    """
    ordinal = pd.Series(1, index=frame.index, dtype="int64[pyarrow]")
    columns = list(within)
    # Of equal hash, so perhaps equal: only these are compared.
    twins = pd.Series(_hashes(frame[columns]), index=frame.index).duplicated(keep=False)
    if twins.any():
        alike = frame.loc[twins, columns]
        alike = alike.assign(_content=[content(told(row)) for row in alike.index]).sort_values("_content")
        # Without dropna=False guests, who have no id, are numbered NaN.
        ordinal[alike.index] = alike.groupby(columns, dropna=False).cumcount() + 1
    return frame.assign(**{ORDINAL.name: ordinal})


@dataclass
class Keys:
    """The keys of each slice, as hashes of 64 bits: eight bytes a row."""

    _seen: dict[tuple[str, date], bytearray] = field(default_factory=dict)

    def add(self, table: Table, slice_date: date, frame: pd.DataFrame) -> None:
        """Takes the keys of some rows of a slice."""
        if table.key:
            self._seen.setdefault((table.name, slice_date), bytearray()).extend(
                _hashes(_key(table, frame)).data
            )

    def check(self, tables: Sequence[Table]) -> None:
        """Checks that no key came twice in a slice, NULL being equal to NULL.

        Raises:
            RepeatedKey: one did; nothing of this stream may be loaded.
        """
        keys = {table.name: table.key for table in tables}
        for (name, slice_date), hashes in self._seen.items():
            if twice := _repeated(hashes):
                raise RepeatedKey(
                    f"Framing {name} of {slice_date}: {twice} rows have the key ({', '.join(keys[name])}) of "
                    "another row. The slice keeps what it had; clear the pull to ask Zoom again, and if it stays "
                    "so, the table needs another key."
                )


def _repeated(hashes: bytearray) -> int:
    ordered = np.frombuffer(hashes, np.uint64)
    ordered.sort()  # where they stand
    return int(np.count_nonzero(ordered[1:] == ordered[:-1]))


def _key(table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The key of each row; a column that only stands in for another one is NULL where that one is not."""
    standing_in = {
        column: frame[column].where(frame[other].isna()) for column, other in table.key_fallback.items()
    }
    return frame[list(table.key)].assign(**standing_in)


def _hashes(frame: pd.DataFrame) -> Hashes:
    """A hash of each row, the same for equal rows. Made from Arrow: pandas would make an object of each time."""
    columns = {name: _hashed(pa.array(frame[name])) for name in frame}
    return np.asarray(pd.util.hash_pandas_object(pd.DataFrame(columns), index=False), np.uint64)


def _hashed(values: pa.Array | pa.ChunkedArray) -> Hashes:
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    missing = values.is_null().to_numpy(zero_copy_only=False) if values.null_count else None
    if not pa.types.is_string(values.type):
        # As numbers, and without NULL, for which numpy would make floats of them.
        values = values.cast(pa.int32() if pa.types.is_date32(values.type) else pa.int64()).fill_null(0)
    hashes = pd.util.hash_array(values.to_numpy(zero_copy_only=False), hash_key=_SALT, categorize=False)
    return hashes if missing is None else np.where(missing, _NULL, hashes)
