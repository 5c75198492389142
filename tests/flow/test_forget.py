"""Forgetting a person of a simulated account: no trace is left, nobody else is touched, and nothing brings them back."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from include.flow.forget import Books, forget_person
from include.flow.privacy import forgotten_in
from include.flow.publish import Publication
from include.flow.replay import replay
from include.flow.whom import WhomError
from include.launch.postgres import EmbeddedPostgres
from include.zoom.catalog import STREAMS
from tests.flow.accounts import Account, Loaded
from tests.flow.landed import AT, House

KEY = "fake-key-of-a-test"
SOME = ("users", "meetings", "meeting_participants", "recordings")


@dataclass(frozen=True)
class Told:
    """Who was forgotten, and what was there before and after."""

    loaded: Loaded
    id: str
    email: str
    name: str
    before: Mapping[str, Counter[str]]
    landed_before: list[tuple[str, str]]
    reports: list[str]

    def names(self, text: str) -> bool:
        """Whether a text names them by id or address, in any case."""
        return self.id in text or self.email.lower() in text.lower()


@pytest.fixture(scope="module")
def key() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", KEY)
        yield


@pytest.fixture(scope="module")
def told(
    account: Account, postgres_server: EmbeddedPostgres, key: None, tmp_path_factory: pytest.TempPathFactory
) -> Told:
    """The host with most recordings, forgotten by an address in another case."""
    mine = account.copy(tmp_path_factory.mktemp("forget") / "landing")
    # Of all that has landed, the tables of an ordinary installation: each costs its DDL.
    loaded = mine.load(
        postgres_server.create("forget"), *(s.name for s in STREAMS.values() if s.on_by_default)
    )
    ((id_, email, name),) = loaded.rows(
        "SELECT u.id, u.email, u.display_name FROM zoom.users u JOIN zoom.recordings r ON r.host_id = u.id "
        "JOIN zoom.meetings m ON m.host_email = u.email "
        "JOIN zoom.group_members g ON g.id = u.id GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 1 LIMIT 1"
    )
    before, landed = loaded.tables(), list(mine.texts())
    reports = [str(report) for report in forget_person(books(loaded), email.upper())]
    return Told(loaded, id_, email, name, before, landed, reports)


def books(loaded: Loaded, key: str = KEY, only: Collection[str] = STREAMS) -> Books:
    streams = tuple(STREAMS[name] for name in only)
    return Books(loaded.account.landing, loaded.warehouse, streams, key.encode(), datetime.now(UTC))


def test_they_were_everywhere_before(told: Told) -> None:
    """So that finding nothing afterwards says something."""
    tables = {name for name, rows in told.before.items() if any(map(told.names, rows))}
    assert tables >= {
        "users",
        "users_changes",
        "group_members",
        "meetings",
        "meeting_participants",
        "recordings",
    }
    landed = {place for place, text in told.landed_before if told.names(text)}
    assert landed >= {"users pages", "users frames", "meetings pages", "recordings pages", "recordings part"}


def test_no_table_and_no_file_names_them(told: Told) -> None:
    """By id, by address in any case, or by name in what was theirs."""
    assert [name for name, rows in told.loaded.tables().items() if any(map(told.names, rows))] == []
    assert [place for place, text in told.loaded.account.texts() if told.names(text)] == []
    names = "SELECT count(*) FROM zoom.{} WHERE {} = '" + told.name.replace("'", "''") + "'"
    assert told.loaded.rows(names.format("users", "display_name")) == [(0,)]
    assert told.loaded.rows(names.format("meetings", "host_display_name")) == [(0,)]


def test_everybody_else_s_rows_are_as_they_were(told: Told) -> None:
    """Each row that did not name them, in every table; what else is there lost its traces."""
    after = told.loaded.tables()
    books = {"slices", "forgotten", "forget_ledger"}
    for name in told.before.keys() - books:
        others = Counter({row: count for row, count in told.before[name].items() if not told.names(row)})
        assert others - after[name] == Counter(), name
        named = told.before[name].total() - others.total()
        assert (after[name] - others).total() <= named, name
    assert after["meetings"].total() == told.before["meetings"].total()
    assert after["recordings"].total() == told.before["recordings"].total()
    assert after["users"].total() == told.before["users"].total() - 1


def test_the_slices_count_the_rows_that_are_there(told: Told) -> None:
    """Also where some were deleted."""
    for table, rows in told.loaded.rows("SELECT table_name, sum(rows) FROM zoom.slices GROUP BY 1"):
        assert told.loaded.rows(f"SELECT count(*) FROM zoom.{table}") == [(rows,)]


def test_the_reports_and_the_ledger_count_and_tell_nobody(told: Told) -> None:
    """By table and by stream."""
    assert "table users: 1 deleted, 0 blanked" in told.reports
    assert "landing users: 1 deleted, 0 blanked" in told.reports
    text = " ".join(told.reports) + str(told.loaded.rows("SELECT * FROM zoom.forget_ledger"))
    assert not told.names(text)
    assert told.name not in text
    ledger = told.loaded.rows(
        "SELECT place, deleted, blanked FROM zoom.forget_ledger WHERE place IN ('users', 'landing users')"
    )
    assert sorted(ledger) == [("landing users", 1, 0), ("users", 1, 0)]


def test_again_changes_nothing(told: Told) -> None:
    """By the id this time."""
    before = told.loaded.tables()
    assert list(forget_person(books(told.loaded, only=SOME), told.id)) == []
    after = told.loaded.tables()
    assert {name for name in after if after[name] != before[name]} <= {"forgotten"}


def test_neither_a_rerun_of_load_nor_a_replay_brings_them_back(told: Told) -> None:
    """Frames from before are made anew, without a call to Zoom."""
    for stream in ("users", "meeting_participants", "recordings"):
        told.loaded.publish(stream)
    publication = Publication(told.loaded.account.landing, told.loaded.warehouse, lambda _: True)
    assert [done.failure for done in replay(publication, "meetings")] == [""]
    assert [name for name, rows in told.loaded.tables().items() if any(map(told.names, rows))] == []
    assert told.loaded.rows("SELECT count(*) FROM zoom.users") == [(told.before["users"].total() - 1,)]


def test_a_later_pull_that_has_them_still_does_not_bring_them_back(told: Told, tmp_path: Path) -> None:
    """Zoom goes on listing them; landing says what Zoom says, the warehouse does not."""
    later = Account(tmp_path / "landing")
    later.pull(*SOME)
    assert any(told.names(text) for _, text in later.texts())
    loaded = later.load(told.loaded.warehouse.uri, forgotten=forgotten_in(told.loaded.warehouse))
    assert [name for name, rows in loaded.tables().items() if any(map(told.names, rows))] == []
    assert loaded.rows("SELECT count(*) FROM zoom.users") == [(told.before["users"].total() - 1,)]


def test_a_dry_run_tells_and_changes_nothing(told: Told) -> None:
    """Of somebody who is still there."""
    ((email,),) = told.loaded.rows("SELECT email FROM zoom.users ORDER BY id DESC LIMIT 1")
    before, landed = told.loaded.tables(), list(told.loaded.account.texts())
    reports = [str(report) for report in forget_person(books(told.loaded, only=SOME), email, dry_run=True)]
    assert "table users: 1 deleted, 0 blanked" in reports
    assert told.loaded.tables() == before
    assert list(told.loaded.account.texts()) == landed


def test_what_cannot_be_meant_is_refused(told: Told) -> None:
    """Without a key, or of nobody."""
    with pytest.raises(WhomError, match="set \\[zoom\\] personal_hash_key"):
        list(forget_person(books(told.loaded, key=""), told.email))
    with pytest.raises(WhomError, match="neither an e-mail address nor one of Zoom's user ids: 4 characters"):
        list(forget_person(books(told.loaded), "Anna"))
    with pytest.raises(
        WhomError, match="neither an e-mail address nor one of Zoom's user ids: 11 characters"
    ):
        list(forget_person(books(told.loaded), "84512345678"))


def test_the_command_forgets_whom_its_input_names(
    house: House, tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """A plain process beside Airflow; an address on the command line could be read by others."""
    anna = {"id": "KDcuGIm1QgePTO8WbOqwIQ", "email": "anna@example.com", "first_name": "Anna"}
    house.publish(anna, {"id": "ben-of-the-sales", "email": "ben@example.com"}, of=STREAMS["users"])
    command = ("forget", "--schema", "zoom", "--email", "-")
    settings = {
        "AIRFLOW__ZOOM__PERSONAL_HASH_KEY": KEY,
        "AIRFLOW__ZOOM__LANDING": f"file://{tmp_path}/landing",
    }
    done = house.command(tmp_path, metadata_on("sqlite"), *command, said="ANNA@example.com\n", **settings)
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "table users: 1 deleted, 0 blanked",
            "table users_changes: 1 deleted, 0 blanked",
            "landing users: 1 deleted, 0 blanked",
            "Forgotten, and stays so.",
        ],
    ), done.stderr
    assert house.rows("SELECT email FROM zoom.users") == [("ben@example.com",)]
    assert "anna" not in (done.stdout + done.stderr).lower()


def test_an_address_of_two_users_is_not_forgotten_and_an_id_leaves_it_to_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address may be given to somebody new: their rows are not those of whoever had it before."""
    monkeypatch.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", KEY)
    users = STREAMS["users"]
    house.publish({"id": "first-of-the-two", "email": "desk@example.com"}, of=users)
    house.publish(
        {"id": "second-of-the-two", "email": "desk@example.com"}, of=users, at=AT + timedelta(days=1)
    )
    ours = Books(house.landing, house.warehouse, (users,), KEY.encode(), datetime.now(UTC))
    with pytest.raises(WhomError, match="2 of Zoom's users. Say which one by --user-id"):
        list(forget_person(ours, "desk@example.com"))
    list(forget_person(ours, "first-of-the-two"))
    assert house.rows("SELECT id, email FROM zoom.users") == [("second-of-the-two", "desk@example.com")]


def test_an_address_that_only_participants_tell_leaves_too_and_a_seat_s_number_names_nobody(
    house: House,
) -> None:
    """Who joined under an older address is the same person; others have the same seat in other meetings."""
    streams = (STREAMS["users"], STREAMS["meeting_questions"], STREAMS["meetings"])
    asked = [{"question": "?"}]
    anna = {"user_id": "KDcuGIm1QgePTO8WbOqwIQ", "email": "anna.old@example.com", "question_details": asked}
    seat = {"user_id": "16778240", "email": "anna@example.com", "question_details": asked}
    other = {"user_id": "16778240", "email": "ben@example.com", "question_details": asked}
    house.publish({"id": "KDcuGIm1QgePTO8WbOqwIQ", "email": "anna@example.com"}, of=streams[0])
    house.publish(anna, seat, other, of=streams[1])
    house.publish(
        {"meeting_uuid": "u", "start_time": "2026-11-01T10:00:00Z", "host_email": "anna.old@example.com"},
        of=streams[2],
    )
    ours = Books(house.landing, house.warehouse, streams, KEY.encode(), datetime.now(UTC))
    list(forget_person(ours, "anna@example.com"))
    assert house.rows("SELECT email FROM zoom.meeting_questions") == [("ben@example.com",)]
    assert house.rows("SELECT host_email FROM zoom.meetings") == [(None,)]


def test_where_addresses_are_hashed_a_person_is_found_all_the_same(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what has landed, and by the hash of their address."""
    monkeypatch.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", KEY)
    monkeypatch.setenv("AIRFLOW__ZOOM__PERSONAL", "hash")
    users, meetings = STREAMS["users"], STREAMS["meetings"]
    house.publish({"id": "KDcuGIm1QgePTO8WbOqwIQ", "email": "anna@example.com"}, of=users)
    meeting = {"meeting_uuid": "u", "start_time": "2026-11-01T10:00:00Z", "host_email": "Anna@Example.com"}
    house.publish(meeting, of=meetings)
    assert house.rows("SELECT host_email LIKE 'hash_%' FROM zoom.meetings") == [(True,)]
    ours = Books(house.landing, house.warehouse, (users, meetings), KEY.encode(), datetime.now(UTC))
    list(forget_person(ours, "KDcuGIm1QgePTO8WbOqwIQ"))
    assert house.rows("SELECT host_email FROM zoom.meetings") == [(None,)]
    assert house.rows("SELECT count(*) FROM zoom.users") == [(0,)]


def test_no_transaction_waits_for_landing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading and writing landing may take hours, and the server ends a transaction that waits so long."""
    users, groups = STREAMS["users"], STREAMS["groups"]  # of groups nothing was loaded
    house.publish({"id": "KDcuGIm1QgePTO8WbOqwIQ", "email": "anna@example.com"}, of=users)
    waiting: list[tuple[int]] = []

    def watched(work: Callable[..., Any]) -> Callable[..., Any]:
        def watch(*arguments: Any, **named: Any) -> Any:
            waiting.extend(
                house.rows("SELECT pid FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'")
            )
            return work(*arguments, **named)

        return watch

    for place in ("include.flow.whom.landed_records", "include.flow.forget.forget_in_landing"):
        module, _, name = place.rpartition(".")
        monkeypatch.setattr(place, watched(getattr(import_module(module), name)))
    ours = Books(house.landing, house.warehouse, (users, groups), KEY.encode(), datetime.now(UTC))
    assert [str(report) for report in forget_person(ours, "anna@example.com")] == [
        "table users: 1 deleted, 0 blanked",
        "table users_changes: 1 deleted, 0 blanked",
        "landing users: 1 deleted, 0 blanked",
    ]
    assert waiting == []
