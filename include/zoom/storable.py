"""What a warehouse can't store in text and JSON: NUL and lone surrogates, which become U+FFFD."""

import json
import re
from typing import Any

import orjson

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text with U+FFFD for each character that PostgreSQL takes in neither `text` nor `jsonb`."""
    return _UNSTORABLE.sub("\ufffd", text)


def json_text(value: Any) -> tuple[str, bool]:  # noqa: ANN401 - whatever JSON holds
    """A value as JSON text, and whether characters of it were replaced."""
    try:
        text = orjson.dumps(value)
    except TypeError:
        # A lone surrogate, or an integer beyond 64 bits, which only the standard library writes.
        pass
    else:
        if b"\\u0000" not in text:
            return text.decode(), False
    cleaned = _storable(value)
    return json.dumps(cleaned, ensure_ascii=False, separators=(",", ":")), cleaned != value


def _storable(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value
