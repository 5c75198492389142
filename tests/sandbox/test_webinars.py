"""The simulated webinars have the traps of Zoom's own."""

from collections import Counter
from typing import Any

import pytest

from tests.sandbox.conftest import Zoom, in_path

DAY = "2026-11-23"


async def every_webinar(zoom: Zoom, **parameters: object) -> list[dict[str, Any]]:
    """The lists of all users who have a licence."""
    found = []
    for user in (await zoom.ask("/users", page_size=300)).json()["users"]:
        answer = (await zoom.ask(f"/users/{user['id']}/webinars", **parameters)).json()
        found += answer.get("webinars", [])
    return found


async def test_without_a_licence_a_user_has_no_list(zoom: Zoom) -> None:
    """Code 200, while others have webinars."""
    users = (await zoom.ask("/users", page_size=300)).json()["users"]
    answers = [await zoom.ask(f"/users/{user['id']}/webinars") for user in users]
    refused = [answer.json() for answer in answers if answer.status_code == 400]
    assert {answer["code"] for answer in refused} == {200}
    assert 0 < len(refused) < len(users)


async def test_upcoming_webinars_are_a_part(zoom: Zoom) -> None:
    """Those that have not ended."""
    upcoming = {each["uuid"] for each in await every_webinar(zoom, type="upcoming")}
    every = {each["uuid"] for each in await every_webinar(zoom)}
    assert 0 < len(upcoming) < len(every)
    assert upcoming < every


async def test_each_status_of_registrants_has_to_be_asked(new_zoom: Any) -> None:
    """The default is the approved ones; without registration it is code 3000."""
    zoom: Zoom = new_zoom(users=60)
    statuses, codes = Counter[str](), set()
    for webinar in await every_webinar(zoom):
        path = f"/webinars/{webinar['id']}/registrants"
        for status in ({}, {"status": "pending"}, {"status": "denied"}):
            answer = (await zoom.ask(path, **status)).json()
            statuses.update((status.get("status"), row["status"]) for row in answer.get("registrants", []))
            codes.add(answer.get("code"))
    assert set(statuses) == {(None, "approved"), ("pending", "pending"), ("denied", "denied")}
    assert codes == {None, 3000}


async def test_tracking_sources_count_registrations(zoom: Zoom) -> None:
    """Their total is not how many there are."""
    answers = [
        (await zoom.ask(f"/webinars/{webinar['id']}/tracking_sources")).json()
        for webinar in await every_webinar(zoom)
    ]
    listed = [answer for answer in answers if "tracking_sources" in answer]
    assert any(answer["total_records"] > len(answer["tracking_sources"]) for answer in listed)


async def test_who_registered_came_or_is_absent(zoom: Zoom) -> None:
    """Never both; and some of each."""
    came = {
        (row["webinar_uuid"], row.get("registrant_id"))
        for row in await zoom.truth("webinar_participants", DAY)
    }
    absent = {(row["webinar_uuid"], row["id"]) for row in await zoom.truth("webinar_absentees", DAY)}
    assert absent
    assert any(registration for _, registration in came)
    assert not came & absent


@pytest.mark.parametrize(("fields", "named"), [("", False), ("registrant_id", True)])
async def test_registrants_are_named_where_it_is_asked(zoom: Zoom, fields: str, named: bool) -> None:
    """`include_fields` decides."""
    window = {"from_": DAY, "to": DAY, "meeting_type": "webinar"}
    told = []
    for webinar in (await zoom.ask("/report/history_meetings", **window)).json()["history_meetings"]:
        path = f"/report/webinars/{in_path(webinar['meeting_uuid'])}/participants"
        told += (await zoom.ask(path, include_fields=fields)).json()["participants"]
    assert any("registrant_id" in row for row in told) is named


async def test_a_meeting_is_no_webinar(zoom: Zoom) -> None:
    """Its uuid is not found among them."""
    window = {"from_": DAY, "to": DAY, "meeting_type": "meeting"}
    meeting = (await zoom.ask("/report/history_meetings", **window)).json()["history_meetings"][0]
    answer = await zoom.ask(f"/past_webinars/{in_path(meeting['meeting_uuid'])}/absentees")
    assert (answer.status_code, answer.json()["code"]) == (404, 3001)


async def test_an_account_without_the_add_on_is_refused(new_zoom: Any) -> None:
    """Code 200, whoever is asked."""
    zoom: Zoom = new_zoom(without=("webinar",))
    answer = await zoom.ask("/users/me/webinars")
    assert (answer.status_code, answer.json()["code"]) == (400, 200)
