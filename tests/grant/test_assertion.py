"""Who may ask the broker."""

import time

import jwt
import pytest

from include.grant import assertion

NOW = int(time.time())


def claims(**changes: object) -> dict[str, object]:
    """What a good assertion says, changed."""
    good = {"aud": "zoom-grant-broker", "iss": "c", "sub": "c", "jti": "1", "iat": NOW, "exp": NOW + 60}
    return good | changes


def signed(key: bytes | None = None, algorithm: str = "HS256", **changes: object) -> str:
    """An assertion made by hand."""
    return jwt.encode(
        claims(**changes), assertion._key("secret") if key is None else key, algorithm=algorithm
    )


def test_the_holder_of_the_secret_is_believed() -> None:
    """What we sign is what we accept, for this Connection and this secret alone."""
    made = assertion.sign("c", "secret", now=NOW)
    assert assertion.is_signed(made, "c", "secret")
    assert not assertion.is_signed(made, "other", "secret")
    assert not assertion.is_signed(made, "c", "other")


@pytest.mark.parametrize(
    "forged",
    [
        signed(exp=NOW - 10, iat=NOW - 70),
        signed(exp=NOW + 3600),
        signed(aud="somebody-else"),
        signed(sub="other"),
        signed(iss="other"),
        signed(iat=NOW + 600, exp=NOW + 660),
        signed(key=b"0" * 32),
        jwt.encode(claims(), None, algorithm="none"),
        jwt.encode({"sub": "c"}, assertion._key("secret"), algorithm="HS256"),
        signed(algorithm="HS512", key=assertion._key("secret") * 2),
        "",
        "a.b.c",
    ],
    ids=range(12),
)
def test_nothing_else_is_believed(forged: str) -> None:
    """Expired, too long, for another audience or Connection, from the future, unsigned, cut: all refused."""
    assert not assertion.is_signed(forged, "c", "secret")


def test_a_request_survives_its_way() -> None:
    """The body says what was signed and which token Zoom refused."""
    assert assertion.parse(assertion.form("a.b+c", "0f")) == ("a.b+c", "0f")
    assert assertion.parse(assertion.form("a.b+c", None)) == ("a.b+c", None)
    assert assertion.parse(b"client_assertion=x") == ("", None)
    assert assertion.parse(b"\xff\xfe") == ("", None)
