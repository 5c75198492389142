"""What happens on a day, line by line: logs, calls, messages.

A line is a function of the seed, the day and its number in it, so a list of any length is paged by counting.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from include.sandbox.account import Account
from include.sandbox.chance import draw
from include.sandbox.paging import Row, Walk

_DAY_BITS = 32  # a place in such a list: the day, then the line
DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Lines:
    """All lines of all days; none is there before its time."""

    count: Callable[[Account, date], int]
    line: Callable[[Account, date, int], tuple[datetime, Row]]
    """The line's time, which is on its day in UTC, and the record."""

    def on(self, account: Account, day: date) -> Iterator[Row]:
        """The lines of a UTC day."""
        return (row for _, row in self.numbered(account, day))

    def numbered(self, account: Account, day: date, first: int = 0) -> Iterator[tuple[int, Row]]:
        """The lines of a UTC day with their numbers."""
        for number in range(first, self.count(account, day)):
            time, row = self.line(account, day, number)
            if time <= account.now():
                yield number, row

    def walk(self, account: Account, since: datetime, until: datetime) -> Walk:
        """The lines from a moment on and before another one."""
        last = min(until - timedelta(microseconds=1), account.now()).date()

        def walk(position: int) -> Iterator[tuple[int, Row]]:
            day = max(since.date(), date.fromordinal(max(position >> _DAY_BITS, 1)))
            number = position & ((1 << _DAY_BITS) - 1) if day.toordinal() == position >> _DAY_BITS else 0
            while day <= last:
                for at in range(number, self.count(account, day)):
                    time, row = self.line(account, day, at)
                    if since <= time < until and time <= account.now():
                        yield (day.toordinal() << _DAY_BITS) + at, row
                day, number = day + timedelta(days=1), 0

        return walk


def moment(account: Account, kind: str, day: date, number: int) -> datetime:
    """When a line is written: the first ones at the day's last and first second, then anywhere."""
    second = {0: DAY_SECONDS - 1, 1: 0}.get(
        number, draw(account.settings.seed, kind, day, number, "at").randrange(DAY_SECONDS)
    )
    return begin(day) + timedelta(seconds=second)


def begin(day: date) -> datetime:
    """The moment at which a UTC day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def within(day: date, time: datetime) -> datetime:
    """The time, or the day's last second where it is later."""
    return min(time, begin(day) + timedelta(seconds=DAY_SECONDS - 1))
