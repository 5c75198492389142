"""Pages: a token holds where to go on, since when, and a seal over the list and its parameters.

Nothing is stored for a token, so a list of any length costs one page of memory.
"""

import base64
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from typing import Any

from include.sandbox.chance import draw

TOKEN_SECONDS = 15 * 60
DEFAULT_SIZE = 30
_LAYOUT = struct.Struct(">Iqq")
_SEAL_BYTES = 8

Row = dict[str, Any]
Walk = Callable[[int], Iterator[tuple[int, Row]]]
"""From a position on: each row with its position, in growing order."""


class InvalidPageTokenError(Exception):
    """The token is too old, of another list, or was used with other parameters."""


@dataclass(frozen=True)
class Page:
    """The rows of a page; `token` is empty on the last."""

    rows: list[Row]
    token: str


class Pager:
    """Cuts walks into pages."""

    def __init__(self, seed: int, seconds: Callable[[], float], repeat_percent: int) -> None:
        self._seed = seed
        self._seconds = seconds
        self._repeat_percent = repeat_percent
        self._cut = 0

    def page(self, walk: Walk, *, size: int, token: str, listing: str) -> Page:
        """The page that `token` stands for, the first one without.

        Now and then a page after the first begins with the last row of the page before it, as happens where
        a list moves while it is paged.
        """
        position, last = self._opened(token, listing) if token else (0, -1)
        self._cut += 1
        repeated = last >= 0 and draw(self._seed, "repeat", self._cut).randrange(100) < self._repeat_percent
        start = last if repeated and size > 1 else position
        rows = list(islice(walk(start), size + 1))
        if len(rows) <= size:
            return Page([row for _, row in rows], "")
        return Page([row for _, row in rows[:size]], self._token(rows[size][0], rows[size - 1][0], listing))

    def _token(self, position: int, last: int, listing: str) -> str:
        packed = _LAYOUT.pack(int(self._seconds()), position, last)
        return base64.urlsafe_b64encode(packed + self._seal(packed, listing)).decode().rstrip("=")

    def _opened(self, token: str, listing: str) -> tuple[int, int]:
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError as error:
            raise InvalidPageTokenError from error
        packed, seal = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
        if seal != self._seal(packed, listing):
            raise InvalidPageTokenError
        issued, position, last = _LAYOUT.unpack(packed)
        if self._seconds() - issued > TOKEN_SECONDS:
            raise InvalidPageTokenError
        return position, last

    def _seal(self, packed: bytes, listing: str) -> bytes:
        key = str(self._seed).encode()
        return blake2b(packed + listing.encode(), key=key, digest_size=_SEAL_BYTES).digest()


def over(items: Sequence[Any], row: Callable[[Any], Row]) -> Walk:
    """A walk over something that can be counted; rows are made only when reached."""
    return lambda position: ((at, row(items[at])) for at in range(position, len(items)))


def page_size(asked: Mapping[str, str], largest: int) -> int:
    """The size Zoom uses: what was asked, cut to what the list allows."""
    text = asked.get("page_size", "")
    return min(max(int(text), 1), largest) if text.isdecimal() else DEFAULT_SIZE


def counted(total: int, size: int) -> Row:
    """The three fields with which most lists count."""
    return {"page_count": -(-total // size), "page_size": size, "total_records": total}
