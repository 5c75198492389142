"""From when to when a request asks, and what Zoom makes of it."""

from datetime import UTC, date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError


def report_window(account: Account, asked: Asked) -> tuple[datetime, datetime]:
    """The UTC times from which and before which a report was asked, by the account's zone."""
    since, until = report_days(account, asked)
    zone = ZoneInfo(account.settings.report_zone)
    end = until + timedelta(days=account.settings.report_to == "inclusive")
    return _begin(since, zone), _begin(end, zone)


def report_days(account: Account, asked: Asked) -> tuple[date, date]:
    """The first and the last day of a report on days of the account's zone."""
    since, until = _date(asked, "from"), _date(asked, "to")
    if since is None or until is None or since > until or (until - since).days > 30:  # noqa: PLR2004 (a month)
        raise ApiError(400, 300, "Invalid parameter: from, to.")
    if since < oldest_report_day(account):
        raise ApiError(400, 300, "The report can only be provided for a date within the recent 6 months.")
    return since, until


def zone_days(account: Account, since: date, until: date) -> tuple[datetime, datetime]:
    """The UTC times from which and before which these days of the account's zone last."""
    zone = ZoneInfo(account.settings.report_zone)
    return _begin(since, zone), _begin(until + timedelta(days=1), zone)


def phone_window(
    account: Account, asked: Asked, *, of_six_months: bool = False, days: int = 30
) -> tuple[datetime, datetime]:
    """The UTC times from which and before which Zoom Phone was asked, as dates or as times; the last `days` without."""
    now = account.now()
    since, until = (_moment(account, asked, name) for name in ("from", "to"))
    since, until = since or now - timedelta(days=days), until or now
    if since > until or until - since > timedelta(days=32):
        raise ApiError(400, 300, "Validation Failed")
    if of_six_months and since.date() < oldest_report_day(account):
        raise ApiError(400, 300, "Validation Failed")
    return since, until


def recording_window(account: Account, asked: Asked) -> tuple[date, date]:
    """The days for which recordings are given: cut to a month, whatever was asked."""
    today = account.now().date()
    # Without dates a live account answered for yesterday and today, unlike its description.
    since, until = _date(asked, "from") or today - timedelta(days=1), _date(asked, "to") or today
    if since > until:
        raise ApiError(400, 300, "The from date must be earlier than the to date.")
    return max(since, until - timedelta(days=30)), until


def utc_times(asked: Asked) -> tuple[datetime, datetime]:
    """From when to when, where a list is asked by UTC times."""
    return _time(asked, "from"), _time(asked, "to")


def oldest_report_day(account: Account) -> date:
    """The first day that reports still have: six calendar months ago."""
    today = account.now().date()
    months = today.year * 12 + today.month - 1 - 6
    return date(months // 12, months % 12 + 1, min(today.day, 28))


def _date(asked: Asked, name: str) -> date | None:
    text = asked.parameters.get(name, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ApiError(400, 300, f"Invalid parameter: {name}.") from error


def _moment(account: Account, asked: Asked, name: str) -> datetime | None:
    text = asked.parameters.get(name, "")
    if "T" not in text:
        day = _date(asked, name)
        last = name == "to" and account.settings.report_to == "inclusive"
        zone = ZoneInfo(account.settings.report_zone)
        return None if day is None else _begin(day + timedelta(days=last), zone)
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise ApiError(400, 300, "Validation Failed") from error


def _time(asked: Asked, name: str) -> datetime:
    try:
        return datetime.strptime(asked.parameters[name], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except (KeyError, ValueError) as error:
        raise ApiError(400, 300, f"Invalid parameter: {name}.") from error


def _begin(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
