"""A warehouse and a landing of an earlier version under this one: nothing is lost, and what was promised still holds."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from include.flow.framing import framed
from include.flow.privacy import forgotten_in
from include.landing import FrameManifest, Manifest
from include.landing.finals import finals
from include.warehouse.catalogue import declared_types, relations
from include.warehouse.errors import DamagedFrame
from include.warehouse.tables import ensure, ledger_names, statements
from include.warehouse.version import SCHEMA_VERSION
from include.warehouse.views import refresh_views, views
from include.zoom.catalog import STREAMS
from include.zoom.stream import Kind
from tests.flow.landed import attempt_of
from tests.upgrade.stored import Stored, stored_states
from tests.upgrade.upgraded import Upgraded

pytestmark = [pytest.mark.upgrade, pytest.mark.usefixtures("keys")]

# Columns whose values a later version means to give otherwise, each with the reason.
MEANT: Mapping[str, Mapping[str, str]] = {}


def test_a_state_is_stored() -> None:
    """Else nothing here is tested."""
    assert stored_states()


@pytest.mark.parametrize("stored", stored_states(), ids=lambda stored: stored.name)
def test_what_is_stored_is_small(stored: Stored) -> None:
    """It lies in every clone for ever."""
    assert sum(file.stat().st_size for file in stored.folder.rglob("*") if file.is_file()) < 250_000


def test_a_replay_gives_every_row_again(upgraded: Upgraded) -> None:
    """Each table that the earlier version filled has the same rows in the same columns, typed by this version's code."""
    columns = {
        table: [name for name in names if name not in MEANT.get(table, {})]
        for table, names in upgraded.columns().items()
    }
    before = upgraded.content(columns)
    assert sum(before["meetings"].values()) > 0
    assert upgraded.replayed() == []
    after = upgraded.content(columns)
    assert {table: before[table] - after[table] for table in before} == {table: {} for table in before}
    assert {table: after[table] - before[table] for table in before} == {table: {} for table in before}


def test_its_tables_get_what_they_lack(upgraded: Upgraded) -> None:
    """Columns, comments, ledger and views are this version's after one load of each stream, and nothing is left to do."""
    names = upgraded.state.told["streams"]
    with upgraded.warehouse.connect() as connection:
        for name in names:
            ensure(connection, "zoom", STREAMS[name])
        refresh_views(connection, "zoom")
        present = relations(connection, "zoom")
        connection.rollback()
    assert [each for name in names for each in statements("zoom", STREAMS[name], present)] == []
    assert set(ledger_names()) <= set(present)
    assert upgraded.rows("SELECT version FROM zoom.schema_version") == [(SCHEMA_VERSION,)]
    tables = {table.name for name in names for table in STREAMS[name].tables}
    made = [view.name for view in views() if view.name in present]
    made += [f"{table}_current" for table in tables if f"{table}_current" in present]
    assert "daily_active_hosts" in made or "users_current" in made
    for view in made:
        upgraded.rows(f'SELECT * FROM zoom."{view}"')


def test_an_older_extraction_is_superseded_and_a_newer_one_is_loaded(upgraded: Upgraded) -> None:
    """The slices of the earlier version guard what they hold, and the ledger goes on where it was."""
    ((attempt, day, extracted_at, load_id),) = upgraded.rows(
        "SELECT attempt_id, slice_date, extracted_at, load_id FROM zoom.slices WHERE table_name = 'groups' "
        "ORDER BY slice_date DESC LIMIT 1"
    )
    account, logged = (
        upgraded.state.told["account"],
        upgraded.rows("SELECT count(*) FROM zoom.load_ledger")[0][0],
    )
    address = upgraded.landing.address(account, "groups", attempt)
    held = upgraded.landing.manifest(address)
    frames = framed(STREAMS["groups"], upgraded.landing, held, forgotten_in(upgraded.warehouse))
    older = replace(frames, extracted_at=extracted_at - timedelta(seconds=1))
    result = upgraded.publication.publish(STREAMS["groups"], held, older)
    assert (result.applied, result.superseded) == ([], {day: load_id})
    newer = attempt_of(
        upgraded.landing, "groups", {"id": "new"}, at=extracted_at + timedelta(seconds=1), account=account
    )
    frames = framed(STREAMS["groups"], upgraded.landing, newer, forgotten_in(upgraded.warehouse))
    assert upgraded.publication.publish(STREAMS["groups"], newer, frames).applied == [day]
    assert upgraded.rows("SELECT count(*) FROM zoom.load_ledger") == [(logged + 1,)]


def test_frames_of_the_earlier_version_are_loaded_or_refused(upgraded: Upgraded) -> None:
    """A load that was cleared across the upgrade takes them as they are, or says that transform makes them anew."""
    found = sorted(upgraded.folder.glob("*/*/*/frames-*/manifest.json"))
    refusals = [_refusal(upgraded, str(path.relative_to(upgraded.folder))) for path in found]
    assert refusals
    assert [said for said in refusals if said and "Clear the transform of this run" not in said] == []


def _refusal(upgraded: Upgraded, address: str) -> str:
    frames = upgraded.landing.frame_manifest(address)
    pulled = upgraded.landing.manifest(f"{address.rsplit('/', 2)[0]}/manifest.json")
    try:
        upgraded.publication.publish(STREAMS[frames.stream], pulled, _days_held(upgraded, frames))
    except DamagedFrame as error:
        return str(error)
    return ""


def _days_held(upgraded: Upgraded, frames: FrameManifest) -> FrameManifest:
    """Of a window that runs shared, the days that were loaded."""
    held = upgraded.rows(
        f"SELECT DISTINCT slice_date FROM zoom.slices WHERE attempt_id = '{frames.attempt_id}'"
    )
    days = {day for (day,) in held}
    return replace(frames, slice_dates=tuple(day for day in frames.slice_dates if day in days))


def test_its_pages_and_pointers_are_read(upgraded: Upgraded) -> None:
    """Every manifest that it wrote is read to its last page, and what it found final is looked up without a complaint."""
    manifests = list(_manifests(upgraded))
    assert {manifest.stream for manifest in manifests} >= set(upgraded.state.told["streams"])
    for manifest in manifests:
        pages = sum(1 for _ in upgraded.landing.pages(manifest))
        assert pages == sum(file.pages for file in manifest.files)
        if manifest.kind is Kind.SNAPSHOT:
            assert upgraded.landing.latest_snapshot(
                manifest.account, manifest.stream, manifest.slice_dates[0]
            )
        finals(
            upgraded.landing,
            manifest.account,
            STREAMS[manifest.stream],
            manifest.slice_dates,
            settings=manifest.settings,
        )


def _manifests(upgraded: Upgraded) -> list[Manifest]:
    paths = sorted(upgraded.folder.glob("*/*/*/manifest.json"))
    return [upgraded.landing.manifest(str(path.relative_to(upgraded.folder))) for path in paths]


def test_who_was_forgotten_stays_forgotten(upgraded: Upgraded) -> None:
    """A replay finds no trace of them, and a new extraction that has them brings them into no table."""
    who = upgraded.state.told["forgotten"]
    if not who:
        pytest.skip("that version could not forget")

    def named(text: str) -> bool:
        return who["id"] in text or who["email"].lower() in text.lower()

    assert upgraded.replayed() == []
    assert [text for text in (*upgraded.tables(), *upgraded.landed()) if named(text)] == []
    again = attempt_of(
        upgraded.landing,
        "users",
        {"id": who["id"], "email": who["email"]},
        {"id": "somebody-else", "email": "somebody.else@example.com"},
        at=datetime.now(UTC),
        account=upgraded.state.told["account"],
    )
    frames = framed(STREAMS["users"], upgraded.landing, again, forgotten_in(upgraded.warehouse))
    assert upgraded.publication.publish(STREAMS["users"], again, frames).rows == {"users": 1}
    assert [text for text in upgraded.tables() if named(text)] == []


def test_the_schema_s_version_was_raised_where_tables_have_changed() -> None:
    """Code of the newest stored version must not write over this version's tables without knowing them."""
    newest: Stored = stored_states()[-1]
    dump = newest.warehouse
    tables = [table for name in newest.told["streams"] for table in STREAMS[name].tables]
    lacking = [
        f"{table.name}.{column}"
        for table in tables
        for column in declared_types(table)
        if column not in _stored_columns(dump, table.name)
    ]
    lacking += [name for name in ledger_names() if f"zoom.{name} " not in dump]
    assert not lacking or newest.told["schema_version"] < SCHEMA_VERSION


def _stored_columns(dump: str, table: str) -> list[str]:
    made = dump.partition(f"CREATE TABLE zoom.{table} (\n")[2].partition("\n)")[0]
    return [line.split()[0].strip('"') for line in made.splitlines()]
