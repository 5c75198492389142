"""Requests that are not made, since another answer, a record or Zoom's file has told what they would."""

import re
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from include.zoom.catalog import SOURCES, STREAMS
from include.zoom.client import ZoomClient
from include.zoom.errors import UnexpectedAnswer
from include.zoom.fanout import parent_keys
from include.zoom.pull import pull
from include.zoom.reuse import settling_parent
from tests.specs import endpoint, endpoints, needs_specs

FakeZoom = Kept = Any  # the fixtures' classes stand in conftest, which tests cannot import
DAY, TODAY = date(2026, 3, 9), date(2026, 3, 20)
PAGE = (Path(__file__).parents[2] / "docs" / "requests.md").read_text()
EVERY = [*STREAMS.values(), *(stream for by in SOURCES.values() for stream in by.values())]


def paths(zoom: FakeZoom) -> Counter[str]:
    return Counter(request.url.path.removeprefix("/v2") for request in zoom.asked)


async def test_only_meetings_that_have_questions_are_asked_for_them(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """The account's list of those that have any takes a request per page; of the other days it tells too."""
    having = [{"meeting_uuid": uuid} for uuid in ("a", "of another day", "c")]
    zoom.serve("/report/history_meetings", "history_meetings", having)
    for uuid in "ac":
        zoom.serve(f"/report/meetings/{uuid}/qa", "questions", [])
    meetings = [({"meeting_uuid": uuid, "type": "Meeting", "participants": 3}, DAY) for uuid in "abcdefgh"]
    stream = STREAMS["meeting_questions"]
    counts = await pull(stream, [DAY], client, sink=kept, parents=meetings, today=TODAY)
    assert paths(zoom) == {
        "/report/history_meetings": 2,
        "/report/meetings/a/qa": 1,
        "/report/meetings/c/qa": 1,
    }
    assert counts.parents == 2
    assert zoom.params()[0] == {
        "date_type": "start_time",
        "meeting_type": "meeting",
        "report_type": "qa",
        "from": "2026-03-08",
        "to": "2026-03-11",
        "page_size": "300",
    }


async def test_without_a_meeting_nothing_is_asked(client: ZoomClient, zoom: FakeZoom, kept: Kept) -> None:
    """Not even which have any."""
    stream = STREAMS["meeting_survey_answers"]
    counts = await pull(stream, [DAY], client, sink=kept, parents=[], today=TODAY)
    assert (zoom.asked, counts.parents) == ([], 0)


async def test_a_list_of_those_that_have_any_which_is_no_list_ends_the_pull(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Nobody is left out for an answer that tells nothing."""
    zoom.order("/report/history_meetings", httpx.Response(200, json={"other": []}))
    meetings = [({"meeting_uuid": "a", "type": "Meeting", "participants": 3}, DAY)]
    with pytest.raises(UnexpectedAnswer, match="There is no 'history_meetings'"):
        await pull(STREAMS["meeting_questions"], [DAY], client, sink=kept, parents=meetings, today=TODAY)


async def test_a_meeting_without_registration_is_asked_for_one_status(
    client: ZoomClient, zoom: FakeZoom, kept: Kept
) -> None:
    """Of what it has none, it has neither pending nor denied ones; each list counts as absent all the same."""
    for number in range(1, 10):
        zoom.order(f"/meetings/{number}/registrants", httpx.Response(404, json={"code": 404}))
    zoom.serve("/meetings/10/registrants", "registrants", [{"id": "r", "email": "r@example.com"}])
    meetings = [({"id": number}, DAY) for number in range(1, 11)]
    counts = await pull(
        STREAMS["meeting_registrants"], [], client, sink=kept, parents=meetings, today=TODAY, concurrency=2
    )
    assert paths(zoom) == {f"/meetings/{number}/registrants": 1 for number in range(1, 10)} | {
        "/meetings/10/registrants": 3
    }
    assert (counts.absent, counts.skipped, len(kept.units)) == (27, [], 3)


def test_absentees_are_asked_of_webinars_that_took_registrations() -> None:
    """Where the history does not say whether one did, it is asked."""
    parent = STREAMS["webinar_absentees"].parent
    assert parent is not None
    records = [
        ({"meeting_uuid": "a", "type": "Webinar", "feature_used": {"registration": False}}, DAY),
        ({"meeting_uuid": "b", "type": "Webinar", "feature_used": {"registration": True}}, DAY),
        ({"meeting_uuid": "c", "type": "Webinar"}, DAY),
        ({"meeting_uuid": "d", "type": "Meeting", "feature_used": {"registration": True}}, DAY),
    ]
    assert [key.keys["webinar_uuid"] for key in parent_keys(parent, records)] == ["b", "c"]


def test_what_is_taken_over_is_what_settles_with_its_parent() -> None:
    """Neither surveys, which people answer for days, nor absentees, nor anything of a user's or a recording's."""
    assert [name for name, stream in STREAMS.items() if settling_parent(stream)] == [
        "meeting_participants",
        "meeting_details",
        "meeting_poll_answers",
        "meeting_questions",
        "webinar_participants",
        "webinar_poll_answers",
        "webinar_questions",
        "dashboard_meeting_participants",
        "dashboard_meeting_qos",
        "dashboard_webinar_participants",
    ]


def test_each_list_per_item_has_a_reason() -> None:
    """docs/requests.md names exactly the streams that ask for each record of another."""
    section = PAGE.split("\n## Lists of each item\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]{10,}) \|$", section, flags=re.MULTILINE)
    assert [name for name, _ in rows] == [name for name, stream in STREAMS.items() if stream.parent]


def test_what_a_daily_run_asks_per_item_is_named() -> None:
    """All of what is on by default."""
    section = PAGE.split("\n## A daily run\n")[1].split("\nNothing else")[0]
    named = re.findall(
        r"`(\w+)`", "\n".join(line.split("|")[1] for line in section.splitlines() if "|" in line)
    )
    assert set(named) == {name for name, each in STREAMS.items() if each.parent and each.on_by_default}


@needs_specs
def test_zoom_has_no_incremental_form_but_those_that_the_page_names() -> None:
    """No ETag, no time of a change, and four lists with a token."""
    asked = {path: found.parameters for path, found in endpoints().items()}
    tokens = {endpoints()[path].path for path, names in asked.items() if "sync_token" in names}
    section = PAGE.split("\n## Incremental forms\n")[1].split("\n## ")[0]
    assert tokens == set(re.findall(r"^\| `(/[^`]+)`", section, flags=re.MULTILINE))
    changed = re.compile(r"modif|changed|updated|since|etag", re.IGNORECASE)
    assert [(path, name) for path, names in asked.items() for name in names if changed.search(name)] == []


@needs_specs
def test_every_list_is_asked_in_pages_as_long_as_zoom_gives() -> None:
    """But for two of which Zoom's older documents say 300 and its file 2,000: docs/requests.md says why."""
    shorter = {
        (listing.path, listing.page_size, largest)
        for stream in EVERY
        for listing in stream.lists
        if listing.paged and (found := endpoint(listing.path)) is not None
        if (largest := found.parameters.get("page_size", {}).get("maximum")) not in (None, listing.page_size)
    }
    assert shorter == {("/users", 300, 2000), ("/groups/{group_id}/members", 300, 2000)}


@needs_specs
def test_the_list_of_those_that_have_any_is_what_zoom_describes() -> None:
    """Its parameters, their values, its label and scopes: those that the parents' list takes anyway."""
    having = {stream.name: stream.parent.having for stream in EVERY if stream.parent and stream.parent.having}
    assert having.keys() == {"meeting_questions", "meeting_survey_answers"}
    for listing in having.values():
        found = endpoint(listing.path)
        assert found is not None
        for name, value in listing.params.items():
            assert value in found.parameters[name]["enum"]
        assert found.label == listing.label.upper()
        assert listing.path == STREAMS["meetings"].lists[0].path
