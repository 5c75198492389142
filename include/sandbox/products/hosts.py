"""Who held meetings, and who did not."""

from collections.abc import Iterator
from datetime import date, timedelta

from include.sandbox.account import Account, Asked
from include.sandbox.limits import HEAVY
from include.sandbox.meetings import Meeting
from include.sandbox.paging import Row, counted, over, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.seats import minutes, seats
from include.sandbox.windows import report_days, zone_days


def _report(account: Account, asked: Asked) -> Row:
    """`GET /report/users`: sums over the days that were asked, of the account's zone."""
    since, until = report_days(account, asked)
    of_kind = _inactive if asked.parameters.get("type") == "inactive" else _active
    found = list(of_kind(account, since, until))
    page = account.page(asked, over(found, dict))
    return counted(len(found), page_size(asked.parameters, 300)) | {
        "from": since.isoformat(),
        "to": until.isoformat(),
        "next_page_token": page.token,
        "page_number": 1,
        "total_meetings": sum(row["meetings"] for row in found),
        "total_meeting_minutes": sum(row["meeting_minutes"] for row in found),
        "total_participants": sum(row["participants"] for row in found),
        "users": page.rows,
    }


def _active(account: Account, since: date, until: date) -> Iterator[Row]:
    held: dict[int, list[Meeting]] = {}
    for meeting in _held(account, since, until):
        held.setdefault(meeting.host, []).append(meeting)
    return (_host(account, host, meetings) for host, meetings in sorted(held.items()))


def _inactive(account: Account, since: date, until: date) -> Iterator[Row]:
    hosts = {meeting.host for meeting in _held(account, since, until)}
    with_id = account.people.active + account.people.inactive  # who is deactivated hosts nothing either
    return (_host(account, index, []) for index in range(with_id) if index not in hosts)


def _held(account: Account, since: date, until: date) -> Iterator[Meeting]:
    begin, end = zone_days(account, since, until)
    lag, now = timedelta(hours=account.settings.late_hours), account.now()
    for ordinal in range(begin.toordinal(), min(end, now).toordinal() + 1):
        for meeting in account.meetings.on(date.fromordinal(ordinal)):
            if begin <= meeting.start < end and meeting.end + meeting.late * lag <= now:
                yield meeting


def _host(account: Account, index: int, meetings: list[Meeting]) -> Row:
    people = account.people
    found = [seats(people, meeting) for meeting in meetings]
    row: Row = {
        "id": people.user_id(index),
        "email": people.email(index),
        "user_name": people.display_name(index),
        "type": people.user_type(index),
        "dept": people.department(index),
        "meetings": len(meetings),
        "participants": sum(not seat.waiting for each in found for seat in each),
        "meeting_minutes": sum(minutes(each) for each in found),
    }
    if index % 5 == 3:  # noqa: PLR2004 (any number would do)
        row["custom_attributes"] = [{"key": "cbf_sandbox", "name": "Cost centre", "value": "007"}]
    return row


def _active_truth(account: Account, day: date, _: str) -> Iterator[Row]:
    return _active(account, day, day)


def _inactive_truth(account: Account, day: date, _: str) -> Iterator[Row]:
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return _inactive(account, first, min(last, account.now().date()))


ROUTES = (
    Route(
        "/report/users",
        HEAVY,
        ("report:read:list_users:admin", "report:read:admin"),
        _report,
        paid="in_200",
    ),
)
TABLES: Truth = {"active_hosts": _active_truth, "inactive_hosts": _inactive_truth}
