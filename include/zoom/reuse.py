"""Which parents need not be asked again: those of a final day whose own record is what it was then.

A list of a meeting that is over (who was there, what they answered) changes no more when Zoom has settled it, and
what would change it shows in the meeting's record: its length, its participants, their minutes. A stream says so
with `Parent.settles`. Nothing else is taken over: a survey is answered for days, a recording watched for weeks.
"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator
from dataclasses import asdict, replace
from itertools import groupby

from include.zoom.fanout import Dated, parent_key
from include.zoom.pages import Page
from include.zoom.redact import without_secrets
from include.zoom.stream import Parent, Stream

_DIGEST_BYTES = 16


def settling_parent(stream: Stream) -> Parent | None:
    """The stream's parent where its records tell whether the stream's own have changed."""
    parent = stream.parent
    return parent if parent is not None and parent.settles and parent.dates else None


def lists_digest(stream: Stream) -> str:
    """The same text as long as the stream's lists are asked in the same way."""
    told = json.dumps([asdict(listing) for listing in stream.lists], sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()


def unchanged(parent: Parent, then: Iterable[Dated], now: Iterable[Dated]) -> set[str]:
    """The `ParentKey.identity` of each parent whose records are now what they were, all of them."""
    before = _digests(parent, then)
    return {identity for identity, found in _digests(parent, now).items() if before.get(identity) == found}


def units_of(pages: Iterable[Page], parents: Container[str]) -> Iterator[list[Page]]:
    """The pages of these parents, a list of one parent at a time; without what is a secret by today's rules."""
    for _, unit in groupby(pages, key=lambda page: (page.listing, page.parent)):
        first = next(unit)
        if first.parent is not None and first.parent.identity in parents:
            yield [replace(page, body=without_secrets(page.body)) for page in (first, *unit)]


def _digests(parent: Parent, records: Iterable[Dated]) -> dict[str, set[bytes]]:
    found: dict[str, set[bytes]] = {}
    for record, slice_date in records:
        if (key := parent_key(parent, record, slice_date)) is not None:
            found.setdefault(key.identity, set()).add(_digest(record))
    return found


def _digest(record: object) -> bytes:
    # json, not orjson: it takes integers of any length and lone surrogates.
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).digest()
