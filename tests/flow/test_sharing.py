"""A backfill's runs share what can be asked for many days at once, and every day's table is true all the same."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowRescheduleException

from include.flow import framing
from include.flow import pull as pulling
from include.flow import transform as transforming
from include.flow.pull import FINISHED
from include.zoom.errors import DailyCapReached, RepeatedKey
from tests.flow.backfills import DAY, TODAY, Backfill, World, patched

RECORDINGS, MEETINGS = "/users/{userId}/recordings", "/report/history_meetings"
ALONE = "/report/users/{userId}/meetings"
ASKABLE = 4  # of the five users one is pending and has no id


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., World]:
    """A world in which users have landed."""

    def made(**settings: Any) -> World:
        world = patched(monkeypatch, World(tmp_path, settings))
        world.snapshot("users")
        world.asked.clear()
        return world

    return made


@pytest.fixture
def world(make: Callable[..., World]) -> World:
    return make()


def last(count: int) -> list[date]:
    """So many days up to yesterday."""
    return [TODAY - DAY * back for back in range(count, 0, -1)]


def untrue(world: World, days: list[date], *tables: str) -> list[tuple[str, date]]:
    """The tables and days that are not what Zoom knows."""
    return [
        (table, day) for day in days for table in tables if world.rows(table, day) != world.truth(table, day)
    ]


def test_half_a_year_of_a_users_list_costs_seven_requests_per_user(world: World) -> None:
    """180 runs in any order, several at once: seven calendar months are touched; each day is true."""
    days = last(180)
    Backfill(world, "recordings", days, random.Random(1)).play()
    assert world.asked == {RECORDINGS: 7 * ASKABLE}
    assert untrue(world, days, "recordings", "recording_files") == []
    assert sum(len(world.rows("recordings", day)) for day in days) > 100


def test_an_accounts_list_costs_a_request_a_week(world: World) -> None:
    """Four weeks, with a margin around each; further pages come on top."""
    days = last(23)  # since a Sunday
    Backfill(world, "meetings", days, random.Random(2)).play()
    assert world.asked[MEETINGS] == 5
    assert untrue(world, days, "meetings") == []


@pytest.mark.parametrize("seed", range(3))
def test_pulls_that_are_killed_cost_what_they_had_asked(world: World, seed: int) -> None:
    """The next one to look takes over when the claim has lapsed; each day is true."""
    days = last(20)
    Backfill(world, "recordings", days, random.Random(seed), kills=3).play()
    # Two windows, and each kill after four requests at most.
    assert 2 * ASKABLE < world.asked[RECORDINGS] <= 2 * ASKABLE + 3 * 4
    assert untrue(world, days, "recordings", "recording_files") == []


def test_a_seam_is_true_in_a_zone_that_is_not_known(make: Callable[..., World]) -> None:
    """Days whose margins lie in two windows have the rows that a run of their own has, whatever `to` means."""
    world = make(report_zone="Asia/Tokyo", report_to="exclusive")
    days = last(40)
    Backfill(world, "one_person_meetings", days, random.Random(3)).play()
    shared, asked = {day: world.rows("one_person_meetings", day) for day in days}, world.asked[ALONE]
    world.memories.clear()
    for day in days:
        world.pull("one_person_meetings", day, run_type="manual")
        world.transform("one_person_meetings", day)
    assert {day: world.rows("one_person_meetings", day) for day in days} == shared
    assert Counter(bool(rows) for rows in shared.values())[True] > 10
    assert (asked, world.asked[ALONE]) == (3 * ASKABLE, 43 * ASKABLE)


@pytest.mark.parametrize("run_type", ["manual", "scheduled", "asset_triggered"])
def test_other_runs_ask_by_themselves(world: World, run_type: str) -> None:
    """Though a backfill has just asked for their day."""
    day = TODAY - DAY * 10
    world.pull("recordings", day)
    left = world.pull("recordings", day, run_type)
    assert "days" not in left
    assert world.landing.manifest(left["manifest"]).days == (day,)
    assert world.asked[RECORDINGS] == 2 * ASKABLE


def test_ask_again_asks_for_its_own_day(world: World) -> None:
    """In a backfill, too."""
    days = last(12)[:2]
    world.params["ask_again"] = True
    attempts = [world.landing.manifest(world.pull("recordings", day)["manifest"]) for day in days]
    assert [each.days for each in attempts] == [(days[0],), (days[1],)]


def test_a_cleared_pull_asks_zoom_and_takes_the_others_along(world: World) -> None:
    """Its window is asked once more; others that are cleared share that, those that are not keep what they had."""
    days = last(12)[:3]
    before = [world.pull("recordings", day)["manifest"] for day in days]
    again = [world.pull("recordings", day)["manifest"] for day in days[:2]]
    assert len(set(before)) == 1
    assert len(set(again)) == 1
    assert set(again) != set(before)
    assert world.asked[RECORDINGS] == 2 * ASKABLE
    assert world.memories[str(days[2]), "recordings.pull"][FINISHED] in before[0]


def test_windows_are_shared_for_seven_days(world: World) -> None:
    """After that a backfill asks anew."""
    first, second, third = last(12)[:3]
    world.pull("recordings", first)
    world.clock.advance(7 * 86400)
    world.pull("recordings", second)
    assert world.asked[RECORDINGS] == ASKABLE
    world.clock.advance(1)
    world.pull("recordings", third)
    assert world.asked[RECORDINGS] == 2 * ASKABLE


def test_days_that_are_not_settled_are_served_by_todays_window_alone(world: World) -> None:
    """Tomorrow Zoom may tell more of yesterday; what has settled is not asked again."""
    settled, yesterday = TODAY - DAY * 3, TODAY - DAY
    world.pull("recordings", settled)
    world.pull("recordings", yesterday)
    assert world.asked[RECORDINGS] == ASKABLE
    world.clock.advance(86400)
    world.pull("recordings", settled - DAY)
    assert world.asked[RECORDINGS] == ASKABLE
    world.pull("recordings", TODAY - DAY * 2)
    assert world.asked[RECORDINGS] == 2 * ASKABLE


def test_what_is_left_of_a_window_at_the_history_limit_is_asked_by_itself(world: World) -> None:
    """A week ago the window served other days; the last one that Zoom keeps of it now has its rows all the same."""
    world.clock.advance(14 * 86400)
    world.pull("one_person_meetings", date(2026, 6, 17))
    world.clock.advance(7 * 86400)
    day = date(2026, 6, 19)  # 2026-12-15 less 180 days is 2026-06-18
    assert day in world.landing.manifest(world.pull("one_person_meetings", day)["manifest"]).days
    world.transform("one_person_meetings", day)
    shared = world.rows("one_person_meetings", day)
    world.pull("one_person_meetings", day, run_type="manual")
    world.transform("one_person_meetings", day)
    assert shared == world.rows("one_person_meetings", day) != Counter()


def test_a_window_that_began_before_midnight_does_not_serve_the_day_that_ended_then(
    world: World,
) -> None:
    """Though Zoom answered after midnight: the day was not over when it was decided what to ask."""
    world.clock.advance((TODAY + DAY - world.clock.now().date()).days * 86400 - 9 * 3600 - 1)
    world.meanwhile = lambda: world.clock.advance(2)
    world.pull("recordings", TODAY - DAY)
    world.meanwhile = lambda: None
    assert TODAY in world.landing.manifest(world.pull("recordings", TODAY)["manifest"]).days


def test_who_waits_holds_no_worker_and_looks_again(world: World) -> None:
    """While one asks, another run is put off; ten seconds later the window is there."""
    first, second = last(12)[:2]
    put_off: list[Any] = []

    def meanwhile() -> None:
        with pytest.raises(AirflowRescheduleException) as caught:
            world.pull("recordings", second)
        put_off.append(caught.value.reschedule_date - world.clock.now())

    world.meanwhile = meanwhile
    world.pull("recordings", first)
    assert put_off == [timedelta(seconds=10)]
    assert (
        world.pull("recordings", second)["manifest"] == world.left[str(first), "recordings.pull"]["manifest"]
    )
    assert world.asked[RECORDINGS] == ASKABLE


def test_at_a_daily_cap_all_wait_and_one_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks before it resets; what was finished is not asked again."""
    first, second = last(12)[:2]
    resets_at = world.clock.now() + timedelta(hours=5)
    ask = world.landing.begin
    error = DailyCapReached("The day's requests are used up.", resets_at=resets_at)

    def begin(*args: Any, **kwargs: Any) -> Any:
        attempt = ask(*args, **kwargs)
        write, written = attempt.write, []

        def written_once(pages: Any) -> None:
            if written:
                raise error
            written.append(pages)
            write(pages)

        if not put_off:
            attempt.write = written_once  # type: ignore[method-assign]
        return attempt

    put_off: list[Any] = []
    monkeypatch.setattr(world.landing, "begin", begin)
    monkeypatch.setattr(pulling, "_later", AirflowRescheduleException)  # it looks at the real clock
    for day in (first, second):
        with pytest.raises(AirflowRescheduleException) as caught:
            world.pull("recordings", day)
        put_off.append(caught.value.reschedule_date)
    assert put_off == [resets_at, resets_at]
    asked = world.asked[RECORDINGS]
    world.clock.advance(5 * 3600)
    left = world.pull("recordings", second)
    assert world.landing.manifest(left["manifest"]).counts["reused"] == 1
    assert world.asked[RECORDINGS] == asked + ASKABLE - 1


def test_a_window_is_transformed_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """All its runs load from the same files; a cleared transform makes them anew, for the others too."""
    days = last(12)[:3]
    for day in days:
        world.pull("recordings", day)
        world.transform("recordings", day)
    made = {world.left[str(day), "recordings.transform"]["frames"] for day in days}
    again = {world.transform("recordings", day)["frames"] for day in days[:2]}
    assert (len(made), len(again), len(made | again)) == (1, 1, 2)


def test_other_code_does_not_load_what_the_old_one_typed(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The window is shared all the same, its files are made anew: a new column would be missing in them."""
    days = last(12)[:2]
    made = []
    for day, code in zip(days, ("VALUE = 1", "VALUE = 2"), strict=True):
        folder = tmp_path / code
        folder.mkdir()
        (folder / "rows.py").write_text(code)
        version = framing.code_version(folder)
        monkeypatch.setattr(transforming, "code_version", lambda version=version: version)
        world.pull("recordings", day)
        made.append(world.transform("recordings", day)["frames"])
    assert len(set(made)) == 2
    assert world.asked[RECORDINGS] == ASKABLE


def test_children_are_no_newer_than_the_window_that_named_their_parents(world: World) -> None:
    """Or they would replace those of a run that has seen more parents in between."""
    day = TODAY - DAY
    world.pull("meetings", day)
    window = world.landing.manifest(world.left[str(day), "meetings.pull"]["manifest"])
    world.clock.advance(3600)
    shared = world.landing.manifest(world.pull("meeting_participants", day)["manifest"])
    world.pull("meetings", day, "scheduled")
    world.clock.advance(60)
    own = world.landing.manifest(world.pull("meeting_participants", day, "scheduled")["manifest"])
    assert shared.counts["parents"] > 0
    assert shared.extracted_at == window.extracted_at
    assert own.extracted_at - window.extracted_at == timedelta(seconds=3660)


def test_a_day_that_cannot_be_typed_blocks_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the window fails as a whole, each run types its own day: only the one at fault fails."""
    bad, good = last(12)[:2]
    typed = transforming.framed

    def framed(stream: Any, store: Any, manifest: Any, forgotten: Any) -> Any:
        if bad in manifest.slice_dates:
            raise RepeatedKey("recordings: a key comes twice.")
        return typed(stream, store, manifest, forgotten)

    monkeypatch.setattr(transforming, "framed", framed)
    monkeypatch.setattr("include.flow.publish.record_apart", lambda *_: None)
    for day in (bad, good):
        world.pull("recordings", day)
    world.transform("recordings", good)
    with pytest.raises(RepeatedKey):
        world.transform("recordings", bad)
    assert untrue(world, [good], "recordings", "recording_files") == []
