"""Webinars that are scheduled: a user's, and what is asked of each by its number."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import draw, url_safe_id
from include.sandbox.clock import zulu
from include.sandbox.directory import find_user
from include.sandbox.limits import LIGHT, MEDIUM
from include.sandbox.meetings import Meeting
from include.sandbox.registrations import STATUSES, asked_status, asks_for_registration, registrants
from include.sandbox.routes import Route, Truth

Row = dict[str, Any]
_EXPIRES_AFTER_DAYS, _AHEAD_DAYS = 6, 3
_NO_FIXED_TIME = 6


def webinars(account: Account, asked: Asked) -> Row:
    """`GET /users/{userId}/webinars`: code 200 for whoever has no licence."""
    host = find_user(account, asked)
    if not has_licence(account, host):
        raise no_licence()
    first = account.now() if asked.parameters.get("type") == "upcoming" else None
    found = [each for each in scheduled(account, host) if first is None or each.end > first]
    return account.numbered_page(asked, "webinars", found, lambda each: _row(account, each))


def list_registrants(account: Account, asked: Asked) -> Row:
    """`GET /webinars/{webinarId}/registrants`: the approved ones, unless another status is asked."""
    found = registrants(account.settings.seed, _registered(account, asked), asked_status(asked))
    return account.numbered_page(asked, "registrants", found, dict)


def list_panelists(account: Account, asked: Asked) -> Row:
    """`GET /webinars/{webinarId}/panelists`: all at once."""
    found = list(panelists(account, _webinar(account, asked)))
    return {"total_records": len(found), "panelists": found}


def list_tracking_sources(account: Account, asked: Asked) -> Row:
    """`GET /webinars/{webinarId}/tracking_sources`: its total counts registrations."""
    number = _registered(account, asked)
    every = sum(len(registrants(account.settings.seed, number, status)) for status in STATUSES)
    return {"total_records": every, "tracking_sources": list(tracking_sources(account, number))}


def list_instances(account: Account, asked: Asked) -> Row:
    """`GET /past_webinars/{webinarId}/instances`: 404 where it was never held."""
    found = list(instances(account, _webinar(account, asked)))
    if not found:
        raise _no_webinar(asked)
    return {"webinars": found}


def has_licence(account: Account, host: int) -> bool:
    """Whether a user may hold webinars."""
    return account.people.licensed(host) and host % 3 != 2  # noqa: PLR2004


def no_licence() -> ApiError:
    """What a user without one is answered."""
    return ApiError(400, 200, "Webinar plan is missing. You must subscribe to the webinar plan.")


def scheduled(account: Account, host: int) -> Iterator[Meeting]:
    """A user's webinars that have not expired; a series without fixed times is there once."""
    seen: set[int] = set()
    for webinar in _held(account, host, -_EXPIRES_AFTER_DAYS, _AHEAD_DAYS):
        if webinar.type != _NO_FIXED_TIME or webinar.number not in seen:
            seen.add(webinar.number)
            yield webinar


def panelists(account: Account, webinar: Meeting) -> Iterator[Row]:
    """Who speaks at it."""
    seed, number = account.settings.seed, webinar.number
    for each in range(draw(seed, "panelists", number).randrange(4)):
        row: Row = {
            "id": url_safe_id(seed, "panelist", number * 10 + each),
            "name": ("Dr. Ångström", "山田", "Zoë")[each],
            "email": f"speaker{each}@elsewhere.example",
            "join_url": f"https://zoom.example/w/{number}?tk=sandbox-secret-panelist-{each}",
        }
        if each == 1:
            row |= {"name_tag_id": "tag-1", "name_tag_name": "山田", "name_tag_pronouns": ""}
            row |= {"name_tag_description": "Professor", "virtual_background_id": "b-1", "is_guest": True}
        yield row


def tracking_sources(account: Account, number: int) -> Iterator[Row]:
    """Where its registrants come from."""
    for each, name in enumerate(("Newsletter", "https://example.com/événements")):
        identity = str(5_516_000_000_000 + number % 1_000_000 * 10 + each)
        yield {
            "id": identity,
            "source_name": name,
            "tracking_url": f"https://zoom.example/webinar/register/{identity}",
            "registration_count": each,
            "visitor_count": draw(account.settings.seed, "visitors", number, each).randrange(40),
        }


def instances(account: Account, webinar: Meeting) -> Iterator[Row]:
    """When it took place."""
    for each in _held(account, webinar.host, -30, 0):
        if each.number == webinar.number and each.end <= account.now():
            yield {"uuid": each.uuid, "start_time": zulu(each.start)}


def _held(account: Account, host: int, first: int, last: int) -> Iterator[Meeting]:
    today = account.now().date()
    for day in (today + timedelta(days=n) for n in range(first, last + 1)):
        yield from (each for each in account.meetings.hosted(host, day) if each.is_webinar)


def _row(account: Account, webinar: Meeting) -> Row:
    row: Row = {
        "uuid": webinar.uuid,
        "id": webinar.number,
        "host_id": account.people.user_id(webinar.host),
        "topic": webinar.topic,
        "agenda": "" if webinar.slot % 2 else "Début à l'heure, merci",
        "type": webinar.type,
        "duration": 60,
        "timezone": "Europe/Berlin",
        "created_at": zulu(webinar.start - timedelta(days=10)),
        "join_url": f"https://zoom.example/j/{webinar.number}?pwd=sandbox-secret-{webinar.number}",
        "is_simulive": webinar.slot % 7 == 0,
        "support_go_live": True,  # a field that Zoom's description does not know
    }
    return row if webinar.type == _NO_FIXED_TIME else row | {"start_time": zulu(webinar.start)}


def _webinar(account: Account, asked: Asked) -> Meeting:
    """The webinar whose number a path has."""
    name = asked.values["webinarId"]
    horizon = account.now() + timedelta(days=_AHEAD_DAYS + 1)
    found = account.meetings.latest(int(name), horizon) if name.isdecimal() else None
    if found is None:
        raise _no_webinar(asked)
    if not found.is_webinar:
        raise ApiError(400, 300, "Invalid webinar ID.")
    if not has_licence(account, found.host):
        raise no_licence()
    return found


def _registered(account: Account, asked: Asked) -> int:
    number = _webinar(account, asked).number
    if not asks_for_registration(account.settings.seed, number):
        raise ApiError(400, 3000, f"This webinar doesn't have registration required: {number}.")
    return number


def _no_webinar(asked: Asked) -> ApiError:
    return ApiError(404, 3001, f"Webinar does not exist: {asked.values['webinarId']}.")


def _all(account: Account) -> Iterator[Meeting]:
    for host in range(account.people.active):
        if has_licence(account, host):
            yield from scheduled(account, host)


def _once(account: Account) -> list[Meeting]:
    return list({webinar.number: webinar for webinar in _all(account)}.values())


def _true_webinars(account: Account, _: date, __: str) -> Iterator[Row]:
    return (
        {"user_id": account.people.user_id(webinar.host), **_row(account, webinar)}
        for webinar in _all(account)
    )


def _of_each(rows: Callable[[Account, Meeting], Iterator[Row]]) -> Callable[..., Iterator[Row]]:
    def true(account: Account, _: date, __: str) -> Iterator[Row]:
        for webinar in _once(account):
            yield from ({"webinar_id": webinar.number, **row} for row in rows(account, webinar))

    return true


def _true_registrants(account: Account, webinar: Meeting) -> Iterator[Row]:
    if asks_for_registration(account.settings.seed, webinar.number):
        for status in STATUSES:
            yield from registrants(account.settings.seed, webinar.number, status)


def _true_sources(account: Account, webinar: Meeting) -> Iterator[Row]:
    if asks_for_registration(account.settings.seed, webinar.number):
        yield from tracking_sources(account, webinar.number)


def _route(template: str, label: str, scope: str, endpoint: Callable[[Account, Asked], Row]) -> Route:
    scopes = (f"webinar:read:{scope}:admin", "webinar:read:admin")
    return Route(template, label, scopes, endpoint, paid="refused", needs="webinar")


ROUTES = (
    _route("/users/{userId}/webinars", MEDIUM, "list_webinars", webinars),
    _route("/webinars/{webinarId}/registrants", MEDIUM, "list_registrants", list_registrants),
    _route("/webinars/{webinarId}/panelists", MEDIUM, "list_panelists", list_panelists),
    _route("/webinars/{webinarId}/tracking_sources", MEDIUM, "list_tracking_sources", list_tracking_sources),
    _route("/past_webinars/{webinarId}/instances", LIGHT, "list_past_instances", list_instances),
)
TABLES: Truth = {
    "webinars": _true_webinars,
    "webinar_instances": _of_each(instances),
    "webinar_registrants": _of_each(_true_registrants),
    "webinar_panelists": _of_each(panelists),
    "webinar_tracking_sources": _of_each(_true_sources),
}
