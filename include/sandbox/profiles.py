"""What the list of users says of each, and what asking for one adds to it."""

from datetime import datetime, timedelta
from typing import Any

from include.sandbox.chance import draw
from include.sandbox.clock import zulu
from include.sandbox.people import People

Row = dict[str, Any]
_ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Asia/Kolkata", "UTC", "Pacific/Auckland")
ROLES = {"0": "Owner", "1": "Admin", "2": "Member"}
# Zoom's list of values for `license_option` has some that a double can't hold.
_BEYOND_DOUBLE = 576460752303423500


def profile(people: People, index: int, now: datetime) -> Row:
    """A record of the list of users."""
    if people.status(index) == "pending":
        return _pending(people, index, now)
    return _base(people, index) | _optional(people, index, now)


def details(people: People, index: int, now: datetime) -> Row:
    """A user's whole record, with the secrets that Zoom's has."""
    row = profile(people, index, now)
    return row | {
        "account_id": people.account_id,
        "account_number": 3_000_000_001,
        "role_name": ROLES[people.role_id(index)],
        "use_pmi": False,
        "host_key": f"{100_000 + index}",
        "personal_meeting_url": f"https://zoom.example/j/{people.pmi(index)}?pwd=sandbox-pwd-{index}",
        "pic_url": "",
        "jid": f"{row.get('id', '')}@xmpp.zoom.example",
        "cluster": "us04",
        "phone_number": "",
        **_work(people, index),
    }


def _work(people: People, index: int) -> Row:
    """What only some users have filled in."""
    if index % 3:
        return {}
    return {
        "job_title": ("Ingénieure", "営業部長", "")[index % 2],
        "cost_center": f"00{index}",
        "company": "Sandbox & Söhne",
        "location": "Zürich",
        "manager": people.email(0),
        "pronouns": "they/them",
        "pronouns_option": 1 + index % 3,
        "phone_country": "US",
        "phone_numbers": [
            {"country": "US", "code": "+1", "number": f"555{index:07d}", "label": "Office", "verified": True}
        ],
        "division_ids": [people.division_id(people.division_of(index))],
        "zoom_one_type": 64,
    }


def _pending(people: People, index: int, now: datetime) -> Row:
    # Zoom shows the time of the call as `created_at` of a pending user.
    return {
        "email": people.email(index),
        "type": 1,
        "pmi": 0,
        "verified": 0,
        "status": "pending",
        "dept": "",
        "role_id": "2",
        "created_at": zulu(now.replace(hour=0, minute=0, second=0)),
    }


def _base(people: People, index: int) -> Row:
    first, last = people.name(index)
    return {
        "id": people.user_id(index),
        "email": people.email(index),
        "first_name": first,
        "last_name": last if index % 9 else "",
        "display_name": _display_name(people, index, f"{first} {last}"),
        "type": people.user_type(index),
        "status": people.status(index),
        "pmi": people.pmi(index),
        "role_id": people.role_id(index),
        "timezone": _ZONES[index % len(_ZONES)],
        "verified": 1,
        "user_created_at": zulu(people.joined(index)),
        "created_at": zulu(people.joined(index) + timedelta(days=30)),
        "language": "en-US",
    }


def _display_name(people: People, index: int, name: str) -> str:
    return f"{name}\x00" if index % 97 == 5 and not people.plain else name  # noqa: PLR2004 (any number would do)


def _optional(people: People, index: int, now: datetime) -> Row:
    chance = draw(people.seed, "user", index)
    group = [people.group_id(people.group_of(index))] if index < people.active else []
    row: Row = {
        "dept": people.department(index),
        "group_ids": group,
        "login_types": [100, 1][: 1 + index % 2],
    }
    if chance.random() < 0.8:  # noqa: PLR2004
        seen = now - timedelta(days=1 + chance.randrange(3))
        row["last_login_time"] = zulu(seen.replace(hour=8, minute=chance.randrange(60), second=0))
        row["last_client_version"] = "6.6.5.12345(mac)"
    if chance.random() < 0.2:  # noqa: PLR2004
        row["employee_unique_id"] = f"00{index}"
        row["custom_attributes"] = [{"key": "cbf_sandbox", "name": "Cost centre", "value": "007"}]
    if index % 5 == 2:  # noqa: PLR2004
        row["license_info_list"] = [
            {
                "license_type": "ZOOM_WORKPLACE_BUNDLE",
                "license_option": _BEYOND_DOUBLE,
                "subscription_id": f"SUBREF-{index:06d}",
            }
        ]
    if index % 6 == 0:
        row["is_pilot_user"] = True  # a field that Zoom's description does not know
    return row


def summary(people: People) -> Row:
    """How many users there are of each type, as `GET /users/summary` counts them."""
    types = [0, 0, 0, 0, 0]
    for index in people.indices("active"):
        types[people.user_type(index)] += 1
    return {
        "licensed_users_count": types[2],
        "basic_users_count": types[1],
        "on_prem_users_count": 0,
        "room_users_count": 0,
        "pending_users_count": people.pending,
        "join_only_users_count": types[4],
        "total_users_count": types[1] + types[2] + types[4] + people.pending,
    }
