"""What the simulated Zoom was asked, without a secret in it."""

from collections import Counter, deque
from collections.abc import Mapping

from include.sandbox.clock import Clock, zulu

KEPT = 1000
# Only these parameters are repeated: what else came may be a secret or somebody's address.
SHOWN = frozenset(
    {"from", "to", "status", "page_size", "year", "month", "date_type", "meeting_type", "include_fields"}
    | {"userId", "groupId", "meetingId", "webinarId", "type", "time_filter_field", "query_date_type"}
)


class RequestLog:
    """Counts of requests and of token posts, and the most recent requests."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """Forgets everything counted so far."""
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._posts: Counter[tuple[str, str]] = Counter()
        self._recent: deque[dict[str, object]] = deque(maxlen=KEPT)
        self._most_at_once = 0
        self._under_way = 0

    def began(self) -> None:
        """A request came in."""
        self._under_way += 1
        self._most_at_once = max(self._most_at_once, self._under_way)

    def ended(self) -> None:
        """It was answered, or its connection is gone."""
        self._under_way = max(0, self._under_way - 1)

    def answered(self, template: str, label: str, status: int, asked: Mapping[str, str]) -> None:
        """Counts a request; `status` 0 is one that got no answer."""
        self._counts[template, label, status] += 1
        self._recent.append(
            {
                "at": zulu(self._clock.now()),
                "path": template,
                "status": status,
                "asked": {name: value for name, value in asked.items() if name in SHOWN},
                "first_page": not asked.get("next_page_token"),
            }
        )

    def token_post(self, grant_type: str, outcome: str) -> None:
        """Counts a post to the token endpoint; `outcome` is `ok`, `fault` or Zoom's word for the error."""
        self._posts[grant_type, outcome] += 1

    def report(self) -> dict[str, object]:
        """Everything counted, as JSON."""
        return {
            "counts": [
                {"path": path, "label": label, "status": status, "count": count}
                for (path, label, status), count in sorted(self._counts.items())
            ],
            "requests": self._counts.total(),
            "token_posts": self._posts.total(),
            "token_refused": sum(n for (_, said), n in self._posts.items() if said not in ("ok", "fault")),
            "token_posts_by": [
                {"grant_type": grant_type, "outcome": outcome, "count": count}
                for (grant_type, outcome), count in sorted(self._posts.items())
            ],
            "most_at_once": self._most_at_once,
            "recent": list(self._recent),
        }
