"""A consent through the page: from the Connect button over Zoom's authorise page to a grant that is written."""

from functools import partial

from airflow import settings
from airflow.configuration import conf

from include.console.connections import in_thread, pulled
from include.console.notices import Notice
from include.grant.consent import Consented, Request, answered, grant
from include.grant.store.connection_row import refuse_unsafe
from include.grant.store.pending import Asker, Begun, Pending
from include.grant.store.wiring import store
from include.zoom.errors import Misconfigured
from include.zoom.scopes import Missing, missing


def redirect_uri() -> str:
    """The redirect address, from the setting alone: a request's headers may say anything."""
    return str(conf.get("zoom", "redirect_uri", fallback=""))


async def begin(connection_id: str, asker: Asker) -> str:
    """Zoom's address at which the person authorises; what its answer will need is kept for ten minutes.

    Raises:
        Misconfigured, StoreError.
    """
    return await in_thread(partial(_begin, connection_id, asker))


async def take(answer: str, asker: Asker) -> Request:
    """The consent that an answer of Zoom belongs to; it is used up by this.

    Args:
        answer: The query of the callback, or the address at which the browser ended.
        asker: Who brings it, in which browser.

    Raises:
        Misconfigured: It is nobody's, somebody else's, used or too late.
    """
    if not (state := answered(answer.strip()).get("state", [""])[0]):
        raise Misconfigured(
            "There is no state in this answer: paste the whole address that the browser ended at."
        )
    return await in_thread(partial(_resume, state, asker))


async def finish(request: Request, answer: str, by: str) -> Notice:
    """Exchanges the code and writes the grant; says what was granted and what is missing.

    Raises:
        ZoomError: Nothing was written; what was granted before stays.
    """
    consented = await grant(request, answer, by=by)
    lacking = missing(consented.scopes, pulled(consented.scopes), of_a_person=True)
    return _said(consented, lacking)


def _begin(connection_id: str, asker: Asker) -> str:
    refuse_unsafe(connection_id)
    request = Request.new(connection_id)
    begun = Begun(connection_id, request.redirect_uri, request.verifier)
    Pending(settings.get_engine).keep(request.state, asker, begun)
    return request.address


def _resume(state: str, asker: Asker) -> Request:
    begun = Pending(settings.get_engine).take(state, asker)
    return Request(store(begun.connection_id).fields(), begun.redirect_uri, state, begun.verifier)


def _said(consented: Consented, lacking: tuple[Missing, ...]) -> Notice:
    account = f"Zoom account {consented.account_id}" if consented.account_id else "a Zoom account"
    done = f"{consented.connection_id} is connected to {account}."
    if not lacking:
        return Notice("success", "Connected", f"{done} Everything the streams need was granted.")
    scopes = ", ".join(each.scope for each in lacking)
    return Notice(
        "warning",
        "Connected, but scopes are missing",
        f"{done} Add {scopes} to the app in the Zoom App Marketplace, then press Reconnect. Until then what needs them "
        "is left out.",
    )
