"""How many records Zoom's lists have: counted where somebody counted, else assumed for an account of so many users.

The assumptions are those of an office that works from Monday to Friday. They are round numbers to plan with, not
measurements: whoever knows better says so (`python -m include.flow plan --help`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from include.zoom.stream import Kind, Stream

ASSUMED = "assumed"
USERS = 1_000
"""Where nobody knows how many there are."""
MEETINGS_PER_USER = 0.5
"""Meetings that begin on a working day, for each user."""
PARTICIPANTS_PER_MEETING = 7.0
"""Seats: who rejoins has several."""
_WEEKEND = 0.1  # of a working day
_SATURDAY = 5


@dataclass(frozen=True)
class Size:
    """How many records a stream's lists have together, and how that is known.

    Args:
        weekdays: of Monday to Sunday; where it is a single number, of each day, or of a snapshot.
        source: where the numbers come from, for people.
        counted: the days whose number is known.
        asked: the share of the parents' records that is asked.
        lists: the share of each list, where it is not the same.
    """

    weekdays: tuple[float, ...]
    source: str
    counted: Mapping[date, float] = field(default_factory=dict)
    asked: float = 1
    lists: tuple[float, ...] = ()

    def on(self, day: date) -> float:
        """The records of a day."""
        if day in self.counted:
            return self.counted[day]
        return self.weekdays[day.weekday() % len(self.weekdays)]

    def of_list(self, index: int, among: int) -> float:
        """The share of the records that is in one of the stream's lists."""
        return self.lists[index] if self.lists else 1 / among

    def a_day(self) -> float:
        """The records of a working day, on average; of a snapshot, all."""
        working = self.weekdays[:_SATURDAY]
        return sum(working) / len(working)


@dataclass(frozen=True)
class Given:
    """What somebody says of the account."""

    users: float | None = None
    meetings_per_day: float | None = None
    """On a working day."""
    participants_per_meeting: float | None = None


@dataclass(frozen=True)
class Scale:
    """How large an account is: what the assumptions hang on."""

    users: float
    meetings_per_day: float
    """On a working day."""
    participants_per_meeting: float

    @classmethod
    def of(cls, given: Given, counted: Mapping[str, Size] | None = None) -> "Scale":
        """By what is given, else by what was counted, else by what is assumed."""
        known = counted or {}
        users = _first(given.users, _counted(known, "users"), USERS)
        own = None if given.users is not None else _counted(known, "meetings")
        meetings = _first(given.meetings_per_day, own, users * MEETINGS_PER_USER)
        return cls(
            users,
            meetings,
            _first(given.participants_per_meeting, _per_meeting(known), PARTICIPANTS_PER_MEETING),
        )


def sizes(streams: Mapping[str, Stream], counted: Mapping[str, Size], given: Given) -> dict[str, Size]:
    """The size of every stream: as given, else as counted, else as assumed for an account of that scale."""
    scale = Scale.of(given, counted)
    told = {name: _told(counted.get(name), assumed(stream, scale)) for name, stream in streams.items()}
    for name, option in _options(given).items():
        if name in told:
            told[name] = replace(assumed(streams[name], scale), source=option, asked=told[name].asked)
    return told


def _told(counted: Size | None, otherwise: Size) -> Size:
    if counted is None:
        return otherwise
    return counted if counted.lists else replace(counted, lists=otherwise.lists)


def _options(given: Given) -> dict[str, str]:
    """The streams whose sizes somebody has said, by the option of `python -m include.flow plan`."""
    every = {
        "users": (given.users, "--users"),
        "meetings": (given.meetings_per_day, "--meetings-per-day"),
        "meeting_participants": (given.participants_per_meeting, "--participants-per-meeting"),
    }
    return {name: option for name, (number, option) in every.items() if number is not None}


def _first(*numbers: float | None) -> float:
    return next(number for number in numbers if number is not None)


def _counted(counted: Mapping[str, Size], name: str) -> float | None:
    return counted[name].a_day() if name in counted else None


def _per_meeting(counted: Mapping[str, Size]) -> float | None:
    seats, meetings = _counted(counted, "meeting_participants"), _counted(counted, "meetings")
    return seats / meetings if seats is not None and meetings else None


@dataclass(frozen=True)
class Assumption:
    """A stream's records: for each user, for each meeting of the day, and in any account.

    `asked` is the share of its parent's records that is asked; `lists` the share of each of its lists.
    """

    per_user: float = 0
    per_meeting: float = 0
    fixed: float = 0
    asked: float = 1
    lists: tuple[float, ...] = ()


_WEBINARS = 0.005
ASSUMPTIONS: Mapping[str, Assumption] = {
    "users": Assumption(per_user=1, lists=(0.95, 0.04, 0.01)),
    "user_summary": Assumption(fixed=1),
    "groups": Assumption(fixed=20),
    "group_members": Assumption(per_user=1),
    "roles": Assumption(fixed=5),
    "role_members": Assumption(per_user=1),
    "divisions": Assumption(fixed=5),
    "division_users": Assumption(per_user=1),
    "user_details": Assumption(per_user=1, asked=0.99),
    "user_settings": Assumption(per_user=1, asked=0.99),
    "meetings": Assumption(per_meeting=1),
    "meeting_details": Assumption(per_meeting=1, asked=1 - _WEBINARS),
    "meeting_poll_answers": Assumption(asked=0.02),
    "meeting_questions": Assumption(asked=0.02),
    "meeting_survey_answers": Assumption(asked=0.01),
    "meeting_summaries": Assumption(per_meeting=0.2),
    "one_person_meetings": Assumption(per_meeting=0.1, asked=0.99),
    "scheduled_meetings": Assumption(per_user=3, asked=0.99),
    "meeting_registrants": Assumption(per_user=0.2),
    "recordings": Assumption(per_meeting=0.1, asked=0.99),
    "recording_registrants": Assumption(fixed=1, asked=0.95),
    "recording_views": Assumption(per_meeting=0.1, asked=0.95),
    "archive_files": Assumption(per_meeting=1),
    "daily_usage": Assumption(fixed=30),
    "webinar_participants": Assumption(per_meeting=_WEBINARS * 100, asked=_WEBINARS),
    "webinar_absentees": Assumption(per_meeting=_WEBINARS * 50, asked=_WEBINARS),
    "webinar_poll_answers": Assumption(asked=_WEBINARS / 2),
    "webinar_questions": Assumption(asked=_WEBINARS),
    "webinar_survey_answers": Assumption(asked=_WEBINARS),
    "webinars": Assumption(per_user=0.01, asked=0.99),
    "webinar_instances": Assumption(per_user=0.02),
    "webinar_registrants": Assumption(per_user=1),
    "webinar_panelists": Assumption(per_user=0.05),
    "webinar_tracking_sources": Assumption(per_user=0.02),
    "active_hosts": Assumption(per_user=0.3),
    "inactive_hosts": Assumption(per_user=0.5),
    "operation_logs": Assumption(per_user=0.05),
    "sign_ins": Assumption(per_user=1),
    "meeting_activities": Assumption(per_meeting=5),
    "remote_support": Assumption(fixed=1),
    "disclaimers": Assumption(per_meeting=1),
    "telephone": Assumption(per_meeting=0.1),
    "recording_storage": Assumption(fixed=1),
    "upcoming_events": Assumption(per_user=2),
    "billing_reports": Assumption(fixed=12),
    "billing_invoices": Assumption(fixed=100),
    "dashboard_meetings": Assumption(per_meeting=1.1),
    "dashboard_webinars": Assumption(per_meeting=_WEBINARS),
    "dashboard_webinar_participants": Assumption(per_meeting=_WEBINARS * 100),
    "tracking_fields": Assumption(fixed=5),
    "rooms": Assumption(per_user=0.02),
    "chat_sessions": Assumption(per_user=0.5),
    "phone_users": Assumption(per_user=0.5),
    "phone_call_queues": Assumption(per_user=0.002, fixed=1),
    "phone_call_queue_members": Assumption(per_user=0.02),
    "phone_numbers": Assumption(per_user=0.5),
    "phone_sites": Assumption(fixed=5),
    "phone_calls": Assumption(per_user=2),
    "phone_call_details": Assumption(per_user=2),
    "phone_recordings": Assumption(per_user=0.1),
    "phone_voicemails": Assumption(per_user=0.1),
    "phone_sms_sessions": Assumption(per_user=0.1),
    "phone_sms_messages": Assumption(per_user=0.5),
}
"""By stream; those of participants hang on how many a meeting has, see `assumed`."""
_PER_SEAT = {
    "meeting_participants": 1 - _WEBINARS,
    "dashboard_meeting_participants": 1.0,
    "dashboard_meeting_qos": 1.0,
}


def assumed(stream: Stream, scale: Scale) -> Size:
    """How many records a stream has in an account of this scale, if it is like others."""
    if (share := _PER_SEAT.get(stream.name)) is not None:
        taken = Assumption(per_meeting=scale.participants_per_meeting, asked=share)
    else:
        taken = ASSUMPTIONS[stream.name]
    number = taken.per_user * scale.users + taken.per_meeting * scale.meetings_per_day
    steady = stream.kind is not Kind.INTERVAL
    week = [number * (1 if steady or day < _SATURDAY else _WEEKEND) + taken.fixed for day in range(7)]
    return Size(tuple(week), ASSUMED, asked=taken.asked, lists=taken.lists)
