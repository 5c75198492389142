"""The declarations fit together, and with Zoom's own descriptions."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from include.zoom.catalog import STREAMS, streams
from include.zoom.redact import is_secret
from include.zoom.stream import Stream, Type

Json = Any
EVERY = [*STREAMS.values(), streams({"participants_source": "report"})["meeting_participants"]]
SPECS = os.environ.get("ZOOM_SPECS")
# Zoom describes them in a file that was not to be had.
NOT_DESCRIBED = ("/roles", "/metrics/", "/rooms", "/report/chat/")
# What only answers to other parameters have.
NOT_ASKED = {
    "user_settings": {
        "allow_authentication_exception",
        "authentication_options",
        "meeting_authentication",
        "meeting_security",
        "recording_authentication",
    }
}


def test_parents_stand_before_their_children() -> None:
    """So that running in the catalogue's order always finds them."""
    names = list(STREAMS)
    assert all(
        names.index(stream.parent.stream) < names.index(stream.name) for stream in EVERY if stream.parent
    )


@pytest.mark.parametrize("stream", EVERY, ids=lambda stream: stream.lists[0].path)
def test_keys_and_numbering_name_columns(stream: Stream) -> None:
    """And no column is declared twice, or is a secret."""
    for table in stream.tables:
        names = [column.name for column in (*table.columns, *table.inherited, *table.from_parent)]
        numbered = [*names, "_ordinal"] if table.numbered_within else names
        assert len(set(names)) == len(names)
        assert {*table.key, *table.numbered_within} <= set(numbered)
        assert not any(is_secret(part) for column in table.columns for part in column.path)
        assert all(column.comment for column in table.columns)


def test_both_lists_of_participants_fill_the_same_table() -> None:
    """The setting changes what is asked, not the warehouse."""
    assert (
        streams({"participants_source": "report"})["meeting_participants"].tables
        == STREAMS["meeting_participants"].tables
    )


@pytest.mark.skipif(not SPECS, reason="ZOOM_SPECS does not name the folder of Zoom's OpenAPI files")
@pytest.mark.parametrize("stream", EVERY, ids=lambda stream: stream.lists[0].path)
def test_every_field_that_zoom_describes_is_a_column_or_a_secret(stream: Stream) -> None:
    """Fields of the listed records, and of the records within them that have a table of their own."""
    listing = stream.lists[0]
    if listing.path.startswith(NOT_DESCRIBED):
        pytest.skip("Zoom's file is not there")
    document, answer = _response(listing.path)
    record = answer if listing.whole else _fields(document, answer)[listing.list_key]["items"]
    for table in stream.tables:
        schema = _fields(document, record)[table.records]["items"] if table.records else record
        declared = {column.path[0]: column for column in table.columns}
        inner = {other.records for other in stream.tables if other.records}
        described = {
            name: field
            for name, field in _fields(document, schema).items()
            if name not in inner | NOT_ASKED.get(stream.name, set()) and not is_secret(name)
        }
        assert set(described) <= set(declared)
        for name, field in described.items():
            nested = field.get("type") in ("array", "object")
            assert (declared[name].type is Type.JSON) == nested, name


def _response(path: str) -> tuple[Json, Json]:
    """The file that describes a list, and its answer's schema."""
    wanted = [part if not part.startswith("{") else "{}" for part in path.split("/")]
    for file in ("meetings", "users", "phone"):
        document = json.loads((Path(SPECS or "") / f"{file}.json").read_text())
        for described, item in document["paths"].items():
            if [part if not part.startswith("{") else "{}" for part in described.split("/")] == wanted:
                return document, item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    raise LookupError(path)


def _fields(document: Json, schema: Json) -> dict[str, Json]:
    return dict(_walk(document, schema))


def _walk(document: Json, schema: Json) -> Iterator[tuple[str, Json]]:
    if "$ref" in schema:
        found = document
        for part in schema["$ref"].split("/")[1:]:
            found = found[part]
        schema = found
    yield from schema.get("properties", {}).items()
    for branch in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _walk(document, branch)
