"""A page of a Zoom list as landing keeps it: what was asked, for which parent, and the answer without secrets."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any, Self, cast

import orjson

from include.zoom.errors import UnexpectedAnswer
from include.zoom.stream import Listing

Record = dict[str, Any]

# orjson turns an integer beyond 64 bits into a float, silently. A table and a search for nineteen digits take a tenth
# of a regular expression's time, which was as much as all else of reading a page.
_DIGITS = bytes(ord("1") if chr(code) in "0123456789" else ord(" ") for code in range(256))
_OBJECTS = {dict}
_LONG_NUMBER = b"1" * 19


@dataclass(frozen=True)
class ParentKey:
    """Which parent record a page belongs to."""

    keys: Mapping[str, str]
    """Names as in `Parent.keys`."""
    slice_date: date | None
    """The day that the records inherit where `Parent.dates` says so."""
    may_lack: bool = field(default=False, compare=False)
    """Whether an answer that says there is nothing is as expected (`Parent.may_lack_below`)."""

    @cached_property
    def identity(self) -> str:
        """The same text for the same parent, in every try."""
        return json.dumps([dict(self.keys), self.slice_date and self.slice_date.isoformat()], sort_keys=True)


def unit_id(listing: int, parent: ParentKey | None) -> str:
    """The same text for the same list of the same parent, in every try of a pull."""
    return f"{listing}:{parent.identity if parent else ''}"


@dataclass(frozen=True)
class Page:
    """One answer of Zoom, secrets removed."""

    listing: int
    """Index into `Stream.lists`."""
    parent: ParentKey | None
    number: int
    """1..n within (listing, parent)."""
    asked: Mapping[str, str]
    """The query's parameters without the page token."""
    status: int
    received_at: datetime
    """The answer's `Date` header, UTC."""
    body: bytes
    """A JSON object in one line."""
    _told: tuple[int, int | None] | None = field(default=None, init=False, compare=False, repr=False)

    def counted(self, records: int, total: int | None) -> Self:
        """Itself, for whom somebody has counted: it is not parsed for that again."""
        object.__setattr__(self, "_told", (records, total))
        return self

    def count(self, listing: Listing) -> int:
        """How many records it has; raises as `records`."""
        return self._told[0] if self._told else len(self.records(listing))

    def records(self, listing: Listing) -> list[Record]:
        """The records of the page.

        Raises:
            UnexpectedAnswer: the list is missing or is not a list of objects.
        """
        return list_of(self.payload(), listing)

    def total_records(self) -> int | None:
        """How many records Zoom says the whole list has; None where it does not say."""
        return self._told[1] if self._told else total_of(self.payload())

    def payload(self) -> Record:
        """The whole answer."""
        return cast("Record", parse_json(self.body))

    def line(self) -> bytes:
        """The page as one line of NDJSON, without the line's end."""
        head = {
            "listing": self.listing,
            "parent": None if self.parent is None else dict(self.parent.keys),
            "slice_date": self.parent.slice_date if self.parent else None,
            "number": self.number,
            "asked": dict(self.asked),
            "status": self.status,
            "received_at": self.received_at,
        }
        return orjson.dumps(head)[:-1] + b',"body":' + self.body + b"}"

    @classmethod
    def from_line(cls, line: bytes) -> "Page":
        """The page that `line` gave."""
        head, _, body = line.rstrip(b"\n").partition(b',"body":')
        told = orjson.loads(head + b"}")
        day = told["slice_date"]
        parent = told["parent"]
        return cls(
            listing=told["listing"],
            parent=None if parent is None else ParentKey(parent, day and date.fromisoformat(day)),
            number=told["number"],
            asked=told["asked"],
            status=told["status"],
            received_at=datetime.fromisoformat(told["received_at"]),
            body=body[:-1],
        )


def parse_json(body: bytes) -> object:
    """JSON with every integer and character as Zoom sent it.

    orjson, except where it would lose something: integers beyond 64 bits and lone surrogates.
    """
    if _LONG_NUMBER in body.translate(_DIGITS):
        return json.loads(body)
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return json.loads(body)


def value_at(record: Any, path: tuple[str, ...]) -> Any:  # noqa: ANN401 (whatever JSON holds)
    """What stands in a record under a path of names; None where nothing does."""
    for name in path:
        if not isinstance(record, dict):
            return None
        record = record.get(name)
    return record


def list_of(payload: Mapping[str, Any], listing: Listing) -> list[Record]:
    """The records under the listing's key, or the answer itself where that is the one record."""
    if listing.whole:
        return [dict(payload)]
    records = payload.get(listing.list_key)
    if not isinstance(records, list) or not set(map(type, records)) <= _OBJECTS:
        raise UnexpectedAnswer(
            f"GET {listing.path} answered without a list of objects under {listing.list_key!r}. "
            "Nothing of it is loaded; Zoom may have changed its API."
        )
    around = {name: payload[name] for name in listing.carried if name in payload}
    return [around | record for record in records] if around else records


def total_of(payload: Mapping[str, Any]) -> int | None:
    """`total_records` where it is a number."""
    total = payload.get("total_records")
    return total if isinstance(total, int) and not isinstance(total, bool) else None
