"""Whether what came is everything that Zoom says is there."""

from typing import Any

from include.zoom.client import RawPage
from include.zoom.errors import IncompleteData
from include.zoom.pages import Record
from include.zoom.seats import content, settle
from include.zoom.stream import Listing


class Completeness:
    """Counts one list of one parent and window, page by page."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._known: set[tuple[Any, ...]] = set()
        self._pages: list[list[Record]] = []
        self._total: int | None = None

    def add(self, page: RawPage) -> None:
        """Takes a page into account; the last one's total counts."""
        self._total = page.total
        if not self._listing.counts_records:
            return
        if self._listing.identity:
            self._known.update(self._identity(record) for record in page.records)
        else:
            self._pages.append(page.records)

    def check(self, *, asked_again: bool) -> None:
        """Raises `IncompleteData` where records are missing, too many, or may be twins or repeats."""
        if not self._listing.counts_records:
            return
        if not self._listing.identity:
            settle(self._pages, self._total, asked_again=asked_again)
        elif self._total is not None and len(self._known) != self._total:
            raise IncompleteData(
                f"GET {self._listing.path}: {len(self._known)} different records came where Zoom counts "
                f"{self._total}, {'also when asked again' if asked_again else 'so it is asked again'}. "
                "Nothing of it is loaded; try again when Zoom's lists have settled."
            )

    def _identity(self, record: Record) -> tuple[Any, ...]:
        values = tuple(record.get(name) or None for name in self._listing.identity)
        return values if any(value is not None for value in values) else (content(record),)
