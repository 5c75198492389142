"""The account's users and groups.

User `i` of `n` is a pure function of the seed: the first are active, then come inactive, then pending ones,
so that a page of any status is found by counting.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from include.sandbox.chance import draw, number_of_id, url_safe_id

Row = dict[str, Any]
FIRST = (
    "Ada",
    "Bo",
    "Chloë",
    "Dmitri",
    "Ewa",
    "Farah",
    "Guðrún",
    "Hana",
    "Ines",
    "Jürgen",
    "Kofi",
    "小林",
    "李",
)
LAST = ("Ahmed", "Brown", "Chen", "Dąbrowski", "Eriksen", "Fernández", "Görlitz", "Haddad", "Ito", "O'Neil")
DEPARTMENTS = ("Sales", "Engineering", "People", "Finance", "", "Recherche & Développement")
JOINED_FROM = date(2024, 2, 20)
JOINED_DAYS = 1000
_STEP = 7  # has no divisor in common with JOINED_DAYS: each day has its share of new users
_STEP_BACK = pow(_STEP, -1, JOINED_DAYS)


@dataclass(frozen=True)
class People:
    """Who is in the account; indices count from 0, user 0 owns it."""

    seed: int
    account_id: str
    count: int
    guests: float = 2
    """How many people come to a meeting beside its host, roughly."""
    plain: bool = False
    """No name or topic has characters that PostgreSQL does not take."""

    @property
    def inactive(self) -> int:
        """How many users are deactivated."""
        return self.count // 16 + (self.count >= 5)  # noqa: PLR2004 (from five users on there is one)

    @property
    def pending(self) -> int:
        """How many users have not accepted their invitation; Zoom gives them no id."""
        return self.inactive

    @property
    def active(self) -> int:
        """How many users are active: they host the meetings."""
        return self.count - self.inactive - self.pending

    @property
    def groups(self) -> int:
        """How many groups there are; the last one is empty."""
        return min(max(3, self.count // 10), 200)

    def indices(self, status: str) -> range:
        """The users of a status."""
        bounds = {
            "active": (0, self.active),
            "inactive": (self.active, self.active + self.inactive),
            "pending": (self.active + self.inactive, self.count),
        }
        return range(*bounds[status])

    def status(self, index: int) -> str:
        """A user's status."""
        if index < self.active:
            return "active"
        return "inactive" if index < self.active + self.inactive else "pending"

    def user_id(self, index: int) -> str:
        """A user's id."""
        return url_safe_id(self.seed, "user", index)

    def find(self, id_or_email: str) -> int | None:
        """The index behind an id or an e-mail address; None where nobody has it."""
        index = number_of_id(self.seed, "user", id_or_email)
        if index is None and id_or_email.endswith("@example.com"):
            digits = id_or_email.removesuffix("@example.com").rpartition(".")[2]
            index = int(digits) if digits.isdecimal() else None
            index = index if index is not None and index < self.count else None
            return index if index is not None and self.email(index) == id_or_email else None
        # A pending user has no id yet.
        return index if index is not None and index < self.active + self.inactive else None

    def email(self, index: int) -> str:
        """A user's address today."""
        return f"user.{index}@example.com"

    def email_then(self, index: int) -> str:
        """The address that reports show: the one of the meeting's time, which some have changed since."""
        return f"former.{index}@old.example.com" if index % 10 == 3 else self.email(index)  # noqa: PLR2004

    def name(self, index: int) -> tuple[str, str]:
        """First and last name."""
        chance = draw(self.seed, "name", index)
        return chance.choice(FIRST), chance.choice(LAST)

    def display_name(self, index: int) -> str:
        """The name as meetings show it."""
        return " ".join(self.name(index))

    def department(self, index: int) -> str:
        """A user's department; often none."""
        return draw(self.seed, "department", index).choice(DEPARTMENTS)

    def role_id(self, index: int) -> str:
        """A user's role: 0 owner, 1 administrator, 2 member."""
        if index == 0:
            return "0"
        return "1" if index % 12 == 3 and index < self.active else "2"  # noqa: PLR2004

    def division_of(self, index: int) -> int:
        """A user's division; the last of the three is empty."""
        return index % 2

    def division_id(self, number: int) -> str:
        """A division's id."""
        return url_safe_id(self.seed, "division", number)

    def pmi(self, index: int) -> int:
        """A personal meeting id: ten digits, beyond 2³¹."""
        return 5_000_000_000 + index

    def licensed(self, index: int) -> bool:
        """Whether a user may host; few may not (400/3161)."""
        return index % 250 != 7  # noqa: PLR2004 (any number would do)

    def user_type(self, index: int) -> int:
        """1 Basic, 2 Licensed, 4 Unassigned."""
        if not self.licensed(index):
            return 4
        return 1 if index % 5 == 1 else 2

    def joined(self, index: int) -> datetime:
        """When a user was created."""
        day = JOINED_FROM + timedelta(days=index * _STEP % JOINED_DAYS)
        return datetime(day.year, day.month, day.day, 7, 58, index % 60, tzinfo=UTC)

    def joined_on(self, day: date) -> int:
        """How many users were created on a day."""
        passed = (day - JOINED_FROM).days
        if not 0 <= passed < JOINED_DAYS:
            return 0
        return len(range(passed * _STEP_BACK % JOINED_DAYS, self.count, JOINED_DAYS))

    def group(self, number: int) -> Row:
        """A record of the list of groups."""
        members = len(self.members(number))
        return {
            "id": self.group_id(number),
            "name": self.group_name(number),
            "total_members": members,
        }

    def group_id(self, number: int) -> str:
        """A group's id."""
        return url_safe_id(self.seed, "group", number)

    def group_name(self, number: int) -> str:
        """A group's name."""
        return "Empty room 🪑" if number == self.groups - 1 else f"Team {number}"

    def group_of(self, index: int) -> int:
        """The group of an active user."""
        return index % (self.groups - 1)

    def find_group(self, group_id: str) -> int | None:
        """The number behind a group's id."""
        number = number_of_id(self.seed, "group", group_id)
        return number if number is not None and number < self.groups else None

    def members(self, group: int) -> range:
        """The users of a group."""
        last = group == self.groups - 1
        return range(0) if last else range(group, self.active, self.groups - 1)

    def member(self, index: int) -> Row:
        """A record of a group's list of members."""
        first, last = self.name(index)
        return {
            "id": self.user_id(index),
            "email": self.email(index),
            "first_name": first,
            "last_name": last,
            "type": self.user_type(index),
        }
