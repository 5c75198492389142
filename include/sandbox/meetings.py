"""The account's meetings, past and running.

A day has a number of slots, which follows from the number of active users and the weekday. Which user hosts a
slot is a shuffle that can be undone, so that both "the day's meetings from the 40,000th on" and "this user's
meetings of the day" are found by counting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import gcd
from random import Random

from include.sandbox.chance import draw, meeting_uuid, number_of_uuid
from include.sandbox.people import People

FIRST_DAY = date(2020, 1, 1)
SLOTS = 2_000_000  # more than any day has; a meeting's number is day * SLOTS + slot
SPECIALS = ("last_second", "midnight", "over_midnight", "alone", "webinar", "crowd", "twins", "strange")
"""What the first slots of a day are, so that a small account has every trap too."""
_SUNDAY, _SATURDAY, _WEDNESDAY = 6, 5, 2
# Zoom's types, and how often each is held: webinars 5 once, 9 and 6 in a series.
_MEETINGS = (1, 2, 4, 8, 3), (30, 30, 10, 20, 10)
_WEBINARS = (5, 9, 6), (60, 25, 15)
_SERIES = (3, 6, 8, 9)
# Meetings per active user: in the first round of hosts, and in the second, which gives some users two.
_BUSY, _QUIET = (0.45, 0.15), (0.04, 0.02)
_TOPICS = (
    "Weekly sync",
    "1:1",
    "Stand-up",
    "Förderkreis",
    "顧客との打ち合わせ",
    "Q3/Q4 plan, draft",
    "Demo 🚀",
    "",
)
# PostgreSQL takes neither a NUL nor half of a surrogate pair.
_STRANGE = (
    "NUL \x00 inside",
    "half a \ud83d pair",
    "\U0001f469\u200d\U0001f4bb",
    'quote " back \\ tab \t',
    "\u202eright to left",
)


@dataclass(frozen=True)
class Meeting:
    """One meeting or webinar that took place."""

    day: date
    slot: int
    host: int
    what: str
    """`plain`, or one of SPECIALS."""
    type: int
    number: int
    """The meeting id: shared by all instances of a recurring one."""
    topic: str
    start: datetime
    end: datetime
    uuid: str
    late: bool
    """Whether it is among those that a lagging report lacks at first."""
    recorded: bool

    @property
    def minutes(self) -> int:
        """The duration as Zoom rounds it: up."""
        return -(-int((self.end - self.start).total_seconds()) // 60)

    @property
    def is_webinar(self) -> bool:
        """Whether its host held a webinar."""
        return self.what == "webinar"


class Meetings:
    """Every meeting of every day, made when it is asked for."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._step = next(
            n for n in range(people.active * 5 // 8 + 1, 2 * people.active + 3) if gcd(n, people.active) == 1
        )
        self._step_back = pow(self._step, -1, people.active)

    def slots(self, day: date) -> int:
        """How many meetings start on a UTC day."""
        return sum(self._rounds(day))

    def at(self, day: date, slot: int) -> Meeting:
        """The meeting of a slot."""
        chance = draw(self._people.seed, "meeting", day, slot)
        what, host = self._what(day, slot, chance.random()), self._host(day, slot)
        start, end = _times(day, what, chance.randrange(300, 79_200), chance.expovariate(1 / 2400))
        kinds = _WEBINARS if what == "webinar" else _MEETINGS
        kind = chance.choices(*kinds)[0]
        return Meeting(
            day=day,
            slot=slot,
            host=host,
            what=what,
            type=kind,
            number=self._number(day, slot, host, kind),
            topic=self._topic(day, what, chance),
            start=start,
            end=end,
            uuid=meeting_uuid(self._people.seed, _number(day, slot)),
            late=chance.random() < 1 / 3,
            recorded=self._may_record(host) and (what == "strange" or chance.random() < 0.25),  # noqa: PLR2004
        )

    def on(self, day: date, first_slot: int = 0) -> Iterator[Meeting]:
        """A day's meetings, from a slot on."""
        return (self.at(day, slot) for slot in range(first_slot, self.slots(day)))

    def hosted(self, host: int, day: date) -> Iterator[Meeting]:
        """A user's meetings of a day."""
        if host >= self._people.active:
            return
        first = 0
        for number, length in enumerate(self._rounds(day)):
            place = (host - self._offset(day, number)) * self._step_back % self._people.active
            for slot in range(place, length, self._people.active):
                yield self.at(day, first + slot)
            first += length

    def find(self, uuid: str) -> Meeting | None:
        """The meeting with this uuid."""
        number = number_of_uuid(self._people.seed, uuid)
        if number is None:
            return None
        day, slot = FIRST_DAY + timedelta(days=number // SLOTS), number % SLOTS
        return self.at(day, slot) if slot < self.slots(day) else None

    def latest(self, number: int, now: datetime) -> Meeting | None:
        """The latest instance with this meeting id that has ended: all that asking by id can give."""
        host, back = self._host_of(number)
        for days in range(back) if host is not None else ():
            hosted = self.hosted(host or 0, now.date() - timedelta(days=days))
            over = [meeting for meeting in hosted if meeting.number == number and meeting.end <= now]
            if over:
                return max(over, key=lambda meeting: meeting.start)
        return None

    def _rounds(self, day: date) -> tuple[int, int]:
        busy = _QUIET if day.weekday() in (_SATURDAY, _SUNDAY) else _BUSY
        # A Sunday has only the meetings around midnight beside those few.
        specials = 3 if day.weekday() == _SUNDAY else len(SPECIALS)
        return specials + int(busy[0] * self._people.active), int(busy[1] * self._people.active)

    def _host(self, day: date, slot: int) -> int:
        first = self._rounds(day)[0]
        number, place = (0, slot) if slot < first else (1, slot - first)
        return (place * self._step + self._offset(day, number)) % self._people.active

    def _offset(self, day: date, number: int) -> int:
        return draw(self._people.seed, "hosts", day, number).randrange(self._people.active)

    def _what(self, day: date, slot: int, chance: float) -> str:
        specials = 3 if day.weekday() == _SUNDAY else len(SPECIALS)
        if slot < specials:
            return SPECIALS[slot]
        named = ((0.06, "alone"), (0.09, "webinar"), (0.11, "twins"), (0.13, "over_midnight"))
        return next((what for below, what in named if chance < below), "plain")

    def _topic(self, day: date, what: str, chance: Random) -> str:
        if what == "strange" and not self._people.plain:
            return _STRANGE[day.toordinal() % len(_STRANGE)]
        return chance.choice(_TOPICS)

    def _number(self, day: date, slot: int, host: int, kind: int) -> int:
        if kind == 4:  # noqa: PLR2004 (the personal meeting)
            return self._people.pmi(host)
        if kind in _SERIES:  # of its host
            return 93_000_000_000 + host * 10 + kind
        return 80_000_000_000 + _number(day, slot)

    def _host_of(self, number: int) -> tuple[int | None, int]:
        """Who hosts a meeting id, and how many days back it makes sense to look."""
        if number >= 93_000_000_000:  # noqa: PLR2004 (see _number)
            return (number - 93_000_000_000) // 10, 400
        if number >= 80_000_000_000:  # noqa: PLR2004 (see _number)
            day, slot = divmod(number - 80_000_000_000, SLOTS)
            start = FIRST_DAY + timedelta(days=day)
            return (self._host(start, slot), 400) if slot < self.slots(start) else (None, 0)
        host = number - self._people.pmi(0)
        return (host, 400) if 0 <= host < self._people.active else (None, 0)

    def _may_record(self, host: int) -> bool:
        return self._people.licensed(host) and host % 400 != 9  # noqa: PLR2004 (see recordings)


def crowd_size(meeting: Meeting) -> int:
    """How many people come to a crowd: more than one page of 300 on Wednesdays."""
    return 320 if meeting.day.weekday() == _WEDNESDAY else 14


def _number(day: date, slot: int) -> int:
    return (day - FIRST_DAY).days * SLOTS + slot


def _times(day: date, what: str, second: int, length: float) -> tuple[datetime, datetime]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    seconds = {"last_second": 86_399, "midnight": 0, "over_midnight": 84_600}.get(what, second)
    start = begin + timedelta(seconds=seconds)
    if what == "over_midnight":
        return start, start + timedelta(minutes=55)
    # Nothing lasts long into the next day, so that a day is complete soon after it.
    longest = 900 if what == "last_second" else 7000
    return start, start + timedelta(seconds=int(min(6 + length, longest)))
