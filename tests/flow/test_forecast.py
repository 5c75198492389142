"""What a run or a backfill will ask is told from what the warehouse knows, and without it from what somebody says."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from include.flow import forecast as forecasting
from include.flow import plan_command
from include.flow.__main__ import main
from include.flow.forecast import foretell, spell
from include.warehouse.counted import counted
from include.warehouse.errors import TransientWarehouseError
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from tests.flow.accounts import DAY, TODAY, Account

LOADED = ("users", "meetings", "meeting_participants", "meeting_poll_answers", "recordings")


@pytest.fixture(scope="module")
def warehouse(account: Account, tmp_path_factory: pytest.TempPathFactory, postgres_server: Any) -> Warehouse:
    """A simulated account's day, loaded."""
    uri = postgres_server.create("forecast")
    account.copy(tmp_path_factory.mktemp("forecast") / "landing").load(uri, *LOADED)
    return Warehouse(uri, "zoom")


def test_sizes_are_what_was_loaded(warehouse: Warehouse) -> None:
    """Rows by day, users by status, and which meetings are asked for polls and participants, by the pull's own rule."""
    found = counted(warehouse, STREAMS, today=TODAY)
    assert set(found) == set(LOADED)
    users = found["users"]
    assert (users.weekdays, users.source) == ((14,), f"the snapshot of {TODAY}")
    assert users.lists == (pytest.approx(12 / 14), pytest.approx(1 / 14), pytest.approx(1 / 14))
    meetings, seats = found["meetings"], found["meeting_participants"]
    assert (meetings.on(DAY), meetings.source) == (14, f"1 day up to {DAY}")
    assert (seats.asked, found["recordings"].asked) == (pytest.approx(13 / 14), pytest.approx(13 / 14))
    assert found["meeting_poll_answers"].asked == pytest.approx(7 / 14)


def test_an_empty_database_knows_nothing(new_database: Callable[[], str]) -> None:
    """Before the first load."""
    assert counted(Warehouse(new_database(), "zoom"), STREAMS, today=TODAY) == {}


def lines(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse | Exception, *, backfill: bool) -> list[str]:
    """What a run's log says of two days of three streams."""

    def connection(*_: object, **__: object) -> Warehouse:
        if isinstance(warehouse, Exception):
            raise warehouse
        return warehouse

    monkeypatch.setattr(forecasting, "warehouse", connection)
    days = dict.fromkeys(("users", "meetings", "meeting_participants"), (date(2026, 3, 9), DAY))
    return foretell("zoom", days, STREAMS, plan="pro", today=TODAY, backfill=backfill)


def test_the_log_has_a_line_for_each_label_and_their_sum(
    monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse
) -> None:
    """Three lists of users, and thirteen meetings a day; one list of meetings for both days."""
    cap = "daily cap heavy+resource_intensive"
    assert lines(monkeypatch, warehouse, backfill=False) == [
        "About 29 medium requests, under a minute at plan pro",
        "About 1 heavy requests, under a minute at plan pro",
        f"About 30 requests in all: under a minute; {cap}: 0% of one day's. What decides: the rate medium.",
    ]


def test_a_warehouse_that_does_not_answer_or_is_empty_stops_no_run(
    monkeypatch: pytest.MonkeyPatch, new_database: Callable[[], str]
) -> None:
    """The log says that nothing is known, and what helps."""
    (told,) = lines(monkeypatch, TransientWarehouseError("It is down."), backfill=False)
    assert told == "How many requests this takes is not known: It is down."
    (told,) = lines(monkeypatch, Warehouse(new_database(), "zoom"), backfill=True)
    assert told.endswith("before the first load; python -m include.flow plan --users … tells.")


class Today(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: Any = None) -> "Today":
        """The simulated account's time."""
        return cls(TODAY.year, TODAY.month, TODAY.day, 0, 40, tzinfo=tz or UTC)


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs `python -m include.flow plan` with these arguments and this warehouse."""

    def run(warehouse: Warehouse | None, *arguments: str) -> tuple[int, str, str]:
        if warehouse is not None:
            monkeypatch.setattr(plan_command, "warehouse", lambda *_, **__: warehouse)
        monkeypatch.setattr(plan_command, "datetime", Today)
        monkeypatch.setenv("COLUMNS", "160")
        monkeypatch.setattr("sys.argv", ["include.flow", "plan", *arguments])
        return main(), *capsys.readouterr()

    return run


def test_the_command_tells_requests_time_what_is_lost_and_whence_it_knows(
    command: Callable[..., tuple[int, str, str]], warehouse: Warehouse
) -> None:
    """Half a year and more of two streams: what Zoom keeps of it."""
    code, out, err = command(
        warehouse,
        "--from",
        "2025-09-01",
        "--to",
        "2026-03-10",
        "--streams",
        "meeting_participants",
        "--plan",
        "pro",
    )
    assert (code, err) == (0, "")
    assert out.startswith("A backfill of 2025-09-01 to 2026-03-10; plan pro (--plan)")
    assert "Not to be had any more, 2025-09-01 to 2025-09-11: meetings, meeting_participants" in out
    assert "92.9% of meetings" in out
    assert f"1 day up to {DAY}" in out
    assert "daily cap heavy+resource_intensive" in out


def test_the_command_takes_from_options_what_nobody_counted(
    command: Callable[..., tuple[int, str, str]],
) -> None:
    """As JSON; on standard error that nothing is counted, since there is no Connection."""
    numbers = ("--users", "100000", "--meetings-per-day", "50000", "--participants-per-meeting", "5")
    code, out, err = command(
        None, "--from", "2026-03-09", "--to", "2026-03-10", "--streams", "meeting_questions", "meeting_participants",
        "--plan", "business", "--json", *numbers,
    )  # fmt: skip
    told = json.loads(out)
    assert (code, err.split(":")[0]) == (0, "Nothing is counted, so all is given or assumed")
    # Of two working days 99.5 % are asked for participants and 2 % for questions. The list of meetings is asked once
    # for the week, from the Sunday before on (5,000 + 50,000 + 50,000), in pages of 300; the list of those with
    # questions by each run, from the day before its own on (105,000 and 100,000).
    assert told["requests"] == {"medium": 99_500, "heavy": 350 + 2_000 + 350 + 334}
    assert (told["binds"], told["days"], told["hours"]) == ("the rate medium", 1, 0.475)
    assert [each["known_from"] for each in told["streams"]] == [
        "--meetings-per-day",
        "--participants-per-meeting",
        "assumed",
    ]


def test_the_command_prints_what_the_readme_shows(
    command: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Command and output stand there as they are, for days that have passed."""
    monkeypatch.setitem(globals(), "TODAY", date(2026, 11, 24))
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    pattern = r"^\$ python -m include\.flow plan ([^\n]+)\n(.+?)```"
    ((arguments, shown),) = re.findall(pattern, readme, flags=re.MULTILINE | re.DOTALL)
    code, out, _ = command(None, *arguments.split())
    assert (code, out) == (0, shown)


def test_the_command_refuses_what_cannot_be(command: Callable[..., tuple[int, str, str]]) -> None:
    """Days in the wrong order, and a plan that nobody tells."""
    assert command(None, "--from", "2026-03-10", "--to", "2026-03-09", "--plan", "pro")[2] == (
        "Not planned. --from 2026-03-10 is after --to 2026-03-09. Swap them.\n"
    )
    code, _, err = command(None, "--from", "2026-03-10", "--to", "2026-03-10")
    assert (code, "Say --plan to plan without it." in err) == (1, True)


def test_a_time_is_written_as_a_person_would() -> None:
    """From a minute to weeks."""
    told = [spell(hours) for hours in (0.001, 0.5, 6.94, 47, 49, 240)]
    assert told == ["under a minute", "30 minutes", "6.9 hours", "47.0 hours", "2.0 days", "10.0 days"]
