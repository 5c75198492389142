"""Zoom Phone: users, queues and their members, numbers, sites."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import number_of_id, url_safe_id
from include.sandbox.limits import MEDIUM
from include.sandbox.paging import Row, over, page_size
from include.sandbox.routes import Route, Truth

QUEUES = 2
_SITES = 2
_EXTENSIONS = 8_000_000_000  # beyond 2³¹


def callers(account: Account) -> range:
    """Who has a Zoom Phone licence: every other active user."""
    return range(0, account.people.active, 2)


def extension_id(account: Account, index: int) -> str:
    """The extension of a user."""
    return url_safe_id(account.settings.seed, "extension", index)


def extension_number(index: int) -> int:
    """The number of a user's extension."""
    return _EXTENSIONS + index


def direct_number(index: int) -> str:
    """A user's telephone number."""
    return f"+1202555{index % 10_000:04}"


def queue_id(account: Account, number: int) -> str:
    """A call queue's id."""
    return url_safe_id(account.settings.seed, "call-queue", number)


def site(account: Account, number: int) -> Row:
    """A site, as other records name it."""
    name = "Main Site" if number == 0 else "Außenstelle 大阪"
    return {"id": url_safe_id(account.settings.seed, "phone-site", number), "name": name}


def user(account: Account, index: int) -> Row:
    """A record of the list of users."""
    people = account.people
    numbers = [{"id": url_safe_id(account.settings.seed, "number", index), "number": direct_number(index)}]
    row: Row = {
        "id": people.user_id(index),
        "phone_user_id": url_safe_id(account.settings.seed, "phone-user", index),
        "email": people.email(index),
        "name": people.display_name(index),
        "extension_id": extension_id(account, index),
        "extension_number": extension_number(index),
        "phone_numbers": numbers if _has_number(index) else [],
        "status": "deactivate" if index % 14 == 8 else "activate",  # noqa: PLR2004 (any number would do)
        "activation_status": "ready to activate" if index % 12 == 4 else "activated",  # noqa: PLR2004
        "calling_plans": [{"name": "US/CA Metered Calling Plan", "type": 100}],
        "department": people.department(index),
        "cost_center": "007" if index % 4 == 0 else "",
    }
    # Who is at no site has no key for it.
    return row | ({"site": site(account, index % _SITES)} if index % 3 else {})


def _has_number(index: int) -> bool:
    return index % 8 != 6  # noqa: PLR2004 (some have an extension only)


def _queue(account: Account, number: int) -> Row:
    name = "Support 📞" if number else "Vertrieb"
    return {
        "id": queue_id(account, number),
        "name": name,
        "extension_id": url_safe_id(account.settings.seed, "queue-extension", number),
        "extension_number": _EXTENSIONS + 900_000_000 + number,
        "phone_numbers": []
        if number
        else [{"id": "sandbox-number", "number": "+12025559999", "source": "internal"}],
        "site": site(account, number),
        "status": "inactive" if number else "active",
    }


def _queue_members(account: Account, number: int) -> list[Row]:
    members = [index for index in callers(account) if index % 4 == 2 * number]
    rows = [
        {
            "id": account.people.user_id(index),
            "level": "user",
            "name": account.people.display_name(index),
            "receive_call": index % 3 == 0,
            "extension_id": extension_id(account, index),
        }
        for index in members
    ]
    # Of a common area nobody can say whether it takes calls.
    common = {
        "id": f"common-area-{number}",
        "level": "commonArea",
        "name": "Empfang",
        "extension_id": "lobby",
    }
    return [*rows, common]


def _members(account: Account, asked: Asked) -> Row:
    """`GET /phone/call_queues/{id}/members`: pages of 30, whose size no parameter changes."""
    number = number_of_id(account.settings.seed, "call-queue", asked.values["callQueueId"])
    if number is None or number >= QUEUES:
        raise ApiError(400, 300, "Call queue does not exist.")
    found = _queue_members(account, number)
    page = account.page(asked, over(found, dict), 30)
    return {
        "call_queue_members": page.rows,
        "next_page_token": page.token,
        "page_size": 30,
        "total_records": len(found),
    }


def _is_listed(number: Row, asked: Asked) -> bool:
    """Without `type` numbers that are somebody's, pending ones where they are asked for; Zoom does not say which."""
    whose = asked.parameters.get("type") == "all" or "assignee" in number
    return whose and (number["status"] != "pending" or asked.parameters.get("pending_numbers") == "true")


def _numbers(account: Account) -> list[Row]:
    assigned = [_number(account, index) for index in callers(account) if _has_number(index)]
    return [*assigned, *(_unassigned(account, number) for number in range(3))]


def _number(account: Account, index: int) -> Row:
    return {
        "id": url_safe_id(account.settings.seed, "number", index),
        "number": direct_number(index),
        "display_name": "",
        "number_type": "toll",
        "location": "Washington, DC, United States",
        "capability": ["incoming", "outgoing"],
        "status": "available",
        "source": "internal",
        "site": site(account, index % _SITES),
        "assignee": {
            "id": account.people.user_id(index),
            "name": account.people.display_name(index),
            "type": "user",
            "extension_number": extension_number(index),
        },
    }


def _unassigned(account: Account, number: int) -> Row:
    row: Row = {
        "id": url_safe_id(account.settings.seed, "free-number", number),
        "number": f"+1800555{number:04}",
        "number_type": "tollfree",
        "capability": ["incoming"],
        "status": "pending",
        "source": "external",
    }
    address = {"address_line1": "Königstraße 1", "city": "Köln", "country": "DE", "zip": "00107"}
    brought = {
        "carrier": {"code": 1, "name": "Bandwidth"},
        "emergency_address": address,
        "emergency_address_status": 2,
        "emergency_address_update_time": "2025-02-18T07:20:19Z",
        "sip_group": {"id": "sandbox-sip-group", "display_name": "Group 1"},
    }
    return row | (brought if number == 0 else {})


def _site(account: Account, number: int) -> Row:
    receptionist = {
        "id": url_safe_id(account.settings.seed, "receptionist", number),
        "name": "Main",
        "extension_id": f"receptionist-{number}",
        "extension_number": _EXTENSIONS + 800_000_000 + number,
    }
    row = site(account, number) | {"main_auto_receptionist": receptionist}
    return row | ({"country": {"code": "US", "name": "United States"}, "site_code": 7} if number == 0 else {})


_LISTS: dict[str, Callable[[Account], Sequence[Row]]] = {
    "users": lambda account: [user(account, index) for index in callers(account)],
    "call_queues": lambda account: [_queue(account, number) for number in range(QUEUES)],
    "phone_numbers": _numbers,
    "sites": lambda account: [_site(account, number) for number in range(_SITES)],
}


def _listing(key: str, largest: int) -> Callable[[Account, Asked], Row]:
    def endpoint(account: Account, asked: Asked) -> Row:
        found = [row for row in _LISTS[key](account) if key != "phone_numbers" or _is_listed(row, asked)]
        page = account.page(asked, over(found, dict), largest)
        return {
            key: page.rows,
            "next_page_token": page.token,
            "page_size": page_size(asked.parameters, largest),
            "total_records": len(found),
        }

    return endpoint


def _true(key: str) -> Callable[[Account, date, str], Iterator[Row]]:
    return lambda account, _, __: iter(_LISTS[key](account))


def _true_members(account: Account, _: date, __: str) -> Iterator[Row]:
    for number in range(QUEUES):
        for row in _queue_members(account, number):
            yield {"call_queue_id": queue_id(account, number)} | row


def phone_route(
    path: str,
    label: str,
    scope: str,
    endpoint: Callable[[Account, Asked], Row],
    *,
    business: bool = False,
) -> Route:
    """A route of Zoom Phone, with the rates and the licence of its own."""
    scopes = (f"phone:read:{scope}:admin", "phone:read:admin")
    return Route(f"/phone/{path}", label, scopes, endpoint, paid="refused", business=business, needs="phone")


ROUTES = (
    phone_route("users", MEDIUM, "list_users", _listing("users", 100)),
    phone_route("call_queues", MEDIUM, "list_call_queues", _listing("call_queues", 100)),
    phone_route("call_queues/{callQueueId}/members", MEDIUM, "list_call_queue_members", _members),
    phone_route("numbers", MEDIUM, "list_numbers", _listing("phone_numbers", 100)),
    phone_route("sites", MEDIUM, "list_sites", _listing("sites", 300)),
)
TABLES: Truth = {
    "phone_users": _true("users"),
    "phone_call_queues": _true("call_queues"),
    "phone_call_queue_members": _true_members,
    "phone_numbers": _true("phone_numbers"),
    "phone_sites": _true("sites"),
}
