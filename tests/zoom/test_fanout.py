"""From parents' records to the parents that are asked."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from include.zoom.catalog import STREAMS, streams
from include.zoom.fanout import parent_keys, root_records
from include.zoom.pages import Page, ParentKey
from include.zoom.stream import Parent

DAY = date(2026, 3, 10)
MEETING = {"meeting_uuid": "a==", "type": "Meeting", "participants": 3}
Json = Any


def page(key: str, *records: Json) -> Page:
    body = json.dumps({key: records}).encode()
    return Page(0, None, 1, {}, 200, datetime(2026, 3, 11, tzinfo=UTC), body)


def test_each_parent_is_asked_once() -> None:
    """Records that came twice are one parent."""
    parent = STREAMS["meeting_participants"].parent or Parent("", {})
    assert parent_keys(parent, [(MEETING, DAY), (MEETING, DAY)]) == [ParentKey({"meeting_uuid": "a=="}, DAY)]


def test_a_parent_of_several_days_is_asked_for_each() -> None:
    """A series is recorded under one meeting number on two days: neither day's slice lacks its registrants."""
    parent = STREAMS["recording_registrants"].parent or Parent("", {})
    second = date(2026, 3, 11)
    series = [({"id": 91, "uuid": "a=="}, DAY), ({"id": 91, "uuid": "b=="}, second), ({"id": 91}, second)]
    assert parent_keys(parent, series) == [
        ParentKey({"meeting_id": "91"}, DAY),
        ParentKey({"meeting_id": "91"}, second),
    ]


def test_webinars_have_no_meeting_participants() -> None:
    """Only records of type Meeting are asked."""
    parent = STREAMS["meeting_participants"].parent or Parent("", {})
    assert parent_keys(parent, [({**MEETING, "type": "Webinar"}, DAY)]) == []


def test_the_report_is_not_asked_for_who_was_alone() -> None:
    """It answers 404 there; the list of past meetings is asked, it may know one."""
    report = streams({"participants_source": "report"})["meeting_participants"].parent or Parent("", {})
    past = STREAMS["meeting_participants"].parent or Parent("", {})
    alone, unknown = {**MEETING, "participants": 1}, {"meeting_uuid": "b==", "type": "Meeting"}
    assert [key.keys for key in parent_keys(report, [(alone, DAY), (unknown, DAY)])] == [
        {"meeting_uuid": "b=="}
    ]
    assert len(parent_keys(past, [(alone, DAY)])) == 1


def test_pending_users_have_no_id_to_ask_with() -> None:
    """A record without the key, or with an empty one, is no parent; users do not date their recordings."""
    parent = STREAMS["recordings"].parent or Parent("", {})
    records = [({"id": "u1"}, DAY), ({"email": "x"}, DAY), ({"id": ""}, DAY), ({"id": None}, DAY)]
    assert parent_keys(parent, records) == [ParentKey({"user_id": "u1"}, None)]


def test_only_records_of_the_runs_days_are_parents() -> None:
    """The margins' records are trimmed by their own UTC time; one without a time belongs to no day."""
    meetings = page(
        "history_meetings",
        {"meeting_uuid": "in", "start_time": "2026-03-10T23:59:59Z"},
        {"meeting_uuid": "offset", "start_time": "2026-03-11T01:00:00+02:00"},
        {"meeting_uuid": "after", "start_time": "2026-03-11T00:00:00Z"},
        {"meeting_uuid": "by its end", "start_time": "", "end_time": "2026-03-10T08:00:00Z"},
        {"meeting_uuid": "never"},
    )
    found = list(root_records(STREAMS["meetings"], [meetings], {DAY}))
    assert [record["meeting_uuid"] for record, _ in found] == ["in", "offset", "by its end"]
    assert {day for _, day in found} == {DAY}


def test_a_snapshots_records_belong_to_its_day() -> None:
    """Whatever days the run is for."""
    found = list(root_records(STREAMS["users"], [page("users", {"id": "u1"})], (), snapshot_date=DAY))
    assert found == [({"id": "u1"}, DAY)]


def test_a_record_that_says_it_has_none_is_not_asked() -> None:
    """Also in a nested field; where it says nothing it is asked."""
    parent = Parent("meetings", {"uuid": "uuid"}, unless={"feature_used.poll": (False,)})
    records = [
        ({"uuid": "a", "feature_used": {"poll": False}}, DAY),
        ({"uuid": "b", "feature_used": {"poll": True}}, DAY),
        ({"uuid": "c"}, DAY),
    ]
    assert [key.keys["uuid"] for key in parent_keys(parent, records)] == ["b", "c"]


def test_a_parent_may_be_of_the_day_that_was_asked_or_of_its_own_parent() -> None:
    """Hosts and sessions have no time of their own; neither have participants."""
    asked = replace(page("users", {"id": "h"}), asked={"from": "2026-03-10", "to": "2026-03-10"})
    assert list(root_records(STREAMS["active_hosts"], [asked], {DAY})) == [({"id": "h"}, DAY)]
    seat = replace(page("participants", {"user_id": "1"}), parent=ParentKey({"meeting_uuid": "a=="}, DAY))
    assert list(root_records(STREAMS["meeting_participants"], [seat], {DAY})) == [({"user_id": "1"}, DAY)]
    assert list(root_records(STREAMS["meeting_participants"], [seat], {date(2026, 3, 9)})) == []
