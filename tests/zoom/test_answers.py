"""The table from status and code to error."""

from datetime import UTC, datetime

import httpx
import pytest

from include.zoom import answers
from include.zoom.answers import Asked, Told, told
from include.zoom.errors import (
    DailyCapReached,
    Misconfigured,
    NotEntitled,
    PageTokenExpired,
    RateLimited,
    TokenRejected,
    TransientError,
    Unavailable,
    UnexpectedAnswer,
    ZoomError,
)

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
FIRST_PAGE = Asked("/users/{user_id}/recordings", "meetings", with_page_token=False)
LATER_PAGE = Asked("/users/{user_id}/recordings", "meetings", with_page_token=True)


def error_in(asked: Asked, response: httpx.Response, *, received_at: datetime) -> ZoomError | None:
    payload = answers.object_of(response.content)
    return answers.error_in(asked, response, payload, received_at=received_at)


def test_an_account_without_zoom_phone_is_not_entitled() -> None:
    """Zoom says so with the code of a refused token; of any other list the same words are a refused token."""
    body = {"code": 124, "message": "Account does not exist: abc."}
    answer = httpx.Response(401, json=body)
    of_phone = Asked("/phone/recordings", "recordings", with_page_token=False)
    archive, unarchived = Asked("/archive_files", "meetings", with_page_token=False), {**body, "code": 2001}
    found = error_in(archive, httpx.Response(400, json=unarchived), received_at=NOW)
    assert type(found) is NotEntitled
    assert type(error_in(of_phone, answer, received_at=NOW)) is NotEntitled
    assert type(error_in(FIRST_PAGE, answer, received_at=NOW)) is TokenRejected


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, 124, TokenRejected),
        (400, 124, TokenRejected),
        (401, None, TokenRejected),
        (400, 4711, Misconfigured),
        (401, 4711, Misconfigured),
        (400, 4700, Misconfigured),
        (403, None, Misconfigured),
        (403, 12703, Misconfigured),
        (400, 200, NotEntitled),
        (200, 200, NotEntitled),
        (400, 300, UnexpectedAnswer),
        (400, 2300, UnexpectedAnswer),
        (400, 1010, Unavailable),
        (404, 1001, Unavailable),
        (404, 3001, Unavailable),
        (400, 3000, Unavailable),
        (400, 3161, Unavailable),
        (404, 3301, Unavailable),
        (404, 3322, Unavailable),
        (404, 4130, Unavailable),
        (403, 2305, Unavailable),
        (403, 2306, Unavailable),
        (400, 12702, Unavailable),
        (200, 1001, Unavailable),
        (429, 429, RateLimited),
        (429, 4001, RateLimited),
        (500, 200, TransientError),
        (502, None, TransientError),
        (408, None, TransientError),
        (404, None, UnexpectedAnswer),
        (404, 999_999, UnexpectedAnswer),
        (302, None, UnexpectedAnswer),
        (200, 30_051_037, UnexpectedAnswer),
    ],
)
def test_status_and_code_decide_what_must_be_done(
    status: int, code: int | None, error: type[ZoomError]
) -> None:
    """What is known has its class, what is not is an unexpected answer."""
    body = {} if code is None else {"code": code, "message": "…"}
    found = error_in(FIRST_PAGE, httpx.Response(status, json=body), received_at=NOW)
    assert type(found) is error


def test_a_missing_scope_is_named() -> None:
    """The scopes are the next step, so they are told, and nothing else of Zoom's message."""
    message = "Invalid access token, does not contain scopes:[report:read:admin, user:read:list_users:admin]."
    found = error_in(
        FIRST_PAGE, httpx.Response(400, json={"code": 4711, "message": message}), received_at=NOW
    )
    assert "Zoom names: report:read:admin, user:read:list_users:admin." in str(found)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("code", [{}, {"code": 300}])
@pytest.mark.parametrize(
    "message",
    [
        "Only available for Paid or ZMP account: abc.",
        "This is only available for the paid account: abc.",
        "This account has not subscribed to toll-free audio conference plan.",
        "Meeting summary disabled. To enable this feature, see the settings.",
        "Access to meeting summaries is restricted by account settings.",
        "Enable the **Toll Report** feature to perform this action.",
        "Webinar plan subscription is missing. Enable webinar for this user: abc.",
        "Webinar plan subscription missing.",
        "Webinar plan is missing. You must subscribe to it.",
        "Missing webinar subscription plan.",
        "No report, because this account is not subscribed to a webinar plan.",
    ],
)
def test_a_plan_that_lacks_the_list_is_told_in_words(status: int, code: dict[str, int], message: str) -> None:
    """Zoom's descriptions put these sentences under status 200; it is no entitlement, as code 200 is elsewhere."""
    body = {"message": message, **code}
    found = error_in(FIRST_PAGE, httpx.Response(status, json=body), received_at=NOW)
    assert type(found) is NotEntitled
    assert found.code == 200


def test_an_answer_that_is_no_object_may_pass() -> None:
    """A proxy's page or a bare list is tried again."""
    for body in (b"<html>", b"", b"[]", b"\xff"):
        found = error_in(FIRST_PAGE, httpx.Response(200, content=body), received_at=NOW)
        assert type(found) is TransientError


def test_a_refused_page_token_asks_for_a_restart() -> None:
    """The same code on the first page is a refused parameter."""
    answer = httpx.Response(400, json={"code": 300, "message": "The next page token is invalid or expired."})
    assert type(error_in(LATER_PAGE, answer, received_at=NOW)) is PageTokenExpired
    assert type(error_in(FIRST_PAGE, answer, received_at=NOW)) is UnexpectedAnswer


def test_a_daily_cap_is_known_by_header_or_message() -> None:
    """Zoom's documents know both, live answers had only one."""
    for answer in (
        httpx.Response(429, json={"message": "…"}, headers={"X-RateLimit-Type": "Daily-limit"}),
        httpx.Response(429, json={"message": "You have reached the maximum daily rate limit for this API."}),
    ):
        assert type(error_in(FIRST_PAGE, answer, received_at=NOW)) is DailyCapReached


def test_a_page_is_no_error() -> None:
    """The list's key is there and no code."""
    assert error_in(FIRST_PAGE, httpx.Response(200, json={"meetings": []}), received_at=NOW) is None


@pytest.mark.parametrize("status", [200, 400, 401])
def test_the_answer_to_a_jwt_app_s_credentials_is_for_a_person(status: int) -> None:
    """Code 200 alone would skip the stream as not in the plan; this text means that no stream can come."""
    body = {"code": 200, "message": "Account does not enabled REST API."}
    error = error_in(FIRST_PAGE, httpx.Response(status, json=body), received_at=NOW)
    assert isinstance(error, Misconfigured)
    assert "do not work since 2023-09-08" in str(error)
    assert "Server-to-Server OAuth app" in str(error)


PER_SECOND = {"message": "You have reached the maximum per-second rate limit for this API."}
PER_DAY = {"message": "You have reached the maximum daily rate limit for this API."}


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"X-RateLimit-Reset": "1773144002"}, 2.0),
        ({"X-RateLimit-Reset": "1773144002", "Retry-After": "1"}, 1.0),
        ({"X-RateLimit-Reset": "1673144002"}, None),
        ({"X-RateLimit-Reset": "2"}, None),
        ({"X-RateLimit-Reset": "99999999999999"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "1e3"}, None),
        ({"Retry-After": "Tue, 10 Mar 99999 12:00:09 GMT"}, None),
        ({"Retry-After": "2026-03-10T11:00:00Z"}, 0.0),
        ({}, None),
    ],
)
def test_a_refusal_tells_when_to_come_back_in_whatever_form(
    headers: dict[str, str], wait: float | None
) -> None:
    """The reset of the window counts where there is no Retry-After; what cannot be is not told."""
    found = error_in(FIRST_PAGE, httpx.Response(429, json=PER_SECOND, headers=headers), received_at=NOW)
    assert isinstance(found, RateLimited)
    assert found.retry_after_seconds == wait


@pytest.mark.parametrize(
    "after", ["999999999", "-1", "0", "2020-05-31T00:00:00Z", "9999-12-31T23:59:59Z", ""]
)
def test_a_daily_cap_ends_by_the_next_midnight_whatever_is_told(after: str) -> None:
    """A time that is past or further than a day is none."""
    answer = httpx.Response(429, json=PER_DAY, headers={"Retry-After": after})
    found = error_in(FIRST_PAGE, answer, received_at=NOW)
    assert isinstance(found, DailyCapReached)
    assert found.resets_at == datetime(2026, 3, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (("QPS", "80", "3"), Told(limit=80, remaining=3)),
        (("Daily-limit", "60000", "12"), Told(remaining_today=12)),
        (("QPS", "-80", "many"), Told()),
        (("QPS", "", "0"), Told(remaining=0)),
        (("", "80", "3"), Told()),
    ],
)
def test_what_is_left_is_read_where_the_type_says_of_what(
    headers: tuple[str, str, str], expected: Told
) -> None:
    """Most answers carry none of it."""
    names = ("X-RateLimit-Type", "X-RateLimit-Limit", "X-RateLimit-Remaining")
    assert told(httpx.Response(200, headers=dict(zip(names, headers, strict=True)))) == expected
    assert told(httpx.Response(200, headers={"x-ratelimit-category": "Light"})) == Told()
