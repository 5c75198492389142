"""Who is in no list any more is asked for: who is gone is shown as deleted, who is there is kept as he was."""

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import httpx
import orjson
import pytest

from include.flow.transform import framed
from include.flow.vanished import Confirmation, confirmation
from include.landing import Attempt
from include.zoom.catalog import STREAMS
from include.zoom.client import ZoomClient
from include.zoom.errors import TooManyVanished, UnexpectedAnswer
from include.zoom.pace import OwnTurns, Pace
from include.zoom.pages import Page
from include.zoom.pull import PullCounts
from tests.flow.landed import ACCOUNT, AT, House

USERS = STREAMS["users"]
TODAY, NOW = date(2026, 11, 3), AT + timedelta(days=1)
A, B, C = ({"id": f"id-{n}", "email": f"{n}@x.org", "status": "active", "dept": "Sales"} for n in "abc")
INVITED = {"email": "i@x.org", "status": "pending"}
NO_USER = httpx.Response(404, json={"code": 1001, "message": "User does not exist: id-b."})


def known(house: House, *, accept_shrink: bool = False) -> Confirmation:
    """What is to be confirmed today."""
    found = confirmation(USERS, house.warehouse, ACCOUNT, today=TODAY, accept_shrink=accept_shrink)
    assert found is not None
    return found


def listed(house: House, *records: Mapping[str, Any]) -> Attempt:
    """An attempt whose lists told these users."""
    body = {"users": records, "total_records": len(records), "next_page_token": ""}
    attempt = house.landing.begin(ACCOUNT, USERS)
    attempt.write([Page(0, None, 1, {}, 200, NOW, orjson.dumps(body))])
    return attempt


async def confirmed(
    to_confirm: Confirmation, attempt: Attempt, answers: Mapping[str, httpx.Response]
) -> PullCounts:
    """What came of it where Zoom answers so for the users of these ids."""

    def answer(request: httpx.Request) -> httpx.Response:
        found = answers[request.url.path.rsplit("/", 1)[-1]]
        found.headers["Date"] = NOW.strftime("%a, %d %b %Y %H:%M:%S GMT")
        return found

    counts = PullCounts()
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(answer), base_url="https://zoom.example/v2"
    ) as http:
        await to_confirm.of(attempt, ZoomClient(http, Pace(OwnTurns("business"))), counts)
    return counts


def published(house: House, attempt: Attempt, counts: PullCounts) -> None:
    """Typed and loaded."""
    manifest = attempt.finish(counts)
    house.publication.publish(USERS, manifest, framed(USERS, house.landing, manifest))


def history(house: House) -> list[tuple[Any, ...]]:
    """Who, until when, and whether gone."""
    return house.rows(
        "SELECT email, valid_to, deleted_at IS NOT NULL FROM zoom.users_history ORDER BY email, valid_from"
    )


async def test_who_is_gone_is_shown_as_deleted_and_who_is_there_is_not(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A list had lost one of two: he goes on without a change, by what Zoom tells of him alone, and a check tells."""
    house.publish(A, B, C, of=USERS)
    attempt = listed(house, A)
    there = httpx.Response(200, json={**C, "jid": "c@xmpp", "pic_url": "", "role_name": "Member"})
    with caplog.at_level(logging.WARNING):
        counts = await confirmed(known(house), attempt, {"id-b": NO_USER, "id-c": there})
    published(house, attempt, counts)
    assert (counts.gone, counts.kept) == (1, 1)
    assert history(house) == [("a@x.org", None, False), ("b@x.org", TODAY, True), ("c@x.org", None, False)]
    assert house.alerts == []
    checks = house.rows("SELECT outcome, found FROM zoom.checks WHERE check_name = 'vanished' ORDER BY 2")
    assert checks == [("passed", "0 gone, 0 there"), ("failed", "1 gone, 1 there")]
    told = "2 of 3 users of 2026-11-02 are in no list now: 1 are gone, 1 are there and kept."
    assert told in caplog.messages


async def test_nobody_is_asked_for_who_is_listed_or_has_no_id(house: House) -> None:
    """Who only changed is in the list; an invitation has no id to ask by, and who took it is not deleted."""
    house.publish(A, INVITED, of=USERS)
    attempt = listed(house, {**A, "dept": "People"}, {**INVITED, "id": "id-i", "status": "active"})
    counts = await confirmed(known(house), attempt, {})
    published(house, attempt, counts)
    assert (counts.gone, counts.kept) == (0, 0)
    assert history(house) == [
        ("a@x.org", TODAY, False),
        ("a@x.org", None, False),
        ("i@x.org", TODAY, False),
        ("i@x.org", None, False),
    ]


async def test_too_many_are_not_asked_for(house: House) -> None:
    """More than 100 and a fifth: nothing is kept of the try, unless somebody says that it is so."""
    many = [{"id": f"id-{n}", "email": f"{n}@x.org"} for n in range(102)]
    house.publish(*many, of=USERS)
    attempt = listed(house, many[0])
    with pytest.raises(
        TooManyVanished, match="101 of 102 users of 2026-11-02 are in no list now.*accept_shrink"
    ):
        await confirmed(known(house), attempt, {})
    assert list(attempt.pages()) == []
    counts = await confirmed(known(house, accept_shrink=True), listed(house, many[0]), {})
    assert (counts.gone, counts.kept) == (0, 0)


async def test_an_answer_that_says_neither_is_an_error(house: House) -> None:
    """What is not known to mean "gone" shows nobody as deleted."""
    house.publish(A, B, of=USERS)
    refused = httpx.Response(400, json={"code": 2305, "message": "Restricted."})
    with pytest.raises(UnexpectedAnswer):
        await confirmed(known(house), listed(house, A), {"id-b": refused})


async def test_without_the_scope_to_ask_the_lists_stand_and_a_check_warns(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """A grant from before has users as ever; who is in no list is shown as deleted, and that nobody confirmed it."""
    house.publish(A, B, of=USERS)
    lacking = {
        "code": 4711,
        "message": "Invalid access token, does not contain scopes:[user:read:user:admin].",
    }
    attempt = listed(house, A)
    with caplog.at_level(logging.WARNING):
        counts = await confirmed(known(house), attempt, {"id-b": httpx.Response(400, json=lacking)})
    published(house, attempt, counts)
    assert (counts.gone, counts.kept, counts.unconfirmed) == (0, 0, 1)
    assert history(house) == [("a@x.org", None, False), ("b@x.org", TODAY, True)]
    checks = house.rows("SELECT outcome, found FROM zoom.checks WHERE check_name = 'vanished' ORDER BY 2")
    assert checks == [("passed", "0 gone, 0 there"), ("failed", "1 not confirmed")]
    assert "shown as deleted without being asked for: GET /users/{id} answered 400" in caplog.text


def test_without_an_earlier_snapshot_of_this_account_nothing_is_to_confirm(house: House) -> None:
    """In an empty schema, on the first day, and where another account's data stand."""
    about: dict[str, Any] = {"today": TODAY, "accept_shrink": False}
    assert confirmation(USERS, house.warehouse, ACCOUNT, **about) is None
    house.publish(A, of=USERS)
    assert confirmation(USERS, house.warehouse, "another@zoom.us", **about) is None
    assert confirmation(STREAMS["groups"], house.warehouse, ACCOUNT, **about) is None
    assert confirmation(USERS, house.warehouse, ACCOUNT, **{**about, "today": AT.date()}) is None
    assert known(house).last.values == {"id-a"}


async def test_a_snapshot_that_is_trimmed_is_known_by_its_changes(house: House) -> None:
    """After a long silence the newest full snapshot may be today's own, asked again."""
    house.publish(A, B, of=USERS)
    later = datetime(2027, 3, 1, 1, tzinfo=AT.tzinfo)
    house.publish(A, of=USERS, at=later)
    found = confirmation(USERS, house.warehouse, ACCOUNT, today=later.date(), accept_shrink=False)
    assert found is not None
    assert (found.last.day, found.last.values) == (AT.date(), {"id-a", "id-b"})
