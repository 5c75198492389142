"""People over some days: what is loaded, and what a history must say of it, told without any SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.stream import Column, Kind, Table, Type
from tests.warehouse.frames_of_calls import Frames, a_file, a_stream, open_file

FIRST_DAY = date(2026, 11, 1)

MEMBERS = Table(
    name="members",
    comment="Members",
    columns=(
        Column("id"),
        Column("email"),
        Column("role"),
        Column("tags", Type.JSON),
        Column("seen", Type.BIGINT, volatile=True),
    ),
    key=("id", "email"),
    key_fallback={"email": "id"},
)
SEATS = Table(
    name="seats",
    comment="Seats of the members",
    columns=(Column("number", Type.BIGINT),),
    key=("room", "number"),
    from_parent=(Column("room"),),
)
STREAM = a_stream(MEMBERS, SEATS, kind=Kind.SNAPSHOT, name="members")

Row = tuple[str | None, str | None, str | None]
"""Id, address, role."""
Snapshot = Sequence[Row]


def day(number: int) -> date:
    """The day of this number."""
    return FIRST_DAY + timedelta(days=number)


def asked(number: int) -> datetime:
    """When the snapshot of a day was extracted."""
    return datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(days=number)


_seen = count()


def frames_of(number: int, snapshot: Snapshot, attempt: int = 0) -> Frames:
    """A snapshot as a finished transform; each time everybody was seen at another moment, and has a seat."""
    members = [
        {"id": who, "email": email, "role": role, "tags": '{"a": [1, null]}', "seen": next(_seen)}
        for who, email, role in snapshot
    ]
    seats = [{"room": email, "number": 1} for _, email, _ in snapshot]
    stamps = {"_load_id": f"load-{number}-{attempt}", "_extracted_at": asked(number)}
    files = [a_file(MEMBERS, members, day(number), **stamps), a_file(SEATS, seats, day(number), **stamps)]
    return Frames(
        files,
        [day(number)],
        attempt_id=f"{attempt:02}",
        load_id=f"load-{number}-{attempt}",
        extracted_at=asked(number),
    )


@dataclass
class Book:
    """What was loaded, and what follows from it."""

    snapshots: dict[int, Snapshot] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    whole: set[int] = field(default_factory=set)

    def load(self, warehouse: Warehouse, number: int, snapshot: Snapshot, attempt: int = 0) -> None:
        """Loads a day's snapshot, for real and here: the newest attempt of a day stays."""
        load(warehouse, STREAM, frames_of(number, snapshot, attempt), open_file, accept_shrink=True)
        if attempt >= self.attempts.get(number, 0):
            self.snapshots[number], self.attempts[number] = snapshot, attempt
            self.whole |= {number}
            self.whole = {n for n in self.whole if n > max(self.snapshots) - warehouse.snapshot_days}

    def changes(self) -> list[tuple[Any, ...]]:
        """Day, change, id, address, role and load of each change."""
        found: list[tuple[Any, ...]] = []
        before: dict[str, Row] | None = None
        for number in sorted(self.snapshots):
            now = _by_identity(self.snapshots[number])
            stamp = f"load-{number}-{self.attempts[number]}"
            found += [
                (day(number), change, *(now.get(key) or (before or {})[key]), stamp)
                for key in now.keys() | (before or {}).keys()
                if (change := _change(before, now, key)) is not None
            ]
            before = now
        return sorted(found, key=str)

    def history(self) -> list[tuple[Any, ...]]:
        """Id, address, role, first day, first day after, and when it was found gone, of each version."""
        numbers = sorted(self.snapshots)
        found: list[tuple[Any, ...]] = []
        for key in {key for snapshot in self.snapshots.values() for key in _by_identity(snapshot)}:
            open_since: int | None = None
            rows = [_by_identity(self.snapshots[number]).get(key) for number in numbers]
            for at, number in enumerate(numbers):
                if open_since is None or rows[at] != rows[numbers.index(open_since)]:
                    if open_since is not None:
                        row = rows[numbers.index(open_since)]
                        gone = rows[at] is None and not self._goes_on(key, number)
                        found.append((*row, day(open_since), day(number), asked(number) if gone else None))
                    open_since = None if rows[at] is None else number
            if open_since is not None:
                found.append((*rows[-1], day(open_since), None, None))
        return sorted(found, key=str)

    def _goes_on(self, key: str, number: int) -> bool:
        return key in {email for who, email, _ in self.snapshots[number] if who is not None}


def _by_identity(snapshot: Snapshot) -> dict[str, Row]:
    """Ids and addresses don't look alike here."""
    return {str(who or email): (who, email, role) for who, email, role in snapshot}


def _change(before: Mapping[str, Row] | None, now: Mapping[str, Row], key: str) -> str | None:
    if before is None:
        return "first"
    if key in now:
        return None if before.get(key) == now[key] else "changed" if key in before else "added"
    has_an_id_now = key in {email for who, email, _ in now.values() if who is not None}
    return "continued" if has_an_id_now else "removed"


class Answers(Protocol):
    """A way to look into a warehouse."""

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What it answers."""


def changes(of: Answers) -> list[tuple[Any, ...]]:
    """The change table of the members, as `Book.changes` tells it."""
    columns = '_slice_date, "_change", id, email, role, _load_id'
    return sorted(of.rows(f"SELECT {columns} FROM zoom.members_changes"), key=str)


def history(of: Answers) -> list[tuple[Any, ...]]:
    """The versions of the members, as `Book.history` tells them."""
    columns = "id, email, role, valid_from, valid_to, deleted_at"
    return sorted(of.rows(f"SELECT {columns} FROM zoom.members_history"), key=str)


def narrow(warehouse: Warehouse, days: int) -> Warehouse:
    """The warehouse, keeping full snapshots for so many days."""
    return replace(warehouse, snapshot_days=days)
