"""Roles, divisions and settings of the account's users, and what asking for one user tells."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, number_of_id
from include.sandbox.directory import find_user
from include.sandbox.limits import LIGHT, MEDIUM
from include.sandbox.paging import counted, over, page_size
from include.sandbox.people import People
from include.sandbox.profiles import ROLES as ROLE_NAMES
from include.sandbox.profiles import details
from include.sandbox.routes import Route, Truth

Row = dict[str, Any]
_DIVISIONS = 3
_CUSTOM_ROLE = "RsandboxHelpdesk"  # the account's own role; nobody has it


def roles(account: Account, _: Asked) -> Row:
    """`GET /roles`: a total, and no pages."""
    found = list(_roles(account.people))
    return {"total_records": len(found), "roles": found}


def role_members(account: Account, asked: Asked) -> Row:
    """`GET /roles/{roleId}/members`; who is pending has no id."""
    role = asked.values["roleId"]
    if role not in (*ROLE_NAMES, _CUSTOM_ROLE):
        raise ApiError(400, 300, "Invalid role id.")
    found, people = _with_role(account.people, role), account.people
    page = account.page(asked, over(found, lambda index: _role_member(people, index)))
    return counted(len(found), page_size(asked.parameters, 300)) | {
        "page_number": 1,
        "next_page_token": page.token,
        "members": page.rows,
    }


def divisions(account: Account, asked: Asked) -> Row:
    """`GET /divisions`."""
    people = account.people
    page = account.page(asked, over(range(_DIVISIONS), lambda number: _division(people, number)))
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "total_records": _DIVISIONS,
        "divisions": page.rows,
    }


def division_users(account: Account, asked: Asked) -> Row:
    """`GET /divisions/{divisionId}/users`."""
    people = account.people
    number = number_of_id(people.seed, "division", asked.values["divisionId"])
    if number is None or number >= _DIVISIONS:
        raise ApiError(404, 404, "Division not found.")
    found = _in_division(people, number)
    page = account.page(asked, over(found, lambda index: _division_user(people, index)))
    return {
        "next_page_token": page.token,
        "page_size": page_size(asked.parameters, 300),
        "total_records": len(found),
        "users": page.rows,
    }


def settings(account: Account, asked: Asked) -> Row:
    """`GET /users/{userId}/settings`."""
    return _settings(account.people, find_user(account, asked))


def _roles(people: People) -> Iterator[Row]:
    for role, name in (*ROLE_NAMES.items(), (_CUSTOM_ROLE, "Helpdesk ☎")):
        row = {"id": role, "name": name, "total_members": len(_with_role(people, role))}
        yield row | (
            {"description": "Réinitialise les mots de passe", "type": "common"}
            if role == _CUSTOM_ROLE
            else {}
        )


def _with_role(people: People, role: str) -> Sequence[int]:
    return [index for index in range(people.count) if people.role_id(index) == role]


def _role_member(people: People, index: int) -> Row:
    row = people.member(index) | {"department": people.department(index)}
    return row if people.status(index) != "pending" else row | {"id": ""}


def _division(people: People, number: int) -> Row:
    row: Row = {
        "division_id": people.division_id(number),
        "division_name": ("Zentrale", "Dépendances", "Empty")[number],
        "is_main_division": number == 0,
        "total_members": len(_in_division(people, number)),
    }
    return row | ({"division_description": "All who are left"} if number == 0 else {})


def _in_division(people: People, number: int) -> Sequence[int]:
    with_id = range(people.active + people.inactive)
    return [index for index in with_id if people.division_of(index) == number]


def _division_user(people: People, index: int) -> Row:
    return {
        "user_id": people.user_id(index),
        "user_display_name": people.display_name(index),
        "user_email": people.email(index),
    }


def _settings(people: People, index: int) -> Row:
    on = draw(people.seed, "settings", index).random() < 0.5  # noqa: PLR2004
    row: Row = {
        "feature": {
            "meeting_capacity": 300,
            "large_meeting": on,
            "webinar": on,
            "zoom_phone": not on,
            "zoom_bookings_beta": True,  # a field that Zoom's description does not know
        },
        "in_meeting": {"chat": on, "breakout_room": True, "allow_participants_chat_with": 1},
        "schedule_meeting": {
            "host_video": on,
            "default_password_for_scheduled_meetings": f"sandbox-secret-{index}",
            "pmi_password": f"sandbox-secret-{index}",
            "require_password_for_pmi_meetings": "all",
        },
        "recording": {"cloud_recording": on, "auto_delete_cmr": on},
        "email_notification": {"jbh_reminder": True},
        "telephony": {"third_party_audio": False, "audio_conference_info": "Ring ☎ at the door"},
    }
    return row | ({"whiteboard": {"in_meeting_advanced_whiteboard": on}} if index % 2 else {})


def _true_role_members(account: Account, _: date, __: str) -> Iterator[Row]:
    for role in (row["id"] for row in _roles(account.people)):
        for index in _with_role(account.people, role):
            yield {"role_id": role, **_role_member(account.people, index)}


def _true_division_users(account: Account, _: date, __: str) -> Iterator[Row]:
    people = account.people
    for number in range(_DIVISIONS):
        for index in _in_division(people, number):
            yield {"division_id": people.division_id(number), **_division_user(people, index)}


def _true_settings(account: Account, _: date, __: str) -> Iterator[Row]:
    people = account.people
    for index in range(people.active + people.inactive):
        yield {"user_id": people.user_id(index), **_settings(people, index)}


TABLES: Truth = {
    "roles": lambda account, _, __: _roles(account.people),
    "role_members": _true_role_members,
    "divisions": lambda account, _, __: (_division(account.people, n) for n in range(_DIVISIONS)),
    "division_users": _true_division_users,
    "user_details": lambda account, _, __: (
        details(account.people, index, account.now())
        for index in range(account.people.active + account.people.inactive)
    ),
    "user_settings": _true_settings,
}
ROUTES = (
    Route("/roles", MEDIUM, ("role:read:list_roles:admin", "role:read:admin"), roles, paid="refused"),
    Route(
        "/roles/{roleId}/members",
        MEDIUM,
        ("role:read:list_members:admin", "role:read:admin"),
        role_members,
        paid="refused",
    ),
    Route("/divisions", LIGHT, ("division:read:list_divisions:admin", "division:read:admin"), divisions),
    Route(
        "/divisions/{divisionId}/users",
        LIGHT,
        ("division:read:member:admin", "division:read:admin"),
        division_users,
    ),
    Route("/users/{userId}/settings", MEDIUM, ("user:read:settings:admin", "user:read:admin"), settings),
)
