"""Chats and channels, by the days on which somebody wrote in them."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw, url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.limits import HEAVY
from include.sandbox.lines import DAY_SECONDS, begin
from include.sandbox.paging import over, page_size
from include.sandbox.routes import Route, Truth
from include.sandbox.windows import report_window

Row = dict[str, Any]


def sessions(account: Account, asked: Asked) -> Row:
    """`GET /report/chat/sessions`: each once, with its latest message of the window."""
    since, until = report_window(account, asked)
    found = list(_between(account, since, until))
    page = account.page(asked, over(found, dict))
    window = {name: asked.parameters[name] for name in ("from", "to")}
    size = page_size(asked.parameters, 300)
    return window | {"page_size": size, "next_page_token": page.token, "sessions": page.rows}


def _between(account: Account, since: datetime, until: datetime) -> Iterator[Row]:
    days = [since.date() + timedelta(days=n) for n in range((until - since).days + 2)]
    for number in range(4 + account.people.active // 10):
        told = [time for day in days for time in _messages(account, number, day) if since <= time < until]
        if told:
            yield _session(account, number, max(told))


def _messages(account: Account, number: int, day: date) -> Iterator[datetime]:
    chance = draw(account.settings.seed, "chat", number, day)
    for _ in range(chance.randrange(3) if number else 1):
        time = begin(day) + timedelta(seconds=chance.randrange(DAY_SECONDS))
        if time <= account.now():
            yield time


def _session(account: Account, number: int, latest: datetime) -> Row:
    row: Row = {
        "session_id": url_safe_id(account.settings.seed, "chat session", number),
        "name": ("Ada, Jürgen", "#général", "", "プロジェクト \N{PARTY POPPER}")[number % 4],
        "type": ("1:1", "Group", "Channel")[number % 3],
        "has_external_member": number % 2 == 0,  # a field that no description here knows
    }
    return row if number % 5 == 4 else row | {"last_message_sent_time": zulu(latest)}  # noqa: PLR2004


def _true_sessions(account: Account, day: date, _: str) -> Iterator[Row]:
    return _between(account, begin(day), begin(day) + timedelta(days=1))


ROUTES = (
    Route(
        "/report/chat/sessions",
        HEAVY,
        ("report:read:list_chat_sessions:admin", "report_chat:read:admin"),
        sessions,
        paid="refused",
    ),
)
TABLES: Truth = {"chat_sessions": _true_sessions}
