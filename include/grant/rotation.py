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
from functools import partial
from typing import TypeVar

from include.grant.answers import Answered, after
from include.grant.freshness import Need, access_token, decide
from include.grant.journal import Fingerprints, Grant, Journal, State, Tokens
from include.grant.recovery import Recovery, is_news, mark_of, spent_by
from include.grant.spill import Kept, SpillError
from include.grant.storage import LEASE_SECONDS, Spill, Storage, StoreError
from include.zoom.oauth import Kind, Outcome

log = logging.getLogger(__name__)
_T = TypeVar("_T")

_POST_SECONDS = 60.0
_POLL_SECONDS = 0.25
_COMMIT_SECONDS = 600.0
_LONGEST_COMMIT_PAUSE_SECONDS = 15.0


@dataclass
class Rotation:
    """Refreshes one grant; across all processes at most one post is under way.

    Attributes:
        post: Asks Zoom for tokens, with a refresh token where the grant rotates.
        revoke: Ends the grant behind an access token at Zoom.
        alert: Tells a person of the state that a grant is in; asked once per incident.
        count: Told of every post and what came of it.
    """

    storage: Storage
    spill: Spill
    post: Callable[[Grant, str | None], Awaitable[Outcome]]
    revoke: Callable[[Grant, str], Awaitable[Outcome]]
    alert: Callable[[Grant], Awaitable[None]]
    count: Callable[[Grant, Kind], None] = lambda _grant, _kind: None
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
        """The grant: healed where the Connection shows an older token, and told of where it is lost."""
        seen = await self.storage.read()
        if seen.needs_healing:
            log.warning(
                "The refresh token in Connection %s is %s; the journal's newest is put back.",
                seen.connection_id,
                seen.standing,
            )
            await self.storage.heal(seen)
        lost = seen.journal.state is State.CONSENT_REQUIRED and not seen.journal.orphan
        if (lost or seen.attempt_died) and await self._recovered(seen, await self._kept(seen)):
            seen = await self.storage.read()
        if seen.needs_alert:
            await self._tell(seen)
        return seen

    async def recover(self, kept: Kept) -> bool:
        """Brings an answer that the database does not know where it belongs; whether that changed anything."""
        return await Recovery(self.storage).run(kept)

    async def _kept(self, seen: Grant) -> Kept | None:
        return await self.spill.find(seen.connection_id) if seen.rotates else None

    async def _recovered(self, seen: Grant, kept: Kept | None) -> bool:
        return kept is not None and is_news(seen, kept) and await self.recover(kept)

    async def _lease_and_spend(self, seen: Grant) -> Grant | None:
        kept = await self._kept(seen)
        if await self._recovered(seen, kept):
            return None
        began = self.monotonic()
        held = await self.storage.lease(seen, uuid.uuid4().hex)
        if held is None:
            return None
        if held.rotates and held.tokens is None:  # taken out of the Connection since it was read
            await self.storage.release(held)
            return None
        turn = _Turn(self, held, began, spent_by(held.journal, kept) if kept else held.journal.fingerprints)
        # A holder that died may have posted already: then ours is the one more.
        outcome = await turn.spend(once_more=not seen.attempt_died)
        return await self._settle(turn, outcome) if outcome else None

    async def _settle(self, turn: "_Turn", outcome: Outcome) -> Grant | None:
        held = turn.held
        journal = after(Answered(held, turn.tokens, outcome, self.chance(), turn.refused))
        kept = await self._keep(turn, journal, outcome)
        if not await self._commit(held, journal):
            journal = held.journal
            if kept:
                log.error("The lease on grant %s was gone when Zoom's answer came.", held.connection_id)
                await self._until_stored(partial(Recovery(self.storage).run, kept, just_came=True))
        self.count(held, outcome.kind)
        log.info("Grant %s is %s at generation %d.", held.connection_id, journal.state, journal.generation)
        settled = _as_committed(held, journal)
        if settled.needs_alert:
            await self._tell(settled)
        fresh = journal is not held.journal and outcome.kind is Kind.GRANTED
        return settled if fresh and access_token(settled) else None

    async def _keep(self, turn: "_Turn", journal: Journal, outcome: Outcome) -> Kept | None:
        """The answer on disk before anything else is done with it, where there is something to lose."""
        if outcome.kind is not Kind.GRANTED or not turn.held.rotates or journal.newest is None:
            return None
        kept = Kept(
            connection_id=turn.held.connection_id,
            attempt_id=turn.held.journal.attempt_id or "",
            generation=turn.held.journal.generation,
            posted=mark_of(journal, turn.tokens),
            tokens=journal.newest,
        )
        try:
            await self.spill.keep(kept)
        except SpillError as error:
            log.warning("Zoom's answer is in memory alone until the database has it. %s", error)
        return kept

    async def _commit(self, held: Grant, journal: Journal) -> bool:
        if await self._until_stored(lambda: self.storage.commit(held, journal)):
            return True
        # The commit's reply may have been lost and a repetition refused, or another process has
        # adopted the answer from disk: the attempt's id tells, or that the token is known.
        now = await self._until_stored(self.storage.read)
        ours = (held.journal.attempt_id, journal.generation)
        known = journal.newest is not None and now.journal.fingerprints.knows(journal.newest.refresh_token)
        return (now.journal.attempt_id, now.journal.generation) == ours or known

    async def _tell(self, grant: Grant) -> None:
        try:
            ours = await self.storage.claim_alert(grant)
        except StoreError:  # the next reader claims it
            return
        if ours:
            await self.alert(grant)

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
    began: float
    marks: Fingerprints
    tokens: Tokens | None = None
    refused: tuple[Tokens, ...] = ()

    async def spend(self, *, once_more: bool) -> Outcome | None:
        """Posts the token that counts; once more where the answer was lost, and what else is known where it is dead.

        None where the lease was lost on the way.
        """
        self.tokens, *others = self._candidates()
        outcome: Outcome | None = await self._post()
        if outcome and outcome.kind is Kind.AMBIGUOUS and once_more:
            outcome = await self._post_again(self.tokens)
        for tokens in others:
            if outcome and outcome.kind is Kind.DEAD:
                outcome = await self._post_again(tokens)
        return outcome

    def _candidates(self) -> list[Tokens | None]:
        """What may be posted, in this order: a person's token, then what came last of the newest and the orphan."""
        held, journal = self.held, self.held.journal
        refused = journal.state is State.CONSENT_REQUIRED  # the newest has been
        known = [None if refused else journal.newest, journal.orphan]
        last_first = sorted(filter(None, known), key=lambda tokens: tokens.issued_at, reverse=True)
        distinct: dict[str | None, Tokens] = {}
        for tokens in [held.tokens, *last_first] if held.adopts else last_first:
            if (
                tokens
                and tokens.refresh_token
                and self.marks.of(tokens.refresh_token) not in self.marks.spent
            ):
                distinct.setdefault(tokens.refresh_token, tokens)
        return [*distinct.values()] or [held.tokens]

    async def _post(self) -> Outcome:
        """Posts `tokens`, unless this process was stopped so long that the lease may end before the answer."""
        if self.rotation.monotonic() - self.began > LEASE_SECONDS - _POST_SECONDS:
            return Outcome(Kind.NOT_SENT, "the lease had grown too old to post under it")
        outcome = await self.rotation.post(self.held, self.tokens.refresh_token if self.tokens else None)
        if outcome.kind is Kind.DEAD and self.tokens:
            self.refused = (*self.refused, self.tokens)
        return outcome

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
