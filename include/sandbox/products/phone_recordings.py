"""Zoom Phone: recordings of calls, and voicemails."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import blake2b

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw, meeting_uuid
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY, MEDIUM
from include.sandbox.lines import Lines, moment
from include.sandbox.paging import Row, counted, page_size
from include.sandbox.products.phone import callers, extension_number, phone_route, queue_id, site
from include.sandbox.products.phone_calls import call, call_count, is_recorded, recording_id
from include.sandbox.routes import Truth
from include.sandbox.windows import phone_window

_DOWNLOAD = "https://zoom.example/v2/phone/recording/download"


def _recordings(account: Account, day: date) -> int:
    return sum(map(is_recorded, range(call_count(account, day))))


def _recording(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    start, of = call(account, day, 3 * number)  # every third call is recorded
    identity = recording_id(account, day, 3 * number)
    row: Row = {
        "id": identity,
        "call_id": of["call_id"],
        "call_log_id": of["call_history_uuid"].partition("-")[2],
        "call_element_id": f"{of['call_history_uuid']}-0",
        "caller_name": of["caller_name"],
        "caller_number": of.get("caller_did_number", ""),
        "caller_number_type": 1 if of["connect_type"] == "internal" else 2,
        "callee_name": of["callee_name"],
        "callee_number": of["callee_did_number"],
        "callee_number_type": 1,
        "callee_account_code": of["callee_account_code"],
        "date_time": zulu(start),
        "end_time": of["end_time"],
        "duration": of["duration"],
        "direction": of["direction"],
        "recording_type": "OnDemand" if number % 2 else "Automatic",
        "disclaimer_status": number % 3,
        "download_url": f"{_DOWNLOAD}/{identity}?token=sandbox-token-{number}",
        "auto_delete_enable": number % 2 == 0,
        "owner": _owner(account, number),
    }
    if number % 2 == 0:
        row |= {"auto_delete_policy": "1 year", "site": site(account, 0)}
        row["accepted_by"] = {"name": of["callee_name"], "extension_number": of["callee_ext_number"]}
        row["transcript_download_url"] = f"{_DOWNLOAD}/{identity}/transcript?token=sandbox-token"
    else:
        row["outgoing_by"] = {"name": of["callee_name"], "extension_number": of["callee_ext_number"]}
        row["meeting_uuid"] = meeting_uuid(account.settings.seed, number)
    return start, row


def _owner(account: Account, number: int) -> Row:
    index = callers(account)[number % len(callers(account))]
    if number % 3 == 1:
        name, deleted = (
            "Vertrieb",
            {"extension_status": "deleted", "extension_deleted_time": "2026-01-14T22:10:54Z"},
        )
        return {
            "id": queue_id(account, 0),
            "name": name,
            "type": "callQueue",
            "extension_number": 8_900_000_000,
        } | deleted
    name = account.people.display_name(index)
    return {
        "id": account.people.user_id(index),
        "name": name,
        "type": "user",
        "extension_number": extension_number(index),
    }


def _voicemails(account: Account, _: date) -> int:
    return 3 + len(callers(account)) // 20


def _voicemail(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    time, chance = (
        moment(account, "voicemail", day, number),
        draw(account.settings.seed, "voicemail", day, number),
    )
    identity = blake2b(
        f"{account.settings.seed} voicemail {day} {number}".encode(), digest_size=16
    ).hexdigest()
    row: Row = {
        "id": identity,
        "call_id": str(chance.randrange(10**18)),
        "call_log_id": identity[::-1],
        "caller_name": "Zoë Ångström 王" if number % 2 else "",
        "caller_number": f"+49221555{number % 10_000:04}",
        "caller_number_type": 2,
        "callee_name": account.people.display_name(0),
        "callee_number": str(extension_number(0)),
        "callee_number_type": 1,
        "date_time": zulu(time),
        "download_url": f"https://zoom.example/v2/phone/voice_mails/download/{identity}",
        "duration": 1 + chance.randrange(120),
        "status": "read" if number % 2 else "unread",
        "owner": _owner(account, number),
    }
    rare = {"caller_account_code": "111", "callee_account_code": "007", "call_element_id": identity}
    return time, row | (rare if number == 0 else {"transcription_status": 1})  # nowhere described


RECORDINGS = Lines(_recordings, _recording)
VOICEMAILS = Lines(_voicemails, _voicemail)


def _list_recordings(account: Account, asked: Asked) -> Row:
    """`GET /phone/recordings`: the last thirty days by default."""
    walk = RECORDINGS.walk(account, *phone_window(account, asked))
    page = account.page(asked, walk)
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "total_records": sum(1 for _ in walk(0)),
        "recordings": page.rows,
    }


def _list_voicemails(account: Account, asked: Asked) -> Row:
    """`GET /phone/voice_mails`: of both kinds, read and unread."""
    since, until = phone_window(account, asked, of_six_months=True)
    walk = VOICEMAILS.walk(account, since, until)
    page = account.page(asked, walk)
    return counted(sum(1 for _ in walk(0)), page_size(asked.parameters, 300)) | {
        "from": f"{since:%Y-%m-%d}",
        "to": f"{until - timedelta(seconds=1):%Y-%m-%d}",
        "next_page_token": page.token,
        "voice_mails": page.rows,
    }


def _true_recordings(account: Account, day: date, _: str) -> Iterator[Row]:
    return RECORDINGS.on(account, day)


def _true_voicemails(account: Account, day: date, _: str) -> Iterator[Row]:
    return VOICEMAILS.on(account, day)


ROUTES = (
    phone_route("recordings", MEDIUM, "list_call_recordings", _list_recordings),
    phone_route("voice_mails", HEAVY, "list_voicemails", _list_voicemails, business=True),
)
TABLES: Truth = {"phone_recordings": _true_recordings, "phone_voicemails": _true_voicemails}
