"""The page's routes under /zoom. Each brings its own permission: Airflow mounts a plugin's app without any."""

from functools import partial
from typing import Any

from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import JSONResponse, RedirectResponse, Response

from include.console import access, connections, consents
from include.console.access import VisitorDep
from include.console.discretion import ANSWER
from include.console.new_account import InvalidFormError, NewAccount
from include.console.notices import Notice, forget
from include.grant.desk import Desk
from include.zoom.errors import TransientError, ZoomError
from include.zoom.scopes import needed

router = APIRouter()
_PAGE = "plugin/zoom"
_UP_FROM_CALLBACK, _UP_FROM_ACCOUNT = "../", "../../../"  # relative, so that a path prefix is no matter


@router.get("/accounts", dependencies=access.READS)
async def list_accounts(request: Request, user: GetUserDep, who: VisitorDep) -> Response:
    """Every Zoom Connection that this person may see, as the page shows it."""
    try:
        accounts = await connections.in_thread(partial(_accounts, user))
    except ZoomError as error:
        return _failed(error)
    notice = Notice.left(request)
    scopes = needed(connections.pulled())
    page = {
        "token": access.token_for(who.asker),
        "redirect_uri": consents.redirect_uri(),
        "scopes": scopes,
        "optional_scopes": [each for each in needed(connections.unpulled()) if each not in scopes],
        "may_add": access.may_add(user),
        "notice": notice and vars(notice),
        "accounts": accounts,
    }
    answer = JSONResponse(page)
    if notice:
        forget(answer)
    access.remember_browser(request, answer, who)
    return answer


@router.post("/accounts", dependencies=access.ADDS)
async def add_account(request: Request, who: VisitorDep) -> Response:
    """Makes a Connection from the page's form."""
    try:
        account = NewAccount.of(await request.form())
        await connections.in_thread(partial(connections.add, account, who.name))
    except InvalidFormError as error:
        return JSONResponse(
            {"message": str(error), "fields": error.fields}, status.HTTP_422_UNPROCESSABLE_CONTENT
        )
    except ZoomError as error:
        return _failed(error)
    text = f"{account.connection_id} is there."
    return _noticed(Notice("success", "Added", text), status.HTTP_201_CREATED)


@router.post("/accounts/{connection_id}/connect", dependencies=access.EDITS)
async def connect(connection_id: str, request: Request, who: VisitorDep) -> Response:
    """Takes the browser to Zoom's authorise page; a program is told the address."""
    try:
        address = await consents.begin(connection_id, who.asker)
    except ZoomError as error:
        return (
            _failed(error)
            if _wants_json(request)
            else _back(request, _not_connected(error), _UP_FROM_ACCOUNT)
        )
    answer = JSONResponse({"address": address}) if _wants_json(request) else _to(address)
    access.remember_browser(request, answer, who)
    return answer


@router.get("/callback")
async def callback(request: Request, user: GetUserDep, who: VisitorDep) -> Response:
    """Where Zoom sends the browser back to; the notice of what came of it awaits it on the page."""
    notice = await _finished(request.scope[ANSWER], user, who)
    return _back(request, notice, _UP_FROM_CALLBACK)


@router.post("/answer", dependencies=access.MEANT)
async def paste_answer(request: Request, user: GetUserDep, who: VisitorDep) -> Response:
    """The same for the address that a person pastes, where Zoom cannot send the browser back."""
    notice = await _finished(str((await request.form()).get("answer", "")), user, who)
    return _noticed(notice, status.HTTP_409_CONFLICT if notice.kind == "error" else status.HTTP_200_OK)


@router.post("/accounts/{connection_id}/disconnect", dependencies=access.EDITS)
async def disconnect(connection_id: str, request: Request, who: VisitorDep) -> Response:
    """Revokes the grant at Zoom."""
    desk: Desk = request.app.state.desk
    try:
        return _noticed(Notice("success", "Disconnected", await desk.disconnect(connection_id, who.name)))
    except ZoomError as error:
        return _failed(error)


def _accounts(user: BaseUser) -> list[dict[str, Any]]:
    seen = access.permitted(connections.connection_ids(), user, "GET")
    editable = access.permitted(seen, user, "PUT")
    return [connections.look(each).as_json() | {"may_edit": each in editable} for each in sorted(seen)]


async def _finished(answer: str, user: GetUserDep, who: access.Visitor) -> Notice:
    try:
        begun = await consents.take(answer, who.asker)
        this = {begun.fields.connection_id}
        if not await connections.in_thread(partial(access.permitted, this, user, "PUT")):
            raise HTTPException(status.HTTP_403_FORBIDDEN, "Editing this Connection is not permitted.")
        return await consents.finish(begun, answer, who.name)
    except ZoomError as error:
        return _not_connected(error)


def _not_connected(error: ZoomError) -> Notice:
    return Notice("error", "Not connected", str(error))


def _failed(error: ZoomError) -> JSONResponse:
    passing = isinstance(error, TransientError)
    code = status.HTTP_503_SERVICE_UNAVAILABLE if passing else status.HTTP_409_CONFLICT
    return JSONResponse({"message": str(error)}, code)


def _noticed(notice: Notice, code: int = status.HTTP_200_OK) -> JSONResponse:
    return JSONResponse({"notice": vars(notice)}, code)


def _wants_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


def _to(address: str) -> RedirectResponse:
    return RedirectResponse(address, status.HTTP_303_SEE_OTHER)


def _back(request: Request, notice: Notice, up: str) -> RedirectResponse:
    answer = _to(up + _PAGE)
    notice.leave(request, answer)
    return answer
