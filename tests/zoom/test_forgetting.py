"""Pages without a person: nothing of theirs is left, and nothing of anybody else's is touched."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.forgetting import Removed, without_forgotten
from include.zoom.forgotten import NOBODY, Forgotten, identifier_hash, stand_in, version
from include.zoom.frame import frames
from include.zoom.pages import Page, ParentKey
from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table, Type

KEY = b"fake-key-of-a-test"
ANNA, ANNAS_ID = "Anna@Example.com", "KDcuGIm1QgePTO8WbOqwIQ"
BEN = {"id": "Tz2bqvPhS0SSbG7yJAlZAA", "email": "ben@example.com", "first_name": "Ben"}
DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 3, tzinfo=UTC)
STANDS = "forgotten_" + min(identifier_hash(text, KEY) for text in (ANNA, ANNAS_ID))[:16]


def forgotten(*identifiers: str) -> Forgotten:
    person = stand_in(identifiers, KEY)
    return Forgotten({identifier_hash(text, KEY): person for text in identifiers}, KEY)


ANNA_FORGOTTEN = forgotten(ANNA, ANNAS_ID)


def page(payload: Any, number: int = 1, listing: int = 0, **parent: str) -> Page:
    body = json.dumps(payload, separators=(",", ":")).encode()
    return Page(listing, ParentKey(parent, DAY) if parent else None, number, {}, 200, NOW, body)


def scrubbed(stream: Stream, *pages: Page, who: Forgotten = ANNA_FORGOTTEN) -> tuple[list[Page], Removed]:
    removed = Removed()
    return list(without_forgotten(stream, pages, who, removed)), removed


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("anna@example.com", True),
        (" ANNA@EXAMPLE.COM ", True),
        ("1:1 with anna@example.com.", True),
        ('<a href="mailto:anna@example.com">', True),
        ("KDcuGIm1QgePTO8WbOqwIQ", True),
        ("https://zoom.us/p/KDcuGIm1QgePTO8WbOqwIQ/pic.png", True),
        ("joanna@example.com", False),
        ("anna@example.com.au", False),
        ("KDcuGIm1QgePTO8WbOqwIQ2", False),
        ("Anna", False),
        ("", False),
    ],
)
def test_a_person_is_found_in_a_text_and_nobody_else(text: str, *, named: bool) -> None:
    """By the whole id or address, in any case, wherever it stands; not in a part of another's."""
    assert (ANNA_FORGOTTEN.named_in(text) == STANDS) is named


def test_who_is_forgotten_tells_nobody() -> None:
    """Neither hashes nor stand-in are those that hashed columns hold, and the key does not show."""
    assert ANNA.lower() not in repr(ANNA_FORGOTTEN).lower()
    assert KEY.decode() not in repr(ANNA_FORGOTTEN)
    assert set(map(len, ANNA_FORGOTTEN.people)) == {32}


def test_the_version_tells_who_is_forgotten_apart() -> None:
    """Whatever their order; nobody is the empty text."""
    assert version(["b", "a"]) == version(["a", "b"]) != version(["a"])
    assert NOBODY.version == ""


def test_a_person_s_own_record_leaves_and_the_total_with_it() -> None:
    """On each page of the list, so that what is complete stays complete."""
    anna = {"id": ANNAS_ID, "email": ANNA, "first_name": "Anna"}
    first = page({"total_records": 3, "users": [anna, BEN], "next_page_token": "x"})
    second = page({"total_records": 3, "users": [{**BEN, "id": "other"}]}, 2)
    (one, two), removed = scrubbed(STREAMS["users"], first, second)
    assert one.payload() == {"total_records": 2, "users": [BEN], "next_page_token": "x"}
    assert two.payload() == {"total_records": 2, "users": [{**BEN, "id": "other"}]}
    assert (removed.records, removed.blanked, removed.pages) == (1, 0, 2)


def test_pages_that_name_nobody_stay_to_the_byte() -> None:
    """Also such as are written in an unusual way."""
    odd = Page(0, None, 1, {}, 200, NOW, b'{ "users" : [ {"id":"1", "n":1.50} ] }')
    (same,), removed = scrubbed(STREAMS["users"], odd)
    assert same is odd
    assert removed == Removed()


def test_somebody_else_s_record_keeps_what_is_declared_and_not_personal() -> None:
    """A meeting that she hosted still took place; what may hold her name goes with her address."""
    meeting = {
        "meeting_uuid": "u==",
        "meeting_id": 7,
        "topic": "Anna's hour",
        "host_display_name": "Anna Bell",
        "host_email": ANNA,
        "department": "Sales",
        "start_time": "2026-11-01T10:00:00Z",
        "duration": 5,
        "tracking_fields": [{"field": "owner", "value": "anna@example.com"}],
        "co_host": "Anna B.",
    }
    (kept,), removed = scrubbed(STREAMS["meetings"], page({"history_meetings": [meeting]}))
    assert kept.payload()["history_meetings"] == [
        {
            "department": "Sales",
            "duration": 5,
            "meeting_id": 7,
            "meeting_uuid": "u==",
            "start_time": "2026-11-01T10:00:00Z",
            "tracking_fields": [{"field": "owner", "value": None}],
        }
    ]
    assert (removed.records, removed.blanked) == (0, 1)


def test_seats_leave_and_those_that_came_twice_count_once() -> None:
    """Zoom counts three: Anna's one seat came on both pages, so two are left and the transform agrees."""
    anna = {
        "user_id": "1",
        "id": ANNAS_ID,
        "user_email": ANNA,
        "name": "Anna",
        "join_time": "2026-11-01T10:00:00Z",
    }
    bens = [{"user_id": n, "name": "Ben", "join_time": "2026-11-01T10:00:00Z"} for n in "23"]
    pages = [
        page({"total_records": 3, "participants": [anna, bens[0]]}, 1, meeting_uuid="u=="),
        page({"total_records": 3, "participants": [anna, bens[1]]}, 2, meeting_uuid="u=="),
    ]
    kept, _ = scrubbed(STREAMS["meeting_participants"], *pages)
    assert [each.payload() for each in kept] == [
        {"total_records": 2, "participants": [bens[0]]},
        {"total_records": 2, "participants": [bens[1]]},
    ]
    (batch,) = frames(
        STREAMS["meeting_participants"],
        kept,
        [DAY],
        snapshot_date=None,
        load_id="l",
        extracted_at=NOW,
    )
    assert batch.data["user_id"].to_pylist() == ["2", "3"]


def test_a_parent_that_is_the_person_is_stood_in_for() -> None:
    """Her recordings stay for the totals; whose they were does not."""
    recording = {"uuid": "r==", "host_id": ANNAS_ID, "topic": "Mine", "start_time": "2026-11-01T10:00:00Z"}
    of_anna = page({"total_records": 1, "meetings": [recording], "from": "2026-11-01"}, user_id=ANNAS_ID)
    (kept,), _ = scrubbed(STREAMS["recordings"], of_anna)
    assert kept.parent == ParentKey({"user_id": STANDS}, DAY)
    assert kept.payload() == {
        "total_records": 1,
        "from": "2026-11-01",
        "meetings": [{"host_id": None, "start_time": "2026-11-01T10:00:00Z", "uuid": "r=="}],
    }


POLL = Table(
    name="answers",
    comment="",
    columns=(Column("question"), Column("answer", personal=True), Column("to")),
    key=("email", "question"),
    records="details",
    inherited=(Column("email", personal=True), Column("name", personal=True)),
    person=("email", "to"),
)
POLLS = Stream("polls", Kind.SNAPSHOT, (Listing("/polls", "questions", Label.HEAVY),), (POLL,), (), ())


def test_items_leave_from_within_a_record_and_a_record_with_its_last_item() -> None:
    """Where the root record has no table of its own, without an item it would be a row of nobody."""
    mixed = {"name": "Ben", "email": "b@x.yz", "details": [{"question": "1", "to": ANNA}, {"question": "2"}]}
    alone = {"name": "Cy", "email": "c@x.yz", "details": [{"question": "1", "to": ANNA}]}
    hers = {"name": "Anna", "email": ANNA, "details": [{"question": "3"}]}
    (kept,), removed = scrubbed(POLLS, page({"questions": [mixed, alone, hers]}))
    assert kept.payload() == {"questions": [{**mixed, "details": [{"question": "2"}]}]}
    assert removed.records == 4


WHOLE = Stream(
    "settings",
    Kind.SNAPSHOT,
    (Listing("/users/{user_id}/settings", "feature", Label.MEDIUM, whole=True),),
    (
        Table(
            "settings",
            "",
            (Column("on", Type.BOOLEAN, source="feature.on"),),
            key=("user_id",),
            from_parent=(Column("user_id"),),
            person=("user_id",),
        ),
    ),
    (),
    (),
)


def test_an_answer_that_is_the_person_s_one_record_leaves_as_a_whole() -> None:
    """Settings of a user are asked per user: the parent says whose they are."""
    kept, removed = scrubbed(
        WHOLE,
        page({"feature": {"on": True}}, user_id=ANNAS_ID),
        page({"feature": {"on": False}}, user_id="ben-s-id"),
    )
    assert [each.parent and each.parent.keys["user_id"] for each in kept] == ["ben-s-id"]
    assert removed.records == 1


def test_nothing_is_looked_at_where_nobody_is_forgotten() -> None:
    """The usual case costs nothing."""
    untouched = [page({"no list": "at all"})]
    assert list(without_forgotten(STREAMS["users"], untouched, NOBODY)) == untouched


def test_names_of_fields_and_what_stands_beside_the_list_are_looked_at_too() -> None:
    """An address can be a name of a field."""
    body = {"users": [{**BEN, "seen": {ANNA: 1, "x@y.z": 2}}], "asked_by": ANNA}
    (kept,), _ = scrubbed(STREAMS["users"], page(body))
    assert ANNA not in kept.body.decode()
    assert kept.payload()["users"] == [{"email": "ben@example.com", "id": BEN["id"]}]
