"""What can go wrong with Zoom, split by what the caller must do.

ZoomError
├── TransientError          try again later
│   ├── RateLimited         after `retry_after_seconds`
│   └── DailyCapReached     not before `resets_at`
├── PermanentError          trying again cannot help; a person must change something
│   ├── Misconfigured       the Connection, the app or its scopes
│   ├── ConsentRequired     somebody must authorise the app again in a browser
│   ├── UnexpectedAnswer    Zoom answered what its description does not allow
│   │   └── RepeatedKey     a key comes twice in a slice
│   └── IncompleteData      what came is not everything that is there
│       ├── TooManySkipped  too many items of a fan-out had nothing to give
│       └── TooManyVanished too many of the last snapshot are in none of the lists
├── NotEntitled             the account's plan or add-ons lack this: skip the stream, loudly
├── Unavailable             this one item (a user, a meeting) has nothing to give: skip and count it
├── PageTokenExpired        ask the window again from its first page
└── TokenRejected           the access token was refused, also after it was replaced once

Messages say what was tried, what came back and what to do next. They never hold a token, a body, a query
string or a person's data.
"""

# ruff: noqa: N818 (they are named for what happened, as the tree above reads)

from datetime import datetime


class ZoomError(Exception):
    """The root of everything this project raises about Zoom; `code` is Zoom's own, where it gave one."""

    code: int | None = None


class TransientError(ZoomError):
    """A passing fault: the same request may succeed later."""


class RateLimited(TransientError):
    """HTTP 429 per second; `retry_after_seconds` and the ceiling `limit` are None where Zoom did not say."""

    def __init__(
        self, message: str, *, retry_after_seconds: float | None = None, limit: int | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
        self.limit = limit


class DailyCapReached(TransientError):
    """The account's daily cap for a rate label is used up until `resets_at` (UTC)."""

    def __init__(self, message: str, *, resets_at: datetime) -> None:
        super().__init__(message)
        self.resets_at = resets_at


class PermanentError(ZoomError):
    """Retrying cannot clear this."""


class Misconfigured(PermanentError):
    """The Connection, the Zoom app or its scopes are not right; a grant that exists stays intact."""


class ConsentRequired(PermanentError):
    """The grant is gone: a person must authorise the app again."""


class UnexpectedAnswer(PermanentError):
    """An answer that Zoom's description does not allow, such as a page without its list."""


class IncompleteData(PermanentError):
    """Fewer or more records came than Zoom says there are, also after asking again."""


class RepeatedKey(UnexpectedAnswer):
    """Two rows of a slice have the key that only one may have."""


class TooManySkipped(IncompleteData):
    """More parents than may be skipped had nothing to give."""


class TooManyVanished(IncompleteData):
    """More of the last snapshot are in none of the lists than are asked one by one."""


class NotEntitled(ZoomError):
    """The account's plan, licence or add-ons do not include this list."""


class Unavailable(ZoomError):
    """One item of a fan-out cannot be had (deleted, not licensed, expired)."""


class PageTokenExpired(ZoomError):
    """A `next_page_token` is older than 15 minutes or not this list's."""


class TokenRejected(TransientError):
    """Zoom refused the access token and its replacement."""
