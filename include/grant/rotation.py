"""The state machine that spends a refresh token and never loses its successor.

No Airflow and no I/O of its own: storage, post, clock, sleep and alert are given.
"""

import asyncio
import logging
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from include.grant.answers import Answered, after
from include.grant.freshness import Need, access_token, decide
from include.grant.journal import Grant, Journal, State, Tokens
from include.zoom.errors import TransientError
from include.zoom.oauth import Kind, Outcome

log = logging.getLogger(__name__)
_T = TypeVar("_T")

LEASE_SECONDS = 75.0
_POST_SECONDS = 60.0
_POLL_SECONDS = 0.25
_COMMIT_SECONDS = 600.0
_LONGEST_COMMIT_PAUSE_SECONDS = 15.0


class StoreError(TransientError):
    """The metadata database did not give or take the grant."""


class Storage(Protocol):
    """One grant's Connection and journal. Each method is one transaction and may raise StoreError."""

    async def read(self) -> Grant:
        """Both rows and the database's time."""

    async def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        """Claims the next post where `seen` still holds and no attempt lives; a read made after it, or None."""

    async def renew(self, held: Grant) -> Grant | None:
        """Extends a lease that is still ours; a read made after it, or None."""

    async def commit(self, held: Grant, journal: Journal) -> bool:
        """Writes journal and tokens where the lease is still ours, and ends the lease."""

    async def heal(self, seen: Grant) -> None:
        """Puts the journal's newest tokens back into the Connection where `seen` still holds."""

    async def keep_orphan(self, tokens: Tokens) -> None:
        """Keeps an answer that came when its lease was gone."""


@dataclass
class Rotation:
    """Refreshes one grant; across all processes at most one post is under way."""

    storage: Storage
    post: Callable[[Grant, str | None], Awaitable[Outcome]]
    alert: Callable[[Grant, str], Awaitable[None]]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random

    async def refresh(self, rejected: str | None = None) -> Grant:
        """The grant with an access token that is not `rejected`: ours, or whoever's comes first.

        Raises what `decide` raises, and StoreError.
        """
        while True:
            seen = await self.read()
            if decide(seen, rejected) is Need.USE:
                return seen
            granted = None if seen.attempt_alive else await self._lease_and_spend(seen)
            if granted is not None:
                return granted
            await self.sleep(_POLL_SECONDS)

    async def read(self) -> Grant:
        """The grant, healed where the Connection shows a token that is spent or gone."""
        seen = await self.storage.read()
        if seen.needs_healing:
            log.warning(
                "The refresh token in Connection %s is %s; the journal's newest is put back.",
                seen.connection_id,
                seen.standing,
            )
            await self.storage.heal(seen)
        return seen

    async def _lease_and_spend(self, seen: Grant) -> Grant | None:
        began = self.monotonic()
        held = await self.storage.lease(seen, uuid.uuid4().hex)
        if held is None:
            return None
        turn = _Turn(self, held, held.tokens, began)
        # A holder that died may have posted already: then ours is the one more.
        outcome = await turn.spend(once_more=not seen.attempt_died)
        return await self._settle(turn, outcome) if outcome else None

    async def _settle(self, turn: "_Turn", outcome: Outcome) -> Grant | None:
        held = turn.held
        journal = after(Answered(held, turn.tokens, outcome, self.chance()))
        if not await self._commit(held, journal):
            await self._keep(held, journal, outcome)
            return None
        log.info("Grant %s is %s at generation %d.", held.connection_id, journal.state, journal.generation)
        if journal.state is State.CONSENT_REQUIRED and held.journal.state is not State.CONSENT_REQUIRED:
            await self.alert(held, journal.reason)
        settled = _as_committed(held, journal)
        return settled if outcome.kind is Kind.GRANTED and access_token(settled) else None

    async def _commit(self, held: Grant, journal: Journal) -> bool:
        if await self._until_stored(lambda: self.storage.commit(held, journal)):
            return True
        # The commit's reply may have been lost and a repetition refused: the attempt's id tells.
        now = await self._until_stored(self.storage.read)
        return (
            now.journal.attempt_id == held.journal.attempt_id and now.journal.generation == journal.generation
        )

    async def _keep(self, held: Grant, journal: Journal, outcome: Outcome) -> None:
        newest = journal.newest
        if outcome.kind is not Kind.GRANTED or newest is None:
            return
        log.error("The lease on grant %s was gone when Zoom's answer came: kept aside.", held.connection_id)
        await self._until_stored(lambda: self.storage.keep_orphan(newest))

    async def _until_stored(self, write: Callable[[], Awaitable[_T]]) -> _T:
        """An answer that has come must be stored: the token that was posted for it is spent."""
        pause, began = 1.0, self.monotonic()
        while True:
            try:
                return await write()
            except StoreError:
                if self.monotonic() - began > _COMMIT_SECONDS:
                    raise
                log.exception("The metadata database did not take Zoom's answer; trying again.")
            await self.sleep(pause)
            pause = min(2 * pause, _LONGEST_COMMIT_PAUSE_SECONDS)


@dataclass
class _Turn:
    """One lease and the posts under it."""

    rotation: Rotation
    held: Grant
    tokens: Tokens | None
    began: float

    async def spend(self, *, once_more: bool) -> Outcome | None:
        """Posts the newest token; once more where the answer was lost, and the orphan where it is dead.

        None where the lease was lost on the way.
        """
        orphan = self.held.journal.orphan
        if orphan and self.held.journal.state is State.CONSENT_REQUIRED and not self.held.adopts:
            self.tokens = orphan
        outcome: Outcome | None = await self._post()
        if outcome and outcome.kind is Kind.AMBIGUOUS and once_more:
            outcome = await self._post_again(self.tokens)
        if outcome and outcome.kind is Kind.DEAD and orphan and self.tokens is not orphan:
            outcome = await self._post_again(orphan)
        return outcome

    async def _post(self) -> Outcome:
        """Posts `tokens`, unless this process was stopped so long that the lease may end before the answer."""
        if self.rotation.monotonic() - self.began > LEASE_SECONDS - _POST_SECONDS:
            return Outcome(Kind.NOT_SENT, "the lease had grown too old to post under it")
        return await self.rotation.post(self.held, self.tokens.refresh_token if self.tokens else None)

    async def _post_again(self, tokens: Tokens | None) -> Outcome | None:
        """Posts `tokens` under the renewed lease; None where it is not ours any more."""
        self.began, self.tokens = self.rotation.monotonic(), tokens
        renewed = await self.rotation.storage.renew(self.held)
        if renewed is None:
            return None
        self.held = replace(self.held, now=renewed.now)
        return await self._post()


def _as_committed(held: Grant, journal: Journal) -> Grant:
    newest = journal.newest
    return replace(held, journal=journal, refresh_token=newest.refresh_token if newest else None)
