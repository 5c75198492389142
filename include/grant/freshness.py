"""Whether the stored access token serves a caller, or a refresh is due. All times are the database's."""

from datetime import timedelta
from enum import Enum, auto

from include.grant.journal import Grant, State, Tokens, digest, where_to_authorise
from include.zoom.errors import ConsentRequired, Misconfigured, TransientError, ZoomError

# Due early (one caller refreshes, the others use what they have) and due now (everybody waits): a time before
# the end, or a part of the token's life where that is less.
_EARLY = (timedelta(minutes=15), 4)
_NOW = (timedelta(minutes=5), 12)


class PauseError(TransientError):
    """No token at the moment; ask again after `retry_after_seconds`."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Need(Enum):
    """What a caller's wish comes to."""

    USE = auto()
    EARLY = auto()  # usable, but somebody should refresh
    REFRESH = auto()


def decide(grant: Grant, rejected: str | None = None) -> Need:
    """Whether the stored access token serves; `rejected` is the digest of one that Zoom refused.

    Raises:
        ConsentRequired: A person must authorise.
        Misconfigured: The app's settings were refused and have not changed since.
        PauseError: A pause is due and nothing usable is there.
    """
    _refuse_lost(grant)
    left = _left(grant) if access_token(grant, rejected) else timedelta(0)
    if left > _before_end(grant, _EARLY):
        return Need.USE
    if _paused(grant):
        return _use_what_is_left(grant, left)
    if left <= _before_end(grant, _NOW):
        return Need.REFRESH
    return Need.USE if grant.attempt_alive else Need.EARLY


def access_token(grant: Grant, rejected: str | None = None) -> str | None:
    """The stored access token, unless there is none or it is the one that Zoom refused."""
    token = grant.tokens.access_token if grant.tokens else None
    return None if token is None or digest(token) == rejected else token


def seconds_left(grant: Grant) -> float:
    """How long the access token still lives."""
    return _left(grant).total_seconds()


def granted_scopes(grant: Grant) -> str:
    """What Zoom said with the tokens that count, separated by blanks; empty where it has not said anything."""
    return grant.tokens.scopes if grant.tokens else ""


def ask_again_seconds(grant: Grant) -> float:
    """When who got the token should come again: when a refresh is due early, or now if it is due early already."""
    left, early = _left(grant), _before_end(grant, _EARLY)
    return max(1.0, (left - (early if left > early else _before_end(grant, _NOW))).total_seconds())


def _refuse_lost(grant: Grant) -> None:
    if not grant.rotates:
        return
    if grant.tokens is None:
        raise ConsentRequired(
            f"Connection {grant.connection_id} has no usable refresh token: authorise the Zoom app once "
            f"{where_to_authorise(grant.connection_id)}."
        )
    lost = grant.journal.state is State.CONSENT_REQUIRED and not grant.adopts
    if lost and not grant.journal.orphan:
        raise ConsentRequired(grant.journal.reason)


def _paused(grant: Grant) -> bool:
    journal = grant.journal
    if journal.next_attempt_at is None or grant.now >= journal.next_attempt_at:
        return False
    corrected = grant.settings_mark != journal.fingerprints.settings
    return not (corrected or grant.adopts)


def _use_what_is_left(grant: Grant, left: timedelta) -> Need:
    if left > timedelta(0):
        return Need.USE
    raise _pause(grant)


def _pause(grant: Grant) -> ZoomError:
    journal = grant.journal
    if journal.state is State.MISCONFIGURED:
        return Misconfigured(journal.reason)
    wait = (journal.next_attempt_at or grant.now) - grant.now
    return PauseError(journal.reason, retry_after_seconds=max(1.0, wait.total_seconds()))


def _left(grant: Grant) -> timedelta:
    tokens = grant.tokens
    return tokens.expires_at - grant.now if tokens else timedelta(0)


def _before_end(grant: Grant, rule: tuple[timedelta, int]) -> timedelta:
    tokens: Tokens | None = grant.tokens
    return min(rule[0], (tokens.expires_at - tokens.issued_at) / rule[1]) if tokens else timedelta(0)
