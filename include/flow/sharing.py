"""The runs of a backfill ask for what they have in common once: a window of `include.zoom.sharing`, in landing.

Whoever comes first claims the window and pulls it; the others are put off without holding a worker, and take their
own day from it then. A claim saves requests and is needed for nothing else: two who pull the same do no harm.
"""

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import orjson
from airflow.sdk.exceptions import AirflowRescheduleException

from include.flow.run import Run
from include.landing import AtWork, Claim, Landing, LandingDamaged, Manifest, SharedPlace
from include.zoom.sharing import SharedWindow, joins, shared_windows
from include.zoom.stream import FINAL_AFTER, Stream, slice_dates, slice_end

_SHARED_FOR = timedelta(days=7)
_log = logging.getLogger(__name__)


class Ask(Protocol):
    """Pulls these days into an attempt that goes on from a cursor and tells its own."""

    def __call__(
        self, days: tuple[date, ...], *, resume: str | None, keep: Callable[[str], None]
    ) -> Manifest:
        """The finished attempt."""


@dataclass(frozen=True)
class Sharing:
    """What one run may share of a stream."""

    run: Run
    stream: Stream
    landing: Landing
    account: str
    settings: dict[str, str]
    pulled_before: str | None
    """The attempt that this run had, if its pull was cleared: only a newer one will do."""

    def manifest(self, days: tuple[date, ...], ask: Ask) -> Manifest | None:
        """An attempt that holds these days and that others may use, too; None where the run asks by itself.

        Raises:
            AirflowRescheduleException: another run is pulling it.
        """
        windows = self._windows(days)
        if not windows:
            return None
        found = [self._found(window, days) for window in windows]
        for each in found:
            if each and set(days) <= set(each.days):
                return each
        parts = [each or self._pulled(window, days, ask) for each, window in zip(found, windows, strict=True)]
        return parts[0] if len(parts) == 1 else self.landing.join(parts, days)

    def _windows(self, days: tuple[date, ...]) -> tuple[SharedWindow, ...]:
        """The windows that serve all of the days; none where this run does not share, or one of them is not over."""
        if not days or max(days) >= self.run.today:
            return ()
        if self.run.run_type != "backfill" or self.run.param("ask_again"):
            return ()
        windows = shared_windows(self.stream, days, today=self.run.today)
        alone = [window for window in windows if set(days) <= set(window.days)]
        return tuple(alone[:1]) or (windows if joins(self.stream) else ())

    def _found(self, window: SharedWindow, days: Sequence[date]) -> Manifest | None:
        address = self._place(window).address
        try:
            found = self.landing.manifest(address) if address else None
        except LandingDamaged as error:
            _log.warning("%s It is asked anew.", error)
            return None
        if found is None or not self._serves(found, window, days):
            return None
        _log.info("The window from %s on is already there (%s).", window.first, address)
        return found

    def _serves(self, found: Manifest, window: SharedWindow, days: Sequence[date]) -> bool:
        """Whether asking anew would not tell more of these days.

        Where a day was not settled yet, only today's window serves it, as a snapshot does. The attempt must have
        asked for what the window serves now: one whose history has moved out of reach since held other days, and
        one that began before midnight ends a day sooner.
        """
        at = found.extracted_at
        slices = slice_dates(self.stream.kind, tuple(days))
        settled = at >= slice_end(self.stream.kind, slices[-1]) + FINAL_AFTER
        of_today = at.date() == self.run.today and found.days[-1:] == window.days[-1:]
        return (
            self.run.now - at <= _SHARED_FOR
            and set(days) & set(window.days) <= set(found.days)
            and (settled or of_today)
            and found.attempt_id > (self.pulled_before or "")
        )

    def _pulled(self, window: SharedWindow, days: Sequence[date], ask: Ask) -> Manifest:
        place = self._place(window)
        with claimed(place, self.run) as claim:
            if found := self._found(window, days):
                return found
            _log.info("Asks for all of %s to %s, for all runs.", window.days[0], window.days[-1])
            manifest = ask(window.days, resume=claim.cursor, keep=claim.keep)
            place.publish(manifest.address)
        return manifest

    def _place(self, window: SharedWindow) -> SharedPlace:
        """Also by what decides what is asked: settings, and the lists as they are declared."""
        asked = orjson.dumps([sorted(self.settings.items()), repr(self.stream.lists)])
        name = f"{window.first}-{hashlib.sha256(asked).hexdigest()[:12]}"
        return self.landing.shared(self.account, self.stream.name, name)


@contextmanager
def claimed(place: SharedPlace, run: Run) -> Iterator[Claim]:
    """Lets this task do what one does for all, or puts it off while another is at it.

    Raises:
        AirflowRescheduleException: the task looks again then.
    """
    try:
        claim = place.claim(f"{run.context['dag_run'].dag_id} {run.context['dag_run'].run_id}")
    except AtWork as other:
        _log.info("Another run is making what this one needs, too: %s", other)
        raise AirflowRescheduleException(other.look_again) from other  # type: ignore[no-untyped-call]
    with claim:
        try:
            yield claim
        except AirflowRescheduleException as later:
            claim.put_off(later.reschedule_date)
            raise
