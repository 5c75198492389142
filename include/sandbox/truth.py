"""The true rows of each warehouse table, straight from the generator: no pages, no limits, no lateness."""

import json
from collections.abc import Iterator
from datetime import date
from typing import Any

from include.sandbox.account import Account

Row = dict[str, Any]


def _users(account: Account, _: date, __: str) -> Iterator[Row]:
    return account.people.everybody(account.now())


def _groups(account: Account, _: date, __: str) -> Iterator[Row]:
    return map(account.people.group, range(account.people.groups))


def _group_members(account: Account, _: date, __: str) -> Iterator[Row]:
    people = account.people
    for group in range(people.groups):
        for index in people.members(group):
            yield {"group_id": people.group_id(group), **people.member(index)}


TABLES = {"users": _users, "groups": _groups, "group_members": _group_members}


def rows(account: Account, table: str, day: date, form: str) -> Iterator[Row]:
    """A table's true rows of a day; `form` is `past` or `report`, whose participants differ in their fields."""
    return TABLES[table](account, day, form)


def as_json(table: str, day: date, found: Iterator[Row]) -> Iterator[str]:
    """The answer, row by row, so that a large day needs no memory."""
    yield f'{{"table":{json.dumps(table)},"day":"{day}","rows":['
    for number, row in enumerate(found):
        yield ("," if number else "") + json.dumps(row)
    yield "]}"
