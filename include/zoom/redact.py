"""Removes secrets from Zoom's answers before anything is written, by name, at any depth, and in any URL.

`start_url` carries host rights for two hours, `join_url` a passcode; a field that nobody has declared must
not carry one into the warehouse either. Only answers that contain such a name are serialised anew.
"""

import json
import re
from functools import lru_cache
from typing import Any

import orjson

from include.zoom.pages import parse_json

_NAMES = frozenset(
    {
        "access_token",
        "activation_code",
        "authorization",
        "client_secret",
        "default_password_for_scheduled_meetings",
        "download_access_token",
        "download_token",
        "host_key",
        "join_url",
        "participant_pin_code",
        "passcode",
        "password",
        "personal_meeting_url",
        "pwd",
        "refresh_token",
        "secret",
        "secret_token",
        "start_url",
        "tk",
        "zak",
    }
)
_ENDINGS = ("_password", "_passcode", "_pwd", "_secret")
_IN_QUERY = "[a-z_]{0,40}(?:passcode|password|secret|token)|pwd|tk|zak"

# A query may stand, percent-encoded, in the query of another address.
_QUERY_SECRET = re.compile(rf"(?i)(?P<before>[?&#;]|%3F|%26|%23)(?:{_IN_QUERY})(?:=|%3D)[^&#;\s\"'<>]*")
_QUERY_SECRET_IN_BODY = re.compile(_QUERY_SECRET.pattern.encode())
_BEFORE_IT = (b"?", b"&", b"#", b";", b"%")
_ESCAPED_ASCII = re.compile(rb"(?i)\\u00[2-7]")  # could be any of the pattern's characters
_NESTED = (dict, list)


def without_secrets(body: bytes) -> bytes:
    """A JSON answer in one line, without its secrets.

    Raises:
        ValueError: it is no JSON.
    """
    return cleaned(body, parse_json(body))[0]


def cleaned(body: bytes, payload: object) -> tuple[bytes, object]:
    """The same of an answer that is parsed already: the line, and what it says."""
    if not _has_secrets(body, payload):
        return _in_one_line(body), payload
    clean = _clean(payload)
    return written(clean), clean


def is_secret(name: str) -> bool:
    """Whether a field of this name is never kept."""
    lowered = name.lower()
    return lowered in _NAMES or lowered.endswith(_ENDINGS)


_is_secret_name = lru_cache(maxsize=4_096)(is_secret)  # pages name the same few


def _has_secrets(body: bytes, payload: object) -> bool:
    names = set[str]()
    _gather_names(payload, names)
    return (
        any(map(_is_secret_name, names))
        or _has_query_secret(body)
        or (b"\\u00" in body and bool(_ESCAPED_ASCII.search(body)))
    )


def _has_query_secret(body: bytes) -> bool:
    """As a search for the pattern, which begins with one of a few signs, but many times faster."""
    for sign in _BEFORE_IT:
        at = body.find(sign)
        while at >= 0:
            if _QUERY_SECRET_IN_BODY.match(body, at):
                return True
            at = body.find(sign, at + 1)
    return False


def _gather_names(value: Any, names: set[str]) -> None:  # noqa: ANN401 (any JSON)
    if isinstance(value, dict):
        names.update(value)
        value = value.values()
    elif not isinstance(value, list):
        return
    for inner in value:
        if type(inner) in _NESTED:
            _gather_names(inner, names)


def _in_one_line(body: bytes) -> bytes:
    # A raw line end in JSON is white space: inside a string it would be escaped.
    return body.replace(b"\r", b" ").replace(b"\n", b" ")


def _clean(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items() if not _is_secret_name(name)}
    if isinstance(value, list):
        return [_clean(inner) for inner in value]
    if isinstance(value, str):
        return _without_query_secrets(value)
    return value


def _without_query_secrets(text: str) -> str:
    if not _QUERY_SECRET.search(text):
        return text
    return _QUERY_SECRET.sub(lambda found: f"{found['before']}redacted", text)


def written(value: object) -> bytes:
    """JSON in one line, every integer and character as it was."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # A lone surrogate, or an integer beyond 64 bits.
        return json.dumps(value, allow_nan=False).encode()
