"""Twin or repeat: which rows of a list without a key are there, and which only came twice.

Participants have no key: a person who joins twice in the same second gives two equal rows, and a list that
moves while it is paged gives equal rows as well. Nothing in a row tells the two apart; the pages and Zoom's
`total_records` do.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import orjson

from include.zoom.errors import IncompleteData

Record = dict[str, Any]
Rows = list[tuple[str, Record]]


class Unsettled(IncompleteData):
    """The pages don't say which rows are there: ask the parent once more, then fail."""


def settle(
    pages: Sequence[Sequence[Record]], total: int | None, *, asked_again: bool = False
) -> list[Record]:
    """The rows of one parent that are really there, in the order in which they came.

    With `n` rows received and Zoom's `total`:

    - `n = total`: all of them. Equal rows on different pages may then still be one row that came twice while
      another was missed: unsettled the first time, believed when a second answer is as complete.
    - `n > total`: each distinct row as often as the one page that holds it most often (a page doesn't repeat
      itself), which must give `total`.
    - no `total`: unsettled the first time; the second time all rows, unless equal ones stand on different
      pages.
    - anything else is unsettled, the second time too.

    Args:
        pages: the records of each page of one listing and parent.
        total: `total_records` as Zoom gave it; None where it gave none.
        asked_again: these pages are the answer to a second question. `frame` says so always: what it reads
            from landing, pull has let through.

    Raises:
        Unsettled: see above.
    """
    received = sum(len(page) for page in pages)
    if received == total and (asked_again or len(pages) == 1):
        return list(chain.from_iterable(pages))
    keyed = [[(content(row), row) for row in page] for page in pages]
    if total is not None and received > total:
        return _without_repeats(keyed, received, total)
    if total is not None and received < total:
        raise Unsettled(f"{received} rows came where Zoom counts {total}. {_ASK_AGAIN}")
    if not _clear(keyed, total, asked_again=asked_again):
        counted = "equal rows stand on different pages" if total is not None else "Zoom gave no count"
        raise Unsettled(f"{received} rows came and {counted}. {_ASK_AGAIN}")
    return [row for page in keyed for _, row in page]


def most_of(groups: Sequence[Sequence[Record]]) -> list[Record]:
    """Each distinct row as often as the one group (a page, a window) that has it most often, in their order.

    For lists without a key and without a total: a page repeats no row of itself, but a list that moves repeats
    rows on the next page, and two windows share a day.
    """
    if len(groups) == 1:
        return list(groups[0])
    keyed = [[(content(row), row) for row in group] for group in groups]
    return list(_first(keyed, _most(keyed)))


_ASK_AGAIN = "Ask for this list once more; if it stays so, nothing of it is loaded."


def content(row: Any) -> str:  # noqa: ANN401 (whatever JSON holds)
    """A row's content as text, equal for equal rows whatever the order of their keys."""
    try:
        return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError:
        # A lone surrogate, or an integer beyond 64 bits: orjson takes neither.
        return json.dumps(row, sort_keys=True)


def _clear(pages: Sequence[Rows], total: int | None, *, asked_again: bool) -> bool:
    if total is None:
        return asked_again and not _on_different_pages(pages)
    return asked_again or not _on_different_pages(pages)


def _on_different_pages(pages: Sequence[Rows]) -> bool:
    seen = Counter(chain.from_iterable({key for key, _ in page} for page in pages))
    return any(count > 1 for count in seen.values())


def _without_repeats(pages: Sequence[Rows], received: int, total: int) -> list[Record]:
    most = _most(pages)
    if most.total() != total:
        raise Unsettled(
            f"{received} rows came where Zoom counts {total}; without those that only came twice there are "
            f"{most.total()}. {_ASK_AGAIN}"
        )
    return list(_first(pages, most))


def _most(pages: Sequence[Rows]) -> Counter[str]:
    most: Counter[str] = Counter()
    for page in pages:
        # Not `|=`, which looks through all that came before with each page.
        for key, count in Counter(key for key, _ in page).items():
            most[key] = max(most[key], count)
    return most


def _first(pages: Sequence[Rows], most: Counter[str]) -> Iterator[Record]:
    left = most.copy()
    for key, row in chain.from_iterable(pages):
        if left[key] > 0:
            left[key] -= 1
            yield row
