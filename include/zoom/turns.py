"""What a task and the quota of its account tell each other."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from include.zoom.errors import DailyCapReached


@dataclass(frozen=True)
class Turn:
    """Leave for `count` requests: the first `starts_in` seconds from now, the others `apart` after each other.

    Leave that was given earlier counts no more where it falls into the next `held` seconds.
    """

    starts_in: float
    apart: float
    count: int
    held: float = 0.0


@dataclass(frozen=True)
class Closed:
    """No leave before `resets_at` (UTC): the daily cap is used up, or the share of it that a backfill may use."""

    resets_at: datetime
    reason: Literal["cap", "share"]
    labels: str
    """That share the cap, joined by `+`."""
    used: int
    by_backfills: int
    cap: int | None
    """None where Zoom told of a cap that we do not know."""

    def as_error(self) -> DailyCapReached:
        """What a task raises that gets no leave."""
        known = "" if self.cap is None else f" of {self.cap:,}"
        used = f"{self.used:,}{known} asked today, {self.by_backfills:,} by backfills"
        what = "daily cap" if self.reason == "cap" else "share that backfills may use of the daily cap"
        return DailyCapReached(
            f"The {what} of {self.labels} requests is used up ({used}); it begins anew {self.resets_at:%F %T} UTC.",
            resets_at=self.resets_at,
        )


@dataclass(frozen=True)
class Feedback:
    """What a task saw of a label since it last took a turn."""

    answered: int = 0
    refused: int = 0
    """By HTTP 429 per second."""
    refused_at: float | None = None
    """Requests per second of the slowest turn of which one was refused."""
    lapsed: int = 0
    """Requests for which there was leave and that were not sent."""
    retry_after: float | None = None
    """Seconds from now."""
    limit: int | None = None
    """`X-RateLimit-Limit` per second."""
    remaining: int | None = None
    """The lowest `X-RateLimit-Remaining` of a second."""
    remaining_today: int | None = None
    used_up_until: datetime | None = None


NOTHING = Feedback()


@dataclass(frozen=True)
class Usage:
    """What is used of a daily cap."""

    labels: str
    used: int
    by_backfills: int
    cap: int | None
    resets_at: datetime
