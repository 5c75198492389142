"""A column of Zoom's values as an Arrow array of its declared type; what doesn't fit is handed back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from include.zoom.layout import arrow_type
from include.zoom.storable import json_text, storable_text
from include.zoom.stream import Type
from include.zoom.times import as_iso

_NONE = type(None)
_PYTHON_TYPES: dict[Type, frozenset[type]] = {
    Type.TEXT: frozenset({str, _NONE}),
    # bool is no int here, and pyarrow would cut 1.5 to 1 in silence.
    Type.BIGINT: frozenset({int, _NONE}),
    Type.DOUBLE: frozenset({int, float, _NONE}),
    Type.BOOLEAN: frozenset({bool, _NONE}),
    Type.TIMESTAMP: frozenset({str, _NONE}),
    Type.DATE: frozenset({str, _NONE}),
}
_AS_TEXT = frozenset({Type.TEXT, Type.TIMESTAMP, Type.DATE})
_UNFIT = (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError)


@dataclass(frozen=True)
class Fitted:
    """An array with NULL where a value didn't fit, those values by row, and how many texts were mended."""

    array: pa.Array
    misfits: dict[int, Any]
    replaced: int = 0


def fit(kind: Type, values: list[Any]) -> Fitted:
    """The values as a column of this type; `""` is NULL, and so is what doesn't fit exactly."""
    whole = _whole(kind, values)
    return _fit_each(kind, values) if whole is None else Fitted(whole, {})


def missing(kind: Type, rows: int) -> pa.Array:
    """A column without a value."""
    if kind is Type.JSON:
        return pa.ExtensionArray.from_storage(pa.json_(), pa.nulls(rows, pa.string()))
    return pa.nulls(rows, arrow_type(kind))


def _whole(kind: Type, values: list[Any]) -> pa.Array | None:
    """The column where all values fit it as they are, as nearly all columns' do; None where each must be looked at."""
    try:
        if kind is Type.JSON:
            return _whole_json(values)
        if kind in _AS_TEXT:
            return _whole_text(kind, values)
        if not set(map(type, values)) <= _PYTHON_TYPES[kind]:
            return None
        return pa.array(values, arrow_type(kind))
    except (*_UNFIT, UnicodeEncodeError, TypeError):
        return None


def _whole_text(kind: Type, values: list[Any]) -> pa.Array | None:
    texts = pa.array(values, pa.string())
    if _holds(texts, b"\0"):
        return None
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if kind is Type.TEXT:
        return texts
    if kind is Type.TIMESTAMP and not pc.all(pc.ends_with(texts, "Z"), min_count=0).as_py():
        return None
    return texts.cast(arrow_type(kind))


def _whole_json(values: list[Any]) -> pa.Array | None:
    # bytes, which Arrow takes as UTF-8: the text would be made twice.
    texts = [None if value is None or value == "" else orjson.dumps(value).decode() for value in values]
    storage = pa.array(texts, pa.string())
    return None if _holds(storage, b"\\u0000") else pa.ExtensionArray.from_storage(pa.json_(), storage)


def _holds(texts: pa.Array, part: bytes) -> bool:
    data = texts.buffers()[2]
    return data is not None and part in data.to_pybytes()


def _fit_each(kind: Type, values: list[Any]) -> Fitted:
    values = [None if value == "" else value for value in values]
    if kind is Type.JSON:
        return _fit_json(values)
    misfits = _of_other_types(kind, values)
    kept = [None if row in misfits else value for row, value in enumerate(values)] if misfits else values
    replaced = 0
    if kind is Type.TEXT:
        kept, replaced = _storable(kept)
    try:
        return Fitted(_convert(kind, kept), misfits, replaced)
    except _UNFIT:
        return _fit_one_by_one(kind, kept, misfits)


def _fit_json(values: list[Any]) -> Fitted:
    texts = [None if value is None else json_text(value) for value in values]
    storage = pa.array([text and text[0] for text in texts], pa.string())
    replaced = sum(1 for text in texts if text and text[1])
    return Fitted(pa.ExtensionArray.from_storage(pa.json_(), storage), {}, replaced)


def _of_other_types(kind: Type, values: list[Any]) -> dict[int, Any]:
    allowed = _PYTHON_TYPES[kind]
    return {row: value for row, value in enumerate(values) if type(value) not in allowed}


def _storable(texts: list[str | None]) -> tuple[list[str | None], int]:
    mended = [text and storable_text(text) for text in texts]
    return mended, sum(1 for new, old in zip(mended, texts, strict=True) if new != old)


def _fit_one_by_one(kind: Type, values: list[Any], misfits: dict[int, Any]) -> Fitted:
    misfits = misfits | {row: value for row, value in enumerate(values) if not _fits(kind, value)}
    kept = [None if row in misfits else value for row, value in enumerate(values)]
    return Fitted(_convert(kind, kept), misfits)


def _fits(kind: Type, value: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    try:
        _convert(kind, [value])
    except _UNFIT:
        return False
    return True


def _convert(kind: Type, values: list[Any]) -> pa.Array:
    return _CONVERSIONS.get(kind, _plainly)(kind, values)


def _plainly(kind: Type, values: list[Any]) -> pa.Array:
    return pa.array(values, arrow_type(kind))


def _from_text(kind: Type, values: list[Any]) -> pa.Array:
    return _texts(values).cast(arrow_type(kind))


def _times(kind: Type, values: list[Any]) -> pa.Array:
    # Arrow's cast is exact: it refuses a seventh digit, a 30th of February, a date alone; and all of Zoom's own forms.
    return _texts([value and as_iso(value) for value in values]).cast(arrow_type(kind))


def _texts(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError as error:
        raise pa.ArrowInvalid("a lone surrogate is no part of a time") from error


_CONVERSIONS: dict[Type, Callable[[Type, list[Any]], pa.Array]] = {
    Type.TIMESTAMP: _times,
    Type.DATE: _from_text,
}
