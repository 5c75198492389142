"""Secrets leave an answer before it is written."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.zoom.catalog import STREAMS
from include.zoom.redact import cleaned, is_secret, without_secrets
from tests.specs import anonymous, endpoint, needs_specs

Json = Any
SECRET = re.compile(r"(?i)pass ?(?:word|code)|\bpin\b|_pin|token|secret|\bzak\b|host.?key|start_url|join_url")
CANARY = "canary-secret-4711"
SECRET_NAMES = st.sampled_from(
    [
        "start_url",
        "join_url",
        "password",
        "Passcode",
        "h323_password",
        "recording_play_passcode",
        "host_key",
        "default_password_for_scheduled_meetings",
        "pmi_password",
        "participant_pin_code",
        "zak",
    ]
)
URLS = st.sampled_from(
    [
        f"https://zoom.us/rec/play/x?pwd={CANARY}",
        f"https://zoom.us/j/1?a=b&tk={CANARY}&c=d",
        f"https://zoom.us/s/1?zak={CANARY}#x",
        f"https://zoom.us/rec/download/x?access_token={CANARY}",
        f"https://zoom.us/rec/share/x?recording_play_passcode={CANARY}",
        f"Join: https://zoom.us/j/1?pwd={CANARY} or call",
        f"https://x.example/?next=https%3A%2F%2Fzoom.us%2Fj%3Fpwd%3D{CANARY}",
    ]
)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_nan=False, allow_infinity=False)
)
NAMES = st.text().filter(lambda name: not is_secret(name))


def documents() -> st.SearchStrategy[Any]:
    """Any JSON, with secrets planted by name and in addresses."""
    leaves = PLAIN | URLS
    return st.recursive(
        leaves,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(NAMES, inner, max_size=4)
            | st.builds(lambda name, more: {name: CANARY, "more": more}, SECRET_NAMES, inner)
        ),
        max_leaves=12,
    )


@given(documents(), st.booleans())
def test_no_secret_survives_at_any_depth(document: Json, ascii_only: bool) -> None:
    """By name and in any address, however deep and however the JSON is escaped."""
    body = json.dumps({"list": document}, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    line, payload = cleaned(body, json.loads(body))
    assert CANARY.encode() not in without_secrets(body)
    assert CANARY.encode() not in line
    assert CANARY not in str(payload)


@given(
    st.dictionaries(
        NAMES, st.recursive(PLAIN, lambda i: st.lists(i) | st.dictionaries(NAMES, i), max_leaves=8)
    )
)
def test_what_is_no_secret_stays_as_it_was(document: dict[str, Any]) -> None:
    """Also integers beyond 64 bits and half surrogate pairs."""
    assert json.loads(without_secrets(json.dumps(document).encode())) == document


def test_an_answer_without_secrets_is_not_touched() -> None:
    """Not even its spelling of numbers; only raw line ends become spaces."""
    body = b'{"users":[{"n":1.10,"big":123456789012345678901234567890,\r\n"e":1e2}],"next_page_token":"a"}'
    assert without_secrets(body) == body.replace(b"\r\n", b"  ")


def test_a_cleaned_answer_keeps_integers_beyond_64_bits() -> None:
    """Removing a secret next to it does not round it."""
    body = b'{"id":123456789012345678901234567890,"password":"x"}'
    assert without_secrets(body) == b'{"id": 123456789012345678901234567890}'


def test_a_secret_in_an_escaped_name_or_address_is_found() -> None:
    r"""JSON may spell any letter as `\u0061`, and many writers spell `&` and `=` so."""
    body = rb'{"\u0073tart_url":"canary","u":"https://z/?a=1\u0026pwd\u003dcanary\u0026b=2"}'
    assert json.loads(without_secrets(body)) == {"u": "https://z/?a=1&redacted&b=2"}


@pytest.mark.parametrize("name", ["tk", "Password", "wifi_pwd"])
def test_a_name_alone_tells_of_a_secret(name: str) -> None:
    """Where nothing in an answer could be a query, and however deep it is."""
    body = json.dumps({"list": [{"a": {"b": [{name: CANARY, "c": 1}]}}]}).encode()
    assert cleaned(body, json.loads(body))[1] == {"list": [{"a": {"b": [{"c": 1}]}}]}


@pytest.mark.parametrize("before", ["?", "&", "#", ";", "%3F", "%3f", "%26", "%23"])
def test_a_secret_in_a_query_is_found_whatever_precedes_it(before: str) -> None:
    """Where no name tells of it."""
    body = json.dumps({"note": f"https://z/a{before}pwd=canary"}).encode()
    assert cleaned(body, json.loads(body))[1] == {"note": f"https://z/a{before}redacted"}


@pytest.mark.parametrize("payload", [None, 7, "text", True, [1, [2]]])
def test_an_answer_without_names_is_no_error(payload: object) -> None:
    """Whoever wants an object says so elsewhere."""
    body = json.dumps(payload).encode()
    assert cleaned(body, payload) == (body, payload)


def test_letters_of_an_id_make_no_query() -> None:
    """The answer stays as it is, beside a text that has a sign of a query."""
    body = b'{"id":"rxPwdZak==tokEn","topic":"R & D?","n":1.10}'
    assert without_secrets(body) == body


@pytest.mark.parametrize("name", ["topic", "id", "next_page_token", "passwordless_login", "has_pwd_policy"])
def test_names_that_only_look_like_secrets_stay(name: str) -> None:
    """Only whole names and their endings count."""
    assert not is_secret(name)


@needs_specs
def test_every_field_that_zoom_describes_as_a_secret_is_removed() -> None:
    """Texts of the lists that are pulled whose name or description speaks of a passcode, a PIN, a token or a key."""
    paths = {anonymous(each.path) for stream in STREAMS.values() for each in stream.lists}
    found = [each for path in paths if (each := endpoint(path)) is not None]
    spoken = {name for each in found for name in spoken_of(each.schema)}
    assert {name for name in spoken if not is_secret(name)} == NO_SECRETS
    assert "join_url" in spoken


# Where something is downloaded with a token of one's own, whether a passcode is wanted, where the next page is.
NO_SECRETS = {
    "download_url",
    "transcript_download_url",
    "require_password_for_pmi_meetings",
    "next_page_token",
}


def spoken_of(schema: Json) -> Iterator[str]:
    """Names of texts anywhere in a schema that may be secrets."""
    for inner in (schema.get("items"), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if inner:
            yield from spoken_of(inner)
    for name, field in schema.get("properties", {}).items():
        if field.get("type") == "string" and SECRET.search(f"{name} {field.get('description', '')}"):
            yield name
        yield from spoken_of(field)
