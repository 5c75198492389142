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
# What an answer with a secret has somewhere in it, in lower case, by a part that several share. A search for each
# is many times faster than one pattern, and most answers have none of the parts. An escaped ASCII character could
# spell a name: such an answer is looked through as well.
_SUSPECT = (
    (b"_url", (b"start_url", b"join_url", b"personal_meeting_url")),
    (b"_code", (b"activation_code", b"pin_code")),
    (b"pass", (b"passcode", b"password")),
    (b"tk", (b'"tk"', b"tk=", b"tk%3d")),
    (b"\\u00", (b"\\u002", b"\\u003", b"\\u004", b"\\u005", b"\\u006", b"\\u007")),
    *((word, (word,)) for word in (b"host_key", b"authorization", b"pwd", b"secret", b"token", b"zak")),
)
# One of these precedes each secret in a query, as it is or percent-encoded; what is escaped has a backslash.
_BEFORE_A_SECRET = (b"?", b"&", b"#", b";", b"%", b"\\")
_NESTED = (dict, list)


def without_secrets(body: bytes) -> bytes:
    """A JSON answer in one line, without its secrets.

    Raises:
        ValueError: it is no JSON.
    """
    return cleaned(body, parse_json(body))[0] if _is_suspect(body) else _in_one_line(body)


def cleaned(body: bytes, payload: object) -> tuple[bytes, object]:
    """The same of an answer that is parsed already: the line, and what it says."""
    if not _may_have_secrets(body, payload):
        return _in_one_line(body), payload
    clean = _clean(payload)
    return written(clean), clean


def is_secret(name: str) -> bool:
    """Whether a field of this name is never kept."""
    lowered = name.lower()
    return lowered in _NAMES or lowered.endswith(_ENDINGS)


_is_secret_name = lru_cache(maxsize=4_096)(is_secret)  # pages name the same few


def _may_have_secrets(body: bytes, payload: object) -> bool:
    # Where no text can hold a query, only a name can tell of a secret: to look at those takes a fifth of the time.
    if any(sign in body for sign in _BEFORE_A_SECRET):
        return _is_suspect(body)
    names = set[str]()
    _gather_names(payload, names)
    return any(map(_is_secret_name, names))


def _gather_names(value: Any, names: set[str]) -> None:  # noqa: ANN401 (any JSON)
    if isinstance(value, dict):
        names.update(value)
        value = value.values()
    for inner in value:
        if type(inner) in _NESTED:
            _gather_names(inner, names)


def _is_suspect(body: bytes) -> bool:
    lowered = body.lower().replace(b"next_page_token", b"")
    return any(part in lowered and any(sign in lowered for sign in signs) for part, signs in _SUSPECT)


def _in_one_line(body: bytes) -> bytes:
    # A raw line end in JSON is white space: inside a string it would be escaped.
    return body.replace(b"\r", b" ").replace(b"\n", b" ")


def _clean(value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(value, dict):
        return {name: _clean(inner) for name, inner in value.items() if not is_secret(name)}
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
