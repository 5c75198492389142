"""Bills by department."""

from collections.abc import Iterator
from datetime import date, timedelta

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.chance import number_of_id, url_safe_id
from include.sandbox.limits import HEAVY
from include.sandbox.paging import Row
from include.sandbox.routes import Route, Truth

_PERIODS = 4
_CURRENCY = {"currency": "USD"}
_CHARGES = ("Audio Conferencing Options", "Zoom Workplace", "Zoom Workplace", "Größe L, 追加")


def _reports(account: Account, _: Asked) -> Row:
    """`GET /report/billing`: everything at once; the currency stands beside the list."""
    return _CURRENCY | {"billing_reports": [_period(account, number) for number in range(_PERIODS)]}


def _period(account: Account, number: int) -> Row:
    first = (account.now().date().replace(day=1) - timedelta(days=31 * number)).replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return {
        "id": url_safe_id(account.settings.seed, "billing", number),
        "type": number % 2,
        "start_date": first.isoformat(),
        "end_date": last.isoformat(),
        "total_amount": f"{1000 + number}.10",
        "tax_amount": "0" if number else "",
    }


def _invoices(account: Account, asked: Asked) -> Row:
    """`GET /report/billing/invoices`: the last period has none."""
    number = number_of_id(account.settings.seed, "billing", asked.parameters.get("billing_id", ""))
    if number is None or number >= _PERIODS:
        raise ApiError(400, 300, 'Invalid parameter "billing_id"')
    if number == _PERIODS - 1:
        raise ApiError(404, 5010, "Report does not exist.")
    return _CURRENCY | {"invoices": list(_charges(account, number))}


def _charges(account: Account, number: int) -> Iterator[Row]:
    period = _period(account, number)
    for place, charge in enumerate(_CHARGES):
        yield {
            "invoice_number": f"{number:03}",
            "invoice_charge_name": charge,
            "start_date": period["start_date"],
            "end_date": period["end_date"],
            "quantity": 5 * place,
            "total_amount": f"{250 + place}.05",
            "tax_amount": "34",
        }


def _true_reports(account: Account, _: date, __: str) -> Iterator[Row]:
    return (_period(account, number) | _CURRENCY for number in range(_PERIODS))


def _true_invoices(account: Account, _: date, __: str) -> Iterator[Row]:
    for number in range(_PERIODS - 1):
        for row in _charges(account, number):
            yield {"billing_id": _period(account, number)["id"]} | row | _CURRENCY


ROUTES = (
    Route(
        "/report/billing",
        HEAVY,
        ("report:read:billing:admin", "report:read:admin"),
        _reports,
        paid="refused",
        needs="department-billing",
    ),
    Route(
        "/report/billing/invoices",
        HEAVY,
        ("report:read:billing_invoice:admin", "report:read:admin"),
        _invoices,
        paid="refused",
        needs="department-billing",
    ),
)
TABLES: Truth = {"billing_reports": _true_reports, "billing_invoices": _true_invoices}
