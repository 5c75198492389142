"""Dashboards: what takes place now by default, what took place where `type` says so."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, meeting_uuid
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY, RESOURCE_INTENSIVE
from include.sandbox.meetings import FIRST_DAY, SLOTS, Meeting
from include.sandbox.paging import Walk, counted, over, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.seats import Seat, as_report, seats
from include.sandbox.windows import oldest_report_day, report_window

Row = dict[str, Any]
_QUALITIES = ("good", "fair", "poor", "bad", " ")
_DAY_BITS = 32  # a place in the list: the day, then the slot
_FLAGS = ("pstn", "voip", "3rd_party_audio", "video", "screen_share", "sip", "archiving")
_MOST_QOS = 10


def sessions(kind: str) -> Callable[[Account, Asked], Row]:
    """`GET /metrics/meetings` and `/metrics/webinars`."""

    def endpoint(account: Account, asked: Asked) -> Row:
        since, until = report_window(account, asked)
        past = _type(asked) == "past"
        fields = asked.parameters.get("include_fields", "")
        every = list(_between(account, kind, since, until)) if past else list(_live(account, kind))
        page = account.page(asked, _walk(every, lambda each: _session(account, each, fields)))
        window = {name: asked.parameters[name] for name in ("from", "to")}
        size = page_size(asked.parameters, 300)
        return window | counted(len(every), size) | {"next_page_token": page.token, f"{kind}s": page.rows}

    return endpoint


def participants(kind: str) -> Callable[[Account, Asked], Row]:
    """`GET /metrics/meetings/{meetingId}/participants` and the same of webinars."""

    def endpoint(account: Account, asked: Asked) -> Row:
        session = _past(account, asked, kind)
        return _seats(account, asked, session, lambda seat: _participant(account, session, seat), 300)

    return endpoint


def quality(account: Account, asked: Asked) -> Row:
    """`GET /metrics/meetings/{meetingId}/participants/qos`: at most ten at once."""
    meeting = _past(account, asked, "meeting")
    return _seats(account, asked, meeting, lambda seat: _qos(account, meeting, seat), _MOST_QOS)


def _seats(
    account: Account, asked: Asked, session: Meeting, form: Callable[[Seat], Row], largest: int
) -> Row:
    found = seats(account.people, session)
    page = account.page(asked, over(found, form), largest)
    size = page_size(asked.parameters, largest)
    return counted(len(found), size) | {"next_page_token": page.token, "participants": page.rows}


def _type(asked: Asked) -> str:
    kind = asked.parameters.get("type", "live")
    if kind not in {"live", "past", "pastOne"}:
        raise ApiError(400, 300, "Invalid parameter: type.")
    return kind


def _of_kind(kind: str, session: Meeting) -> bool:
    """Whether the list has it; meetings of one person are of another type."""
    return session.what == "webinar" if kind == "webinar" else session.what not in ("webinar", "alone")


def _between(account: Account, kind: str, since: datetime, until: datetime) -> Iterator[Meeting]:
    last = min(until - timedelta(seconds=1), account.now()).date()
    for day in (since.date() + timedelta(days=n) for n in range((last - since.date()).days + 1)):
        for session in account.meetings.on(day):
            if _of_kind(kind, session) and since <= session.start < until and session.end <= account.now():
                yield session


def _live(account: Account, kind: str) -> Iterator[Meeting]:
    now = account.now()
    for day in (now.date() - timedelta(days=1), now.date()):
        for session in account.meetings.on(day):
            if _of_kind(kind, session) and session.start <= now < session.end:
                yield session


def _walk(every: list[Meeting], row: Callable[[Meeting], Row]) -> Walk:
    """Places are days and slots: they stay what they are when a session ends between two pages."""

    def walk(position: int) -> Iterator[tuple[int, Row]]:
        for session in every:
            place = ((session.day - FIRST_DAY).days << _DAY_BITS) + session.slot
            if place >= position:
                yield place, row(session)

    return walk


def _past(account: Account, asked: Asked, kind: str) -> Meeting:
    name = asked.values[f"{kind}Id"]
    found = account.meetings.find(name)
    over_by = found is not None and found.end <= account.now()
    # Who does not say `past` asks for those that are under way.
    if found is None or not over_by or _type(asked) != "past" or not _of_kind(kind, found):
        raise ApiError(404, 3001, "Meeting ID is invalid or not end.")
    if found.end.date() < oldest_report_day(account):
        raise ApiError(404, 3001, "This meeting's details info is not available or ID is not valid.")
    return found


def _session(account: Account, session: Meeting, fields: str) -> Row:
    people, found = account.people, seats(account.people, session)
    flags = draw(people.seed, "dashboard", session.day, session.slot).getrandbits(len(_FLAGS))
    row: Row = {
        "uuid": session.uuid,
        "id": session.number,
        "topic": session.topic,
        "host": people.display_name(session.host),
        "email": people.email_then(session.host),
        "user_type": "Licensed",
        "start_time": zulu(session.start),
        "end_time": zulu(session.end),
        "duration": _clock(session.end - session.start),
        "participants": len(found),
        "has_recording": session.recorded,
        "dept": people.department(session.host),
        "has_meeting_summary": False,  # a field that no description knows
    } | {f"has_{name}": bool(flags >> n & 1) for n, name in enumerate(_FLAGS)}
    if session.slot % 3 == 0:
        row["custom_keys"] = [{"key": "Kostenstelle", "value": "007"}]
    if session.is_webinar:
        return row | dict(zip(_QUALITY_FIELDS, _QUALITIES[session.slot % 3 :], strict=False))
    row["in_room_participants"] = session.slot % 2
    return row | ({"tracking_fields": [{"field": "Purpose", "value": ""}]} if "tracking" in fields else {})


_QUALITY_FIELDS = ("audio_quality", "video_quality", "screen_share_quality")


def _clock(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def _client(account: Account, session: Meeting, seat: Seat) -> Row:
    """Who and on what; of guests Zoom tells no device."""
    told = as_report(account.people, session, seat)
    ours = seat.person is not None
    return {
        "id": told.get("id", ""),
        "user_id": told["user_id"],
        "user_name": told["name"],
        "join_time": told["join_time"],
        "leave_time": told["leave_time"],
        "device": "Mac" if ours else "",
        "version": "6.6.5.12345",
        "ip_address": f"192.0.2.{seat.number % 250}",
        "internal_ip_addresses": [f"10.0.0.{seat.number % 250}", "fe80::1"] if ours else [],
        "location": "Zürich (CH)",
        "pc_name": "Adas Büro-PC" if ours else "",
        "domain": "",
        "mac_addr": "00:00:5e:00:53:01" if ours else "",
        "harddisk_id": "",
    }


def _participant(account: Account, session: Meeting, seat: Seat) -> Row:
    told = as_report(account.people, session, seat)
    qualities = [_QUALITIES[(seat.number // 1024 + n) % len(_QUALITIES)] for n in range(3)]
    row = _client(account, session, seat) | {
        "participant_uuid": meeting_uuid(account.settings.seed, session.slot % SLOTS * 1000 + seat.guest),
        "email": told["user_email"],
        "status": told["status"],
        "role": "host" if seat.person == session.host else "attendee",
        "leave_reason": f"{told['name']} left the meeting.",
        "network_type": "Wifi",
        "connection_type": "P2P",
        "data_center": "EMEA (DE)",
        "full_data_center": "EMEA (DE);",
        "microphone": "Mikrofon (Gerät №1)",
        "speaker": "",
        "share_application": False,
        "share_desktop": seat.number % 2 == 0,
        "share_whiteboard": False,
        "recording": False,
        "health": "OK",  # a field that no description knows
    }
    row |= dict(zip(_QUALITY_FIELDS, qualities, strict=True))
    row |= {name: told[name] for name in ("registrant_id", "participant_user_id") if name in told}
    if seat.person is None:
        call = {"call_number": "+41*****12", "call_type": "call-in", "zoom_number": "+41445550100"}
        return row | {"audio_call": [call]}
    return row | {"camera": "FaceTime HD", "bo_mtg_id": seat.room, "in_room_participants": 0}


def _qos(account: Account, session: Meeting, seat: Seat) -> Row:
    samples = [
        {
            "date_time": zulu(seat.join + timedelta(minutes=minute)),
            "audio_input": {
                "bitrate": "27.15 kbps",
                "latency": f"{8 + minute} ms",
                "jitter": "0 ms",
                "avg_loss": "-",
            },
            "video_output": {"frame_rate": "30 fps", "resolution": "1280*720", "max_loss": "0.5 %"},
            "cpu_usage": {"zoom_avg_cpu_usage": "2%", "system_max_cpu_usage": "41%"},
            "wifi_rssi": {"avg_rssi": "-52", "rssi_unit": "dBm"},
        }
        for minute in range(seat.number // 1024 % 3)
    ]
    return _client(account, session, seat) | {"user_qos": samples}


def _true_sessions(kind: str) -> Callable[[Account, date, str], Iterator[Row]]:
    fields = "tracking_fields" if kind == "meeting" else ""
    return lambda account, day, _: (_session(account, each, fields) for each in _over(account, kind, day))


def _true_seats(
    kind: str, form: Callable[[Account, Meeting, Seat], Row]
) -> Callable[[Account, date, str], Iterator[Row]]:
    def true(account: Account, day: date, _: str) -> Iterator[Row]:
        for session in _over(account, kind, day):
            for seat in seats(account.people, session):
                yield {f"{kind}_uuid": session.uuid} | form(account, session, seat)

    return true


def _over(account: Account, kind: str, day: date) -> Iterator[Meeting]:
    return (each for each in account.meetings.on(day) if _of_kind(kind, each) and each.end <= account.now())


def _route(template: str, label: str, scope: str, endpoint: Callable[[Account, Asked], Row]) -> Route:
    classic = "dashboard_webinars:read:admin" if "webinar" in template else "dashboard_meetings:read:admin"
    scopes = (f"dashboard:read:{scope}:admin", classic)
    return Route(template, label, scopes, endpoint, business=True, needs="dashboard")


ROUTES = (
    _route("/metrics/meetings", RESOURCE_INTENSIVE, "list_meetings", sessions("meeting")),
    _route("/metrics/webinars", RESOURCE_INTENSIVE, "list_webinars", sessions("webinar")),
    _route(
        "/metrics/meetings/{meetingId}/participants",
        HEAVY,
        "list_meeting_participants",
        participants("meeting"),
    ),
    _route(
        "/metrics/webinars/{webinarId}/participants",
        HEAVY,
        "list_webinar_participants",
        participants("webinar"),
    ),
    _route("/metrics/meetings/{meetingId}/participants/qos", HEAVY, "list_meeting_participants_qos", quality),
)
TABLES: Truth = {
    "dashboard_meetings": _true_sessions("meeting"),
    "dashboard_webinars": _true_sessions("webinar"),
    "dashboard_meeting_participants": _true_seats("meeting", _participant),
    "dashboard_webinar_participants": _true_seats("webinar", _participant),
    "dashboard_meeting_qos": _true_seats("meeting", _qos),
}
