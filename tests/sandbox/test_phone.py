"""The simulated Zoom Phone has the traps of Zoom's own."""

from collections.abc import Callable
from typing import Any

from tests.sandbox.conftest import Zoom

DAY = {"from_": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"}


async def records(zoom: Zoom, path: str, key: str, **parameters: object) -> list[dict[str, Any]]:
    """All records of a list."""
    pages = await zoom.pages(path, page_size=300, **parameters)
    return [row for page in pages for row in page[key]]


async def test_calls_are_the_last_day_s_recorded_ones_by_default(zoom: Zoom) -> None:
    """So neither the dates nor the recording status may be left out."""
    found = await records(zoom, "/phone/call_history", "call_history")
    assert {row["recording_status"] for row in found} == {"recorded"}
    assert min(row["start_time"] for row in found) >= "2026-11-23T10:00:00Z"
    other = await records(zoom, "/phone/call_history", "call_history", recording_status="non_recorded", **DAY)
    assert {row["recording_status"] for row in other} == {"non_recorded"}
    assert {"2026-11-23T00:00:00Z"} <= {row["start_time"] for row in other}


async def test_each_call_comes_in_two_forms(zoom: Zoom) -> None:
    """The old one names its id otherwise; so does a call's path."""
    answer = (await zoom.ask("/phone/call_history", **DAY)).json()
    ids = [row["call_history_uuid"] for row in answer["call_history"]]
    assert ids
    assert [row["id"] for row in answer["call_logs"]] == ids
    detail = (await zoom.ask(f"/phone/call_history/{ids[0]}")).json()
    elements = [row["call_element_id"] for row in detail["call_elements"]]
    assert [row["id"] for row in detail["call_path"]] == elements != []


async def test_a_queue_s_members_come_in_pages_that_cannot_be_made_larger(
    new_zoom: Callable[..., Zoom],
) -> None:
    """The size is no parameter there."""
    zoom = new_zoom(users=200)
    (queue, _) = await records(zoom, "/phone/call_queues", "call_queues")
    pages = await zoom.pages(f"/phone/call_queues/{queue['id']}/members", page_size=300)
    assert [len(page["call_queue_members"]) for page in pages] == [30, 15]
    assert {page["total_records"] for page in pages} == {45}


async def test_users_come_a_hundred_at_a_time(new_zoom: Callable[..., Zoom]) -> None:
    """Whatever size is asked."""
    page = (await new_zoom(users=300).ask("/phone/users", page_size=300)).json()
    assert (len(page["users"]), page["page_size"], page["total_records"]) == (100, 100, 131)


async def test_sms_sessions_are_users_whose_last_message_is_in_the_window_by_default(
    new_zoom: Callable[..., Zoom],
) -> None:
    """A session that goes on is of later days only, and queues have to be asked for."""
    zoom = new_zoom(users=200)
    path, key = "/phone/sms/sessions", "sms_sessions"
    default = await records(zoom, path, key, **DAY)
    every = await records(
        zoom, path, key, session_type="all", filter_type="sent_received_message_time", **DAY
    )
    assert len(default) < len(every)
    assert {row["session_type"] for row in default} <= {"user"}
    assert {row["session_type"] for row in every} == {"user", "call_queue"}


async def test_an_account_without_the_licence_is_refused(new_zoom: Callable[..., Zoom]) -> None:
    """Each list of Zoom Phone, and nothing else."""
    zoom = new_zoom(without=("phone",))
    for path in ("/phone/users", "/phone/call_history", "/phone/sms/sessions"):
        answer = await zoom.ask(path)
        assert (answer.status_code, answer.json()["code"]) == (400, 200)
    assert (await zoom.ask("/users")).status_code == 200


async def test_phone_has_rates_of_its_own(new_zoom: Callable[..., Zoom]) -> None:
    """Twenty medium requests a second on Business, which leave the others alone."""
    zoom = new_zoom(limits=True)
    statuses = [(await zoom.ask("/phone/sites")).status_code for _ in range(21)]
    assert statuses == [200] * 20 + [429]
    assert (await zoom.ask("/groups")).status_code == 200
