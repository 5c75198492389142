"""What a task and the broker tell each other of turns, as the fields of a form and a JSON object.

Either side may be older: fields that one does not know are passed over, those that are absent have defaults.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self

from include.zoom.stream import Label
from include.zoom.turns import NOTHING, Closed, Feedback, Turn

_MOST_WANTED = 1_000
_MOST_SEEN = 1_000_000
_LONGEST_SECONDS = 86_400.0


@dataclass(frozen=True)
class Wish:
    """A turn that a task would like, and what it saw since its last one."""

    label: Label
    wanted: int
    backfill: bool = False
    feedback: Feedback = NOTHING

    def fields(self) -> dict[str, str]:
        """For the form."""
        asked = {"label": self.label.value, "wanted": str(self.wanted), "backfill": str(int(self.backfill))}
        seen = {name: getattr(self.feedback, name) for name in _FEEDBACK}
        return asked | {name: _text(value) for name, value in seen.items() if value != getattr(NOTHING, name)}

    @classmethod
    def of(cls, told: Mapping[str, str]) -> Self:
        """Reads a form.

        Raises:
            ValueError: A field is missing, malformed or out of all bounds.
        """
        seen = {name: read(told[name]) for name, read in _FEEDBACK.items() if name in told}
        return cls(
            Label(told.get("label", "")),
            _whole(told.get("wanted", ""), most=_MOST_WANTED),
            backfill=told.get("backfill") == "1",
            feedback=Feedback(**seen),
        )


def answer(given: Turn | Closed) -> dict[str, Any]:
    """For the task."""
    told = {each.name: getattr(given, each.name) for each in fields(given)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def given(body: Mapping[str, Any]) -> Turn | Closed:
    """What an answer says.

    Raises:
        KeyError, TypeError, ValueError: It is no whole answer.
    """
    if "resets_at" in body:
        told = {each.name: body[each.name] for each in fields(Closed)}
        return Closed(**told | {"resets_at": _moment(body["resets_at"])})
    starts_in, apart, held = float(body["starts_in"]), float(body["apart"]), float(body.get("held", 0.0))
    return Turn(starts_in, apart, int(body["count"]), held)


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _whole(text: str, most: int = _MOST_SEEN) -> int:
    return int(_within(int(text), most))


def _fraction(text: str, most: float = _LONGEST_SECONDS) -> float:
    return _within(float(text), most)


def _within(number: float, most: float) -> float:
    if not 0 <= number <= most or math.isnan(number):
        message = "a number is out of bounds"
        raise ValueError(message)
    return number


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a time has no zone"
        raise ValueError(message)
    return moment.astimezone(UTC)


_FEEDBACK: Mapping[str, Callable[[str], Any]] = {
    "answered": _whole,
    "refused": _whole,
    "refused_at": _fraction,
    "lapsed": _whole,
    "retry_after": _fraction,
    "limit": _whole,
    "remaining": _whole,
    "remaining_today": _whole,
    "used_up_until": _moment,
}
