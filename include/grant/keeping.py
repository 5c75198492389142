"""Keeps a grant alive that nobody uses, and tells how it stands, without handing out a token."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Self

from include.grant.desk import Desk
from include.grant.journal import Grant, State, digest
from include.grant.storage import StoreError
from include.zoom.errors import ConsentRequired, PermanentError, ZoomError

NEEDS_PERSON = (State.CONSENT_REQUIRED, State.MISCONFIGURED)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Health:
    """How a grant stands; nothing in here is secret.

    Args:
        connection_id: Whose grant it is.
        state: As it is now, also where no answer of Zoom's has brought the journal there (never authorised, a
            Connection from the environment).
        reason: Why it is not READY, and what to do.
        alerted: Whether the journal is in this state because of an answer, which alerted when it came.
        rotates: Whether there is a refresh token to keep.
        token_age_days: Since the refresh token was granted; None where nobody knows.
    """

    connection_id: str
    state: State
    reason: str = ""
    alerted: bool = False
    rotates: bool = True
    token_age_days: float | None = None

    @classmethod
    def refused(cls, connection_id: str, error: ZoomError) -> Self:
        """Where asking for the grant failed: whether that passes, or a person has to do something."""
        state = State.BACKING_OFF
        if isinstance(error, PermanentError):
            state = State.CONSENT_REQUIRED if isinstance(error, ConsentRequired) else State.MISCONFIGURED
        return cls(connection_id, state, str(error))

    @property
    def needs_person(self) -> bool:
        """Whether waiting cannot help."""
        return self.state in NEEDS_PERSON


async def keep(desk: Desk, grant: Grant, *, unused_for: timedelta) -> Health:
    """Refreshes a grant whose last rotation or consent is older, or that is not READY; then how it stands.

    Raises:
        StoreError: The metadata database does not tell.
    """
    try:
        kept = await _refreshed(desk, grant) if _is_due(grant, unused_for) else grant
    except StoreError:
        raise
    except ZoomError as error:
        return _refused(await desk.read(grant.connection_id), error)
    return _as_journaled(kept)


def _is_due(grant: Grant, unused_for: timedelta) -> bool:
    age = _age(grant)
    return grant.rotates and (grant.journal.state is not State.READY or age is None or age >= unused_for)


async def _refreshed(desk: Desk, grant: Grant) -> Grant:
    # The stored access token may still live where the hours are few: naming it as refused makes it due.
    token = grant.tokens.access_token if grant.tokens else None
    return await desk.serve(grant, digest(token) if token else None)


def _refused(grant: Grant, error: ZoomError) -> Health:
    health = Health.refused(grant.connection_id, error)
    alerted = health.needs_person and grant.journal.state is health.state
    return replace(health, alerted=alerted, rotates=grant.rotates, token_age_days=_age_days(grant))


def _as_journaled(grant: Grant) -> Health:
    state = grant.journal.state
    alerted = state in NEEDS_PERSON
    return Health(grant.connection_id, state, grant.journal.reason, alerted, grant.rotates, _age_days(grant))


def _age(grant: Grant) -> timedelta | None:
    return None if grant.adopts else grant.token_age


def _age_days(grant: Grant) -> float | None:
    age = _age(grant)
    return None if age is None else round(age / _DAY, 2)
