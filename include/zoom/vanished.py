"""Who was there in the last snapshot and is in no list today: gone, or lost by the list?"""

import json
from collections.abc import Collection, Iterable
from dataclasses import replace
from string import Formatter

from include.zoom.pages import Page, value_at
from include.zoom.stream import Column, Listing, Stream

_SHARE = 5
_ALWAYS_ASKED = 100


def confirming(stream: Stream) -> tuple[int, Listing] | None:
    """The listing that tells of one record whether it is gone, with its index; None where the stream has none."""
    return next(((at, listing) for at, listing in enumerate(stream.lists) if listing.confirms), None)


def confirmed_column(stream: Stream) -> Column | None:
    """The column of the stream's first table that is asked by; None where nothing is asked."""
    if (found := confirming(stream)) is None:
        return None
    ((_, name, _, _),) = Formatter().parse(found[1].path)
    return next(column for column in stream.tables[0].columns if column.name == name)


def vanished(stream: Stream, known: Collection[str], pages: Iterable[Page]) -> set[str]:
    """Those of `known` whom none of the stream's lists has."""
    left, column = set(known), confirmed_column(stream)
    for page in pages:
        listing = stream.lists[page.listing]
        if column is not None and not listing.confirms:
            left.difference_update(str(value_at(record, column.path)) for record in page.records(listing))
    return left


def most_that_vanish(known: int) -> int:
    """How many of so many are asked one by one; more than a slice may lose unseen must not vanish."""
    return max(_ALWAYS_ASKED, known // _SHARE)


def as_listed(stream: Stream, page: Page) -> Page:
    """A record that was asked by itself with the fields that a list's has: the others would look like a change."""
    listed = {column.path[0] for column in stream.tables[0].columns}
    kept = {name: value for name, value in page.payload().items() if name in listed}
    return replace(page, body=json.dumps(kept).encode())
