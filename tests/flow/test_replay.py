"""Tables anew from landing: what Zoom sent before somebody declared a column for it."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from include.flow.framing import framed
from include.flow.replay import replay
from include.landing import FrameManifest, Landing, Manifest
from include.zoom.catalog import STREAMS
from include.zoom.errors import PermanentError, RepeatedKey
from include.zoom.forgotten import Forgotten
from include.zoom.stream import Stream
from tests.flow.landed import AT, DAY, House, attempt_of

DAYS = [DAY, DAY + timedelta(days=1), DAY + timedelta(days=2)]


def without(name: str, column: str) -> Stream:
    """A stream as it was before a column of its first table was declared."""
    stream = STREAMS[name]
    table = stream.tables[0]
    columns = tuple(one for one in table.columns if one.name != column)
    return replace(stream, tables=(replace(table, columns=columns), *stream.tables[1:]))


def a_meeting(uuid: str, day: date = DAY, **more: object) -> dict[str, object]:
    """A meeting of a day."""
    return {"meeting_uuid": uuid, "start_time": f"{day}T10:00:00Z", **more}


def told(house: House, name: str, **within: date) -> list[str]:
    """What a replay says, line by line."""
    return [str(done) for done in replay(house.publication, name, **within)]


def test_a_column_that_was_declared_later_is_filled_from_landing(house: House) -> None:
    """Before, the values stood in _extra and the field was new; after, neither."""
    house.publish({"id": "a", "total_members": 7}, {"id": "b"}, of=without("groups", "total_members"))
    assert house.rows("SELECT _extra FROM zoom.groups ORDER BY id") == [({"total_members": 7},), (None,)]
    assert told(house, "groups") == ["groups of 2026-11-02: 2 rows of groups"]
    assert house.rows("SELECT id, total_members, _extra, _slice_date FROM zoom.groups ORDER BY id") == [
        ("a", 7, None, date(2026, 11, 2)),
        ("b", None, None, date(2026, 11, 2)),
    ]
    assert house.rows("SELECT field, declared_at IS NULL FROM zoom.new_fields") == [("total_members", False)]


def test_a_replay_leaves_the_rows_of_other_days_and_their_order_of_extraction(house: House) -> None:
    """Only slices that still hold the extraction are replaced, each with its own; a second replay changes nothing."""
    old = without("meetings", "source")
    house.publish(*(a_meeting(f"first-{day.day}", day, source="x") for day in DAYS), of=old, days=DAYS)
    house.publish(a_meeting("newer", DAYS[1], source="y"), of=old, days=[DAYS[1]], at=AT + timedelta(hours=1))
    expected = [("first-1", "x"), ("newer", "y"), ("first-3", "x")]
    for _ in range(2):
        assert told(house, "meetings") == [
            "meetings of 2026-11-01 to 2026-11-03: 2 rows of meetings",
            "meetings of 2026-11-02: 1 rows of meetings",
        ]
        assert house.rows("SELECT meeting_uuid, source FROM zoom.meetings ORDER BY _slice_date") == expected


def test_a_replay_of_some_days_touches_no_other(house: House) -> None:
    """The slices outside of --from and --to keep the load that they had, and so do their rejected rows."""
    records = [a_meeting(f"{day.day}", day, source="x") for day in DAYS]
    house.publish(*records, {"meeting_uuid": "no-day"}, of=without("meetings", "source"), days=DAYS)
    rejected = house.rows("SELECT _slice_date, _load_id FROM zoom.rejected_rows")
    assert told(house, "meetings", first=DAYS[1], last=DAYS[1]) == [
        "meetings of 2026-11-02: 1 rows of meetings"
    ]
    assert house.rows("SELECT source FROM zoom.meetings ORDER BY _slice_date") == [(None,), ("x",), (None,)]
    assert house.rows("SELECT _slice_date, _load_id FROM zoom.rejected_rows") == rejected


def test_a_month_is_replayed_for_any_of_its_days(house: House) -> None:
    """Its slice is its first day."""
    usage = {"date": "2026-11-01", "new_users": 3}
    house.publish(usage, of=without("daily_usage", "new_users"), days=[DAY])
    later = date(2026, 11, 20)
    assert told(house, "daily_usage", first=later, last=later) == [
        "daily_usage of 2026-11-01: 1 rows of daily_usage"
    ]
    assert house.rows("SELECT new_users FROM zoom.daily_usage") == [(3,)]


def test_landing_that_is_gone_is_named_and_the_slice_stays(house: House, tmp_path: Path) -> None:
    """The other extractions are replayed all the same."""
    old = without("meetings", "source")
    gone = house.publish(a_meeting("a", source="x"), of=old)
    house.publish(a_meeting("b", DAYS[1], source="x"), of=old, days=[DAYS[1]])
    shutil.rmtree(tmp_path / "landing" / gone.address.rsplit("/", 1)[0])
    lines = told(house, "meetings")
    assert lines[0].startswith("meetings of 2026-11-01 stays as it was: ")
    assert lines[0].count("is gone from landing") == 1
    assert lines[1:] == ["meetings of 2026-11-02: 1 rows of meetings"]
    assert house.rows("SELECT meeting_uuid, source FROM zoom.meetings ORDER BY 1") == [
        ("a", None),
        ("b", "x"),
    ]


def test_a_snapshot_that_was_trimmed_is_left_alone(house: House) -> None:
    """Its rows were deleted by age: what landed then is no reason to bring them back."""
    house.publish({"id": "a"})
    house.execute("UPDATE zoom.slices SET trimmed_at = now()")
    house.execute("DELETE FROM zoom.groups")
    with pytest.raises(PermanentError, match="holds nothing of groups"):
        told(house, "groups")
    assert house.rows("SELECT count(*) FROM zoom.groups") == [(0,)]


def test_a_schema_that_holds_nothing_of_a_stream_says_so(house: House) -> None:
    """An empty one, one without the stream, and one without these days."""
    with pytest.raises(PermanentError, match="holds nothing of users"):
        told(house, "users")
    house.publish({"id": "a"})
    with pytest.raises(PermanentError, match="holds nothing of users"):
        told(house, "users")
    with pytest.raises(PermanentError, match="holds nothing of groups"):
        told(house, "groups", first=date(2027, 1, 1))


@pytest.mark.processes
def test_the_command_finds_the_warehouse_in_the_metadata_database(
    house: House, tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """A plain process, no task and no server: it reads the Connection as Airflow's own commands do."""
    house.publish({"id": "a", "total_members": 7}, of=without("groups", "total_members"))
    arguments = ("replay", "--schema", "zoom", "--stream", "groups")
    done = house.command(tmp_path, metadata_on("sqlite"), *arguments)
    assert (done.returncode, done.stdout) == (0, "groups of 2026-11-02: 1 rows of groups\n"), done.stderr
    assert house.rows("SELECT total_members FROM zoom.groups") == [(7,)]


def test_a_window_that_runs_share_is_loaded_and_replayed_day_by_day(house: House) -> None:
    """A run's day has its rows and what could not be dated; a replay touches the days that were loaded, no other."""
    dated, undated = (a_meeting(f"on-{day.day}", day) for day in DAYS), {"meeting_uuid": "undated"}
    meetings = STREAMS["meetings"]
    pulled = attempt_of(house.landing, "meetings", *dated, undated, days=DAYS, shared=True)
    frames = framed(meetings, house.landing, pulled)
    for day in DAYS[1:]:
        house.publication.publish(meetings, pulled, replace(frames, slice_dates=(day,)))
    for _ in range(2):
        assert house.rows("SELECT meeting_uuid, _slice_date FROM zoom.meetings ORDER BY 2") == [
            ("on-2", DAYS[1]),
            ("on-3", DAYS[2]),
        ]
        rejected = "SELECT record->>'meeting_uuid', _slice_date FROM zoom.rejected_rows ORDER BY 2"
        assert house.rows(rejected) == [("undated", DAYS[1]), ("undated", DAYS[2])]
        assert told(house, "meetings") == ["meetings of 2026-11-02 to 2026-11-03: 2 rows of meetings"]


def test_a_day_of_a_window_that_cannot_be_typed_holds_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never was loaded, so a replay has no use for it."""
    meetings = STREAMS["meetings"]
    pulled = attempt_of(
        house.landing, "meetings", *(a_meeting(f"on-{day.day}", day) for day in DAYS), days=DAYS, shared=True
    )
    house.publication.publish(
        meetings, pulled, framed(meetings, house.landing, replace(pulled, days=DAYS[1:]))
    )

    def framed_but_for_one(
        stream: Stream, store: Landing, manifest: Manifest, who: Forgotten
    ) -> FrameManifest:
        if DAYS[0] in manifest.slice_dates:
            raise RepeatedKey("meetings: a key comes twice.")
        return framed(stream, store, manifest, who)

    monkeypatch.setattr("include.flow.replay.framed", framed_but_for_one)
    assert told(house, "meetings") == ["meetings of 2026-11-02 to 2026-11-03: 2 rows of meetings"]
