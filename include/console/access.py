"""Who may do what: Airflow's user and permissions, and proof that a browser's request is meant.

Airflow's session cookie may come along with a POST that another site made the browser send, so a browser has to
show two things more: that the request is from Airflow's own page, and a token that only this page could read.
A program with a bearer token has no such ambient authority and needs neither.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager, get_cookie_path
from airflow.api_fastapi.auth.managers.base_auth_manager import ResourceMethod
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import ConnectionDetails
from airflow.api_fastapi.core_api.security import GetUserDep, requires_access_connection
from airflow.configuration import conf
from airflow.models.connection import Connection
from airflow.models.crypto import get_fernet
from cryptography.fernet import InvalidToken
from fastapi import Depends, HTTPException, Request, Response, status

from include.grant.store.pending import Asker

BROWSER_COOKIE = "zoom_browser"
_TOKEN_SECONDS = 12 * 3600
_FORBIDDEN = status.HTTP_403_FORBIDDEN


@dataclass(frozen=True)
class Visitor:
    """Airflow's user, in one browser."""

    asker: Asker
    name: str
    fresh: bool
    """Whether the browser has our cookie yet."""


async def visitor(request: Request, user: GetUserDep) -> Visitor:
    """Who asks; 401 where nobody has signed in."""
    browser = request.cookies.get(BROWSER_COOKIE, "")
    asker = Asker(str(user.get_id()), browser or secrets.token_urlsafe(32))
    return Visitor(asker, user.get_name(), fresh=not browser)


VisitorDep = Annotated[Visitor, Depends(visitor)]


async def reader(user: GetUserDep) -> None:
    """Refuses who may not read Connections."""
    if not get_auth_manager().is_authorized_connection(method="GET", user=user):
        raise HTTPException(_FORBIDDEN, "Reading Connections is not permitted.")


async def meant(request: Request, who: VisitorDep) -> None:
    """Refuses a request that another site made the browser send."""
    if _from_a_program(request):
        return
    form = await request.form()
    if not _same_origin(request):
        raise HTTPException(_FORBIDDEN, "This request comes from another site.")
    if who.fresh or not _is_token(str(form.get("token", "")), who.asker):
        raise HTTPException(_FORBIDDEN, "This page is out of date: load it again.")


READS = [Depends(reader)]
ADDS = [Depends(requires_access_connection("POST")), Depends(meant)]
EDITS = [Depends(requires_access_connection("PUT")), Depends(meant)]
MEANT = [Depends(meant)]


def permitted(connection_ids: set[str], user: BaseUser, method: ResourceMethod) -> set[str]:
    """Those of these Connections with which `user` may do this (GET: see, PUT: edit); asks the database.

    One by one: FAB's own `get_authorized_connections` gives all of them, whatever the method.
    """
    several = conf.getboolean("core", "multi_team")
    teams = Connection.get_conn_id_to_team_name_mapping(sorted(connection_ids)) if several else {}
    manager = get_auth_manager()
    return {
        each
        for each in connection_ids
        if manager.is_authorized_connection(
            method=method, details=ConnectionDetails(conn_id=each, team_name=teams.get(each)), user=user
        )
    }


def may_add(user: BaseUser) -> bool:
    """Whether `user` may make Connections."""
    return get_auth_manager().is_authorized_connection(method="POST", user=user)


def token_for(asker: Asker) -> str:
    """What the page sends along with each action; for this person in this browser, for twelve hours."""
    return get_fernet().encrypt(_meaning(asker)).decode()


def remember_browser(request: Request, response: Response, who: Visitor) -> None:
    """Gives a new browser its cookie; Lax, because the way back from Zoom is cross-site."""
    if who.fresh:
        set_cookie(request, response, BROWSER_COOKIE, who.asker.browser)


def set_cookie(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None
) -> None:
    """A cookie for our routes alone that no script reads."""
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=cookie_path(),
        httponly=True,
        samesite="lax",
        secure=_is_https(request),
    )


def cookie_path() -> str:
    """Where our routes are, also under a path prefix."""
    return f"{get_cookie_path().rstrip('/')}/zoom"


def _is_https(request: Request) -> bool:
    return "https" in (request.url.scheme, urlsplit(conf.get("api", "base_url", fallback="")).scheme)


def _from_a_program(request: Request) -> bool:
    """A bearer token, and none of the headers that a browser adds to each POST."""
    bearer = request.headers.get("authorization", "").lower().startswith("bearer ")
    return bearer and not {"origin", "sec-fetch-site"} & set(request.headers)


def _same_origin(request: Request) -> bool:
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site == "same-origin"
    base = urlsplit(conf.get("api", "base_url", fallback=""))
    own = {f"{base.scheme}://{base.netloc}", f"{request.url.scheme}://{request.headers.get('host')}"}
    return request.headers.get("origin") in own


def _is_token(token: str, asker: Asker) -> bool:
    fernet = get_fernet()
    if not fernet.is_encrypted:  # then anybody could make one
        return False
    try:
        return secrets.compare_digest(fernet.decrypt(token.encode(), ttl=_TOKEN_SECONDS), _meaning(asker))
    except InvalidToken:
        return False


def _meaning(asker: Asker) -> bytes:
    return hashlib.sha256(f"zoom page\0{asker.user_id}\0{asker.browser}".encode()).hexdigest().encode()
