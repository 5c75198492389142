"""A table's typed rows as a policy on personal data wants them, before anything is written."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from include.zoom.layout import EXTRA, ROOT, arrow_type, taken_columns
from include.zoom.pages import parse_json
from include.zoom.privacy import Policy, Word, hash_of
from include.zoom.storable import json_text
from include.zoom.stream import Column, Stream, Table, Type

Path = tuple[str, ...]


def withheld(policy: Policy, stream: Stream, table: Table, frame: pd.DataFrame) -> pd.DataFrame:
    """The rows with their personal columns hashed or NULL, and `_extra` without what didn't fit such a column."""
    words = policy.words(stream, table)
    if not words:
        return frame
    columns = [column for column in (*taken_columns(table), EXTRA) if column.name in words]
    done = {column.name: _changed(frame, column, words[column.name], policy.key) for column in columns}
    if EXTRA.name not in done:
        done[EXTRA.name] = _without_misfits(_array(frame, EXTRA), [column.path for column in columns])
    return frame.assign(**{name: _series(array, frame.index) for name, array in done.items()})


def hashed(texts: pa.Array, key: bytes) -> pa.Array:
    """Each text as a keyed hash; NULL stays NULL."""
    distinct = texts.dictionary_encode()
    hashes = pa.array([hash_of(text, key) for text in distinct.dictionary.to_pylist()], pa.string())
    return hashes.take(distinct.indices)


def _changed(frame: pd.DataFrame, column: Column, word: Word, key: bytes) -> pa.Array:
    if word is Word.HASH:
        return hashed(_array(frame, column), key)
    return _of_json(pa.nulls(len(frame), pa.string())) if column.type is Type.JSON else _nulls(frame, column)


def _nulls(frame: pd.DataFrame, column: Column) -> pa.Array:
    return pa.nulls(len(frame), arrow_type(column.type))


def _array(frame: pd.DataFrame, column: Column) -> pa.Array:
    array = pa.array(frame[column.name], arrow_type(column.type))
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _series(array: pa.Array, index: pd.Index) -> pd.Series:
    return pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([array])), index=index)


def _of_json(texts: pa.Array) -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.json_(), texts)


def _without_misfits(extras: pa.Array, paths: Sequence[Path]) -> pa.Array:
    """Where a value does not fit its column, `_extra` holds it, at the column's path in the record or its root."""
    texts = [None if text is None else _without(text, paths) for text in extras.to_pylist()]
    return _of_json(pa.array(texts, pa.string()))


def _without(text: str, paths: Sequence[Path]) -> str | None:
    extra = parse_json(text.encode())
    for path in paths:
        _remove(extra, path)
        _remove(extra, (ROOT, *path))
    return json_text(extra)[0] if extra else None


def _remove(value: Any, path: Path) -> None:  # noqa: ANN401 - whatever JSON holds
    if not isinstance(value, dict) or path[0] not in value:
        return
    if len(path) == 1:
        del value[path[0]]
        return
    _remove(value[path[0]], path[1:])
    if value[path[0]] == {}:
        del value[path[0]]
