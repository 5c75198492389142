"""The logs of the account: operations, sign-ins, meeting activities, remote support, disclaimers."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY
from include.sandbox.lines import Lines, moment, within
from include.sandbox.paging import Row, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.windows import report_window

_OPERATIONS = (
    ("user", "Add", "Add User {0} - Role: Member"),
    ("user_settings", "Update", "Ändern „Recording“ of {0}: from Off to On"),
    ("account", "Update", ""),
    ("role", "Delete", "Delete role 管理者\x00 of {0}"),
)
_CLIENTS = (("Browser", ""), ("mac", "6.6.5.12345"), ("iphone", "6.6.0.1"), ("Windows", "5.9.1.2581"))
_EVENTS = ("Meeting Started", "User Join", "In-Meeting Chat")
_NOTICES = ("AI Companion", "Recording", "Join Meeting")


def _operations(account: Account, day: date) -> int:
    return 5 + account.people.active // 20 + day.day % 2


def _operation(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    told = 2 if number == 3 else number  # noqa: PLR2004 (the third line comes twice, equal in everything)
    chance, time = (
        draw(account.settings.seed, "operation", day, told),
        moment(account, "operation", day, told),
    )
    category, action, detail = chance.choice(_OPERATIONS)
    row: Row = {
        "time": zulu(time),
        "operator": account.people.email(chance.randrange(account.people.active)),
        "category_type": category,
        "action": action,
        "operation_detail": detail.format(account.people.email(chance.randrange(account.people.active))),
    }
    if told == 4:  # noqa: PLR2004 (a field that Zoom's description does not know)
        row["source"] = "Web"
    return time, row


def _sign_ins(account: Account, day: date) -> int:
    return 4 + account.people.active // (10 if day.weekday() > 4 else 2)  # noqa: PLR2004 (a weekend)


def _sign_in(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    told = 2 if number == 3 else number  # noqa: PLR2004 (twins)
    chance, time = draw(account.settings.seed, "sign-in", day, told), moment(account, "sign-in", day, told)
    client, version = chance.choice(_CLIENTS)
    return time, {
        "email": account.people.email(chance.randrange(account.people.active)),
        "time": zulu(time),
        "type": chance.choice(("Sign in", "Sign out")),
        "ip_address": f"192.0.2.{chance.randrange(256)}" if told % 4 else "2001:db8::1",
        "client_type": client,
        "version": version,
    }


def _activities(account: Account, day: date) -> int:
    return len(_EVENTS) * account.meetings.slots(day)


def _activity(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    slot, place = divmod(number, len(_EVENTS))
    meeting = account.meetings.at(day, slot)
    time = within(day, meeting.start + timedelta(seconds=place)) + timedelta(milliseconds=slot % 1000)
    digits = str(meeting.number)
    return time, {
        "meeting_number": f"{digits[:3]} {digits[3:-4]} {digits[-4:]}",
        # A colon before the milliseconds and no zone.
        "activity_time": f"{time:%Y-%m-%d %H:%M:%S}:{time.microsecond // 1000:03}",
        "operator": account.people.display_name(meeting.host),
        "operator_email": account.people.email_then(meeting.host) if place != 1 else "",
        "activity_category": _EVENTS[place],
        "activity_detail": _EVENTS[place] if place != 2 else "Grüße, 你好 🎉",  # noqa: PLR2004 (the chat)
    }


def _supports(account: Account, _: date) -> int:
    return 2 + account.people.active // 100


def _support(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    meeting = account.meetings.at(day, number % account.meetings.slots(day))
    began, people = within(day, meeting.start + timedelta(seconds=90)), account.people
    row: Row = {
        "meeting_uuid": meeting.uuid,
        "meeting_number": meeting.number,
        "meeting_start_time": zulu(meeting.start),
        "meeting_host_id": people.user_id(meeting.host),
        "topic": meeting.topic,
        "supportee_name": people.display_name(meeting.host),
        "supportee_email": people.email_then(meeting.host),
        "request_time": zulu(meeting.start),
    }
    if number % 2:  # nobody came to help
        return meeting.start, row | {"start_time": "", "wait_time": ""}
    return began, row | {
        "supporter_name": people.display_name(0),
        "supporter_email": people.email(0),
        "wait_time": f"{int((began - meeting.start).total_seconds()) // 60:02}:30",
        "start_time": zulu(began),
        "end_time": zulu(began + timedelta(seconds=3723)),
        "duration": "1:02:03",
    }


def _disclaimers(account: Account, _: date) -> int:
    return 3 + account.people.active // 4


def _disclaimer(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    meeting = account.meetings.at(day, number % account.meetings.slots(day))
    time, guest = moment(account, "disclaimer", day, number), number % 3 == 0
    return time, {
        "disclaimer_status": ("Agree", "Cancel", "Passive Agree", "Decline Attend")[number % 4],
        "time": zulu(time),
        "disclaimer_type": _NOTICES[number % len(_NOTICES)],
        "user_email": "" if guest else account.people.email(number % account.people.active),
        "meeting_number": meeting.number,
        "meeting_id": meeting.uuid,
        "client_type": "" if guest else "iphone",
        "is_zoom_event": False,
        "is_guest": guest,
        "group_ids": [] if guest else [account.people.group_id(0)],
        "display_name": "Gäst 客" if guest else account.people.display_name(number % account.people.active),
    }


LOGS = {
    "operation_logs": Lines(_operations, _operation),
    "sign_ins": Lines(_sign_ins, _sign_in),
    "meeting_activities": Lines(_activities, _activity),
    "remote_support": Lines(_supports, _support),
    "disclaimers": Lines(_disclaimers, _disclaimer),
}


def _answer(log: str, list_key: str, account: Account, asked: Asked) -> Row:
    page = account.page(asked, LOGS[log].walk(account, *report_window(account, asked)))
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        list_key: page.rows,
    }


def _echoing(log: str, list_key: str, account: Account, asked: Asked) -> Row:
    window = {name: f"{asked.parameters[name]}T00:00:00Z" for name in ("from", "to")}
    return window | _answer(log, list_key, account, asked)


def _true(log: str) -> Callable[[Account, date, str], Iterator[Row]]:
    return lambda account, day, _: LOGS[log].on(account, day)


def _route(path: str, scope: str, log: str, list_key: str, paid: str = "refused") -> Route:
    scopes = (f"report:read:{scope}:admin", "report:read:admin")
    answer = _echoing if log == "sign_ins" else _answer
    return Route(f"/report/{path}", HEAVY, scopes, partial(answer, log, list_key), paid=paid)


ROUTES = (
    _route("operationlogs", "operation_logs", "operation_logs", "operation_logs"),
    _route("activities", "user_activities", "sign_ins", "activity_logs"),
    _route(
        "meeting_activities",
        "meeting_activity_log",
        "meeting_activities",
        "meeting_activity_logs",
        paid="in_200",
    ),
    _route("remote_support", "remote_support", "remote_support", "remote_support_logs"),
    _route("disclaimer", "disclaimer", "disclaimers", "disclaimer_records"),
)
TABLES: Truth = {log: _true(log) for log in LOGS}
