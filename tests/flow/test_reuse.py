"""Lists of meetings that are final and have not changed are not asked again; everything else is."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from include.flow.framing import framed
from include.landing import Manifest
from include.landing.forgetting import forget_in_landing
from include.zoom.catalog import STREAMS
from include.zoom.client import quoted
from include.zoom.errors import TransientError
from include.zoom.forgotten import Forgotten, identifier_hash
from tests.flow.landed import House
from tests.flow.repeated import ACCOUNT, DAY, Repeated, edited, files_of, without

PAST = "/past_meetings/{meetingId}/participants"
PROVISIONAL = datetime(2026, 3, 12, 23, 59, tzinfo=UTC)
COUNTED = ("parents", "taken_over", "reused", "records", "total_records")


@pytest.fixture
def zoom(tmp_path: Path) -> Repeated:
    return Repeated(tmp_path)


async def extracted(zoom: Repeated) -> Manifest:
    """The participants of the day, as of two days after it."""
    return await zoom.again("meeting_participants", await zoom.meetings())


def uuid_of(zoom: Repeated, manifest: Manifest, number: int = 0) -> str:
    return sorted(zoom.bodies(manifest))[number]


async def test_what_has_not_changed_is_not_asked_again(zoom: Repeated) -> None:
    """One request tells that: the meetings'. The pages are those of the first time, with their own time."""
    first = await extracted(zoom)
    assert zoom.asked == {"/report/history_meetings": 1, PAST: 16}
    zoom.later(days=20)
    parents = await zoom.meetings()
    second = await zoom.again("meeting_participants", parents)
    assert zoom.asked == {"/report/history_meetings": 1}
    assert [second.counts[name] for name in COUNTED] == [16, 16, 0, 77, 77]
    assert list(zoom.landing.pages(second)) == list(zoom.landing.pages(first))


async def test_an_extraction_is_as_new_as_what_showed_that_nothing_has_changed(zoom: Repeated) -> None:
    """The parents' time, and not that of the pages: so it is not superseded by what it took them from."""
    first = await extracted(zoom)
    zoom.later(days=20)
    parents = await zoom.meetings()
    second = await zoom.again("meeting_participants", parents)
    assert first.extracted_at < parents.extracted_at == second.extracted_at
    assert second.extracted_at.date() == date(2026, 4, 2)


async def test_a_meeting_that_changed_is_asked(zoom: Repeated) -> None:
    """By its record: whoever came to light later makes it another."""
    first = await extracted(zoom)
    uuid = uuid_of(zoom, first)
    zoom.later(days=1)
    zoom.changes["/report/history_meetings"] = edited("history_meetings", uuid, total_participant_minutes=4)
    zoom.changes[f"/past_meetings/{quoted(uuid)}"] = lambda payload: payload["participants"][0].update(
        name="Late"
    )
    second = await extracted(zoom)
    assert zoom.asked == {"/report/history_meetings": 1, PAST: 1}
    before, after = zoom.bodies(first), zoom.bodies(second)
    assert orjson.loads(after.pop(uuid)[0])["participants"][0]["name"] == "Late"
    assert before.pop(uuid)
    assert before == after
    assert second.counts["taken_over"] == 15


async def test_a_meeting_that_was_not_there_is_asked_and_one_that_is_gone_is_left_out(zoom: Repeated) -> None:
    """What is taken over is what the meetings of today have."""
    whole = await zoom.meetings()
    uuid = next(
        record["meeting_uuid"]
        for page in zoom.landing.pages(whole)
        for record in page.records(STREAMS["meetings"].lists[0])
        if record["type"] == "Meeting" and record["start_time"].startswith("2026-03-10")
    )
    zoom.changes["/report/history_meetings"] = without(uuid)
    first = await extracted(zoom)
    assert len(zoom.bodies(first)) == 15
    zoom.later(days=1)
    zoom.changes.clear()
    second = await extracted(zoom)
    assert zoom.asked[PAST] == 1
    assert zoom.bodies(second).keys() == zoom.bodies(first).keys() | {uuid}
    zoom.later(days=1)
    zoom.changes["/report/history_meetings"] = without(uuid)
    third = await extracted(zoom)
    assert zoom.asked[PAST] == 0
    assert zoom.bodies(third) == zoom.bodies(first)


async def test_what_is_not_final_is_asked_until_it_is(tmp_path: Path) -> None:
    """The run that settles a day asks it whole; the next one does not."""
    zoom = Repeated(tmp_path, now=PROVISIONAL)
    await extracted(zoom)
    zoom.later(hours=1)
    settled = await extracted(zoom)
    assert zoom.asked[PAST] == 16
    assert settled.counts["taken_over"] == 0
    zoom.later(hours=1)
    assert (await extracted(zoom)).counts["taken_over"] == 16


async def test_only_the_final_days_of_an_attempt_are_taken_over(tmp_path: Path) -> None:
    """A backfill to the present has both kinds."""
    zoom = Repeated(tmp_path)
    days = DAY, date(2026, 3, 11)
    first = await zoom.again("meeting_participants", await zoom.meetings(*days))
    asked = zoom.asked[PAST] - first.counts["asked_again"]
    zoom.later(hours=1)
    second = await zoom.again("meeting_participants", await zoom.meetings(*days))
    assert second.counts["taken_over"] == 16
    assert zoom.asked[PAST] - second.counts["asked_again"] == asked - 16


async def test_a_parent_without_a_page_is_asked_each_time(zoom: Repeated) -> None:
    """What Zoom had nothing of then, it may have now: there is nothing to take over."""
    uuid = uuid_of(zoom, await extracted(zoom))
    zoom.later(days=1)
    zoom.refused[quoted(uuid)] = (404, {"code": 3001, "message": "Meeting not found"})
    lacking = await zoom.again("meeting_participants", await zoom.meetings(), anew=True)
    assert [skipped["parent"] for skipped in lacking.counts["skipped"]] == [{"meeting_uuid": uuid}]
    zoom.later(days=1)
    zoom.refused.clear()
    after = await extracted(zoom)
    assert zoom.asked[PAST] == 1
    assert [after.counts["taken_over"], len(zoom.bodies(after))] == [15, 16]


async def test_whoever_asks_anew_gets_it_and_leaves_it_to_the_next(zoom: Repeated) -> None:
    """So a wrong answer that no meeting's record shows can be mended for good."""
    uuid = uuid_of(zoom, await extracted(zoom))
    zoom.changes[f"/past_meetings/{quoted(uuid)}"] = lambda payload: payload["participants"][0].update(
        name="Mended"
    )
    zoom.later(days=1)
    anew = await zoom.again("meeting_participants", await zoom.meetings(), anew=True)
    assert zoom.asked[PAST] == 16
    zoom.later(days=1)
    after = await extracted(zoom)
    assert zoom.asked[PAST] == 0
    assert orjson.loads(zoom.bodies(after)[uuid][0])["participants"][0]["name"] == "Mended"
    assert zoom.bodies(after) == zoom.bodies(anew)


async def test_nothing_older_is_taken_over_while_somebody_asks_anew(zoom: Repeated) -> None:
    """Neither what was there, nor what an attempt finishes that began before."""
    parents = await zoom.meetings()
    slow = zoom.begin("meeting_participants", parents)
    await zoom.again("meeting_participants", parents)
    zoom.later(days=1)
    later_parents = await zoom.meetings()
    taking = zoom.begin("meeting_participants", later_parents)
    assert taking.taken_over() == 16
    zoom.later(seconds=5)
    asking = zoom.begin("meeting_participants", await zoom.meetings(), anew=True)
    assert (await extracted(zoom)).counts["taken_over"] == 0
    took = await zoom.finish("meeting_participants", taking, later_parents)
    asked = await zoom.finish("meeting_participants", asking, later_parents)
    await zoom.finish("meeting_participants", slow, parents)
    assert took.extracted_at < asked.extracted_at  # so the warehouse keeps what was asked
    zoom.later(days=1)
    after = await extracted(zoom)
    assert [after.counts["taken_over"], zoom.asked[PAST]] == [16, 0]


async def test_parents_that_are_older_than_the_extraction_take_nothing_over(zoom: Repeated) -> None:
    """What they show as unchanged may have changed before it was asked, and the older would supersede the newer."""
    zoom.later(days=1)
    old_parents = await zoom.meetings()
    await extracted(zoom)
    zoom.later(minutes=5)
    second = await zoom.again("meeting_participants", old_parents)
    assert [second.counts["taken_over"], zoom.asked[PAST]] == [0, 16]


async def test_an_attempt_with_answers_older_than_its_parents_is_no_source(zoom: Repeated) -> None:
    """A killed try may have asked a meeting before the parents' task was cleared and told of another state."""
    attempt = zoom.begin("meeting_participants", await zoom.meetings())
    manifest = await zoom._filled(attempt, "meeting_participants", await zoom.meetings())
    zoom.later(minutes=5)
    newer_parents = await zoom.meetings()
    resumed = zoom.begin("meeting_participants", newer_parents)
    resumed._parts = list(attempt._parts)
    assert (await zoom.finish("meeting_participants", resumed, newer_parents)).files == manifest.files
    zoom.later(minutes=5)
    assert (await extracted(zoom)).counts["taken_over"] == 0


async def test_a_killed_try_is_continued_with_what_it_took_over(
    zoom: Repeated, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked twice, and the extraction is as old as the parents."""
    monkeypatch.setattr("include.landing.parts.FILE_PAGES", 5)
    first = await extracted(zoom)
    changed = [uuid_of(zoom, first, number) for number in range(8)]
    zoom.later(days=1)

    def shorter(payload: dict[str, list[dict[str, object]]]) -> None:
        for record in payload["history_meetings"]:
            if record["meeting_uuid"] in changed:
                record["duration"] = 1

    zoom.changes["/report/history_meetings"] = shorter
    parents = await zoom.meetings()
    killed = zoom.begin("meeting_participants", parents)
    zoom.refused[quoted(changed[-1])] = (503, {"code": 0, "message": "Later"})
    with pytest.raises(TransientError):
        await zoom.finish("meeting_participants", killed, parents)
    cursor = killed.cursor()
    zoom.refused.clear()
    zoom.later(minutes=10)
    finished = len(killed.finished())
    again = zoom.resume("meeting_participants", parents, cursor)
    second = await zoom.finish("meeting_participants", again, parents)
    assert finished >= 8
    assert zoom.asked == {PAST: 16 - finished}
    assert [second.counts["taken_over"], second.counts["reused"]] == [8, finished - 8]
    assert second.extracted_at == parents.extracted_at
    assert len(zoom.bodies(second)) == 16


@pytest.mark.parametrize("damage", ["pages", "manifest", "parents", "pointer"])
async def test_what_is_damaged_in_landing_is_asked(zoom: Repeated, tmp_path: Path, damage: str) -> None:
    """Half of something is never taken over, and the run goes on."""
    parents = await zoom.meetings()
    first = await zoom.again("meeting_participants", parents)
    pages, folder = files_of(tmp_path, first)[0], tmp_path / "landing" / first.address
    broken = {
        "pages": pages,
        "manifest": folder,
        "parents": files_of(tmp_path, parents)[0],
        "pointer": folder.parents[1] / "finals" / f"{DAY}.json",
    }[damage]
    broken.write_bytes(broken.read_bytes()[:-7])
    zoom.later(days=1)
    second = await extracted(zoom)
    assert [second.counts["taken_over"], zoom.asked[PAST]] == [0, 16]
    assert (
        zoom.bodies(second) == zoom.bodies(first) if damage == "pointer" else len(zoom.bodies(second)) == 16
    )
    zoom.later(days=1)
    assert (await extracted(zoom)).counts["taken_over"] == 16


async def test_other_settings_or_lists_are_asked(zoom: Repeated, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their pages would be of another question."""
    await extracted(zoom)
    zoom.later(days=1)
    monkeypatch.setitem(zoom.settings, "participants_source", "report")
    second = await extracted(zoom)
    assert second.counts["taken_over"] == 0
    monkeypatch.setitem(zoom.settings, "participants_source", "past_meetings")
    monkeypatch.setattr("include.landing.finals.lists_digest", lambda _: "of another release")
    assert (await extracted(zoom)).counts["taken_over"] == 0


@pytest.mark.parametrize(("hours_after", "taken_over"), [(49, 0), (73, 16)])
async def test_a_list_that_was_not_settled_is_taken_over_by_no_clock_s_difference(
    tmp_path: Path, hours_after: int, taken_over: int
) -> None:
    """A pull counts by its own clock's day what Zoom's clock may call final."""
    zoom = Repeated(tmp_path, now=datetime(2026, 3, 11, tzinfo=UTC) + timedelta(hours=hours_after))
    parents = await zoom.meetings()
    attempt = zoom.begin("meeting_participants", parents)
    await zoom.finish("meeting_participants", attempt, parents, unsettled=1)
    zoom.later(minutes=5)
    assert (await extracted(zoom)).counts["taken_over"] == taken_over


async def test_the_forgotten_stay_forgotten_in_what_is_taken_over(zoom: Repeated) -> None:
    """Their pages are taken as they are now, and one that is rewritten later keeps its place and time."""
    first = await extracted(zoom)
    people = {
        str(row["user_email"])
        for page in zoom.landing.pages(first)
        for row in page.records(STREAMS["meeting_participants"].lists[0])
        if row.get("user_email")
    }
    person = min(people)
    forgotten = Forgotten({identifier_hash(person, b"key"): "forgotten_1"}, b"key")
    now = zoom.clock.now() + timedelta(days=3)
    forget_in_landing(zoom.landing, ACCOUNT, STREAMS["meeting_participants"], forgotten, now=now)
    zoom.later(days=1)
    second = await extracted(zoom)
    assert second.counts["taken_over"] == 16
    assert not any(person.encode() in page.body for page in zoom.landing.pages(second))


async def test_an_attempt_that_is_rewritten_keeps_what_it_took_over(zoom: Repeated) -> None:
    """Its index too, from which a later try would go on."""
    await extracted(zoom)
    zoom.later(days=1)
    parents = await zoom.meetings()
    attempt = zoom.begin("meeting_participants", parents)
    second = await zoom.finish("meeting_participants", attempt, parents)
    name = next(
        str(row["user_email"])
        for page in zoom.landing.pages(second)
        for row in page.records(STREAMS["meeting_participants"].lists[0])
        if row.get("user_email")
    )
    forgotten = Forgotten({identifier_hash(name, b"key"): "forgotten_1"}, b"key")
    now = zoom.clock.now() + timedelta(days=3)
    done = forget_in_landing(zoom.landing, ACCOUNT, STREAMS["meeting_participants"], forgotten, now=now)
    assert done.files == 2
    again = zoom.resume("meeting_participants", parents, attempt.cursor())
    assert [again.taken_over(), len(again.finished())] == [16, 16]
    assert zoom.landing.manifest(second.address).extracted_at == parents.extracted_at


async def test_the_warehouse_keeps_the_newest_of_what_was_asked_and_what_was_taken_over(
    zoom: Repeated, house: House
) -> None:
    """An extraction that took most of another over replaces it, and is not replaced by it again."""
    first = await extracted(zoom)
    uuid = uuid_of(zoom, first)
    zoom.later(days=1)
    zoom.changes["/report/history_meetings"] = edited("history_meetings", uuid, total_participant_minutes=4)
    zoom.changes[f"/past_meetings/{quoted(uuid)}"] = lambda payload: payload["participants"][0].update(
        name="Late"
    )
    second = await extracted(zoom)
    stream = STREAMS["meeting_participants"]
    applied = [
        house.publication.publish(stream, each, framed(stream, house.landing, each)).applied
        for each in (first, second, first)
    ]
    assert applied == [[DAY], [DAY], []]
    told = "SELECT count(*), count(*) FILTER (WHERE name = 'Late') FROM zoom.meeting_participants"
    assert house.rows(told) == [(77, 1)]
    assert house.rows("SELECT final, extracted_at::date::text FROM zoom.slices") == [(True, "2026-03-14")]
