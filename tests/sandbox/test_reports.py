"""History, participants, details and daily usage of the simulated account."""

from collections import Counter
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from tests.sandbox.conftest import NOW, Zoom, in_path

WEDNESDAY = "2026-11-18"


async def history(zoom: Zoom, first: str = WEDNESDAY, last: str = WEDNESDAY, **more: object) -> list[dict]:
    pages = await zoom.pages("/report/history_meetings", from_=first, to=last, page_size=300, **more)
    return [meeting for page in pages for meeting in page["history_meetings"]]


async def participants(zoom: Zoom, uuid: str, kind: str = "past_meetings") -> list[dict]:
    pages = await zoom.pages(f"/{kind}/{in_path(uuid)}/participants", page_size=300)
    return [row for page in pages for row in page["participants"]]


async def test_history_is_the_truth(zoom: Zoom) -> None:
    """The report of two days has the true meetings of both."""
    assert await history(zoom, WEDNESDAY, "2026-11-19") == [
        *await zoom.truth("meetings", WEDNESDAY),
        *await zoom.truth("meetings", "2026-11-19"),
    ]


async def test_history_counts_and_echoes_nothing(zoom: Zoom) -> None:
    """The history has neither a total nor the window, and no host id."""
    answer = (await zoom.ask("/report/history_meetings", from_=WEDNESDAY, to=WEDNESDAY)).json()
    assert set(answer) == {"next_page_token", "page_size", "history_meetings"}
    assert "host_id" not in answer["history_meetings"][0]


async def test_a_day_has_meetings_at_its_edges(zoom: Zoom) -> None:
    """One meeting starts at 00:00:00, one at 23:59:59, and some end on the next day."""
    meetings = await history(zoom)
    assert {"2026-11-18T00:00:00Z", "2026-11-18T23:59:59Z"} <= {each["start_time"] for each in meetings}
    assert any(each["end_time"].startswith("2026-11-19T") for each in meetings)
    assert all(each["start_time"].startswith("2026-11-18T") for each in meetings)


async def test_sunday_is_quiet(zoom: Zoom) -> None:
    """A Sunday has only the meetings around midnight."""
    assert [each["start_time"] for each in await history(zoom, "2026-11-22", "2026-11-22")] == [
        "2026-11-22T23:59:59Z",
        "2026-11-22T00:00:00Z",
        "2026-11-22T23:30:00Z",
    ]


async def test_kinds_of_meetings(zoom: Zoom) -> None:
    """Webinars stand among the meetings; each kind can be asked alone."""
    both = await history(zoom)
    assert {each["type"] for each in both} == {"Meeting", "Webinar"}
    webinars = await history(zoom, meeting_type="webinar")
    meetings = await history(zoom, meeting_type="meeting")
    assert {each["type"] for each in webinars} == {"Webinar"}
    assert len(webinars) + len(meetings) == len(both)


async def test_history_by_end(zoom: Zoom) -> None:
    """Asked by the end, a day has the meetings that began the evening before."""
    found = await history(zoom, "2026-11-19", "2026-11-19", date_type="end_time")
    assert all(each["end_time"].startswith("2026-11-19T") for each in found)
    assert any(each["start_time"].startswith("2026-11-18T") for each in found)


async def test_topics_are_strange_at_times(zoom: Zoom) -> None:
    """NUL and half a surrogate pair occur in topics within a week of weekdays."""
    topics = "".join(each["topic"] for each in await history(zoom, "2026-11-09", "2026-11-20"))
    assert "\x00" in topics
    assert "\ud83d" in topics


async def test_uuids_need_care(zoom: Zoom) -> None:
    """Within a month uuids come with a leading slash, a double slash inside, and a plus."""
    uuids = [each["meeting_uuid"] for each in await history(zoom, "2026-10-20", "2026-11-19")]
    assert any(uuid.startswith("/") and not uuid.startswith("//") for uuid in uuids)
    assert any(uuid.startswith("//") for uuid in uuids)
    assert any("//" in uuid[1:] for uuid in uuids)
    assert any("+" in uuid for uuid in uuids)
    assert {len(uuid) for uuid in uuids} == {24}
    assert len(set(uuids)) == len(uuids)


async def test_every_uuid_is_found_when_encoded_twice(zoom: Zoom) -> None:
    """A uuid that was encoded twice is found, whatever is in it."""
    for meeting in await history(zoom, "2026-11-16", "2026-11-20", meeting_type="meeting"):
        answer = await zoom.ask(f"/past_meetings/{in_path(meeting['meeting_uuid'])}")
        assert answer.json()["uuid"] == meeting["meeting_uuid"]


async def test_uuid_encoded_once(zoom: Zoom) -> None:
    """Encoded once, a uuid is found unless it starts with a slash or has two in a row."""
    for meeting in await history(zoom, "2026-10-20", "2026-11-19", meeting_type="meeting"):
        uuid = meeting["meeting_uuid"]
        answer = await zoom.ask(f"/past_meetings/{quote(uuid, safe='')}")
        assert answer.status_code == (404 if uuid.startswith("/") or "//" in uuid else 200)


async def test_meeting_ids_repeat_and_exceed_31_bits(zoom: Zoom) -> None:
    """Instances of a series share their id, which exceeds 2^31; asking by id gives the latest one."""
    month = await history(zoom, "2026-10-20", "2026-11-19", meeting_type="meeting")
    instances = Counter(each["meeting_id"] for each in month)
    number, count = instances.most_common(1)[0]
    assert count > 1
    assert min(instances) > 2**31
    latest = (await zoom.ask(f"/past_meetings/{number}")).json()
    assert latest["start_time"] >= max(each["start_time"] for each in month if each["meeting_id"] == number)


async def test_a_running_meeting_is_not_listed(new_zoom: Callable[..., Zoom]) -> None:
    """A meeting appears when it has ended, also in the truth."""
    zoom = new_zoom(now=NOW.replace(hour=0, minute=0, second=1))
    before = {each["meeting_uuid"] for each in await zoom.truth("meetings", "2026-11-23")}
    zoom.sandbox.clock.advance(26 * 60)
    after = await zoom.truth("meetings", "2026-11-23")
    late = [each for each in after if each["meeting_uuid"] not in before]
    assert "2026-11-23T23:30:00Z" in {each["start_time"] for each in late}
    assert all(each["end_time"] > "2026-11-24T00:00:01Z" for each in late)


async def test_participants_are_the_truth(zoom: Zoom) -> None:
    """Participants of all meetings are the true ones, in both forms."""
    for kind, form in (("past_meetings", "past"), ("report/meetings", "report")):
        found = []
        for meeting in await history(zoom, meeting_type="meeting"):
            uuid = meeting["meeting_uuid"]
            if meeting["participants"] > 1:
                found += [{"meeting_uuid": uuid, **row} for row in await participants(zoom, uuid, kind)]
        assert found == await zoom.truth("meeting_participants", WEDNESDAY, form)


async def test_traps_of_participants(zoom: Zoom) -> None:
    """Guests without id, empty mails, equal rows, waiting rooms, rejoins, joins after midnight all occur."""
    rows = await zoom.truth("meeting_participants", WEDNESDAY)
    assert any(row.get("id") == "" for row in rows)
    assert any("id" not in row for row in rows)
    assert any(row["user_email"] == "" for row in rows)
    assert any(row["status"] == "in_waiting_room" for row in rows)
    assert any(row["join_time"].startswith("2026-11-19T") for row in rows)
    assert any("network_type" in row for row in rows)
    assert max(Counter(str(row) for row in rows).values()) == 2
    people = Counter((row["meeting_uuid"], row["id"]) for row in rows if row.get("id"))
    assert people.most_common(1)[0][1] > 1


async def test_report_names_breakout_rooms(zoom: Zoom) -> None:
    """The report's rows have a breakout room where one was used, and the user's id by its newer name."""
    rows = await zoom.truth("meeting_participants", WEDNESDAY, "report")
    assert any("bo_mtg_id" in row for row in rows)
    assert all(row["participant_user_id"] == row["id"] for row in rows if row.get("id"))
    assert not any("internal_user" in row for row in rows)


async def test_a_wednesday_has_more_than_one_page(zoom: Zoom) -> None:
    """One meeting a week has more participants than a page."""
    sizes = Counter(row["meeting_uuid"] for row in await zoom.truth("meeting_participants", WEDNESDAY))
    assert sizes.most_common(1)[0][1] > 300


async def test_meeting_of_one_person(zoom: Zoom) -> None:
    """Who was alone is listed, but has no participants: an empty list here, 404 in the report."""
    alone = next(each for each in await history(zoom, meeting_type="meeting") if each["participants"] == 1)
    path = in_path(alone["meeting_uuid"])
    past = await zoom.ask(f"/past_meetings/{path}/participants")
    report = await zoom.ask(f"/report/meetings/{path}/participants")
    assert (past.status_code, past.json()["participants"], past.json()["total_records"]) == (200, [], 0)
    assert (report.status_code, report.json()["code"]) == (404, 3001)


async def test_webinar_asked_as_a_meeting(zoom: Zoom) -> None:
    """The meeting endpoint refuses a webinar's uuid with code 3000."""
    webinar = (await history(zoom, meeting_type="webinar"))[0]
    answer = await zoom.ask(f"/past_meetings/{in_path(webinar['meeting_uuid'])}/participants")
    assert (answer.status_code, answer.json()["code"]) == (400, 3000)


@pytest.mark.parametrize("uuid", ["gm8s9L+PTEC+FG3sFbd1Cw==", "nonsense", "123"])
async def test_unknown_meeting(zoom: Zoom, uuid: str) -> None:
    """A meeting that is not there gives 404 with code 3001."""
    answer = await zoom.ask(f"/past_meetings/{in_path(uuid)}/participants")
    assert (answer.status_code, answer.json()["code"]) == (404, 3001)


async def test_older_than_a_year(zoom: Zoom) -> None:
    """A meeting of more than a year ago gives code 12702; the report forgets it after six months."""
    uuid = (await history(zoom, meeting_type="meeting"))[0]["meeting_uuid"]
    zoom.sandbox.clock.advance(200 * 86_400)
    zoom.authorise()
    report = await zoom.ask(f"/report/meetings/{in_path(uuid)}/participants")
    assert (report.status_code, report.json()["code"]) == (404, 3001)
    assert (await zoom.ask(f"/past_meetings/{in_path(uuid)}")).status_code == 200
    zoom.sandbox.clock.advance(200 * 86_400)
    zoom.authorise()
    past = await zoom.ask(f"/past_meetings/{in_path(uuid)}")
    assert (past.status_code, past.json()["code"]) == (400, 12702)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-18", "2026-11-17"),
        ("2026-10-01", "2026-11-01"),
        ("2026-05-23", "2026-05-24"),
        ("", "2026-11-17"),
        ("yesterday", "2026-11-17"),
    ],
)
async def test_report_windows_that_zoom_refuses(zoom: Zoom, first: str, last: str) -> None:
    """Reversed, longer than a month, older than six months, missing or no date: code 300."""
    answer = await zoom.ask("/report/history_meetings", from_=first, to=last)
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


async def test_six_months_ago_is_still_there(zoom: Zoom) -> None:
    """The day six months ago can be asked and is as it was."""
    assert await history(zoom, "2026-05-24", "2026-05-24") == await zoom.truth("meetings", "2026-05-24")


async def test_report_zone_and_exclusive_end(new_zoom: Callable[..., Zoom]) -> None:
    """An account in Tokyo with an exclusive end shows a part of a UTC day only when asked widely."""
    zoom = new_zoom(report_zone="Asia/Tokyo", report_to="exclusive")
    day = {each["meeting_uuid"] for each in await zoom.truth("meetings", WEDNESDAY)}
    narrow = {each["meeting_uuid"] for each in await history(zoom, "2026-11-17", "2026-11-19")}
    wide = {each["meeting_uuid"] for each in await history(zoom, "2026-11-17", "2026-11-20")}
    assert not day <= narrow
    assert day <= wide


async def test_late_rows(new_zoom: Callable[..., Zoom]) -> None:
    """With lateness some meetings are missing and durations are 0 until the hours are over."""
    zoom = new_zoom(late_hours=20)
    truth = await zoom.truth("meetings", "2026-11-23")
    early = await history(zoom, "2026-11-23", "2026-11-23")
    assert 0 < len(early) < len(truth)
    met = [each["meeting_uuid"] for each in early if each["type"] == "Meeting" and each["participants"] > 1]
    durations = [row["duration"] for uuid in met for row in await participants(zoom, uuid)]
    assert 0 in durations
    zoom.sandbox.clock.advance(86_400)
    zoom.authorise()
    assert await history(zoom, "2026-11-23", "2026-11-23") == truth
    durations = [row["duration"] for uuid in met for row in await participants(zoom, uuid)]
    assert 0 not in durations


async def test_daily_usage(zoom: Zoom) -> None:
    """A month lists its days that are over; it equals the truth."""
    this_month = (await zoom.ask("/report/daily", year=2026, month=11)).json()
    assert (this_month["year"], this_month["month"], len(this_month["dates"])) == (2026, 11, 23)
    assert (await zoom.ask("/report/daily")).json() == this_month
    assert this_month["dates"] == await zoom.truth("daily_usage", "2026-11-09")
    october = (await zoom.ask("/report/daily", year=2026, month=10)).json()
    assert [day["date"] for day in october["dates"]][::30] == ["2026-10-01", "2026-10-31"]


@pytest.mark.parametrize(("year", "month"), [(2026, 4), (2026, 12), (2026, 13)])
async def test_daily_usage_of_other_months(zoom: Zoom, year: int, month: int) -> None:
    """Months older than six, to come, or that are none give code 300."""
    answer = await zoom.ask("/report/daily", year=year, month=month)
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


async def test_history_tells_which_meetings_have_a_report(zoom: Zoom) -> None:
    """Those of which the report is no 404: questions and answers, surveys."""
    uuids = {row["meeting_uuid"] for row in await history(zoom, meeting_type="meeting")}
    for kind in ("qa", "survey"):
        told = {row["meeting_uuid"] for row in await history(zoom, meeting_type="meeting", report_type=kind)}
        answers = {uuid: await zoom.ask(f"/report/meetings/{in_path(uuid)}/{kind}") for uuid in uuids}
        assert told == {uuid for uuid, answer in answers.items() if answer.status_code == httpx.codes.OK}
        assert 0 < len(told) < len(uuids)
