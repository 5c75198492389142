"""Zoom Phone: the detail of a call, with the path that it took."""

from collections.abc import Iterator
from datetime import date

from include.sandbox.account import Account, Asked
from include.sandbox.answers import ApiError
from include.sandbox.limits import LIGHT
from include.sandbox.paging import Row
from include.sandbox.products.phone import extension_id, extension_number, phone_route
from include.sandbox.products.phone_calls import (
    CALLS,
    call,
    call_count,
    call_uuid,
    callee,
    is_recorded,
    recording_id,
)
from include.sandbox.routes import Truth

_EVENTS = ("incoming", "ring_to_member", "forward")


def _detail(account: Account, asked: Asked) -> Row:
    """`GET /phone/call_history/{uuid}`: the path in two forms."""
    found = _find(account, asked.values["callHistoryUuid"])
    if found is None:
        raise ApiError(404, 300, "Call history does not exist.")
    return _detail_of(account, *found)


def _find(account: Account, uuid: str) -> tuple[date, int] | None:
    try:
        day, number = date.fromisoformat(uuid[:8]), int(uuid[9:17], 16)
    except ValueError:
        return None
    return (
        (day, number)
        if number < call_count(account, day) and call_uuid(account, day, number) == uuid
        else None
    )


def _detail_of(account: Account, day: date, number: int) -> Row:
    _, row = call(account, day, number)
    left_out = {
        "duration",
        "call_result",
        "recording_status",
        "caller_account_code",
        "spam",
        "ai_call_summary",
    }
    of_numbers = ("sbc_", "sip_", "caller_number_", "callee_number_", "caller_device", "callee_device")
    of_places = ("caller_country", "callee_country")
    head = {
        name: value
        for name, value in row.items()
        if name not in left_out and not name.startswith((*of_numbers, *of_places))
    }
    elements = list(_elements(account, day, number))
    return head | {
        "id": row["call_history_uuid"],
        "caller_acconut_code": row.get("caller_account_code", ""),
        "call_elements": elements,
        "call_path": [_as_path(element) for element in elements],
    }


def _elements(account: Account, day: date, number: int) -> Iterator[Row]:
    _, row = call(account, day, number)
    kept = {
        name: value
        for name, value in row.items()
        if not name.startswith(("sbc_", "sip_"))
        and name not in {"call_history_uuid", "international", "duration", "call_result", "recording_status"}
        and name not in {"caller_account_code", "callee_account_code", "spam", "ai_call_summary"}
    }
    for segment in range(1 + number % len(_EVENTS)):
        element = {
            "call_element_id": f"{row['call_history_uuid']}-{segment}",
            "event": _EVENTS[segment],
            "result": row["call_result"],
            "segment": segment,
            "node": 0,
            "is_node": 1,
            "hold_time": 0,
            "waiting_time": 6 * segment,
            "device_public_ip": "192.0.2.7",
            "device_private_ip": "",
        }
        yield kept | element | (_last_of(account, day, number) if segment == number % len(_EVENTS) else {})


def _last_of(account: Account, day: date, number: int) -> Row:
    """What only the end of a path tells."""
    index = callee(account, number)
    recorded = {"recording_id": recording_id(account, day, number), "recording_type": "automatic"}
    return {
        "operator_ext_id": extension_id(account, index),
        "operator_ext_number": str(extension_number(index)),
        "operator_ext_type": "user",
        "operator_name": account.people.display_name(index),
        "press_key": "3",
        "client_code": "1234",
        "result_reason": "answered_by_other",
        "voicemail_id": "",
    } | (recorded if is_recorded(number) else {})


def _as_path(element: Row) -> Row:
    return {"id": element["call_element_id"]} | {
        name: value for name, value in element.items() if name != "call_element_id"
    }


def _true_details(account: Account, day: date, _: str) -> Iterator[Row]:
    return (_detail_of(account, day, number) for number, _ in CALLS.numbered(account, day))


def _true_elements(account: Account, day: date, _: str) -> Iterator[Row]:
    for number, row in CALLS.numbered(account, day):
        for element in _elements(account, day, number):
            yield {"call_history_uuid": row["call_history_uuid"]} | element


ROUTES = (phone_route("call_history/{callHistoryUuid}", LIGHT, "call_log", _detail, business=True),)
TABLES: Truth = {"phone_call_details": _true_details, "phone_call_elements": _true_elements}
