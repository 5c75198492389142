"""The endpoints of meetings that took place: history, participants, details, recordings, daily usage."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError, no_meeting
from include.sandbox.chance import draw
from include.sandbox.clock import zulu
from include.sandbox.directory import find_user
from include.sandbox.left_behind import has
from include.sandbox.limits import HEAVY, LIGHT, MEDIUM
from include.sandbox.meetings import FIRST_DAY, SPECIALS, Meeting
from include.sandbox.paging import Walk, counted, over, page_size
from include.sandbox.registrations import asks_for_registration
from include.sandbox.routes import Route
from include.sandbox.seats import Seat, as_past, as_report, minutes, seats
from include.sandbox.windows import oldest_report_day, recording_window, report_window

Row = dict[str, Any]
_DAY_BITS = 32  # a place in the history: the day, then the slot
_FEATURES = (
    "screen_sharing",
    "video_on",
    "breakout_room",
    "poll",
    "waiting_room",
    "meeting_summary",
    "whiteboard",
)


def history(account: Account, asked: Asked) -> Row:
    """`GET /report/history_meetings`: the whole account's, meetings and webinars; no total, no echo."""
    since, until = report_window(account, asked)
    page = account.page(asked, _history_walk(account, asked, since, until))
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "history_meetings": page.rows,
    }


def history_row(account: Account, meeting: Meeting) -> Row:
    """A record of the history; hosts only by name and e-mail at that time."""
    people, found = account.people, seats(account.people, meeting)
    row: Row = {
        "meeting_uuid": meeting.uuid,
        "meeting_id": meeting.number,
        "type": "Webinar" if meeting.is_webinar else "Meeting",
        "host_display_name": people.display_name(meeting.host),
        "host_email": people.email_then(meeting.host),
        "start_time": zulu(meeting.start),
        "end_time": zulu(meeting.end),
        "topic": meeting.topic,
        "participants": sum(not seat.waiting for seat in found),
        "duration": meeting.minutes,
        "total_participant_minutes": minutes(found),
        "department": people.department(meeting.host),
        "group": [people.group_name(people.group_of(meeting.host))],
        "source": "Zoom",
        "create_time": zulu(meeting.start - timedelta(days=1)),
        "feature_used": features(account, meeting),
    }
    if meeting.is_webinar:
        row |= {"unique_viewers": len(found), "max_concurrent_views": len(found)}
        # A day's first has a poll, so that a small account has one each day.
        row["feature_used"] |= {
            "poll": row["feature_used"]["poll"] or meeting.slot < len(SPECIALS),
            "registration": asks_for_registration(account.settings.seed, meeting.number),
        }
    if meeting.slot % 3 == 0:
        row["custom_fields"] = [{"key": "Cost centre", "value": "007"}]
        row["tracking_fields"] = [{"field": "Purpose", "value": ""}]
    if meeting.slot % 5 == 0:
        row["companion_used"] = False  # a field that Zoom's description does not know
    return row


def features(account: Account, meeting: Meeting) -> dict[str, bool]:
    """Which features a meeting used."""
    bits = draw(account.settings.seed, "features", meeting.day, meeting.slot).getrandbits(len(_FEATURES))
    used = {name: bool(bits >> n & 1) for n, name in enumerate(_FEATURES)}
    return used | {"record_to_cloud": meeting.recorded}


def past_participants(account: Account, asked: Asked) -> Row:
    """`GET /past_meetings/{uuid}/participants`: nobody, where only one person was there."""
    meeting = past(account, asked)
    if meeting.is_webinar:
        raise ApiError(400, 3000, "Cannot access webinar info.")
    found = [] if meeting.what == "alone" else seats(account.people, meeting)
    return _participants(account, asked, meeting, found, as_past)


def report_participants(account: Account, asked: Asked) -> Row:
    """`GET /report/meetings/{uuid}/participants`: there is no report where only one person was there."""
    meeting = past(account, asked)
    if meeting.is_webinar or meeting.what == "alone" or meeting.end.date() < oldest_report_day(account):
        raise ApiError(404, 3001, f"Meeting {asked.values['meetingId']} not found or has expired.")
    return _participants(account, asked, meeting, seats(account.people, meeting), as_report)


def past_meeting(account: Account, asked: Asked) -> Row:
    """`GET /past_meetings/{uuid}`: the only one that tells the host's id."""
    meeting = past(account, asked)
    if meeting.is_webinar:
        raise ApiError(400, 300, "Cannot access meeting information.")
    return past_row(account, meeting)


def past_row(account: Account, meeting: Meeting) -> Row:
    """A past meeting's details."""
    people = account.people
    found = seats(people, meeting)
    return {
        "uuid": meeting.uuid,
        "id": meeting.number,
        "host_id": people.user_id(meeting.host),
        "user_name": people.display_name(meeting.host),
        "user_email": people.email_then(meeting.host),
        "type": meeting.type,
        "topic": meeting.topic,
        "start_time": zulu(meeting.start),
        "end_time": zulu(meeting.end),
        "duration": meeting.minutes,
        "total_minutes": minutes(found),
        "participants_count": sum(not seat.waiting for seat in found),
        "dept": people.department(meeting.host),
        "source": "Zoom",
        "has_meeting_summary": features(account, meeting)["meeting_summary"],
    }


def recordings(account: Account, asked: Asked) -> Row:
    """`GET /users/{id}/recordings`: a range over a month is cut short, not refused; the answer says to what."""
    host, (since, until) = find_user(account, asked), recording_window(account, asked)
    if not account.people.licensed(host):
        raise ApiError(
            400, 3161, "Your user account is not allowed meeting hosting and scheduling capabilities."
        )
    if account.recordings.has_none(host):
        raise ApiError(404, 3301, "There is no recording for this session.")
    lag, now = timedelta(hours=account.settings.late_hours), account.now()
    days = [since + timedelta(days=n) for n in range((until - since).days + 1)]
    found = [row for day in days for seen, row in account.recordings.of(host, day) if seen + lag <= now]
    page = account.page(asked, over(found, _itself))
    window = {"from": since.isoformat(), "to": until.isoformat()}
    return (
        window
        | counted(len(found), page_size(asked.parameters, 300))
        | {"next_page_token": page.token, "meetings": page.rows}
    )


def daily(account: Account, asked: Asked) -> Row:
    """`GET /report/daily`: one month, this one by default."""
    today = account.now().date()
    year, month = _number(asked, "year", today.year), _number(asked, "month", today.month)
    oldest = oldest_report_day(account).replace(day=1)
    if not 1 <= month <= 12 or not oldest <= date(year, month, 1) <= today:  # noqa: PLR2004
        message = "Daily report can only be provided for a month that falls within the recent 6 months."
        raise ApiError(400, 300, message)
    lag = timedelta(hours=account.settings.late_hours)
    return {"year": year, "month": month, "dates": list(daily_rows(account, date(year, month, 1), lag))}


def daily_rows(account: Account, month: date, lag: timedelta = timedelta()) -> Iterator[Row]:
    """The days of a month that were over `lag` ago; the sums are drawn, a count would take minutes."""
    last = min((account.now() - lag).date(), (month + timedelta(days=31)).replace(day=1))
    for day in (month + timedelta(days=n) for n in range((last - month).days)):
        meetings = account.meetings.slots(day)
        chance = draw(account.settings.seed, "daily", day)
        yield {
            "date": day.isoformat(),
            "new_users": account.people.joined_on(day),
            "meetings": meetings,
            "participants": meetings * 3 + chance.randrange(meetings),
            "meeting_minutes": meetings * 90 + chance.randrange(30 * meetings),
        }


def _participants(
    account: Account, asked: Asked, meeting: Meeting, found: list[Seat], form: Callable[..., Row]
) -> Row:
    settled = meeting.end + timedelta(hours=account.settings.late_hours) <= account.now()
    walk = over(found, lambda seat: form(account.people, meeting, seat, settled=settled))
    page = account.page(asked, walk)
    return counted(len(found), page_size(asked.parameters, 300)) | {
        "next_page_token": page.token,
        "participants": page.rows,
    }


def past(account: Account, asked: Asked) -> Meeting:
    """The meeting whom a path names by uuid, or the latest one by id."""
    name, now = asked.values["meetingId"], account.now()
    found = account.meetings.latest(int(name), now) if name.isdecimal() else account.meetings.find(name)
    if found is None or found.end > now:
        raise no_meeting(name)
    if now - found.end > timedelta(days=365):
        raise ApiError(400, 12702, "Can not access a meeting a year ago.")
    return found


def _history_walk(account: Account, asked: Asked, since: datetime, until: datetime) -> Walk:
    wanted = {"meeting": ("Meeting",), "webinar": ("Webinar",)}.get(
        asked.parameters.get("meeting_type", "all"), ("Meeting", "Webinar")
    )
    by_end = asked.parameters.get("date_type") == "end_time"
    # A meeting that ended in the window began a day before it at the earliest.
    first = (since - timedelta(days=by_end)).date()
    last = min((until - timedelta(seconds=1)).date(), account.now().date())

    def walk(position: int) -> Iterator[tuple[int, Row]]:
        day = max(first, FIRST_DAY + timedelta(days=position >> _DAY_BITS))
        slot = position & ((1 << _DAY_BITS) - 1)
        while day <= last:
            for meeting in account.meetings.on(day, slot):
                told = meeting.end if by_end else meeting.start
                if not (since <= told < until and listed(account, meeting) and _kind(meeting) in wanted):
                    continue
                if _reports(account, meeting, asked.parameters.get("report_type", "all")):
                    yield _place(meeting), history_row(account, meeting)
            day, slot = day + timedelta(days=1), 0

    return walk


def _reports(account: Account, meeting: Meeting, kind: str) -> bool:
    """Whether there is such a report of a meeting; of webinars there is each, but for polls."""
    if kind in _FEATURES:
        return bool(history_row(account, meeting)["feature_used"][kind])
    return kind == "all" or meeting.is_webinar or has(account, meeting, {"qa": "questions"}.get(kind, kind))


def listed(account: Account, meeting: Meeting) -> bool:
    """Whether a report has it yet: a running one is not there, a late one comes hours after it ended."""
    lag = timedelta(hours=account.settings.late_hours if meeting.late else 0)
    return meeting.end + lag <= account.now()


def _kind(meeting: Meeting) -> str:
    return "Webinar" if meeting.is_webinar else "Meeting"


def _place(meeting: Meeting) -> int:
    return ((meeting.day - FIRST_DAY).days << _DAY_BITS) + meeting.slot


def _number(asked: Asked, name: str, default: int) -> int:
    text = asked.parameters.get(name, "")
    if text and not text.isdecimal():
        raise ApiError(400, 300, f"Invalid parameter: {name}.")
    return int(text) if text else default


def _itself(row: Row) -> Row:
    return row


ROUTES = (
    Route(
        "/report/history_meetings",
        HEAVY,
        ("report:read:list_history_meetings:admin", "report:read:admin"),
        history,
        paid="refused",
    ),
    Route(
        "/report/meetings/{meetingId}/participants",
        HEAVY,
        ("report:read:list_meeting_participants:admin", "report:read:admin"),
        report_participants,
        paid="in_200",
    ),
    # Zoom's description names no granular scope for it.
    Route(
        "/report/daily",
        HEAVY,
        ("report:read:daily_usage:admin", "report:read:admin"),
        daily,
        paid="in_200",
    ),
    Route(
        "/past_meetings/{meetingId}",
        LIGHT,
        ("meeting:read:past_meeting:admin", "meeting:read:admin"),
        past_meeting,
        paid="refused",
    ),
    Route(
        "/past_meetings/{meetingId}/participants",
        MEDIUM,
        ("meeting:read:list_past_participants:admin", "meeting:read:admin"),
        past_participants,
        paid="refused",
    ),
    Route(
        "/users/{userId}/recordings",
        MEDIUM,
        ("cloud_recording:read:list_user_recordings:admin", "recording:read:admin"),
        recordings,
        paid="refused",
    ),
)
