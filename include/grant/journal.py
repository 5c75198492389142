"""What is known of a grant: its Connection, its journal row, and how the two stand to each other."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from include.zoom.oauth import App

UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)  # of a token that a person brought: it counts as due
_SPENT_KEPT = 200  # about a week of rotations: longer than a form stays open


class State(StrEnum):
    """Where a grant is; only CONSENT_REQUIRED and MISCONFIGURED need a person."""

    READY = "READY"
    BACKING_OFF = "BACKING_OFF"
    MISCONFIGURED = "MISCONFIGURED"
    CONSENT_REQUIRED = "CONSENT_REQUIRED"


class Standing(StrEnum):
    """What the refresh token in the Connection is to the journal."""

    NEWEST = "newest"
    SPENT = "spent"  # a form saved late, a restored row: never posted, healed
    ABSENT = "absent"  # a PATCH that replaced `extra`: healed
    UNKNOWN = "unknown"  # a person put it there: adopted
    NONE = "none"  # there is none, nor ever was


class GrantType(StrEnum):
    """How an access token is had."""

    AUTHORIZATION_CODE = "authorization_code"
    ACCOUNT_CREDENTIALS = "account_credentials"


@dataclass(frozen=True)
class Tokens:
    """A token set with its times, as the journal seals it."""

    access_token: str | None = field(repr=False)
    refresh_token: str | None = field(repr=False)
    issued_at: datetime
    expires_at: datetime
    scopes: str = ""


@dataclass(frozen=True)
class Fingerprints:
    """Keyed hashes of secrets, to recognise them without keeping them.

    The key is the row's own and stands beside them: tokens have too much entropy to be guessed, and a key
    derived from the Fernet key would make every token unknown when that rotates.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(16))
    newest: str | None = None
    spent: tuple[str, ...] = ()
    client: str | None = None  # of the app that got the newest token
    settings: str | None = None  # of the app's settings at the last answer

    def of(self, *secret: str | None) -> str:
        """The fingerprint of one secret, or of several that belong together."""
        text = "\0".join(part or "" for part in secret)
        return hmac.new(bytes.fromhex(self.key), text.encode(), hashlib.sha256).hexdigest()

    def knows(self, token: str | None) -> bool:
        """Whether this is the newest token or a spent one."""
        mark = self.of(token)
        return token is not None and (mark == self.newest or mark in self.spent)

    def spend(self, token: str | None) -> "Fingerprints":
        """These, knowing that `token` must never be posted again."""
        return self if token is None else self.spend_mark(self.of(token))

    def spend_mark(self, mark: str) -> "Fingerprints":
        """The same for a token of which only the fingerprint is left."""
        spent = (*(known for known in self.spent if known != mark), mark)
        return replace(self, spent=spent[-_SPENT_KEPT:])


@dataclass(frozen=True)
class Journal:
    """The row of `zoom_grant`, unsealed."""

    generation: int = 0
    state: State = State.READY
    reason: str = ""
    attempt_id: str | None = None
    attempt_deadline: datetime | None = None
    failures: int = 0
    next_attempt_at: datetime | None = None
    newest: Tokens | None = None
    previous: Tokens | None = None
    orphan: Tokens | None = None
    fingerprints: Fingerprints = field(default_factory=Fingerprints)
    account_id: str | None = None
    rotated_at: datetime | None = None
    consented_at: datetime | None = None
    consented_by: str | None = None
    alerted_at: datetime | None = None

    def with_orphan(self, orphan: Tokens, posted: str) -> "Journal":
        """This one, with an answer aside that came when its lease was gone.

        What was posted for it, given by its fingerprint, is spent: a form that still shows it is not to be adopted.
        A server that does not rotate left it valid.
        """
        marks = self.fingerprints
        valid = posted in (marks.newest, marks.of(orphan.refresh_token))
        return replace(self, orphan=orphan, fingerprints=marks if valid else marks.spend_mark(posted))


@dataclass(frozen=True)
class Grant:
    """Connection and journal as of one read; `now` is the database's time of that read."""

    connection_id: str
    app: App
    now: datetime
    journal: Journal
    grant_type: GrantType = GrantType.AUTHORIZATION_CODE
    account_id: str | None = None
    refresh_token: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    plan: str = "free"

    @property
    def rotates(self) -> bool:
        """Whether there is a refresh token to lose."""
        return self.grant_type is GrantType.AUTHORIZATION_CODE

    @property
    def standing(self) -> Standing:
        """What the Connection's refresh token is to the journal."""
        marks = self.journal.fingerprints
        if self.refresh_token is None:
            healable = self.journal.newest and marks.client == marks.of(self.app.client_id)
            return Standing.ABSENT if healable else Standing.NONE
        mark = marks.of(self.refresh_token)
        if mark == marks.newest:
            return Standing.NEWEST
        return Standing.SPENT if mark in marks.spent else Standing.UNKNOWN

    @property
    def tokens(self) -> Tokens | None:
        """The token set that counts: the journal's, unless a person put another into the Connection."""
        if not self.rotates or self.standing in (Standing.NEWEST, Standing.SPENT, Standing.ABSENT):
            return self.journal.newest or self._connection_tokens()
        return self._connection_tokens()

    @property
    def needs_healing(self) -> bool:
        """Whether the Connection shows an older token than the journal keeps."""
        return (
            self.rotates
            and self.journal.newest is not None
            and self.standing in (Standing.SPENT, Standing.ABSENT)
        )

    @property
    def adopts(self) -> bool:
        """Whether a person put a refresh token into the Connection that the journal does not know."""
        return self.rotates and self.standing is Standing.UNKNOWN

    @property
    def token_age(self) -> timedelta | None:
        """How long ago the newest refresh token was granted, None where nobody knows; Zoom lets one live 90 days."""
        newest = self.journal.newest
        known = newest and newest.refresh_token and newest.issued_at > UNKNOWN_TIME
        return self.now - newest.issued_at if self.rotates and newest and known else None

    @property
    def needs_alert(self) -> bool:
        """Whether a person must act and nobody was told."""
        person = self.journal.state in (State.CONSENT_REQUIRED, State.MISCONFIGURED)
        return person and self.journal.alerted_at is None and not self.adopts

    @property
    def attempt_alive(self) -> bool:
        """Whether a refresh is under way somewhere."""
        deadline = self.journal.attempt_deadline
        return deadline is not None and self.now < deadline

    @property
    def attempt_died(self) -> bool:
        """Whether who refreshed last never said what came of it."""
        return self.journal.attempt_deadline is not None and not self.attempt_alive

    @property
    def settings_mark(self) -> str:
        """Changes when a person corrects the app's settings."""
        app = self.app
        return self.journal.fingerprints.of(
            app.client_id, app.client_secret, app.oauth_url, self.grant_type, self.account_id
        )

    def _connection_tokens(self) -> Tokens | None:
        # A spent one without its successor counts as none.
        if self.refresh_token is None or self.standing is Standing.SPENT:
            return None
        return Tokens(None, self.refresh_token, UNKNOWN_TIME, UNKNOWN_TIME)


def digest(access_token: str) -> str:
    """Names an access token without being one; a caller says with it which token Zoom refused."""
    return hashlib.sha256(access_token.encode()).hexdigest()


def where_to_authorise(connection_id: str) -> str:
    """The two ways to a consent, for the end of a sentence."""
    return (
        f"(on the page Zoom in Airflow, or by python -m include.grant connect --connection {connection_id})"
    )
