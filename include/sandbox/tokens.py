"""Access and refresh tokens: what lives, what is spent, and what a new one does to the older ones."""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from include.sandbox.clock import Clock
from include.sandbox.handed_out import HandedOut
from include.sandbox.settings import Settings

REFRESH_TOKEN_DAYS = 90
_NOTE = "This is no real token: the simulated Zoom of a test made it, and no server but that one takes it. "


@dataclass(repr=False)
class Chain:
    """All that came from one consent; `spent` maps used refresh tokens to when they were used."""

    alive: bool = True
    newest: str = ""
    renewed_at: float = 0
    account: str = ""
    scopes: str = ""
    spent: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, repr=False)
class Access:
    """A live access token: whose it is and until when (seconds since 1970)."""

    chain: Chain | None
    expires_at: float


class Tokens:
    """The authorisation server's memory; it knows nothing of HTTP."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._granted: dict[str, Chain] = {}
        self._chains: dict[str, Chain] = {}
        self._access: dict[str, Access] = {}
        self.handed_out = HandedOut()
        self.handed_out.add("refresh", settings.refresh_token)
        if settings.refresh_token:
            self._grant_with(settings.refresh_token, settings.account, settings.scopes)

    def consent(self, account: str = "", scopes: str = "") -> dict[str, object]:
        """A new grant; the chain of the account's older consent ends (https://developers.zoom.us, error 4741)."""
        account, scopes = account or self._settings.account, scopes or self._settings.scopes
        return self._answer(self._grant_with(self.token("refresh"), account, scopes))

    def refresh(self, token: str) -> dict[str, object] | None:
        """What a refresh token gives; None where it gives nothing."""
        chain = self._chains.get(token)
        if chain is None or not self._usable(chain, token):
            return None
        if self._settings.rotation != "none":
            self._rotate(chain, token)
        return self._answer(chain)

    def for_account(self) -> dict[str, object]:
        """A server-to-server token: there is no refresh token, older ones go on living."""
        return self._answer(None)

    def revoke(self, access_token: str) -> None:
        """Ends this access token, with the grant that it came from."""
        access = self._access.pop(access_token, None)
        if access is not None and access.chain is not None:
            self._end(access.chain)

    def end_grant(self) -> None:
        """Ends the grant that lives now, as when the owner removes the app."""
        self._end(self._granted.get(self._settings.account))

    def verdict(self, access_token: str) -> str:
        """`live`, `expired` or `unknown`; the API answers 401 to the latter two."""
        access = self._access.get(access_token)
        if access is None or (access.chain is not None and not access.chain.alive):
            return "unknown"
        return "live" if access.expires_at > self._clock.seconds() else "expired"

    def of_a_person(self, access_token: str) -> bool:
        """Whether a person's consent stands behind this token, so that `/users/me` is somebody."""
        return self._access[access_token].chain is not None

    def account(self, access_token: str) -> str:
        """Whose data this token is for."""
        chain = self._access[access_token].chain
        return chain.account if chain else self._settings.account

    def scopes(self, access_token: str) -> set[str]:
        """What this token may ask."""
        chain = self._access[access_token].chain
        return set((chain.scopes if chain else self._settings.scopes).split())

    def token(self, kind: str) -> str:
        """A new token that looks like Zoom's (a JWT of about 700 characters) and says that it is none."""
        now = int(self._clock.seconds())
        claims = {
            "ver": 10,
            "auid": secrets.token_hex(16),
            "code": secrets.token_urlsafe(24),
            "iss": f"zm:cid:{self._settings.client_id}",
            "gno": 0,
            "type": kind,
            "tid": 0,
            "aud": "https://oauth.zoom.us",
            "uid": "sandbox",
            "nbf": now,
            "exp": now + self._settings.token_seconds,
            "iat": now,
            "aid": self._settings.account,
            "note": _NOTE,
        }
        head = {"sv": "000002", "alg": "HS512", "v": "2.0", "kid": "00000000-sandbox"}
        made = f"{_encoded(head)}.{_encoded(claims)}.{secrets.token_urlsafe(64)}"
        self.handed_out.add(kind, made)
        return made

    def _grant_with(self, refresh_token: str, account: str, scopes: str) -> Chain:
        self._end(self._granted.get(account))
        chain = Chain(newest=refresh_token, renewed_at=self._clock.seconds(), account=account, scopes=scopes)
        self._granted[account] = chain
        self._chains = {token: kept for token, kept in self._chains.items() if kept.alive} | {
            refresh_token: chain
        }
        return chain

    def _usable(self, chain: Chain, token: str) -> bool:
        now = self._clock.seconds()
        if not chain.alive or now - chain.renewed_at > REFRESH_TOKEN_DAYS * 86_400:
            return False
        if token not in chain.spent:
            return True
        if self._settings.rotation == "family":
            self._end(chain)
        return self._settings.rotation == "grace" and now - chain.spent[token] < self._settings.grace_seconds

    def _rotate(self, chain: Chain, token: str) -> None:
        chain.spent.setdefault(token, self._clock.seconds())
        chain.newest = self.token("refresh")
        chain.renewed_at = self._clock.seconds()
        self._chains[chain.newest] = chain

    def _answer(self, chain: Chain | None) -> dict[str, object]:
        access_token = self._new_access_token(chain)
        # Zoom usually says 3599 for an hour.
        answer: dict[str, object] = {"access_token": access_token, "token_type": "bearer"}
        if chain is not None:
            answer["refresh_token"] = chain.newest
        answer["expires_in"] = self._settings.token_seconds - 1
        scopes = chain.scopes if chain else self._settings.scopes
        return answer | {"scope": scopes, "api_url": "https://api.zoom.us"}

    def _new_access_token(self, chain: Chain | None) -> str:
        now = self._clock.seconds()
        dies = self._settings.old_access_token == "dies"  # noqa: S105 (not a password)
        self._access = {
            token: access
            for token, access in self._access.items()
            # A day longer than it lives, so that it is called expired and not unknown.
            if access.expires_at > now - 86_400 and not (dies and chain is not None and access.chain is chain)
        }
        token = self.token("access")
        self._access[token] = Access(chain, now + self._settings.token_seconds)
        return token

    def _end(self, chain: Chain | None) -> None:
        if chain is not None:
            chain.alive = False


def _encoded(part: Mapping[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
