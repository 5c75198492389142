"""One stream over some days, against a small Zoom."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from include.zoom.catalog import STREAMS
from include.zoom.client import ZoomClient
from include.zoom.errors import (
    DailyCapReached,
    IncompleteData,
    NotEntitled,
    PageTokenExpired,
    UnexpectedAnswer,
)
from include.zoom.pages import Page, ParentKey, unit_id
from include.zoom.pull import PullCounts, pull
from include.zoom.stream import Kind, Label, Listing, Parent, Stream

FakeZoom = Kept = VirtualTime = Any  # the fixtures' classes stand in conftest, which tests cannot import
Json = Any
DAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)
USERS = [{"id": f"u{n}", "email": f"{n}@example.com"} for n in range(5)]
EXPIRED = httpx.Response(400, json={"code": 300, "message": "The next page token is invalid or expired."})


def answer(
    records: Sequence[Json], key: str = "groups", *, token: str = "", total: int | None = None
) -> httpx.Response:
    body: dict[str, Json] = {key: list(records), "next_page_token": token}
    return httpx.Response(200, json=body if total is None else {**body, "total_records": total})


def ids(pages: Sequence[Page], stream: str) -> list[str]:
    lists = STREAMS[stream].lists
    return [record["id"] for page in pages for record in page.records(lists[page.listing])]


async def groups(client: ZoomClient, kept: Kept) -> PullCounts:
    return await pull(STREAMS["groups"], [DAY], client, sink=kept, today=TODAY)


async def participants(client: ZoomClient, kept: Kept, *uuids: str, concurrency: int = 8) -> PullCounts:
    records = [({"meeting_uuid": uuid, "type": "Meeting"}, DAY) for uuid in uuids]
    stream = STREAMS["meeting_participants"]
    return await pull(stream, [DAY], client, sink=kept, parents=records, today=TODAY, concurrency=concurrency)


async def test_all_lists_of_a_stream_are_asked(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """Users come in three statuses."""
    zoom.serve("/users", "users", USERS)
    await pull(STREAMS["users"], [DAY], client, sink=kept, today=TODAY)
    assert sorted(unit[0].listing for unit in kept.units) == [0, 1, 2]
    assert {params["status"] for params in zoom.params()} == {"active", "inactive", "pending"}
    assert all(params["include_fields"] == "custom_attributes" for params in zoom.params())
    assert [page.number for page in kept.units[0]] == [1, 2, 3]


async def test_each_parent_is_one_unit(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """All its pages, in order, under its key and day; parents that came twice are asked once."""
    for uuid in ("a", "b"):
        zoom.serve(
            f"/past_meetings/{uuid}/participants",
            "participants",
            [{"user_id": f"{uuid}{n}"} for n in range(3)],
        )
    counts = await participants(client, kept, "a", "b", "a")
    parents = [{(page.parent and page.parent.keys["meeting_uuid"]) for page in unit} for unit in kept.units]
    assert sorted(map(sorted, parents)) == [["a"], ["b"]]
    assert all([page.number for page in unit] == [1, 2] for unit in kept.units)
    assert kept.units[0][0].parent.slice_date == DAY
    assert counts.parents == 2


async def test_what_an_earlier_try_finished_is_not_asked(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """And is counted."""
    kept._finished = [unit_id(0, ParentKey({"meeting_uuid": "a"}, DAY))]
    zoom.serve("/past_meetings/b/participants", "participants", [])
    counts = await participants(client, kept, "a", "b")
    assert (len(zoom.asked), len(kept.units), counts.reused) == (1, 1, 1)


async def test_secrets_do_not_reach_the_sink(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """Neither declared nor undeclared ones."""
    zoom.order(
        "/groups",
        answer([{"id": "g", "deep": [{"host_key": "canary", "u": "https://z/?pwd=canary"}]}], total=1),
    )
    await groups(client, kept)
    assert b"canary" not in kept.units[0][0].body
    assert b'"id":"g"' in kept.units[0][0].body


async def test_an_expired_token_restarts_the_list_and_doubles_nothing(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The pages from before the restart are forgotten."""
    zoom.order("/groups", answer([{"id": "a"}], token="t", total=2), EXPIRED)
    zoom.order("/groups", answer([{"id": "a"}], token="t", total=2), answer([{"id": "b"}], total=2))
    counts = await groups(client, kept)
    assert ids(kept.units[0], "groups") == ["a", "b"]
    assert counts.asked_again == 1


async def test_a_token_that_expires_again_is_an_error(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """A list is restarted once."""
    for _ in range(2):
        zoom.order("/groups", answer([{"id": "a"}], token="t", total=2), EXPIRED)
    with pytest.raises(PageTokenExpired):
        await groups(client, kept)
    assert kept.units == []


async def test_missing_records_are_asked_for_once_more(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Zoom's total must be the number of different records."""
    zoom.order("/groups", answer([{"id": "a"}, {"id": "a"}], total=2))
    zoom.order("/groups", answer([{"id": "a"}, {"id": "b"}], total=2))
    await groups(client, kept)
    assert ids(kept.units[0], "groups") == ["a", "b"]


async def test_records_that_stay_missing_fail_the_stream(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Nothing of it is kept."""
    zoom.serve("/groups", "groups", [{"id": "a"}], total_records=2)
    with pytest.raises(IncompleteData, match="1 different records came where Zoom counts 2"):
        await groups(client, kept)
    assert (len(zoom.asked), kept.units) == (2, [])


async def test_a_repeat_across_pages_is_not_a_missing_record(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Lists move while they are paged; different records are what counts."""
    zoom.order(
        "/groups", answer([{"id": "a"}], token="t", total=2), answer([{"id": "a"}, {"id": "b"}], total=2)
    )
    counts = await groups(client, kept)
    assert counts.asked_again == 0


async def test_equal_seats_on_different_pages_are_asked_once_more(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Twins or a repeat that hides a missing row: only a second answer tells."""
    path, twin = "/past_meetings/a/participants", {"user_id": "1"}
    pages = [answer([twin], "participants", token="t", total=2), answer([twin], "participants", total=2)]
    zoom.order(path, *pages)
    zoom.order(path, answer([twin, {"user_id": "2"}], "participants", total=2))
    counts = await participants(client, kept, "a")
    assert [len(unit) for unit in kept.units] == [1]
    assert counts.asked_again == 1


async def test_a_parent_with_nothing_to_give_is_skipped_with_its_reason(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The others are pulled."""
    zoom.order("/past_meetings/gone/participants", httpx.Response(404, json={"code": 3001, "message": "…"}))
    zoom.serve("/past_meetings/a/participants", "participants", [])
    counts = await participants(client, kept, "gone", "a")
    assert [skipped.parent for skipped in counts.skipped] == [{"meeting_uuid": "gone"}]
    assert "Zoom code 3001" in counts.skipped[0].reason
    assert len(kept.units) == 1


async def test_too_many_skips_fail_the_stream(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """More than ten, where that is more than one in a hundred."""
    for n in range(11):
        zoom.order(
            f"/past_meetings/m{n}/participants", httpx.Response(404, json={"code": 3001, "message": "…"})
        )
    with pytest.raises(IncompleteData, match=r"more than 10 of 11 parents .*11 times GET .* Zoom code 3001"):
        await participants(client, kept, *(f"m{n}" for n in range(11)))


async def test_an_account_wide_list_cannot_be_skipped(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """What would skip an item is an error there."""
    zoom.order("/groups", httpx.Response(404, json={"code": 4130, "message": "…"}))
    with pytest.raises(UnexpectedAnswer):
        await groups(client, kept)


REFUSED = {"code": 200, "message": "No permission."}


async def test_what_is_not_in_the_plan_stops_the_stream_after_a_few_parents(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The error comes out as itself, not in a group, and not all of many parents are asked."""
    names = [f"m{n}" for n in range(200)]
    for name in names:
        zoom.order(f"/past_meetings/{name}/participants", httpx.Response(400, json=REFUSED))
    with pytest.raises(NotEntitled):
        await participants(client, kept, *names[:2])
    zoom.order("/past_meetings/m0/participants", httpx.Response(400, json=REFUSED))
    zoom.order("/past_meetings/m1/participants", httpx.Response(400, json=REFUSED))
    with pytest.raises(NotEntitled):
        await participants(client, kept, *names)
    assert len(zoom.asked) <= 2 + 11 + 8


async def test_one_parent_that_is_not_entitled_takes_nothing_from_the_others(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """A host whose licence ended is skipped and counted, whoever is asked first."""
    for name in "ac":
        zoom.order(f"/past_meetings/{name}/participants", httpx.Response(400, json=REFUSED))
    zoom.serve("/past_meetings/b/participants", "participants", [{"user_id": "1"}])
    counts = await participants(client, kept, "a", "b", "c", concurrency=1)
    assert [skipped.parent["meeting_uuid"] for skipped in counts.skipped] == ["a", "c"]
    assert len(kept.units) == 1


async def test_meetings_of_one_may_have_no_participants(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Accounts hide them by default: however many there are, the day's participants come."""
    stream, missing = STREAMS["meeting_participants"], {"code": 3001, "message": "Meeting does not exist."}
    alone = [({"meeting_uuid": f"m{n}", "type": "Meeting", "participants": 1}, DAY) for n in range(30)]
    for record, _ in alone:
        zoom.order(f"/past_meetings/{record['meeting_uuid']}/participants", httpx.Response(404, json=missing))
    zoom.serve("/past_meetings/two/participants", "participants", [{"user_id": "1"}])
    two = [({"meeting_uuid": "two", "type": "Meeting", "participants": 2}, DAY)]
    counts = await pull(stream, [DAY], client, sink=kept, parents=[*alone, *two], today=TODAY)
    assert (counts.absent, counts.skipped, len(kept.units)) == (30, [], 1)


async def test_a_parameter_that_every_parent_refuses_is_a_fault_of_the_request(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Code 300 is one meeting's where others answer; from all of them it would hide that nothing comes."""
    details = STREAMS["meeting_details"]
    refused = {"code": 300, "message": "Cannot access meeting information."}
    meetings = [({"meeting_uuid": f"m{n}", "type": "Meeting"}, DAY) for n in range(11)]
    for record, _ in meetings:
        zoom.order(
            f"/past_meetings/{record['meeting_uuid']}", *[httpx.Response(400, json=refused) for _ in range(2)]
        )
    with pytest.raises(UnexpectedAnswer, match="All 11 were answered so"):
        await pull(details, [DAY], client, sink=kept, parents=meetings, today=TODAY)
    zoom.order("/past_meetings/a", httpx.Response(200, json={"uuid": "a"}))
    more = [*meetings, ({"meeting_uuid": "a", "type": "Meeting"}, DAY)]
    assert (await pull(details, [DAY], client, sink=kept, parents=more, today=TODAY)).absent == 11


async def test_summaries_that_the_apps_owner_may_not_have_are_skipped(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Code 3161 of an account's list is about nobody who could be left out."""
    zoom.order("/meetings/meeting_summaries", httpx.Response(400, json={"code": 3161, "message": "…"}))
    with pytest.raises(NotEntitled):
        await pull(STREAMS["meeting_summaries"], [DAY], client, sink=kept, today=TODAY)


async def test_users_without_a_recording_are_no_skips(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """Zoom has a code for that besides an empty list, and one for whoever may not host."""
    for n in range(30):
        refused = httpx.Response(404, json={"code": 3301 if n % 2 else 3161, "message": "…"})
        zoom.order(f"/users/u{n}/recordings", refused)
    users = [({"id": f"u{n}"}, DAY) for n in range(30)]
    counts = await pull(STREAMS["recordings"], [DAY], client, sink=kept, parents=users, today=TODAY)
    assert (counts.absent, counts.skipped) == (30, [])


async def test_what_is_of_a_parents_day_is_asked_from_that_day_on(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """A run of many days gives each recording the four weeks that a run of its own day would."""
    first, last = date(2026, 1, 2), date(2026, 1, 20)
    for name in "ab":
        zoom.serve(f"/meetings/{name}/recordings/analytics_summary", "analytics_summary", [])
    recordings = [({"uuid": "a"}, first), ({"uuid": "b"}, last)]
    views = STREAMS["recording_views"]
    await pull(views, [first, last], client, sink=kept, parents=recordings, today=TODAY)
    asked = {unit[0].parent.keys["recording_uuid"]: unit[0].asked for unit in kept.units}
    assert {name: (params["from"], params["to"]) for name, params in asked.items()} == {
        "a": ("2026-01-02", "2026-01-30"),
        "b": ("2026-01-20", "2026-02-17"),
    }


async def test_a_status_404_without_a_code_is_what_a_list_declares_it_to_be(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Zoom describes no code for recordings without registration; where nothing is declared it is a skip."""
    for _ in range(3):
        zoom.order("/meetings/1/recordings/registrants", httpx.Response(404))
    recordings = [({"id": 1, "uuid": "a"}, DAY)]
    stream, details = STREAMS["recording_registrants"], STREAMS["phone_call_details"]
    assert (await pull(stream, [DAY], client, sink=kept, parents=recordings, today=TODAY)).absent == 3
    zoom.order("/phone/call_history/c", httpx.Response(404))
    calls = [({"call_history_uuid": "c"}, DAY)]
    counts = await pull(details, [DAY], client, sink=kept, parents=calls, today=TODAY)
    assert [skipped.parent for skipped in counts.skipped] == [{"call_history_uuid": "c"}]


async def test_what_the_account_lacks_costs_one_request_and_no_wait(
    client: ZoomClient, zoom: FakeZoom, kept: Kept, virtual_time: VirtualTime
) -> None:
    """Nothing is tried again and nobody sleeps: the skip takes as long as the answer."""
    zoom.order("/groups", httpx.Response(400, json={"code": 200, "message": "No permission."}))
    with pytest.raises(NotEntitled):
        await groups(client, kept)
    assert (len(zoom.asked), virtual_time.slept, kept.units) == (1, [], [])


async def test_at_a_daily_cap_the_finished_parents_stay(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The next try of the run goes on from there."""
    zoom.serve("/past_meetings/a/participants", "participants", [])
    body = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
    zoom.order("/past_meetings/b/participants", httpx.Response(429, json=body))
    with pytest.raises(DailyCapReached) as caught:
        await participants(client, kept, "a", "b", concurrency=1)
    assert caught.value.resets_at == datetime(2026, 3, 11, tzinfo=UTC)
    assert len(kept.units) == 1


async def test_days_far_apart_are_pages_of_one_unit(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """Each page says what was asked; numbers go on."""
    zoom.serve("/report/history_meetings", "history_meetings", [])
    await pull(STREAMS["meetings"], [date(2026, 2, 1), date(2026, 3, 1)], client, sink=kept, today=TODAY)
    (unit,) = kept.units
    assert [(page.number, page.asked["from"], page.asked["to"]) for page in unit] == [
        (1, "2026-01-31", "2026-02-03"),
        (2, "2026-02-28", "2026-03-03"),
    ]


async def test_a_child_without_its_parents_records_is_a_mistake(client: ZoomClient, kept: Kept) -> None:
    """An empty list of parents is none."""
    with pytest.raises(TypeError, match="needs the records of meetings"):
        await pull(STREAMS["meeting_participants"], [DAY], client, sink=kept, today=TODAY)
    assert (await participants(client, kept)).parents == 0


REGISTRANTS = Stream(
    "registrants",
    Kind.INTERVAL,
    (Listing("/meetings/{id}/registrants", "registrants", Label.MEDIUM, absent=(200, 3000)),),
    (),
    (),
    (),
    parent=Parent("meetings", {"id": "id"}),
)


async def registrants(client: ZoomClient, kept: Kept, *ids: str) -> PullCounts:
    records = [({"id": id_}, DAY) for id_ in ids]
    return await pull(REGISTRANTS, [DAY], client, sink=kept, parents=records, today=TODAY)


async def test_parents_that_have_none_are_counted_and_no_skips(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """However many they are: a meeting without registration is nothing unusual."""
    for number in range(30):
        zoom.order(f"/meetings/{number}/registrants", httpx.Response(400, json={"code": 3000}))
    zoom.order("/meetings/a/registrants", answer([{"id": "r"}], "registrants"))
    counts = await registrants(client, kept, *map(str, range(30)), "a")
    assert (counts.absent, counts.skipped, len(kept.units)) == (30, [], 1)


async def test_where_nobody_is_entitled_the_stream_is_not(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """A licence that no user has is one that the account has not."""
    refused = {"code": 200, "message": "Webinar plan is missing."}
    for name in "ab":
        zoom.order(f"/meetings/{name}/registrants", *[httpx.Response(400, json=refused)] * 2)
    with pytest.raises(NotEntitled):
        await registrants(client, kept, "a", "b")
    zoom.order("/meetings/c/registrants", answer([], "registrants"))
    assert (await registrants(client, kept, "a", "b", "c")).absent == 2


async def test_a_list_that_the_account_lacks_leaves_the_others(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Where all are lacking, the stream is."""
    lists = tuple(Listing(f"/calls/{kind}", "calls", Label.HEAVY, absent=(200,)) for kind in ("toll", "free"))
    calls = Stream("calls", Kind.INTERVAL, lists, (), (), ())
    refused = {"message": "This account has not subscribed to toll-free audio conference plan."}
    zoom.order("/calls/toll", *[httpx.Response(200, json=refused)] * 2)
    zoom.order("/calls/free", answer([{"id": "a"}], "calls"), httpx.Response(400, json={"code": 200}))
    assert (await pull(calls, [DAY], client, sink=kept, today=TODAY)).absent == 1
    assert [unit[0].listing for unit in kept.units] == [1]
    with pytest.raises(NotEntitled):
        await pull(calls, [DAY], client, sink=kept, today=TODAY)
