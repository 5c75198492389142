"""Every endpoint and every table's truth, product by product."""

from include.sandbox import directory, reports, truth
from include.sandbox.products import (
    account_reports,
    archive,
    attendance,
    billing,
    chat,
    dashboards,
    hosts,
    logs,
    meeting_lists,
    meetings,
    past_meetings,
    people,
    phone,
    phone_call_paths,
    phone_calls,
    phone_recordings,
    phone_sms,
    recordings,
    rooms,
    webinar_answers,
    webinars,
)
from include.sandbox.routes import Route, Truth

_PRODUCTS = (
    people,
    meetings,
    past_meetings,
    meeting_lists,
    recordings,
    archive,
    attendance,
    webinar_answers,
    webinars,
    hosts,
    logs,
    account_reports,
    billing,
    dashboards,
    rooms,
    chat,
    phone,
    phone_calls,
    phone_call_paths,
    phone_recordings,
    phone_sms,
)

ROUTES: tuple[Route, ...] = (
    *directory.ROUTES,
    *reports.ROUTES,
    *(route for product in _PRODUCTS for route in product.ROUTES),
)
TABLES: Truth = {
    **truth.TABLES,
    **{table: true for product in _PRODUCTS for table, true in product.TABLES.items()},
}


def every_scope() -> str:
    """The granular admin scopes of all endpoints, as a token answer lists them."""
    return " ".join(dict.fromkeys(route.scopes[0] for route in ROUTES if route.scopes))
