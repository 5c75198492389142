"""Nobody is shown as deleted because a list left him out: who vanished is asked for, one by one."""

import logging
from dataclasses import dataclass
from datetime import date

from include.landing import Attempt
from include.warehouse.last_snapshot import LastSnapshot, last_snapshot
from include.warehouse.session import Warehouse
from include.zoom.client import ZoomClient
from include.zoom.errors import Misconfigured, TooManyVanished
from include.zoom.pull import PullCounts, confirm
from include.zoom.stream import Stream
from include.zoom.vanished import confirmed_column, most_that_vanish, vanished

# What Zoom answers where the scope is missing that this one question takes.
_NO_SCOPE = frozenset({4700, 4711})
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Confirmation:
    """What is known of the last snapshot, and whether a run accepts that so many are gone."""

    stream: Stream
    last: LastSnapshot
    accept_shrink: bool
    today: date

    async def of(self, attempt: Attempt, client: ZoomClient, counts: PullCounts) -> None:
        """Asks for each who is in none of the pulled lists; who is there goes into the attempt.

        Without the scope that asking takes the lists stand as they are, and the check `vanished` warns.

        Raises:
            TooManyVanished: more than are asked one by one; the next try asks the lists anew.
            ZoomError: as `pull`.
        """
        missing = vanished(self.stream, self.last.values, attempt.pages())
        told = f"{len(missing)} of {len(self.last.values)} {self.stream.name} of {self.last.day} are in no list now"
        if len(missing) > most_that_vanish(len(self.last.values)):
            self._refuse_unless_accepted(attempt, told)
            return
        try:
            counts.gone, counts.kept = await confirm(
                self.stream, missing, client, sink=attempt, today=self.today
            )
        except Misconfigured as error:
            if error.code not in _NO_SCOPE:
                raise
            counts.unconfirmed = len(missing)
            _log.warning("%s and shown as deleted without being asked for: %s", told, error)
            return
        level = logging.WARNING if counts.kept else logging.INFO
        _log.log(level, "%s: %d are gone, %d are there and kept.", told, counts.gone, counts.kept)

    def _refuse_unless_accepted(self, attempt: Attempt, told: str) -> None:
        if not self.accept_shrink:
            attempt.start_over()
            raise TooManyVanished(
                f"{told}: too many to be asked for one by one. Nothing of it is loaded. If so many are really gone, "
                "run it with accept_shrink; else clear it when Zoom's lists are whole again."
            )
        _log.warning("%s; accept_shrink was given, so nobody is asked for.", told)


def confirmation(
    stream: Stream, warehouse: Warehouse, account: str, *, today: date, accept_shrink: bool
) -> Confirmation | None:
    """What is to be confirmed of a stream; None where it has no such listing, or no earlier snapshot."""
    if (column := confirmed_column(stream)) is None:
        return None
    last = last_snapshot(warehouse, account, stream.tables[0], column, before=today)
    return Confirmation(stream, last, accept_shrink, today) if last else None
