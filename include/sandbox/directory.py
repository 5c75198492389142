"""The endpoints of users and groups."""

from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError, no_user
from include.sandbox.limits import LIGHT, MEDIUM
from include.sandbox.paging import counted, over, page_size
from include.sandbox.profiles import details, profile, summary
from include.sandbox.routes import Route

Row = dict[str, Any]


def users(account: Account, asked: Asked) -> Row:
    """`GET /users`: active ones by default, so that three requests are needed for all."""
    status = asked.parameters.get("status", "active")
    if status not in {"active", "inactive", "pending"}:
        raise ApiError(400, 300, "Invalid field: status.")
    indices, now = account.people.indices(status), account.now()
    page = account.page(asked, over(indices, lambda index: profile(account.people, index, now)), 2000)
    size = page_size(asked.parameters, 2000)
    return counted(len(indices), size) | {
        "page_number": 1,
        "next_page_token": page.token,
        "users": page.rows,
    }


def user(account: Account, asked: Asked) -> Row:
    """`GET /users/{id}`: by id or e-mail; `me` is the account's owner, for a person's token."""
    index = find_user(account, asked)
    row = details(account.people, index, account.now())
    return row | ({"account_id": asked.account_id} if asked.account_id else {})


def _summary(account: Account, _: Asked) -> Row:
    """`GET /users/summary`."""
    return summary(account.people)


def groups(account: Account, asked: Asked) -> Row:
    """`GET /groups`."""
    people = account.people
    page = account.page(asked, over(range(people.groups), people.group))
    return {"total_records": people.groups, "next_page_token": page.token, "groups": page.rows}


def members(account: Account, asked: Asked) -> Row:
    """`GET /groups/{groupId}/members`."""
    group = account.people.find_group(asked.values["groupId"])
    if group is None:
        raise ApiError(404, 4130, f"A group with this {asked.values['groupId']} does not exist.")
    indices = account.people.members(group)
    page = account.page(asked, over(indices, account.people.member), 2000)
    return counted(len(indices), page_size(asked.parameters, 2000)) | {
        "page_number": 1,
        "next_page_token": page.token,
        "members": page.rows,
    }


def find_user(account: Account, asked: Asked) -> int:
    """The user whom a path names.

    Raises:
        ApiError: nobody has this id or address; or `me` with a token behind which nobody stands.
    """
    name = asked.values["userId"]
    if name == "me" and asked.by_a_person:
        return 0
    index = account.people.find(name)
    if index is None:
        raise no_user(name)
    return index


ROUTES = (
    Route("/users", MEDIUM, ("user:read:list_users:admin", "user:read:admin"), users),
    Route("/users/summary", MEDIUM, ("user:read:summary:admin", "user:read:admin"), _summary),
    Route(
        "/users/{userId}",
        LIGHT,
        ("user:read:user:admin", "user:read:user", "user:read:admin", "user:read"),
        user,
    ),
    Route(
        "/groups",
        MEDIUM,
        ("group:read:list_groups:admin", "group:read:admin"),
        groups,
        paid="in_200",
    ),
    Route(
        "/groups/{groupId}/members",
        MEDIUM,
        ("group:read:list_members:admin", "group:read:admin"),
        members,
        paid="refused",
    ),
)
