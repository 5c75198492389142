"""How a worker proves to the broker that it may read a Connection: RFC 7523, `client_secret_jwt`, HS256.

Who can sign holds the client secret, and who reads the Connection holds it, so workers need no further
account. The HMAC key is derived from the secret: HS256 asks for 256 bits (RFC 7518, 3.2), and a Zoom client
secret is shorter.

No `jti` is remembered: who could repeat an assertion within its minute has read a request to the broker, and
so could have read the access token in its answer; a memory shared by all API servers would buy nothing.
"""

import hashlib
import hmac
import uuid
from collections.abc import Mapping
from urllib.parse import parse_qs, urlencode

import jwt

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AUDIENCE = "zoom-grant-broker"
_LIFE_SECONDS = 60
_LEEWAY_SECONDS = 5
_CLAIMS = ["aud", "sub", "iss", "iat", "exp", "jti"]


def sign(connection_id: str, client_secret: str, *, now: float) -> str:
    """An assertion for one Connection, good for a minute from `now` (seconds since 1970)."""
    times = {"iat": int(now), "exp": int(now) + _LIFE_SECONDS}
    claims = {"aud": _AUDIENCE, "iss": connection_id, "sub": connection_id, "jti": uuid.uuid4().hex}
    return jwt.encode(claims | times, _key(client_secret), algorithm="HS256")


def is_signed(assertion: str, connection_id: str, client_secret: str) -> bool:
    """Whether somebody who holds this Connection's secret made `assertion` for it within the last minute."""
    try:
        claims = jwt.decode(
            assertion,
            _key(client_secret),
            algorithms=["HS256"],
            audience=_AUDIENCE,
            leeway=_LEEWAY_SECONDS,
            options={"require": _CLAIMS, "strict_aud": True},
        )
    except jwt.InvalidTokenError:
        return False
    named = claims["sub"] == connection_id == claims["iss"]
    return bool(named and _lives_a_minute(claims["iat"], claims["exp"]))


def form(assertion: str, fields: Mapping[str, str] | None = None) -> bytes:
    """The body of a request to the broker: the assertion and what is asked."""
    signed = {"client_assertion_type": TYPE, "client_assertion": assertion}
    return urlencode(signed | dict(fields or {})).encode()


def parse(body: bytes) -> tuple[str, Mapping[str, str]]:
    """The assertion ("" where there is none) and what is asked, of a repeated field the first."""
    fields = parse_qs(body.decode(errors="replace"))
    given = fields.pop("client_assertion_type", []) == [TYPE]
    assertions = fields.pop("client_assertion", [])
    signed = assertions[0] if given and len(assertions) == 1 else ""
    return signed, {name: values[0] for name, values in fields.items()}


def _lives_a_minute(iat: object, exp: object) -> bool:
    # Text and fractions are times to the library; we sign whole seconds alone.
    return type(iat) is int and type(exp) is int and 0 < exp - iat <= _LIFE_SECONDS


def _key(client_secret: str) -> bytes:
    return hmac.digest(client_secret.encode(), b"zoom grant broker", hashlib.sha256)
