"""Every endpoint and every table's truth, product by product."""

from include.sandbox import directory, reports, truth
from include.sandbox.routes import Route, Truth

ROUTES: tuple[Route, ...] = (*directory.ROUTES, *reports.ROUTES)
TABLES: Truth = {**truth.TABLES}


def every_scope() -> str:
    """The granular admin scopes of all endpoints, as a token answer lists them."""
    return " ".join(dict.fromkeys(route.scopes[0] for route in ROUTES if route.scopes))
