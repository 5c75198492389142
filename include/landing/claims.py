"""Who is at work on something that others would do too, so that they need not.

A claim is a small file that its holder renews and that lapses with him. It only saves work: no store that landing
may lie on can tell for certain who was first, and whoever does the same work once more does no harm.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import orjson

from include.landing.errors import LandingDamaged, LandingError
from include.landing.files import made, read_whole, removed, swapped
from include.landing.manifest import parsed
from include.landing.place import Place

LAPSES_AFTER = timedelta(seconds=60)
RENEWED_EACH_SECONDS = 15.0
# Between two who take a claim at once the later writer decides, so each looks again when both have written.
_SETTLES_AFTER_SECONDS = 1.0
_FIRST_LOOK, _LAST_LOOK = timedelta(seconds=10), timedelta(minutes=5)
_log = logging.getLogger(__name__)


class AtWork(Exception):  # noqa: N818 (named for what happened, as in include.zoom.errors)
    """Somebody else does it; `look_again` is when it is worth to see whether it is done."""

    def __init__(self, holder: str, look_again: datetime) -> None:
        super().__init__(f"{holder} is at it; looked for again at {look_again:%Y-%m-%d %H:%M:%S} UTC.")
        self.look_again = look_again


@dataclass(frozen=True)
class _Told:
    """What the file of a claim says."""

    holder: str
    token: str
    began: datetime
    until: datetime
    waits: bool = False
    """It was put off: nobody goes on before `until`."""
    cursor: str | None = None

    @classmethod
    def read(cls, path: Place) -> "_Told | None":
        try:
            told = parsed(read_whole(path), path.name)
            moments = {name: datetime.fromisoformat(told[name]) for name in ("began", "until")}
            return cls(**{**told, **moments})
        except FileNotFoundError:
            return None
        except (LandingDamaged, KeyError, TypeError, ValueError) as error:
            _log.warning("The claim %s is broken and passed over: %s", path.name, error)
            return None

    def look_again(self, now: datetime) -> datetime:
        """Soon for what began just now, seldom for what takes long; when it is due where it was put off."""
        if self.waits:
            return max(self.until, now + _FIRST_LOOK)
        return now + min(max((now - self.began) / 2, _FIRST_LOOK), _LAST_LOOK)


@dataclass
class Claim:
    """A claim that is ours: renewed until the `with` ends, given up where that ends with an error."""

    path: Place
    clock: Callable[[], datetime]
    cursor: str | None
    """Where a holder that did not end has come to."""
    _told: _Told
    _ended: threading.Event = field(default_factory=threading.Event)
    _writing: Any = field(default_factory=threading.Lock)
    _put_off: datetime | None = None

    def keep(self, cursor: str) -> None:
        """Leaves word where the work has come to, for who goes on if we do not."""
        self._write(cursor=cursor)

    def put_off(self, until: datetime) -> None:
        """When the `with` ends: nobody need go on before then."""
        self._put_off = until

    def __enter__(self) -> Self:
        threading.Thread(target=self._renew, daemon=True, name=f"renews {self.path.name}").start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if kind is not None:
            self._write(until=self._put_off or self.clock(), waits=self._put_off is not None)
            return
        with self._writing:  # or a renewal under way would put it back
            try:
                if self._is_ours():
                    removed(self.path)
            except LandingError as refusal:
                _log.warning("The claim %s lapses by itself: %s", self.path.name, refusal)

    def _renew(self) -> None:
        while not self._ended.wait(RENEWED_EACH_SECONDS):
            self._write(until=self.clock() + LAPSES_AFTER)

    def _write(self, **changes: Any) -> None:  # noqa: ANN401 - any field of `_Told`
        """What cannot be written costs a request too many at most, so the work goes on."""
        with self._writing:
            try:
                if self._is_ours():
                    self._told = replace(self._told, **changes)
                    _write(self.path, self._told)
            except LandingError as error:
                _log.warning("The claim %s could not be renewed: %s", self.path.name, error)

    def _is_ours(self) -> bool:
        told = _Told.read(self.path)
        return told is not None and told.token == self._told.token


def claim(
    path: Place,
    holder: str,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    pause: Callable[[float], None] = time.sleep,
) -> Claim:
    """Takes a claim that nobody has, that has lapsed, or that an earlier try of the same holder took.

    Raises:
        AtWork: somebody else has it.
    """
    now, before = clock(), _Told.read(path)
    if before is not None and before.until > now and before.holder != holder:
        raise AtWork(before.holder, before.look_again(now))
    cursor = before.cursor if before else None
    ours = _Told(holder, uuid4().hex, now, now + LAPSES_AFTER, cursor=cursor)
    made(path.parent)
    _write(path, ours)
    pause(_SETTLES_AFTER_SECONDS)
    found = _Told.read(path)
    if found is not None and found.token != ours.token:
        raise AtWork(found.holder, found.look_again(now))
    return Claim(path, clock, cursor, ours)


def _write(path: Place, told: _Told) -> None:
    swapped(path, orjson.dumps(asdict(told)))
