"""Zoom Phone: SMS conversations and their messages."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from hashlib import blake2b

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw
from include.sandbox.clock import zulu
from include.sandbox.limits import MEDIUM
from include.sandbox.lines import Lines, moment
from include.sandbox.paging import Row, over, page_size
from include.sandbox.products.phone import callers, direct_number, phone_route, queue_id
from include.sandbox.routes import Truth
from include.sandbox.windows import phone_window

_TEXTS = ("ok", "Danke, bis morgen! 🎂", "了解しました", "NUL \x00 inside", "")
_STATUS = ("delivered", "received", "failed_to_send")
_LONGEST_PAUSE_DAYS = 90


def _sessions(account: Account) -> range:
    return range(3 + len(callers(account)) // 5)


def _session_id(account: Account, number: int) -> str:
    seal = blake2b(f"{account.settings.seed} session {number}".encode(), digest_size=12).hexdigest()
    return f"{number:08x}{seal}"


def _messages(session: int, account: Account, day: date) -> int:
    return (0, 0, 1, 2, 3)[draw(account.settings.seed, "sms", session, day).randrange(5)]


def _message(session: int, account: Account, day: date, number: int) -> tuple[datetime, Row]:
    time = moment(account, f"sms-{session}", day, number)
    ours, theirs = _members(account, session)
    incoming, media = number % 2 == 1, number % 3 == 2  # noqa: PLR2004 (a third has an image)
    identity = blake2b(
        f"{account.settings.seed} {session} {day} {number}".encode(), digest_size=12
    ).hexdigest()
    row: Row = {
        "message_id": f"IQ-{identity}",
        "date_time": zulu(time),
        "direction": "In" if incoming else "Out",
        "message": _TEXTS[(day.day + number) % len(_TEXTS)],
        "message_type": 2 if media else 1,
        "delivery_status": _STATUS[(session + number) % len(_STATUS)],
        "sender": theirs if incoming else ours,
        "to_members": [ours if incoming else theirs],
    }
    return time, row | ({"attachments": [_image(identity)]} if media else {})


def _image(identity: str) -> Row:
    return {
        "id": identity,
        "name": "Größe.jpg",
        "size": 225_740,
        "type": "JPG",
        "download_url": f"https://zoom.example/file/download/{identity}?access_token=sandbox-token",
    }


def _members(account: Account, session: int) -> tuple[Row, Row]:
    """Ours, which is a user or a queue, and theirs, whom nobody knows by more than a number."""
    index = callers(account)[session % len(callers(account))]
    owner = {"id": account.people.user_id(index), "type": "user"}
    ours = {
        "display_name": account.people.display_name(index),
        "owner": owner,
        "phone_number": direct_number(index),
    }
    if _kind(session) == "call_queue":
        ours |= {"display_name": "Vertrieb", "owner": {"id": queue_id(account, 0), "type": "callQueue"}}
    return ours, {"phone_number": f"+49221444{session:04}"}


def _kind(session: int) -> str:
    return "call_queue" if session % 3 == 2 else "user"  # noqa: PLR2004 (a third)


def lines(session: int) -> Lines:
    """The messages of a conversation."""
    return Lines(partial(_messages, session), partial(_message, session))


def _session(account: Account, number: int) -> Row:
    ours, theirs = (
        member | {"is_session_owner": owner}
        for member, owner in zip(_members(account, number), (True, False), strict=True)
    )
    row: Row = {
        "session_id": _session_id(account, number),
        "session_type": _kind(number),
        "participants": [ours, theirs],
    }
    last = _last_message(account, number)
    return row | ({"last_access_time": last} if last else {})


def _last_message(account: Account, number: int) -> str:
    today = account.now().date()
    for days in range(_LONGEST_PAUSE_DAYS):
        times = [row["date_time"] for row in lines(number).on(account, today - timedelta(days=days))]
        if times:
            return str(max(times))
    return ""


def _list_sessions(account: Account, asked: Asked) -> Row:
    """`GET /phone/sms/sessions`: by default users' alone, and those whose last message is in the window."""
    since, until = phone_window(account, asked)
    kind = asked.parameters.get("session_type", "user")
    by_last = asked.parameters.get("filter_type", "last_message_time") == "last_message_time"
    found = [
        row
        for number in _sessions(account)
        if kind in ("all", _kind(number)) and any(True for _ in lines(number).walk(account, since, until)(0))
        if (row := _session(account, number)) and (not by_last or row["last_access_time"] < zulu(until))
    ]
    page = account.page(asked, over(found, dict), 100)
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 100),
        "sms_sessions": page.rows,
    }


def _list_messages(account: Account, asked: Asked) -> Row:
    """`GET /phone/sms/sessions/{id}`: the last thirty days by default."""
    name = asked.values["sessionId"]
    found = [number for number in _sessions(account) if _session_id(account, number) == name]
    if not found:
        raise ApiError(404, 7013, "Error retrieving SMS history.")
    page = account.page(asked, lines(found[0]).walk(account, *phone_window(account, asked)), 100)
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 100),
        "sms_histories": page.rows,
    }


def _true_sessions(account: Account, day: date, _: str) -> Iterator[Row]:
    for number in _sessions(account):
        if any(True for _ in lines(number).on(account, day)):
            yield _session(account, number)


def _true_messages(account: Account, day: date, _: str) -> Iterator[Row]:
    for number in _sessions(account):
        for row in lines(number).on(account, day):
            yield {"session_id": _session_id(account, number)} | row


ROUTES = (
    phone_route("sms/sessions", MEDIUM, "list_sms_sessions", _list_sessions),
    phone_route("sms/sessions/{sessionId}", MEDIUM, "sms_session", _list_messages),
)
TABLES: Truth = {"phone_sms_sessions": _true_sessions, "phone_sms_messages": _true_messages}
