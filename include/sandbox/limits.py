"""Zoom's rate limits per label and plan (https://developers.zoom.us/docs/api/rate-limits/)."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime

from include.sandbox.clock import Clock, midnight, zulu
from include.sandbox.settings import Settings

LIGHT, MEDIUM, HEAVY, RESOURCE_INTENSIVE = "Light", "Medium", "Heavy", "Resource-intensive"
# Requests and seconds; the counter is the label's, not the endpoint's.
PER_WINDOW: dict[str, dict[str, tuple[int, int]]] = {
    "free": {LIGHT: (4, 1), MEDIUM: (2, 1), HEAVY: (1, 1), RESOURCE_INTENSIVE: (10, 60)},
    "pro": {LIGHT: (30, 1), MEDIUM: (20, 1), HEAVY: (10, 1), RESOURCE_INTENSIVE: (10, 60)},
    "business": {LIGHT: (80, 1), MEDIUM: (60, 1), HEAVY: (40, 1), RESOURCE_INTENSIVE: (20, 60)},
}
# Zoom Phone's lists have the same labels and rates of their own.
PHONE_PER_WINDOW: dict[str, dict[str, tuple[int, int]]] = {
    "free": {LIGHT: (4, 1), MEDIUM: (2, 1), HEAVY: (1, 1)},
    "pro": {LIGHT: (20, 1), MEDIUM: (10, 1), HEAVY: (5, 1)},
    "business": {LIGHT: (40, 1), MEDIUM: (20, 1), HEAVY: (10, 1)},
}
# Heavy and resource-intensive requests share one cap on the paid plans.
_TOGETHER = {HEAVY: "together", RESOURCE_INTENSIVE: "together"}
PER_DAY: dict[str, dict[str, int]] = {
    "free": {LIGHT: 6_000, MEDIUM: 2_000, HEAVY: 1_000, RESOURCE_INTENSIVE: 30_000},
    "pro": {"together": 30_000},
    "business": {"together": 60_000},
}


@dataclass(frozen=True)
class Verdict:
    """What the limits say to one request."""

    refused: bool
    headers: dict[str, str]
    body: dict[str, object]


class Limits:
    """The account's counters, in fixed windows of the simulated time."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._window: Counter[tuple[str, int]] = Counter()
        self._day: Counter[tuple[str, int]] = Counter()

    def ask(self, label: str, *, phone: bool = False) -> Verdict:
        """Counts a request of this label, for Zoom Phone or for all else, or refuses it."""
        headers = {"x-ratelimit-category": label}
        if not self._settings.limits:
            return Verdict(refused=False, headers=headers, body={})
        now = self._clock.seconds()
        ceiling, length = (PHONE_PER_WINDOW if phone else PER_WINDOW)[self._settings.plan][label]
        label = f"Phone {label}" if phone else label
        window, (day, cap) = (label, int(now // length)), self._daily(label, now)
        if cap is not None and self._day[day] >= cap:
            return self._over_daily(headers, cap)
        if self._window[window] >= ceiling:
            return self._over_window(headers, ceiling, (window[1] + 1) * length)
        self._window = Counter(
            {key: n for key, n in self._window.items() if key[0] != label or key == window}
        )
        self._day = Counter({key: n for key, n in self._day.items() if key[1] == day[1]})
        self._window[window] += 1
        self._day[day] += 1
        return Verdict(refused=False, headers=headers, body={})

    def use_up(self, label: str, left: int = 0) -> None:
        """Leaves only so many requests of this label for today."""
        day, cap = self._daily(label, self._clock.seconds())
        self._day[day] = (cap or 0) - left

    def _daily(self, label: str, now: float) -> tuple[tuple[str, int], int | None]:
        caps = PER_DAY[self._settings.plan]
        counter = label if label in caps else _TOGETHER.get(label, label)
        return (counter, int(now // 86_400)), caps.get(counter)

    def _over_window(self, headers: dict[str, str], ceiling: int, reset: int) -> Verdict:
        wait = max(1, round(reset - self._clock.seconds()))
        form = self._settings.limit_form
        if form == "full":
            headers |= _counted("QPS", ceiling) | {"x-ratelimit-reset": str(reset)}
        if form == "seconds":
            headers["retry-after"] = str(wait)
        if form == "http_date":
            moment = self._clock.now() + timedelta(seconds=wait)
            headers["retry-after"] = format_datetime(moment.replace(microsecond=0), usegmt=True)
        return Verdict(refused=True, headers=headers, body=_body(_TOO_FAST))

    def _over_daily(self, headers: dict[str, str], cap: int) -> Verdict:
        reset, form = midnight(self._clock.now()), self._settings.limit_form
        if form == "full":
            # An ISO time, not seconds and not an HTTP date (https://devforum.zoom.us/t/18928).
            headers |= _counted("Daily-limit", cap) | {"retry-after": zulu(reset)}
        if form == "seconds":
            headers["retry-after"] = str(round((reset - self._clock.now()).total_seconds()))
        if form == "http_date":
            headers["retry-after"] = format_datetime(reset, usegmt=True)
        return Verdict(refused=True, headers=headers, body=_body(_USED_UP))


_TOO_FAST = "You have reached the maximum per-second rate limit for this API. Try again later."
_USED_UP = (
    "You have reached the maximum daily rate limit for this API. Refer to the response header for details on "
    "when you can make another request."
)


def _body(message: str) -> dict[str, object]:
    return {"code": 429, "message": message}


def _counted(kind: str, ceiling: int) -> dict[str, str]:
    return {"x-ratelimit-type": kind, "x-ratelimit-limit": str(ceiling), "x-ratelimit-remaining": "0"}
