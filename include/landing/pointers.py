"""Small files that say where something lies: nothing is ever found by listing."""

import logging

import orjson

from include.landing.errors import LandingDamaged
from include.landing.files import made, read_whole, swapped
from include.landing.manifest import parsed
from include.landing.place import Place

_log = logging.getLogger(__name__)


def point(pointer: Place, account: str, address: str) -> None:
    """Has the pointer say where an account's manifest is."""
    made(pointer.parent)
    swapped(pointer, orjson.dumps({"account": account, "address": address}))


def pointed(pointer: Place, account: str) -> str | None:
    """The address that a pointer says; None where there is none, or it is broken or of another account."""
    try:
        told = parsed(read_whole(pointer), pointer.name)
    except FileNotFoundError:
        return None
    except LandingDamaged as error:
        _log.warning("%s It is passed over.", error)
        return None
    address = told.get("address")
    return address if told.get("account") == account and isinstance(address, str) else None
