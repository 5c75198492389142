"""The account's users and groups.

User `i` of `n` is a pure function of the seed: the first are active, then come inactive, then pending ones,
so that a page of any status is found by counting.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from include.sandbox.chance import draw, number_of_id, url_safe_id
from include.sandbox.clock import zulu

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
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "UTC", "Pacific/Auckland")
DEPARTMENTS = ("Sales", "Engineering", "People", "Finance", "", "Recherche & Développement")
JOINED_FROM = date(2024, 1, 1)
JOINED_DAYS = 1000
_STEP = 7  # has no divisor in common with JOINED_DAYS: each day has its share of new users
_STEP_BACK = pow(_STEP, -1, JOINED_DAYS)
# Zoom's list of `license_option` has values that a double or JavaScript can't hold.
BEYOND_DOUBLE = 576460752303423500


@dataclass(frozen=True)
class People:
    """Who is in the account; indices count from 0, user 0 owns it."""

    seed: int
    account_id: str
    count: int

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

    def user(self, index: int, now: datetime) -> Row:
        """A record of the list of users."""
        if self.status(index) == "pending":
            return self._pending(index, now)
        return self._base(index) | self._optional(index, now)

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

    def everybody(self, now: datetime) -> Iterator[Row]:
        """All users, of all statuses."""
        return (self.user(index, now) for index in range(self.count))

    def _pending(self, index: int, now: datetime) -> Row:
        # Zoom shows the time of the call as `created_at` of a pending user.
        return {
            "email": self.email(index),
            "type": 1,
            "pmi": 0,
            "verified": 0,
            "status": "pending",
            "dept": "",
            "role_id": "2",
            "created_at": zulu(now.replace(hour=0, minute=0, second=0)),
        }

    def _base(self, index: int) -> Row:
        first, last = self.name(index)
        return {
            "id": self.user_id(index),
            "email": self.email(index),
            "first_name": first,
            "last_name": last if index % 9 else "",
            "display_name": f"{first} {last}\x00" if index % 97 == 5 else f"{first} {last}",  # noqa: PLR2004
            "type": self.user_type(index),
            "status": self.status(index),
            "pmi": self.pmi(index),
            "role_id": "0" if index == 0 else "2",
            "timezone": ZONES[index % len(ZONES)],
            "verified": 1,
            "user_created_at": zulu(self.joined(index)),
            "created_at": zulu(self.joined(index) + timedelta(days=30)),
            "language": "en-US",
        }

    def _optional(self, index: int, now: datetime) -> Row:
        chance = draw(self.seed, "user", index)
        group = [self.group_id(self.group_of(index))] if index < self.active else []
        row: Row = {
            "dept": self.department(index),
            "group_ids": group,
            "login_types": [100, 1][: 1 + index % 2],
        }
        if chance.random() < 0.8:  # noqa: PLR2004
            seen = now - timedelta(days=1 + chance.randrange(3))
            row["last_login_time"] = zulu(seen.replace(hour=8, minute=chance.randrange(60), second=0))
            row["last_client_version"] = "6.6.5.12345(mac)"
        if chance.random() < 0.2:  # noqa: PLR2004
            row["employee_unique_id"] = f"00{index}"
            row["custom_attributes"] = [{"key": "cbf_sandbox", "name": "Cost centre", "value": "007"}]
        if index % 5 == 2:  # noqa: PLR2004
            row["license_info_list"] = [
                {
                    "license_type": "ZOOM_WORKPLACE_BUNDLE",
                    "license_option": BEYOND_DOUBLE,
                    "subscription_id": f"SUBREF-{index:06d}",
                }
            ]
        if index % 6 == 0:
            row["is_pilot_user"] = True  # a field that Zoom's description does not know
        return row
