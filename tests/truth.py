"""Rows as plain tuples, from the sandbox's truth and from what was loaded, so that the two can be compared."""

import json
import re
from datetime import UTC, datetime
from typing import Any

from include.zoom.catalog import STREAMS
from include.zoom.forms import plain as number_of
from include.zoom.pages import value_at
from include.zoom.redact import is_secret
from include.zoom.stream import Column, Stream, Table, Type
from include.zoom.times import as_iso

Row = dict[str, Any]
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# Tokens in an address's query are removed before anything is written; what is left of it is compared.
_QUERY = re.compile(r"\?\S*")


def declared(name: str) -> tuple[Stream, Table]:
    """A table's declaration and its stream's."""
    return next(
        (stream, table) for stream in STREAMS.values() for table in stream.tables if table.name == name
    )


def told(table: Table, row: Row) -> tuple[Any, ...]:
    """A true row as a tuple of plain values: parents' and roots' columns by their names, its own by their source."""
    above = (*table.from_parent, *table.inherited)
    own = [as_plain(column, value_at(row, column.path)) for column in table.columns]
    return (*(as_plain(column, row[column.name]) for column in above), *own)


def stored(table: Table, row: Row) -> tuple[Any, ...]:
    """A loaded row as the same tuple."""
    every = (*table.from_parent, *table.inherited, *table.columns)
    return tuple(as_plain(column, row[column.name]) for column in every)


def as_plain(column: Column, value: Any) -> Any:
    """A value as both sides write it."""
    (value,) = number_of(column.form, [value])
    if value is None or value == "":
        return None
    if column.type is Type.JSON:
        parsed = json.loads(value) if isinstance(value, str) and value[:1] in '[{"' else value
        return _text(json.dumps(_without_secrets(parsed), sort_keys=True, ensure_ascii=False))
    if column.type is Type.TIMESTAMP:
        moment = datetime.fromisoformat(as_iso(value)) if isinstance(value, str) else value
        return moment.astimezone(UTC).isoformat()
    if column.type is Type.DATE:
        return str(value)
    return _text(value) if isinstance(value, str) else value


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_secrets(inner) for name, inner in value.items() if not is_secret(name)}
    return [_without_secrets(item) for item in value] if isinstance(value, list) else value


def _text(text: str) -> str:
    text = UNSTORABLE.sub("\ufffd", text)
    return _QUERY.sub("", text) if "://" in text else text
