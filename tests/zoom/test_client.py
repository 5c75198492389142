"""Pages, retries and what goes over the wire."""

import logging
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from include.zoom.client import RawPage, ZoomClient, quoted
from include.zoom.errors import (
    DailyCapReached,
    IncompleteData,
    NotEntitled,
    PageTokenExpired,
    RateLimited,
    TokenRejected,
    TransientError,
    UnexpectedAnswer,
)
from include.zoom.pace import Pace
from include.zoom.stream import Label, Listing
from include.zoom.turns import Feedback, Turn

FakeZoom = VirtualTime = Json = Any  # the fixtures' classes stand in conftest, which tests cannot import
LISTING = Listing(
    path="/things/{of}/list", list_key="things", label=Label.LIGHT, params={"kind": "all"}, page_size=2
)
PATH = "/things/it/list"
EMPTY = {"things": [], "next_page_token": ""}


async def pages_of(client: ZoomClient, listing: Listing = LISTING, **params: str) -> list[RawPage]:
    return [page async for page in client.pages(listing, params, {"of": "it"})]


def answer(status: int, body: Json = None, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, json=body or {}, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


async def test_pages_keep_all_parameters_until_the_token_is_empty(client: ZoomClient, zoom: FakeZoom) -> None:
    """Each page is asked with the same parameters and the token of the page before."""
    zoom.serve(PATH, "things", [{"n": 1}, {"n": 2}, {"n": 3}])
    pages = await pages_of(client, since="x")
    assert [page.records for page in pages] == [[{"n": 1}, {"n": 2}], [{"n": 3}]]
    assert zoom.params() == [
        {"kind": "all", "since": "x", "page_size": "2"},
        {"kind": "all", "since": "x", "page_size": "2", "next_page_token": "2"},
    ]
    assert [page.asked for page in pages] == [{"kind": "all", "since": "x", "page_size": "2"}] * 2


async def test_a_page_knows_its_time_and_total(client: ZoomClient, zoom: FakeZoom) -> None:
    """The time is the answer's Date header."""
    zoom.order(PATH, answer(200, {**EMPTY, "total_records": 7}, Date="Tue, 10 Mar 2026 11:59:01 GMT"))
    (page,) = await pages_of(client)
    assert (page.number, page.status, page.total) == (1, 200, 7)
    assert page.received_at == datetime(2026, 3, 10, 11, 59, 1, tzinfo=UTC)


async def test_a_repeated_token_is_an_error(client: ZoomClient, zoom: FakeZoom) -> None:
    """Pages that go in circles do not go on for ever."""
    again = {"things": [{}], "next_page_token": "same"}
    zoom.order(PATH, answer(200, again), answer(200, again))
    with pytest.raises(UnexpectedAnswer, match="page token came twice"):
        await pages_of(client)


@pytest.mark.parametrize(
    "body", [{}, {"next_page_token": ""}, {"things": None}, {"things": {}}, {"things": [1]}]
)
async def test_a_missing_list_is_an_error_and_no_empty_page(
    client: ZoomClient, zoom: FakeZoom, body: Json
) -> None:
    """Only a list of objects under the list's key is a page."""
    zoom.order(PATH, answer(200, body))
    with pytest.raises(UnexpectedAnswer):
        await pages_of(client)


async def test_an_error_inside_a_success_is_an_error(client: ZoomClient, zoom: FakeZoom) -> None:
    """A code in an answer with status 200 counts, though the list is there."""
    zoom.order(PATH, answer(200, {"code": 200, "message": "Only available for Paid account.", "things": []}))
    with pytest.raises(NotEntitled):
        await pages_of(client)


async def test_code_zero_is_success(client: ZoomClient, zoom: FakeZoom) -> None:
    """Some lists say code 0, error_message success."""
    zoom.order(PATH, answer(200, {**EMPTY, "code": 0, "error_message": "success"}))
    assert len(await pages_of(client)) == 1


async def test_an_expired_page_token_is_told_apart(client: ZoomClient, zoom: FakeZoom) -> None:
    """400/300 in the middle of the pages asks for a restart, at the first page it is a refused parameter."""
    refused = {"code": 300, "message": "The next page token is invalid or expired."}
    zoom.order(PATH, answer(200, {"things": [], "next_page_token": "t"}), answer(400, refused))
    with pytest.raises(PageTokenExpired):
        await pages_of(client)
    zoom.order(PATH, answer(400, {"code": 300, "message": "Invalid parameter: from."}))
    with pytest.raises(UnexpectedAnswer):
        await pages_of(client)


async def test_a_narrowed_window_is_an_error(client: ZoomClient, zoom: FakeZoom) -> None:
    """Zoom cuts a wide range without saying so; only the echoed dates show."""
    listing = Listing(path="/r", list_key="things", label=Label.LIGHT, echoes_window=True)
    window = {"from": "2026-01-01", "to": "2026-03-01"}
    zoom.order(
        "/r", answer(200, {**EMPTY, "from": "2026-02-01", "to": "2026-03-01"}), answer(200, EMPTY | window)
    )
    with pytest.raises(IncompleteData, match="2026-02-01"):
        await pages_of(client, listing, **window)
    assert len(await pages_of(client, listing, **window)) == 1


async def test_a_window_of_times_may_be_echoed_in_another_form(client: ZoomClient, zoom: FakeZoom) -> None:
    """Days are compared; another day is an error."""
    listing = Listing(path="/r", list_key="things", label=Label.LIGHT, echoes_window=True)
    asked = {"from": "2026-03-10T00:00:00Z", "to": "2026-03-11T00:00:00Z"}
    zoom.order(
        "/r",
        answer(200, {**EMPTY, "from": "2026-03-10T00:00:00.000+00:00", "to": "2026-03-11"}),
        answer(200, {**EMPTY, **asked, "from": "2026-03-11T00:00:00Z"}),
    )
    assert len(await pages_of(client, listing, **asked)) == 1
    with pytest.raises(IncompleteData, match="narrowed"):
        await pages_of(client, listing, **asked)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ({"Retry_After": "7"}, 7.5),
        ({"Retry_After": "Tue, 10 Mar 2026 12:00:09 GMT"}, 9.5),
        ({"Retry_After": "2026-03-10T12:00:11Z"}, 11.5),
        ({"Retry_After": "soon"}, 1.5),
        ({}, 1.5),
    ],
)
async def test_retry_after_is_understood_in_all_forms(
    client: ZoomClient, zoom: FakeZoom, virtual_time: VirtualTime, header: dict[str, str], wait: float
) -> None:
    """Seconds, an HTTP date, an ISO time, nonsense and nothing."""
    zoom.order(
        PATH, answer(429, {"code": 429, "message": "per-second rate limit"}, **header), answer(200, EMPTY)
    )
    await pages_of(client)
    assert virtual_time.slept == [wait]


async def test_server_trouble_is_retried_with_growing_waits(
    client: ZoomClient, zoom: FakeZoom, virtual_time: VirtualTime
) -> None:
    """Errors of server and network, and answers that are no JSON, are tried again."""
    html = httpx.Response(200, text="<html>We'll be back</html>")
    zoom.order(PATH, answer(503), httpx.ReadTimeout("slow"), html, answer(200, EMPTY))
    await pages_of(client)
    assert virtual_time.slept == [1.5, 3.0, 6.0]


async def test_retries_are_bounded_in_number(client: ZoomClient, zoom: FakeZoom) -> None:
    """The sixth failure is the last."""
    zoom.order(PATH, *[answer(500)] * 6)
    with pytest.raises(TransientError, match="500"):
        await pages_of(client)
    assert len(zoom.asked) == 6


async def test_refusals_for_the_rate_do_not_count_as_tries(
    client: ZoomClient, zoom: FakeZoom, virtual_time: VirtualTime
) -> None:
    """Other apps may have taken the seconds; each refusal makes the request wait longer, whatever Zoom tells."""
    refused = answer(429, {"message": "per-second rate limit"}, Retry_After="1")
    zoom.order(PATH, *[refused] * 7, answer(200, EMPTY))
    await pages_of(client)
    assert virtual_time.slept == [1.5, 3.0, 6.0, 12.0, 24.0, 45.0, 45.0]


async def test_waiting_for_a_turn_is_not_counted(zoom: FakeZoom, virtual_time: VirtualTime) -> None:
    """A request whose turn comes after ten minutes is tried again like any other: the queue is not its fault."""

    class Crowded:
        async def take(self, _label: Label, _wanted: int, _feedback: Feedback) -> Turn:
            return Turn(600.0, 6.0, 1)

    zoom.order(PATH, answer(503), answer(429, {"message": "per-second rate limit"}), answer(200, EMPTY))
    pace = Pace(Crowded(), clock=virtual_time.seconds, sleep=virtual_time.sleep)
    async with httpx.AsyncClient(
        transport=httpx.MockTransport(zoom.handle), base_url="https://zoom.example/v2"
    ) as http:
        client = ZoomClient(http, pace, sleep=virtual_time.sleep, clock=virtual_time.clock)
        assert len(await pages_of(client)) == 1


async def test_retries_are_bounded_in_time(
    client: ZoomClient, zoom: FakeZoom, virtual_time: VirtualTime
) -> None:
    """A wait that is longer than five minutes is the caller's to arrange."""
    zoom.order(PATH, answer(429, {"message": "Too many concurrent requests"}, Retry_After="400"))
    with pytest.raises(RateLimited) as caught:
        await pages_of(client)
    assert caught.value.retry_after_seconds == 400
    assert virtual_time.slept == []


@pytest.mark.parametrize(
    ("headers", "resets_at"),
    [
        ({}, datetime(2026, 3, 11, tzinfo=UTC)),
        (
            {"Retry_After": "2026-03-11T00:00:00Z", "X_RateLimit_Type": "Daily-limit"},
            datetime(2026, 3, 11, tzinfo=UTC),
        ),
        ({"Retry_After": "3600"}, datetime(2026, 3, 10, 13, tzinfo=UTC)),
    ],
)
async def test_a_daily_cap_is_not_retried(
    client: ZoomClient, zoom: FakeZoom, headers: dict[str, str], resets_at: datetime
) -> None:
    """It says when to come back: what Zoom says, else the next midnight in UTC."""
    body = {"code": 429, "message": "You have reached the maximum daily rate limit for this API."}
    zoom.order(PATH, answer(429, body, **headers))
    with pytest.raises(DailyCapReached) as caught:
        await pages_of(client)
    assert caught.value.resets_at == resets_at
    assert len(zoom.asked) == 1


async def test_a_refused_token_is_not_retried_here(client: ZoomClient, zoom: FakeZoom) -> None:
    """The http client's auth has replaced it once already."""
    zoom.order(PATH, answer(401, {"code": 124, "message": "Invalid access token."}))
    with pytest.raises(TokenRejected):
        await pages_of(client)


@pytest.mark.parametrize(
    ("uuid", "segment"),
    [
        ("abc+d/e==", "abc%2Bd%2Fe%3D%3D"),
        ("/abc==", "%252Fabc%253D%253D"),
        ("a//b==", "a%252F%252Fb%253D%253D"),
    ],
)
async def test_uuids_are_encoded_as_zoom_asks(
    client: ZoomClient, zoom: FakeZoom, uuid: str, segment: str
) -> None:
    """Always once, and twice where it starts with a slash or has two in a row; httpx leaves that alone."""
    zoom.order(f"/things/{segment}/list", answer(200, EMPTY))
    assert quoted(uuid) == segment
    assert len([page async for page in client.pages(LISTING, {}, {"of": uuid})]) == 1
    assert zoom.asked[0].url.raw_path.decode().startswith(f"/v2/things/{segment}/list?")


async def test_errors_and_logs_tell_no_secret_and_nobody(
    client: ZoomClient, zoom: FakeZoom, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither message nor log of ours has the body, the query or the path's values; the tracking id is there."""
    caplog.set_level(logging.DEBUG, logger="include")
    body = {"code": 1001, "message": "User canary@example.com does not exist.", "token": "canary-secret"}
    zoom.order(PATH.replace("it", "canary-id"), answer(404, body, x_zm_trackingid="WEB_1"))
    with pytest.raises(Exception, match="WEB_1") as caught:
        _ = [page async for page in client.pages(LISTING, {"q": "canary-query"}, {"of": "canary-id"})]
    told = f"{caught.value!s}{caught.value!r}" + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("include")
    )
    assert "WEB_1" in told
    assert "canary" not in told


async def test_a_parent_can_stand_in_a_parameter(client: ZoomClient, zoom: FakeZoom) -> None:
    """As it is; the query's encoding is the http client's business."""
    listing = Listing("/bills", "things", Label.HEAVY, params={"of": "{bill}"}, paged=False)
    zoom.order("/bills", answer(200, EMPTY))
    (page,) = [page async for page in client.pages(listing, {}, {"bill": "a/b+c="})]
    assert zoom.params() == [{"of": "a/b+c="}]
    assert page.asked == {"of": "a/b+c="}
