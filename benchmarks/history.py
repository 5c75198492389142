"""Sixty snapshots of 100,000 users through the real load: what their history costs as changes and as snapshots.

Starts an embedded PostgreSQL of its own in the temporary folder and stops it. From the project's root:

    python -m benchmarks.history [--people 100000] [--days 60]

Each day a thousandth of the people are new, as many are gone, two thousandths have another department, and
everybody has logged in since. The people of a day are made as Arrow columns, written as the Parquet file that
`transform` would leave, and loaded by `include.warehouse.load`. Times are of one process on an idle machine as
far as there is one; sizes are the server's own, indexes included.
"""

import argparse
import io
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq

from include.launch.postgres import EmbeddedPostgres
from include.warehouse.framefile import FrameFile
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.zoom.catalog.users import USERS
from include.zoom.layout import arrow_schema

FIRST_DAY = date(2026, 9, 25)
TABLE = USERS.tables[0]
SCHEMA = arrow_schema(TABLE)
DEPARTMENTS = ["Sales", "Engineering", "People", "Finance", "Recherche & Développement"]
ADDED, GONE, CHANGED = 0.001, 0.001, 0.002


@dataclass
class Company:
    """Who is there, by number, and in which department."""

    chance: random.Random
    departments: dict[int, int]
    next_number: int

    @classmethod
    def of(cls, people: int) -> "Company":
        """A company on its first day."""
        return cls(random.Random(7), {number: number % 5 for number in range(people)}, people)  # noqa: S311 - a draw

    def live_a_day(self) -> None:
        """Some go, some come, some change the department."""
        count = len(self.departments)
        for number in self.chance.sample(list(self.departments), round(count * GONE)):
            del self.departments[number]
        for number in self.chance.sample(list(self.departments), round(count * CHANGED)):
            self.departments[number] = (self.departments[number] + 1) % 5
        for _ in range(round(count * ADDED)):
            self.departments[self.next_number] = self.next_number % 5
            self.next_number += 1


@dataclass(frozen=True)
class Snapshot:
    """A finished transform of one file, which is its own content."""

    slice_date: date
    rows: int
    content: bytes
    table: str = TABLE.name
    name: str = "users.parquet"
    account: str = "benchmark@zoom.us"
    attempt_id: str = "1"
    forgotten: str = ""

    @property
    def load_id(self) -> str:
        """Stamped on its rows."""
        return f"load-{self.slice_date}"

    @property
    def extracted_at(self) -> datetime:
        """At three in the morning."""
        return datetime.combine(self.slice_date, datetime.min.time(), UTC) + timedelta(hours=3)

    @property
    def slice_dates(self) -> list[date]:
        """Its one slice."""
        return [self.slice_date]

    @property
    def files(self) -> list[FrameFile]:
        """Its one file."""
        return [self]

    def open(self, _: FrameFile) -> io.BytesIO:
        """What landing does."""
        return io.BytesIO(self.content)


def snapshot(company: Company, day: date) -> Snapshot:
    """The company's users on a day, as Zoom's list and `transform` give them."""
    numbers = list(company.departments)
    columns: dict[str, list[Any]] = {
        "id": [f"{number:022x}" for number in numbers],
        "email": [f"user.{number}@example.com" for number in numbers],
        "status": ["active"] * len(numbers),
        "type": [2] * len(numbers),
        "first_name": [f"First {number % 997}" for number in numbers],
        "last_name": [f"Last {number % 4999}" for number in numbers],
        "display_name": [f"First {number % 997} Last {number % 4999}" for number in numbers],
        "dept": [DEPARTMENTS[department] for department in company.departments.values()],
        "pmi": [5_000_000_000 + number for number in numbers],
        "timezone": ["Europe/Zurich"] * len(numbers),
        "role_id": ["2"] * len(numbers),
        "created_at": [datetime(2025, 1, 1, tzinfo=UTC)] * len(numbers),
        "last_login_time": [_logged_in(day, number) for number in numbers],
        "last_client_version": [f"6.{day:%j}.{number % 3}(mac)" for number in numbers],
        "group_ids": [f'["group-{number % 40}"]' for number in numbers],
        "login_types": ["[101]"] * len(numbers),
        "_slice_date": [day] * len(numbers),
        "_load_id": [f"load-{day}"] * len(numbers),
        "_extracted_at": [datetime.combine(day, datetime.min.time(), UTC)] * len(numbers),
    }
    buffer = io.BytesIO()
    pq.write_table(
        pa.table([_array(columns, field, len(numbers)) for field in SCHEMA], schema=SCHEMA), buffer
    )
    return Snapshot(day, len(numbers), buffer.getvalue())


def _logged_in(day: date, number: int) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) - timedelta(seconds=number % 86_000)


def _array(columns: dict[str, list[Any]], of: pa.Field, rows: int) -> pa.Array:
    values = columns.get(of.name, [None] * rows)
    if of.type == pa.json_():
        return pa.ExtensionArray.from_storage(of.type, pa.array(values, pa.string()))
    return pa.array(values, of.type)


@dataclass
class Times:
    """Seconds by what took them."""

    taken: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def of(self, what: str) -> Iterator[None]:
        """Takes the time of the block."""
        started = time.perf_counter()
        yield
        self.taken.setdefault(what, []).append(time.perf_counter() - started)

    def tell(self) -> None:
        """Prints median and maximum."""
        for what, seconds in self.taken.items():
            print(f"{what}: median {statistics.median(seconds):.3f} s, longest {max(seconds):.3f} s")


QUESTIONS = {
    "one person's versions": "SELECT * FROM zoom.users_history WHERE id = lpad(to_hex(4711), 22, '0')",
    "who was there on day 30": (
        "SELECT count(*) FROM zoom.users_history "
        "WHERE valid_from <= DATE '{day}' AND (valid_to > DATE '{day}' OR valid_to IS NULL)"
    ),
    "who is gone": "SELECT count(*) FROM zoom.users_history WHERE deleted_at IS NOT NULL",
    "what changed on day 30": "SELECT * FROM zoom.users_changes WHERE _slice_date = DATE '{day}'",
    "the newest snapshot": "SELECT count(*) FROM zoom.users_current",
    "the history from full snapshots": (
        "SELECT count(*) FROM (SELECT *, lag(t) OVER w AS before FROM (SELECT id, _slice_date, "
        "ROW(email, status, type, first_name, last_name, display_name, dept, role_id, pmi, timezone, group_ids) AS t "
        "FROM zoom.users) s WINDOW w AS (PARTITION BY id ORDER BY _slice_date)) v WHERE t IS DISTINCT FROM before"
    ),
}


def measure(ask: Callable[[str], Any], times: Times) -> None:
    """Asks each question three times."""
    ask("ANALYZE zoom.users, zoom.users_changes")
    for what, question in QUESTIONS.items():
        for _ in range(3):
            with times.of(what):
                ask(question.format(day=FIRST_DAY + timedelta(days=30)))


def run(people: int, days: int, server: EmbeddedPostgres) -> None:
    """Loads the days and prints what it took."""
    warehouse, company, times = Warehouse(server.create("benchmark"), "zoom"), Company.of(people), Times()
    for number in range(days):
        shot = snapshot(company, FIRST_DAY + timedelta(days=number))
        with times.of("first load, which is all new" if not number else "load of a day"):
            load(warehouse, USERS, shot, shot.open)
        company.live_a_day()
    with psycopg2.connect(warehouse.uri) as connection, connection.cursor() as cursor:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

        measure(ask, times)
        for table in ("users", "users_changes"):
            ((rows, size),) = ask(
                f"SELECT count(*), pg_size_pretty(pg_total_relation_size('zoom.{table}')) FROM zoom.{table}"  # noqa: S608
            )
            print(f"{table}: {rows:,} rows, {size}")
        print(ask("SELECT version()")[0][0])
    times.tell()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=60)
    arguments = parser.parse_args()
    server = EmbeddedPostgres.in_temporary_folder()
    try:
        run(arguments.people, arguments.days, server)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
