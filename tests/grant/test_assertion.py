"""Who may ask the broker."""

import time
from collections.abc import Callable

import jwt
import pytest

from include.grant import assertion


def claims(**changes: object) -> dict[str, object]:
    """What a good assertion says at this moment, changed; `iat` and `exp` are seconds from now."""
    good = {"aud": "zoom-grant-broker", "iss": "c", "sub": "c", "jti": "1", "iat": 0, "exp": 60} | changes
    now = int(time.time())
    return good | {name: now + good[name] for name in ("iat", "exp")}


def signed(key: bytes | None = None, algorithm: str = "HS256", **changes: object) -> str:
    """An assertion made by hand."""
    return jwt.encode(
        claims(**changes), assertion._key("secret") if key is None else key, algorithm=algorithm
    )


def test_the_holder_of_the_secret_is_believed() -> None:
    """What we sign is what we accept, for this Connection and this secret alone."""
    made = assertion.sign("c", "secret", now=time.time())
    assert assertion.is_signed(made, "c", "secret")
    assert not assertion.is_signed(made, "other", "secret")
    assert not assertion.is_signed(made, "c", "other")


@pytest.mark.parametrize(
    "forged",
    [
        lambda: signed(iat=-70, exp=-10),
        lambda: signed(exp=3600),
        lambda: signed(aud="somebody-else"),
        lambda: signed(sub="other"),
        lambda: signed(iss="other"),
        lambda: signed(iat=600, exp=660),
        lambda: signed(key=b"0" * 32),
        lambda: jwt.encode(claims(), None, algorithm="none"),
        lambda: jwt.encode({"sub": "c"}, assertion._key("secret"), algorithm="HS256"),
        lambda: signed(algorithm="HS512", key=assertion._key("secret") * 2),
        lambda: "",
        lambda: "a.b.c",
    ],
    ids=range(12),
)
def test_nothing_else_is_believed(forged: Callable[[], str]) -> None:
    """Expired, too long, for another audience or Connection, from the future, unsigned, cut: all refused."""
    assert assertion.is_signed(signed(), "c", "secret")
    assert not assertion.is_signed(forged(), "c", "secret")


def test_a_request_survives_its_way() -> None:
    """The body says what was signed and which token Zoom refused."""
    assert assertion.parse(assertion.form("a.b+c", {"rejected": "0f"})) == ("a.b+c", {"rejected": "0f"})
    assert assertion.parse(assertion.form("a.b+c")) == ("a.b+c", {})
    assert assertion.parse(b"client_assertion=x") == ("", {})
    assert assertion.parse(b"\xff\xfe") == ("", {})
