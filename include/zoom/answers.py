"""One table from Zoom's status and code to what must be done.

A code's meaning depends on the endpoint and on the status
(https://developers.zoom.us/docs/api/errors/); these are the lists that this project asks. Errors also come
with HTTP 200. What the table does not know is an error, never an empty list.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any

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
from include.zoom.pages import parse_json
from include.zoom.reply import Reply

_OK, _UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _TOO_MANY = 200, 401, 403, 404, 429
_SERVER_TROUBLE = range(500, 600)
_NO_PERMISSION = 200
_INVALID_PARAMETER = 300

_ITEM = "This item has nothing to give."
_SCOPES = "Add the scopes to the Zoom app and authorise it again; retrying cannot clear this."
_BUG = "Retrying cannot clear this: the request or Zoom's API has changed."

_BY_CODE: Mapping[int, tuple[type[ZoomError], str]] = {
    124: (TokenRejected, "The access token was refused, also after it was replaced."),
    _NO_PERMISSION: (NotEntitled, "The account's plan, add-ons or permissions do not include this list."),
    _INVALID_PARAMETER: (UnexpectedAnswer, "Zoom refuses a parameter. " + _BUG),
    1001: (Unavailable, f"No such user. {_ITEM}"),
    1010: (Unavailable, f"The user belongs to another account. {_ITEM}"),
    1120: (Unavailable, f"The user's invitation has expired. {_ITEM}"),
    2300: (UnexpectedAnswer, "Zoom does not know this address. " + _BUG),
    2305: (Unavailable, f"Access to it is restricted. {_ITEM}"),
    2306: (Unavailable, f"Access to it is restricted. {_ITEM}"),
    3000: (Unavailable, f"Not a meeting. {_ITEM}"),
    3001: (Unavailable, f"No such meeting, or expired. {_ITEM}"),
    3161: (Unavailable, f"The user may not host. {_ITEM}"),
    3301: (Unavailable, f"No such recording. {_ITEM}"),
    3322: (Unavailable, f"No such transcript. {_ITEM}"),
    4130: (Unavailable, f"No such group. {_ITEM}"),
    4700: (Misconfigured, "The app lacks scopes, or may not act for the account. " + _SCOPES),
    4711: (Misconfigured, "The app lacks scopes. " + _SCOPES),
    5010: (Unavailable, f"No such report. {_ITEM}"),
    12702: (Unavailable, f"Older than Zoom keeps. {_ITEM}"),
    12703: (Misconfigured, "The app's owner may not see this group. " + _SCOPES),
}
_BY_STATUS: Mapping[int, tuple[type[ZoomError], str]] = {
    _UNAUTHORIZED: _BY_CODE[124],
    _FORBIDDEN: (Misconfigured, "Zoom denies this account the API, or the app this list. " + _SCOPES),
    408: (TransientError, "Try again later."),
    425: (TransientError, "Try again later."),
}
_SCOPE = re.compile(r"\b[a-z_]+(?::[a-z_]+){1,3}\b")
# What the credentials of a JWT app are answered since that app type is gone (skwirrel/ZoomAPIWrapper#4).
_NO_JWT = re.compile(r"not enabled? REST API", re.IGNORECASE)
_USE_OAUTH = (
    "Zoom answers so to JWT apps, which do not work since 2023-09-08, and to accounts without the API: use a "
    "Server-to-Server OAuth app."
)
# Zoom says so in words under several codes, or in a success without one (its description of `/report/telephone`).
_NOT_INCLUDED = re.compile(
    r"only available for (?:a |the )?paid|has not subscribed to|Enable the [\w* -]{1,60} feature"
    r"|meeting summary disabled|access to meeting summaries is restricted"
    r"|is not subscribed to|webinar (?:plan|subscription)[a-z ]{0,20} missing|missing webinar subscription",
    re.IGNORECASE,
)
# Products that know only the accounts which have them.
_PRODUCTS = ("/phone/", "/archive_files")
_SECONDS = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_COUNT = re.compile(r"[0-9]{1,9}")
_SINCE_1970 = re.compile(r"[0-9]{10}")
_LONGEST_RESET = 120.0
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What a request was, as far as a message may tell: the path's template, never its values."""

    path: str
    list_key: str
    with_page_token: bool


def error_in(
    asked: Asked, response: Reply, payload: dict[str, Any] | None, *, received_at: datetime
) -> ZoomError | None:
    """The error that an answer is; None for a page. `payload` is its `object_of`."""
    if response.status_code == _OK:
        return _error_in_success(asked, response, payload)
    where = _where(asked, response, payload)
    if response.status_code == _TOO_MANY:
        return _limited(where, response, payload, received_at)
    if response.status_code in _SERVER_TROUBLE:
        return TransientError(f"{where} Zoom is in trouble; try again later.")
    return _by_table(asked, where, response.status_code, payload or {})


def retry_after(response: Reply, *, received_at: datetime) -> float | None:
    """Seconds from the answer's own time to `Retry-After`.

    It comes as seconds, as an HTTP date, or (daily caps) as an ISO time; None where it is absent or garbled.
    """
    text = response.headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    moment = _moment(text)
    return None if moment is None else max(0.0, (moment - received_at).total_seconds())


@dataclass(frozen=True)
class Told:
    """What an answer's headers tell of the rate limit; most answers tell nothing."""

    limit: int | None = None
    """Per second."""
    remaining: int | None = None
    """Of this second."""
    remaining_today: int | None = None


NOTHING_TOLD = Told()


def told(response: Reply) -> Told:
    """`X-RateLimit-Limit` and `-Remaining`, where `-Type` says of what."""
    kind = response.headers.get("X-RateLimit-Type", "").lower()
    limit, remaining = _count(response, "X-RateLimit-Limit"), _count(response, "X-RateLimit-Remaining")
    if kind == "qps":
        return Told(limit, remaining)
    return Told(remaining_today=remaining) if "daily" in kind else Told()


def answer_time(response: Reply) -> datetime | None:
    """The answer's `Date` header: one clock for all workers."""
    return _moment(response.headers.get("Date", ""))


def tracking_id(response: Reply) -> str:
    """What Zoom's support asks for; printable or nothing."""
    text = str(response.headers.get("x-zm-trackingid", ""))
    return text if text.isprintable() else ""


def _error_in_success(asked: Asked, response: Reply, payload: dict[str, Any] | None) -> ZoomError | None:
    if payload is not None and asked.list_key in payload and _code(payload) in (None, 0):
        return None
    where = _where(asked, response, payload)
    if payload is None:
        return TransientError(f"{where} It is no JSON object; try again later.")
    if _code(payload) not in (None, 0):
        return _by_table(asked, where, _OK, payload)
    if _NOT_INCLUDED.search(_text(payload)):
        return _not_included(where)
    return UnexpectedAnswer(f"{where} There is no {asked.list_key!r} in it. {_BUG}")


def _by_table(asked: Asked, where: str, status: int, payload: dict[str, Any]) -> ZoomError:
    code = _code(payload)
    if asked.with_page_token and (code == _INVALID_PARAMETER or "page token is invalid" in _text(payload)):
        return PageTokenExpired(f"{where} The page token has expired; ask from the first page.")
    if _NO_JWT.search(_text(payload)):
        return Misconfigured(f"{where} {_USE_OAUTH}")
    if _NOT_INCLUDED.search(_text(payload)) or _is_without_account(asked, payload):
        return _not_included(where)
    known = _BY_CODE.get(code) if code is not None else None
    error, advice = known or _BY_STATUS.get(status) or (UnexpectedAnswer, "Unknown to us. " + _BUG)
    if error is Misconfigured and (scopes := _SCOPE.findall(_text(payload))):
        advice = f"{advice} Zoom names: {', '.join(scopes)}."
    found = error(f"{where} {advice}")
    found.code = status if code is None and status == _NOT_FOUND else code
    return found


def _not_included(where: str) -> NotEntitled:
    found = NotEntitled(f"{where} {_BY_CODE[_NO_PERMISSION][1]}")
    found.code = _NO_PERMISSION
    return found


def _is_without_account(asked: Asked, payload: Mapping[str, Any]) -> bool:
    """Zoom Phone and the archive say of an account without them what others say of a token, with code 124 or 2001."""
    return asked.path.startswith(_PRODUCTS) and "account does not exist" in _text(payload).lower()


def _limited(where: str, response: Reply, payload: dict[str, Any] | None, received_at: datetime) -> ZoomError:
    # Status and message decide, not the code: sources disagree on it, and measured answers lack the headers.
    wait = retry_after(response, received_at=received_at)
    if wait is None:
        wait = _reset_after(response, received_at)
    kind = response.headers.get("X-RateLimit-Type", "").lower()
    if "daily" not in kind + _text(payload or {}).lower():
        return RateLimited(
            f"{where} Too many requests per second.", retry_after_seconds=wait, limit=told(response).limit
        )
    resets_at = _next_midnight(received_at)
    if wait and wait <= _DAY.total_seconds():
        resets_at = received_at + timedelta(seconds=wait)
    return DailyCapReached(
        f"{where} The daily cap is used up until {resets_at:%F %T} UTC.", resets_at=resets_at
    )


def _reset_after(response: Reply, received_at: datetime) -> float | None:
    """Seconds until `X-RateLimit-Reset` (since 1970), which comes with some refusals per second."""
    reset = response.headers.get("X-RateLimit-Reset", "").strip()
    wait = float(reset) - received_at.timestamp() if _SINCE_1970.fullmatch(reset) else -1.0
    return wait if 0 <= wait <= _LONGEST_RESET else None


def _next_midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0) + _DAY


def _where(asked: Asked, response: Reply, payload: dict[str, Any] | None) -> str:
    code = _code(payload or {})
    coded = "" if code is None else f", Zoom code {code}"
    tracked = tracking_id(response)
    support = f" (tracking id {tracked})" if tracked else ""
    return f"GET {asked.path} answered {response.status_code}{coded}{support}."


def object_of(body: bytes) -> dict[str, Any] | None:
    """The JSON object that an answer is; None where it is none."""
    try:
        parsed = parse_json(body)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _count(response: Reply, name: str) -> int | None:
    text = response.headers.get(name, "").strip()
    return int(text) if _COUNT.fullmatch(text) else None


def _code(payload: Mapping[str, Any]) -> int | None:
    try:
        return int(payload["code"])
    except (KeyError, TypeError, ValueError):
        return None


def _text(payload: Mapping[str, Any]) -> str:
    return str(payload.get("message", ""))


@lru_cache(maxsize=64)  # all answers of a second have the same
def _moment(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, OverflowError):
            continue
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return None
