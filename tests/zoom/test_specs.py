"""Every declaration is what Zoom's own files describe, but for the differences that `deviations` lists with a reason."""

from collections.abc import Iterator
from typing import Any

import pytest

from include.zoom.catalog import SOURCES, STREAMS
from include.zoom.redact import is_secret
from include.zoom.stream import Asked, Column, Form, Listing, Stream, Table, Type
from tests.specs import Endpoint, anonymous, endpoint, endpoints, fields, needs_specs
from tests.zoom.deviations import DEVIATIONS
from tests.zoom.not_pulled import not_pulled

pytestmark = needs_specs

EVERY = [*STREAMS.values(), *(stream for by in SOURCES.values() for stream in list(by.values())[1:])]
"""Each stream, and each other source of those that have several."""
_ASKS: dict[Asked, tuple[str, ...]] = {Asked.ALWAYS_ALL: (), Asked.YEAR_MONTH: ("year", "month")}
_FROM_TO = ("from", "to")
# By the type and format of Zoom's files, the column types that hold every such value.
_FITTING: dict[tuple[str, str], tuple[Type, ...]] = {
    ("string", "date-time"): (Type.TIMESTAMP,),
    ("string", "date"): (Type.DATE,),
    ("string", ""): (Type.TEXT,),
    ("integer", ""): (Type.BIGINT,),
    ("number", ""): (Type.DOUBLE,),
    ("boolean", ""): (Type.BOOLEAN,),
    ("array", ""): (Type.JSON,),
    ("object", ""): (Type.JSON,),
}


@pytest.mark.parametrize("name", list(STREAMS))
def test_a_declaration_is_what_zoom_describes(name: str) -> None:
    """Paths, parameters, list keys, totals, echoes, labels, scopes, fields and their types, from each source."""
    found = {told for stream in EVERY if stream.name == name for told in differences(stream)}
    assert sorted(found) == sorted(DEVIATIONS.get(name, {}))


def test_each_list_of_zooms_files_is_pulled_or_left_out_for_a_reason() -> None:
    """The report of what is not pulled names exactly the lists that no stream asks."""
    pulled = {anonymous(listing.path) for stream in EVERY for listing in stream.lists}
    left = {found.path for path, found in endpoints().items() if found.lists() and path not in pulled}
    reasons = not_pulled()
    assert sorted(reasons) == sorted(left)
    assert all(reasons.values())


def differences(stream: Stream) -> Iterator[str]:
    """What is not as Zoom's files say."""
    for listing in {(each.path, *each.params): each for each in stream.lists}.values():
        found = endpoint(listing.path)
        if found is None:
            yield f"GET {listing.path} is not described"
        else:
            yield from _asking(listing, found)
            yield from _answer(listing, found)
            yield from _scopes(stream, listing, found)
            told = _fields(stream, listing, found)
            # Who is asked for to be confirmed is kept as the lists tell of others.
            yield from (each for each in told if not (listing.confirms and ": no column for " in each))


def _asking(listing: Listing, found: Endpoint) -> Iterator[str]:
    sent = {*listing.params, *_ASKS.get(listing.asked, _FROM_TO)} | (
        {"page_size", "next_page_token"} if listing.paged else set()
    )
    yield from (
        f"GET {listing.path} has no parameter {name}" for name in sorted(sent - found.parameters.keys())
    )
    for name, value in listing.params.items():
        allowed = found.parameters.get(name, {}).get("enum")
        if allowed and "{" not in value and value not in map(str, allowed):
            yield f"GET {listing.path} has no {name}={value}"
    largest = found.parameters.get("page_size", {}).get("maximum")
    if listing.paged and largest and listing.page_size > largest:
        yield f"GET {listing.path} gives at most {largest} at once"
    if not listing.paged and "next_page_token" in found.parameters:
        yield f"GET {listing.path} is paged"
    if found.label and listing.label.upper().removeprefix("PHONE_") != found.label:
        yield f"GET {listing.path} is labelled {found.label}"


def _answer(listing: Listing, found: Endpoint) -> Iterator[str]:
    names = fields(found.schema)
    if not listing.whole and listing.list_key not in found.lists():
        yield f"GET {listing.path} has no list {listing.list_key}"
    if listing.whole and listing.list_key not in names:
        yield f"GET {listing.path} has no field {listing.list_key}"
    if listing.counts_records != ("total_records" in names):
        yield f"GET {listing.path} {'has' if 'total_records' in names else 'has no'} total_records"
    asks_window = listing.asked in (Asked.FROM_TO, Asked.FROM_TO_TIMES)
    if asks_window and listing.echoes_window != ({"from", "to"} <= names.keys()):
        yield f"GET {listing.path} {'has' if 'from' in names else 'has no'} from and to"


def _scopes(stream: Stream, listing: Listing, found: Endpoint) -> Iterator[str]:
    if not set(scopes := listing.scopes or stream.scopes) & found.granular_scopes:
        yield f"GET {listing.path} is not opened by {' '.join(scopes)}"
    if not set(stream.classic_scopes) & found.scopes:
        yield f"GET {listing.path} is not opened by {' '.join(stream.classic_scopes)}"


def _fields(stream: Stream, listing: Listing, found: Endpoint) -> Iterator[str]:
    if not listing.whole and listing.list_key not in found.lists():
        return
    record = found.record(listing.list_key, whole=listing.whole)
    carried = {name: inner for name, inner in fields(found.schema).items() if name in listing.carried}
    record = {**record, "properties": {**record.get("properties", {}), **carried}}
    lists = {table.records for table in stream.tables if table.records}
    roots = [table for table in stream.tables if table.records is None]
    inherited = tuple(column for table in stream.tables for column in table.inherited)
    yield from _compared(
        roots[0].name if roots else stream.name, roots[0].columns if roots else inherited, record, lists
    )
    for table in stream.tables:
        inner = fields(record).get(table.records or "", {}).get("items")
        if inner:
            yield from _compared(table.name, table.columns, inner, set())
        elif table.records:
            yield f"{table.name}: there is no list {table.records}"


def _compared(
    name: str, columns: tuple[Column, ...], schema: dict[str, Any], lists: set[str]
) -> Iterator[str]:
    described = dict(_paths(schema, {column.path for column in columns}))
    for path in described.keys() - {column.path for column in columns}:
        if path[0] not in lists and not any(map(is_secret, path)) and path[-1] != "next_page_token":
            yield f"{name}: no column for {'.'.join(path)}"
    for column in columns:
        if column.path not in described:
            yield f"{name}.{column.name} is not described"
        elif column.form is Form.PLAIN and not _fits(column, described[column.path]):
            yield f"{name}.{column.name} is {column.type} where Zoom has {_told(described[column.path])}"


def _paths(
    schema: dict[str, Any], declared: set[tuple[str, ...]], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Fields by path, into an object only where some of its own fields are declared."""
    for name, inner in fields(schema).items():
        path = (*above, name)
        if fields(inner) and any(len(each) > len(path) and each[: len(path)] == path for each in declared):
            yield from _paths(inner, declared, path)
        else:
            yield path, inner


def _fits(column: Column, schema: dict[str, Any]) -> bool:
    if "type" not in schema:
        return column.type is Type.JSON
    return column.type in _FITTING.get(
        (schema["type"], schema.get("format", "")), _FITTING.get((schema["type"], ""), ())
    )


def _told(schema: dict[str, Any]) -> str:
    return " ".join(part for part in (schema.get("type", "no type"), schema.get("format", "")) if part)


def test_a_table_is_checked() -> None:
    """The comparison finds a wrong type, a missing column and one too many."""
    schema = {
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}, "password": {"type": "string"}}
    }
    table = Table("t", "", (Column("id"), Column("size", Type.BIGINT)), key=("id",))
    assert sorted(_compared(table.name, table.columns, schema, set())) == [
        "t.id is text where Zoom has integer",
        "t.size is not described",
        "t: no column for name",
    ]
