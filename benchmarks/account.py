"""The simulated accounts that every tool is asked to copy, and the truth about them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from include.sandbox.account import Account
from include.sandbox.clock import Clock
from include.sandbox.products import TABLES
from include.sandbox.settings import Settings

DAY = date(2026, 9, 16)
"""The day whose meetings are copied: a Wednesday, when one meeting has more than a page of participants."""
NOW = datetime(2026, 9, 19, 6, tzinfo=UTC)
"""When: more than 48 hours after it, so that Zoom changes nothing of it any more."""
Row = Mapping[str, Any]
Key = tuple[Any, ...]

# A table's truth by key and a few values, which every tool must have kept, whatever it calls its columns.
COMPARED: Mapping[str, Callable[[Row], Key]] = {
    "users": lambda row: (row["email"], row["status"], row["type"], row["pmi"]),
    "meetings": lambda row: (
        row["meeting_uuid"],
        row["meeting_id"],
        seconds(row["start_time"]),
        row["duration"],
        row["participants"],
    ),
    "meeting_participants": lambda row: (
        row["meeting_uuid"],
        row["user_id"],
        seconds(row["join_time"]),
        row["duration"],
    ),
}


@dataclass(frozen=True)
class Size:
    """An account by its size: users, and guests per meeting."""

    users: int
    guests: float = 13.4

    def settings(self) -> Settings:
        """As the sandbox takes it: no rate limits, and only names that PostgreSQL takes."""
        return Settings(users=self.users, guests=self.guests, plain=True, limits=False, now=NOW)


SIZES = {"tiny": Size(40, 3), "small": Size(1_130), "big": Size(113_000)}


def truth(settings: Settings) -> dict[str, Counter[Key]]:
    """How often each row is there, by table."""
    account = Account(settings, Clock(settings.now, tick=None))
    return {table: counted(table, TABLES[table](account, DAY, "past")) for table in COMPARED}


def counted(table: str, rows: Iterable[Row]) -> Counter[Key]:
    """Rows as they are compared."""
    return Counter(map(COMPARED[table], rows))


def seconds(moment: str | datetime) -> int:
    """A time in seconds since 1970, from Zoom's text or a database's value."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


@dataclass(frozen=True)
class Comparison:
    """What a tool has of a table, in rows."""

    right: int
    missing: int
    surplus: int
    """Rows more than there are: doubled, or altered."""


def compared(true: Counter[Key], found: Counter[Key]) -> Comparison:
    """What is found against what is true."""
    right = (true & found).total()
    return Comparison(right, true.total() - right, found.total() - right)
