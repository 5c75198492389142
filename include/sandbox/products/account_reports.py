"""Account-wide reports: hosts, calls by telephone, storage of recordings, what is to come, bills."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, meeting_uuid
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY
from include.sandbox.lines import Lines, begin, within
from include.sandbox.paging import Row, counted, over, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.windows import report_days, report_window, zone_days

_AHEAD = timedelta(days=28)
_KINDS = {
    "1": ("toll-free", "call-out"),
    "2": ("Toll", "US toll-number"),
    "3": ("call-in", "global toll-number"),
}
_REFUSALS = {
    "1": "The requested report cannot be generated for this account because this account has not subscribed to "
    "toll-free audio conference plan.",
    "2": "Enable the **Toll Report** feature to perform this action. Contact the Zoom Support team for help.",
    "3": "This is only available for paid account: sandbox.",
}
_LACKS = {"1": "toll-free", "2": "toll", "3": "sip"}


def _telephone(account: Account, asked: Asked) -> Row:
    """`GET /report/telephone`: an account that lacks a kind of audio is told so with status 200."""
    audio = asked.parameters.get("type", "1")
    if _LACKS[audio] in account.settings.without:
        return {"message": _REFUSALS[audio]}
    walk = TELEPHONE[audio].walk(account, *report_window(account, asked))
    page, size = account.page(asked, walk), page_size(asked.parameters, 300)
    head: Row = {"from": asked.parameters["from"], "to": asked.parameters["to"]}
    head |= {"next_page_token": page.token, "page_size": size, "telephony_usage": page.rows}
    if asked.parameters.get("query_date_type", "start_time").startswith("meeting"):
        return head
    return head | counted(sum(1 for _ in walk(0)), size)


def _calls(account: Account, day: date) -> int:
    return 3 + account.meetings.slots(day) // 10


def _call(audio: str, account: Account, day: date, number: int) -> tuple[datetime, Row]:
    told = max(number - 1, 0)  # the first call stands there twice
    meeting = account.meetings.at(day, (told * 3 + int(audio)) % account.meetings.slots(day))
    chance, people = draw(account.settings.seed, "call", audio, day, told), account.people
    start, minutes = within(day, meeting.start + timedelta(seconds=30)), 1 + chance.randrange(90)
    out = told % 2 == 1
    row: Row = {
        "call_in_number": "ZoomGW" if out else f"+1 202 555 {chance.randrange(10_000):04}",
        "country_name": "US",
        "dept": people.department(meeting.host),
        "duration": minutes,
        "end_time": zulu(start + timedelta(minutes=minutes)),
        "host_email": people.email_then(meeting.host),
        "host_id": people.user_id(meeting.host),
        "host_name": people.display_name(meeting.host),
        "meeting_id": meeting.number,
        "meeting_type": "Webinar" if meeting.is_webinar else "Meeting",
        "phone_number": f"+1 202 555 {chance.randrange(10_000):04}",
        "start_time": zulu(start),
        "type": _KINDS[audio][out],
        "uuid": meeting.uuid,
    }
    # A whole number where there is nothing to pay.
    price = {"rate": 0.03, "total": round(0.03 * minutes, 2)} if out else {"rate": 0, "total": 0}
    return start, row | price | ({"signaled_number": "+1 8243"} if told == 0 else {})


TELEPHONE = {audio: Lines(_calls, partial(_call, audio)) for audio in _KINDS}


def _telephone_truth(account: Account, day: date, _: str) -> Iterator[Row]:
    for audio, lines in TELEPHONE.items():
        if _LACKS[audio] not in account.settings.without:
            yield from lines.on(account, day)


def _storage(account: Account, asked: Asked) -> Row:
    """`GET /report/cloud_recording`: up to yesterday, all days at once."""
    since, until = report_days(account, asked)
    if until >= account.now().astimezone(ZoneInfo(account.settings.report_zone)).date():
        raise ApiError(400, 300, "The report can only be provided for dates before today.")
    days = (since + timedelta(days=n) for n in range((until - since).days + 1))
    rows = [row for day in days for row in _storage_of(account, day, "")]
    return {"from": since.isoformat(), "to": until.isoformat(), "cloud_recording_storage": rows}


def _storage_of(account: Account, day: date, _: str) -> Iterator[Row]:
    if day < account.now().date():
        megabytes = (day.toordinal() - 730_000) * account.people.active
        usage = f"{megabytes} MB" if day.day % 2 else f"{megabytes / 1024:.2f} GB"
        yield {"date": day.isoformat(), "free_usage": "Unlimited", "plan_usage": "3 TB", "usage": usage}


def _upcoming(account: Account, asked: Asked) -> Row:
    """`GET /report/upcoming_events`: days to come, by the account's zone."""
    since, until = report_days(account, asked)
    found = list(_events(account, since, until))
    page = account.page(asked, over(found, dict))
    return {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "upcoming_events": page.rows,
    }


def _events(account: Account, first: date, last: date) -> Iterator[Row]:
    since, until = zone_days(account, first, last)
    for ordinal in range(since.toordinal(), until.toordinal() + 1):
        for number in range(1 + account.people.active // 20):
            start, row = _event(account, date.fromordinal(ordinal), number)
            if since <= start < until:
                yield row


def _event(account: Account, day: date, number: int) -> tuple[datetime, Row]:
    chance, people = draw(account.settings.seed, "event", day, number), account.people
    host, start = chance.randrange(people.active), begin(day) + timedelta(minutes=chance.randrange(1440))
    # All occurrences of a series have one id.
    event = meeting_uuid(account.settings.seed, day.toordinal() * 1000 + number if number else 1)
    row: Row = {
        "id": event,
        "start_time": zulu(start),
        "dept": people.department(host),
        "host_id": people.user_id(host),
        "host_name": people.display_name(host),
    }
    return start, row if number % 3 == 2 else row | {"topic": "Quartal 四半期"}  # noqa: PLR2004 (one has none)


def _upcoming_truth(account: Account, _: date, __: str) -> Iterator[Row]:
    today = account.now().date()
    return _events(account, today, today + _AHEAD)


def _scopes(name: str) -> tuple[str, str]:
    return f"report:read:{name}:admin", "report:read:admin"


ROUTES = (
    Route("/report/telephone", HEAVY, _scopes("telephone"), _telephone, paid="in_200"),
    # Zoom's description names no granular scope for it.
    Route("/report/cloud_recording", HEAVY, _scopes("cloud_recording"), _storage, paid="refused"),
    Route("/report/upcoming_events", HEAVY, _scopes("upcoming_meetings_webinars"), _upcoming, paid="refused"),
)
TABLES: Truth = {
    "telephone": _telephone_truth,
    "recording_storage": _storage_of,
    "upcoming_events": _upcoming_truth,
}
