"""Zoom Phone: the calls of the account."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY
from include.sandbox.lines import Lines, moment
from include.sandbox.paging import Row, counted, page_size
from include.sandbox.products.phone import (
    callers,
    direct_number,
    extension_id,
    extension_number,
    phone_route,
    site,
)
from include.sandbox.routes import Truth
from include.sandbox.windows import phone_window

_RESULTS = ("answered", "connected", "voicemail", "no_answer", "abandoned")
_EVENTS = ("incoming", "ring_to_member", "forward")


def call_count(account: Account, day: date) -> int:
    """How many calls begin on a UTC day."""
    return 4 + len(callers(account)) // (8 if day.weekday() > 4 else 2)  # noqa: PLR2004 (a weekend)


def call(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    """A record of the call history: internal, from outside, or from nobody knows whom."""
    chance, start = draw(account.settings.seed, "phone", day, number), moment(account, "phone", day, number)
    seconds, result = 20 + chance.randrange(1800), _RESULTS[number % len(_RESULTS)]
    row: Row = {
        "call_history_uuid": call_uuid(account, day, number),
        "call_id": str(
            7_000_000_000_000_000_000 + draw(account.settings.seed, "call-id", day, number).randrange(10**17)
        ),
        "direction": "outbound" if number % 4 == 1 else "inbound",
        "international": number % 7 == 5,  # noqa: PLR2004 (any number would do)
        "start_time": zulu(start),
        "end_time": zulu(start + timedelta(seconds=seconds)),
        "duration": seconds,
        "connect_type": "internal" if number % 4 == 0 else "external",
        "call_type": "general",
        "call_result": result,
        "hide_caller_id": number % 4 == 3,  # noqa: PLR2004 (from nobody knows whom)
        "end_to_end": False,
        "recording_status": "recorded" if is_recorded(number) else "non_recorded",
        "department": account.people.department(callee(account, number)),
        "cost_center": "007" if number % 2 else "",
        "group_id": account.people.group_id(0),
    }
    if number % 5 < 2:  # noqa: PLR2004 (only who was answered has a time for it)
        row["answer_time"] = zulu(start + timedelta(seconds=6))
    return start, row | _parties(account, number) | _rare(account, number)


def _parties(account: Account, number: int) -> Row:
    called = _user_party(account, "callee", callee(account, number))
    if number % 4 == 0:
        return _user_party(account, "caller", callee(account, number + 1)) | called
    # Who calls from outside has no address, and may hide the number as well.
    outside = {"caller_name": "", "caller_number_type": "anonymous_number"}
    if number % 4 != 3:  # noqa: PLR2004 (see hide_caller_id)
        outside = {
            "caller_name": "Zoë Ångström 王",
            "caller_did_number": f"+49221555{number % 10_000:04}",
            "caller_number_type": "external_pstn",
            "caller_country_iso_code": "DE",
            "caller_country_code": "49",
        }
    return outside | called


def _user_party(account: Account, who: str, index: int) -> Row:
    return {
        f"{who}_ext_id": extension_id(account, index),
        f"{who}_ext_number": str(extension_number(index)),
        f"{who}_ext_type": "user",
        f"{who}_did_number": direct_number(index),
        f"{who}_name": account.people.display_name(index),
        f"{who}_email": account.people.email(index),
        f"{who}_number_type": "zoom_pstn",
        f"{who}_device_type": "MAC_Client(6.6.5.12345)",
        f"{who}_country_iso_code": "US",
        f"{who}_country_code": "1",
        f"{who}_account_code": "007",
    }


def _rare(account: Account, number: int) -> Row:
    if number % 3 == 0:
        return {
            "site_id": site(account, 0)["id"],
            "site_name": site(account, 0)["name"],
            "spam": "Maybe Spam",
        }
    sip = {
        "sbc_id": "20",
        "sbc_name": "SBC 1",
        "sip_group_id": "sandbox-sip-group",
        "sip_group_name": "Group 1",
    }
    return sip | {"ai_call_summary": True} if number % 5 == 4 else {}  # noqa: PLR2004 (the last is nowhere described)


def callee(account: Account, number: int) -> int:
    """Who is called."""
    having = callers(account)
    return having[number % len(having)]


def is_recorded(number: int) -> bool:
    """Whether a call has a recording."""
    return number % 3 == 0


def call_uuid(account: Account, day: date, number: int) -> str:
    """The id of a call's record; it tells the day and the number."""
    seal = blake2b(f"{account.settings.seed} call {day} {number}".encode(), digest_size=12).hexdigest()
    return f"{day:%Y%m%d}-{number:08x}-{seal[:4]}-{seal[4:8]}-{seal[8:12]}-{seal[12:]}"


CALLS = Lines(call_count, call)


def _history(account: Account, asked: Asked) -> Row:
    """`GET /phone/call_history`: the last day and recorded calls by default; each call in two forms."""
    since, until = phone_window(account, asked, of_six_months=True, days=1)
    wanted = asked.parameters.get("recording_status", "recorded")
    every = CALLS.walk(account, since, until)
    page = account.page(
        asked, lambda start: ((at, row) for at, row in every(start) if row["recording_status"] == wanted)
    )
    total = sum(row["recording_status"] == wanted for _, row in every(0))
    return counted(total, page_size(asked.parameters, 300)) | {
        "from": f"{since:%Y-%m-%d}",
        "to": f"{until:%Y-%m-%d}",
        "next_page_token": page.token,
        "call_history": page.rows,
        "call_logs": [_as_log(row) for row in page.rows],
    }


def _as_log(row: Row) -> Row:
    log = {name: value for name, value in row.items() if name != "call_history_uuid"}
    return {"id": row["call_history_uuid"]} | log


def recording_id(account: Account, day: date, number: int) -> str:
    """The recording of a call."""
    return blake2b(f"{account.settings.seed} recording {day} {number}".encode(), digest_size=16).hexdigest()


def _true_calls(account: Account, day: date, _: str) -> Iterator[Row]:
    return CALLS.on(account, day)


ROUTES = (phone_route("call_history", HEAVY, "list_call_logs", _history, business=True),)
TABLES: Truth = {"phone_calls": _true_calls}
