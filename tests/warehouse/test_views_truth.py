"""What the views answer over a simulated account, against figures that Python counts from its truth."""

import asyncio
import io
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from include.launch.postgres import EmbeddedPostgres
from include.sandbox.app import Sandbox
from include.sandbox.clock import Clock
from include.sandbox.products import TABLES
from include.sandbox.settings import Settings
from include.warehouse.load import load
from include.warehouse.session import Warehouse
from include.warehouse.views import views
from include.zoom.catalog import STREAMS, streams
from include.zoom.choice import with_parents
from include.zoom.client import ZoomClient
from include.zoom.fanout import root_records
from include.zoom.frame import frames
from include.zoom.pace import Leave, OwnTurns, Pace
from include.zoom.pages import Page
from include.zoom.pull import pull
from include.zoom.stream import Kind, Label, Stream
from tests.warehouse.frames_of_calls import Desk, File, Frames, open_file

# Far off, so that no recording's date of deletion has passed; the days are a Tuesday and a Wednesday.
NOW = datetime(2096, 3, 15, 12, tzinfo=UTC)
DAYS, TODAY = [date(2096, 3, 13), date(2096, 3, 14)], date(2096, 3, 15)
Row = dict[str, Any]


class Unpaced(Pace):
    """Lets every request out at once."""

    async def wait(self, label: Label) -> Leave:
        """Does not."""
        return Leave(label, apart=0.01)


class Sink(list[Page]):
    """Pages in memory."""

    def write(self, pages: Any) -> None:
        self.extend(pages)

    def finished(self) -> tuple[str, ...]:
        return ()


async def pulled(sandbox: Sandbox, every: dict[str, Stream]) -> dict[str, list[Page]]:
    """These streams over the days, parents first."""
    token = sandbox.tokens.consent()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    pages: dict[str, list[Page]] = {}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(sandbox.app), base_url="http://zoom.test/v2", headers=headers
    ) as http:
        client = ZoomClient(http, Unpaced(OwnTurns("business")), sleep=lambda _: asyncio.sleep(0))
        for name, stream in every.items():
            sink, parents = Sink(), None
            if (parent := stream.parent) is not None:
                above = every[parent.stream]
                parents = list(root_records(above, pages[above.name], DAYS, snapshot_date=TODAY))
            await pull(stream, DAYS, client, sink=sink, parents=parents, today=TODAY)
            pages[name] = sink
    return pages


def framed(stream: Stream, pages: list[Page]) -> Frames:
    """A stream's pages as a finished transform."""
    days = [TODAY] if stream.kind is Kind.SNAPSHOT else DAYS
    files = []
    for batch in frames(stream, pages, days, snapshot_date=TODAY, load_id="load", extracted_at=NOW):
        buffer = io.BytesIO()
        pq.write_table(pa.Table.from_batches([batch.data]), buffer)
        name = f"{batch.table.name}-{len(files)}"
        files.append(File(batch.table.name, batch.slice_date, name, batch.data.num_rows, buffer.getvalue()))
    return Frames(files, days, extracted_at=NOW)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    """An account with every trap, in this process."""
    return Sandbox(Settings(users=60, limits=False, repeat_percent=0), Clock(NOW, tick=None))


@pytest.fixture(scope="module")
def asked(sandbox: Sandbox, postgres_server: EmbeddedPostgres) -> Iterator[Desk]:
    """Everything that the views read, pulled, framed and loaded."""
    read = {name.removesuffix("_current") for view in views() for name in view.reads}
    needed = [s.name for s in STREAMS.values() if any(table.name in read for table in s.tables)]
    by_report = streams({"participants_source": "report"})
    every = {name: by_report[name] for name in with_parents(needed, by_report)}
    warehouse = Warehouse(postgres_server.create("views_truth"), "zoom")
    for name, pages in asyncio.run(pulled(sandbox, every)).items():
        load(warehouse, every[name], framed(every[name], pages), open_file)
    connection = psycopg2.connect(warehouse.uri)
    yield Desk(warehouse, connection)
    connection.close()


def truth(sandbox: Sandbox, table: str) -> Iterator[tuple[date, Row]]:
    """The true rows of both days."""
    for day in DAYS:
        yield from ((day, row) for row in TABLES[table](sandbox.account, day, "report"))


def text(value: str | None) -> str | None:
    """As a warehouse can store it."""
    return "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in value or "") or None


def person(row: Row) -> str:
    """By what somebody is known."""
    address = (row.get("user_email") or row.get("email") or "").lower()
    return (
        row.get("participant_user_id")
        or address
        or row.get("registrant_id")
        or text(row.get("name"))
        or row["user_id"]
    )


def seconds(rows: list[Row]) -> int:
    """How many different seconds the stays cover, counted one by one."""
    covered: set[int] = set()
    for row in rows:
        start, end = (
            int(datetime.fromisoformat(row[name]).timestamp()) for name in ("join_time", "leave_time")
        )
        covered.update(range(start, end))
    return len(covered)


def stays(sandbox: Sandbox, table: str, meeting: str) -> dict[tuple[date, str, str], list[Row]]:
    """The true seats by day, meeting and person."""
    found: dict[tuple[date, str, str], list[Row]] = defaultdict(list)
    for day, row in truth(sandbox, table):
        found[day, row[meeting], person(row)].append(row)
    return found


def inside(rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["status"] == "in_meeting"]


def test_hosts_meetings_and_minutes_of_each_day(sandbox: Sandbox, asked: Desk) -> None:
    """Both days, with different hosts, meetings, webinars and minutes."""
    expected = []
    for day in DAYS:
        rows = [row for of, row in truth(sandbox, "meetings") if of == day]
        kinds = Counter(row["type"] for row in rows)
        hosts, minutes = (
            len({row["host_email"].lower() for row in rows}),
            sum(row["duration"] for row in rows),
        )
        expected.append((day, False, hosts, kinds["Meeting"], kinds["Webinar"], minutes))
    found = asked.rows(
        "SELECT day, is_final, hosts, meetings, webinars, minutes FROM zoom.daily_active_hosts ORDER BY day"
    )
    assert found == expected
    assert all(row[2] > 5 for row in found)


def test_minutes_of_each_department(sandbox: Sandbox, asked: Desk) -> None:
    """Each department of each day, those without one included."""
    expected: Counter[tuple[date, str, str]] = Counter()
    for day, row in truth(sandbox, "meetings"):
        of = (day, row["department"] or "(none)")
        expected[*of, "meetings"] += 1
        expected[*of, "minutes"] += row["duration"]
        expected[*of, "participant_minutes"] += row["total_participant_minutes"]
    found = asked.rows(
        "SELECT day, department, meetings, minutes, participant_minutes FROM zoom.meeting_minutes_by_department"
    )
    names = ("meetings", "minutes", "participant_minutes")
    assert {
        (*row[:2], name): value for row in found for name, value in zip(names, row[2:], strict=True)
    } == expected


def test_seconds_and_seats_of_each_person_in_each_meeting(sandbox: Sandbox, asked: Desk) -> None:
    """The union of everybody's stays, counted second by second, with rejoins, rooms, twins and waiting."""
    true = stays(sandbox, "meeting_participants", "meeting_uuid")
    expected = {
        key: (
            seconds(inside(rows)),
            len(inside(rows)),
            seconds([row for row in rows if row not in inside(rows)]),
        )
        for key, rows in true.items()
    }
    found = asked.rows(
        "SELECT day, meeting_uuid, person, total_seconds, seats, waiting_seconds FROM zoom.meeting_attendance"
    )
    assert {row[:3]: row[3:] for row in found} == expected
    assert len(found) == len(expected)
    summed = sum(seconds([row]) for rows in true.values() for row in inside(rows))
    assert summed > sum(row[3] for row in found)
    assert sum(row[5] for row in found) > 0


def test_who_joined_first_and_next(sandbox: Sandbox, asked: Desk) -> None:
    """In each meeting everybody's number is one more than how many came earlier."""
    joined: dict[str, dict[str, str]] = defaultdict(dict)
    for (_, meeting, who), rows in stays(sandbox, "meeting_participants", "meeting_uuid").items():
        if times := [row["join_time"] for row in inside(rows)]:
            joined[meeting][who] = min(times)
    expected = {
        (meeting, who): 1 + sum(other < time for other in people.values())
        for meeting, people in joined.items()
        for who, time in people.items()
    }
    found = asked.rows("SELECT meeting_uuid, person, join_order FROM zoom.meeting_attendance WHERE attended")
    assert {row[:2]: row[2] for row in found} == expected


def test_storage_of_each_host(sandbox: Sandbox, asked: Desk) -> None:
    """Recordings, files and bytes of each host, with today's address."""
    emails = {row["id"]: row["email"] for _, row in truth(sandbox, "users") if row.get("id")}
    recordings, files, size = Counter(), Counter(), Counter()
    for _, row in truth(sandbox, "recordings"):
        recordings[row["host_id"]] += 1
        files[row["host_id"]] += len(row["recording_files"])
        size[row["host_id"]] += row["total_size"]
    found = asked.rows(
        "SELECT host_id, email, recordings, files, size_bytes, gone_recordings FROM zoom.recording_storage_by_user"
    )
    assert {row[0]: row[1:] for row in found} == {
        host: (emails[host], recordings[host], files[host], size[host], 0) for host in recordings
    }


def test_attendance_and_absence_of_each_webinar(sandbox: Sandbox, asked: Desk) -> None:
    """Everybody who was there with the union of the stays, everybody who had registered and was not."""
    true = stays(sandbox, "webinar_participants", "webinar_uuid")
    absent = {
        (day, row["webinar_uuid"], person(row)) for day, row in truth(sandbox, "webinar_absentees")
    } - true.keys()
    expected = {
        key: (
            any(row.get("registrant_id") for row in rows),
            bool(inside(rows)),
            False,
            seconds(inside(rows)),
        )
        for key, rows in true.items()
    } | dict.fromkeys(absent, (True, False, True, 0))
    found = asked.rows(
        "SELECT day, webinar_uuid, person, registered, attended, absent, total_seconds FROM zoom.webinar_attendance"
    )
    assert {row[:3]: row[3:] for row in found} == expected
    assert len(found) == len(expected)
    assert {row[3:6] for row in found} >= {(True, True, False), (True, False, True), (False, True, False)}


def test_users_of_each_licence(sandbox: Sandbox, asked: Desk) -> None:
    """Every user once, under type and status."""
    labels = {1: "Basic", 2: "Licensed", 4: "Unassigned", 99: "None"}
    users = (row for day, row in truth(sandbox, "users") if day == DAYS[0])
    expected = Counter((labels[row["type"]], row["status"]) for row in users)
    found = asked.rows("SELECT licence, status, users FROM zoom.users_by_licence")
    assert {row[:2]: row[2] for row in found} == expected


def test_the_readmes_questions_are_answered(asked: Desk) -> None:
    """Each example runs as it stands."""
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (section,) = re.findall(r"^## What to ask\n(.*?)^## ", readme, flags=re.MULTILINE | re.DOTALL)
    (block,) = re.findall(r"```sql\n(.*?)```", section, flags=re.DOTALL)
    questions = [question for question in block.split(";") if question.strip()]
    assert len(questions) == 2
    assert [asked.rows(question) == [] for question in questions] == [True, False]


def test_who_hosted_each_meeting(sandbox: Sandbox, asked: Desk) -> None:
    """Nobody is taken for another; only hosts without participants whose address changed are not found."""
    account = sandbox.account
    held = {meeting.uuid: meeting for day in DAYS for meeting in account.meetings.on(day)}
    found = asked.rows("SELECT meeting_uuid, user_id, matched_by FROM zoom.meeting_hosts")
    assert {uuid for uuid, _, _ in found} == held.keys()
    known = {uuid: user for uuid, user, _ in found if user}
    assert known == {uuid: account.people.user_id(held[uuid].host) for uuid in known}
    assert {held[uuid].what for uuid in held.keys() - known.keys()} <= {"webinar", "alone"}
    assert {by for _, _, by in found} >= {"participant", "address"}
