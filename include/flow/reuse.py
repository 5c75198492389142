"""What a pull need not ask again: units of final days whose parents have not changed since an earlier attempt."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from include.landing import Attempt, Landing, LandingDamaged, Manifest
from include.landing.finals import Final, ask_anew, finals, point
from include.zoom.fanout import Dated, root_records
from include.zoom.pages import Page, unit_id
from include.zoom.reuse import settling_parent, unchanged, units_of
from include.zoom.stream import Parent, Stream

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reuse:
    """The final days of one pull of a stream whose parents tell whether they have changed."""

    landing: Landing
    stream: Stream
    by: Parent
    parent: Stream
    parents: Manifest
    """The attempt that gave the parents' records."""

    def ask_anew(self, days: Iterable[date], now: datetime) -> None:
        """Has this pull, and those that begin meanwhile, ask Zoom."""
        ask_anew(self.landing, self.parents.account, self.stream, days, since=now)

    def fill(self, attempt: Attempt, days: Iterable[date], settings: Mapping[str, str]) -> None:
        """Takes over what has not changed; what cannot be read is asked.

        The extraction is as new as the parents' then, which were seen to be unchanged. So nothing is taken that was
        extracted after they were: the older parents could not tell.
        """
        found = finals(self.landing, self.parents.account, self.stream, days, settings=settings)
        for final in found:
            if final.manifest.extracted_at <= self.parents.extracted_at:
                attempt.take_over(self._units(final, attempt), confirmed_at=self.parents.extracted_at)
        if taken := attempt.taken_over():
            _log.info("%d lists of parents that have not changed are taken over, not asked.", taken)

    def point(self, manifest: Manifest) -> None:
        """Has later pulls find what this one has finished."""
        point(self.landing, self.stream, manifest, self.parents)

    def _units(self, final: Final, attempt: Attempt) -> Iterator[list[Page]]:
        finished = set(attempt.finished())
        try:
            same = unchanged(
                self.by,
                self._records(final.parents, final.days),
                self._records(self.parents, final.days),
            )
            for unit in units_of(self.landing.pages(final.manifest), same):
                if unit_id(unit[0].listing, unit[0].parent) not in finished:
                    yield unit
        except LandingDamaged as error:
            _log.warning("%s What is not taken over from it is asked.", error)

    def _records(self, manifest: Manifest, days: Iterable[date]) -> Iterator[Dated]:
        return root_records(self.parent, self.landing.pages(manifest), set(days))


def reuse(
    landing: Landing, stream: Stream, catalogue: Mapping[str, Stream], parents: Manifest | None
) -> Reuse | None:
    """What a pull may take over; None where a parent does not tell whether its lists have changed."""
    by = settling_parent(stream)
    if by is None or parents is None:
        return None
    return Reuse(landing, stream, by, catalogue[by.stream], parents)
