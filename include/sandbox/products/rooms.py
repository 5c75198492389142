"""Zoom Rooms, and the account's tracking fields: short lists of what there is now."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.chance import draw, url_safe_id
from include.sandbox.limits import MEDIUM
from include.sandbox.paging import over, page_size
from include.sandbox.routes import Route, Truth

Row = dict[str, Any]
_STATUSES = ("Available", "InMeeting", "Offline", "UnderConstruction")


def rooms(account: Account, asked: Asked) -> Row:
    """`GET /rooms`: without a total."""
    page = account.page(asked, over(range(_count(account)), lambda number: _room(account, number)))
    return {
        "page_size": page_size(asked.parameters, 300),
        "next_page_token": page.token,
        "rooms": page.rows,
    }


def tracking_fields(_: Account, __: Asked) -> Row:
    """`GET /tracking_fields`: all at once."""
    found = list(_fields())
    return {"total_records": len(found), "tracking_fields": found}


def _count(account: Account) -> int:
    return 3 + account.people.count // 20


def _room(account: Account, number: int) -> Row:
    seed = account.settings.seed
    row: Row = {
        "id": url_safe_id(seed, "room", number),
        "room_id": url_safe_id(seed, "room of all", number),
        "name": ("Besprechung Süd", "会議室 A", "Boardroom \N{BAR CHART}", "")[number % 4],
        "location_id": url_safe_id(seed, "location", number // 3) if number % 3 else "",
        "status": draw(seed, "room status", number).choice(_STATUSES),
        "activation_code": f"sandbox-secret-{number:06}",
    }
    return row | {"tag_ids": ["tag-1"]} if number % 2 else row  # a field that no description knows


def _fields() -> Iterator[Row]:
    yield {"id": "a32CJji-weJ92", "field": "Kostenstelle", "required": True, "visible": True} | {
        "recommended_values": ["007", "Ä-1", ""]
    }
    yield {
        "id": "b00000000",
        "field": "Purpose",
        "required": False,
        "visible": False,
        "recommended_values": [],
    }


def _true_rooms(account: Account, _: date, __: str) -> Iterator[Row]:
    return (_room(account, number) for number in range(_count(account)))


def _true_fields(_: Account, __: date, ___: str) -> Iterator[Row]:
    return _fields()


ROUTES = (
    Route(
        "/rooms",
        MEDIUM,
        ("zoom_rooms:read:list_rooms:admin", "room:read:admin"),
        rooms,
        paid="refused",
        needs="rooms",
    ),
    Route(
        "/tracking_fields",
        MEDIUM,
        ("tracking_field:read:list_tracking_fields:admin", "tracking_fields:read:admin"),
        tracking_fields,
        business=True,
    ),
)
TABLES: Truth = {"rooms": _true_rooms, "tracking_fields": _true_fields}
