"""Everything random, as a pure function of the seed, and ids that tell what they stand for.

No record is stored: each is drawn anew, equal every time, from the seed and its own coordinates. An id holds
those coordinates, sealed, so that a request for one record finds it without a search.
"""

import base64
from hashlib import blake2b
from random import Random

_MASK_56 = (1 << 56) - 1
_MASK_48 = (1 << 48) - 1


def draw(*coordinates: object) -> Random:
    """Random numbers that depend on these coordinates only."""
    return Random(_digest(*coordinates))  # noqa: S311 (simulated data, not a secret)


def url_safe_id(seed: int, kind: str, number: int) -> str:
    """A 22-character id as users and groups have it; `number` is below 2⁴⁸."""
    return base64.urlsafe_b64encode(_sealed(seed, kind, number)).decode().rstrip("=")


def number_of_id(seed: int, kind: str, text: str) -> int | None:
    """The number behind such an id; None where it is none of ours."""
    number = _opened(seed, kind, text, altchars=b"-_")
    return number if number is not None and url_safe_id(seed, kind, number) == text else None


def meeting_uuid(seed: int, number: int) -> str:
    """A meeting's uuid: base64 with `/`, `+` and `=`, some with the two forms that need double encoding."""
    text = base64.b64encode(_sealed(seed, "uuid", number)).decode()
    return _style(number) + text[len(_style(number)) :]


def number_of_uuid(seed: int, text: str) -> int | None:
    """The number behind a uuid; None where it is none of ours."""
    number = _opened(seed, "uuid", text)
    return number if number is not None and meeting_uuid(seed, number) == text else None


def _style(number: int) -> str:
    # The first four characters carry nothing, so they may show what Zoom's uuids show now and then.
    for divisor, start in ((7, "/"), (11, "//"), (13, "A+//"), (17, "a/+b")):
        if number % divisor == divisor - 1:
            return start
    return ""


def _sealed(seed: int, kind: str, number: int) -> bytes:
    """16 bytes: 3 for show, 6 with the number, 7 that are both its seal and its key."""
    seal = _digest(seed, kind, number) & _MASK_56
    hidden = number ^ (_digest(seed, kind, "key", seal) & _MASK_48)
    show = _digest(seed, kind, "show", number) & 0xFFFFFF
    return show.to_bytes(3) + hidden.to_bytes(6) + seal.to_bytes(7)


def _opened(seed: int, kind: str, text: str, altchars: bytes | None = None) -> int | None:
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars, validate=True)
    except ValueError:
        return None
    seal = int.from_bytes(raw[9:16])
    return int.from_bytes(raw[3:9]) ^ (_digest(seed, kind, "key", seal) & _MASK_48)


def _digest(*coordinates: object) -> int:
    text = "\x1f".join(map(str, coordinates))
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
