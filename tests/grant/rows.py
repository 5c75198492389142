"""Both rows of one grant in memory, and the quotas', each method a transaction, as the stores keep them."""

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from include.grant.answers import consented
from include.grant.journal import Fingerprints, Grant, GrantType, Journal
from include.grant.spill import Kept
from include.grant.storage import LEASE_SECONDS
from include.grant.turnstile import Change, Given
from include.zoom.oauth import App, Outcome

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def first_grant(**changes: object) -> Grant:
    """A grant whose refresh token a person has just put into the Connection."""
    grant = Grant(
        connection_id="zoom_default",
        app=App("client-id", "client-secret"),
        now=START,
        journal=Journal(fingerprints=Fingerprints(key="00" * 16)),
        grant_type=GrantType.AUTHORIZATION_CODE,
        account_id="account",
        refresh_token="refresh-0",
    )
    return dataclasses.replace(grant, **changes)


@dataclass
class Rows:
    """The database; `seconds` is its clock, from START."""

    grant: Grant
    seconds: Callable[[], float]

    def read(self) -> Grant:
        """The rows now."""
        return dataclasses.replace(self.grant, now=START + timedelta(seconds=self.seconds()))

    def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        """Compare and swap."""
        current = self.read()
        if current.journal.generation != seen.journal.generation or current.attempt_alive:
            return None
        self._put(attempt_id=attempt_id, attempt_deadline=self._deadline())
        return self.read()

    def renew(self, held: Grant) -> Grant | None:
        """Only for who holds it."""
        if not self._holds(held):
            return None
        self._put(attempt_deadline=self._deadline())
        return self.read()

    def release(self, held: Grant) -> None:
        """Only by who holds it."""
        if self._holds(held):
            self._put(attempt_deadline=None)

    def commit(self, held: Grant, journal: Journal) -> bool:
        """Journal and tokens at once; a token that a person put in meanwhile stays."""
        if not self._holds(held):
            return False
        by_hand = self.grant.refresh_token != held.refresh_token and self.grant.adopts
        self.grant = dataclasses.replace(self.grant, journal=journal)
        if journal.newest != held.journal.newest and not by_hand:
            self._show(journal)
        return True

    def consent(self, outcome: Outcome) -> None:
        """What a person authorised, whatever refresh is under way."""
        seen = self.read()
        journal = consented(seen, outcome, account_id="account", by="ada")
        self.grant = dataclasses.replace(self.grant, journal=journal)
        self._show(journal)

    def heal(self, seen: Grant) -> None:
        """The journal's newest into the Connection."""
        if self.grant.journal.generation == seen.journal.generation:
            self._show(self.grant.journal)

    def keep_orphan(self, kept: Kept) -> None:
        """Beside the journal's newest."""
        journal = self.grant.journal
        if not journal.fingerprints.knows(kept.tokens.refresh_token):
            self.grant = dataclasses.replace(
                self.grant, journal=journal.with_orphan(kept.tokens, kept.posted)
            )

    def claim_alert(self, seen: Grant) -> bool:
        """For one caller."""
        journal = self.grant.journal
        free = journal.alerted_at is None and journal.state is seen.journal.state
        if free:
            self._put(alerted_at=self.read().now)
        return free

    def _show(self, journal: Journal) -> None:
        newest = journal.newest
        self.grant = dataclasses.replace(
            self.grant,
            refresh_token=newest and newest.refresh_token,
            access_token=newest and newest.access_token,
        )

    def _holds(self, held: Grant) -> bool:
        mine, now = held.journal, self.grant.journal
        same = mine.generation == now.generation and mine.attempt_id == now.attempt_id
        return same and now.attempt_deadline is not None

    def _deadline(self) -> datetime:
        return self.read().now + timedelta(seconds=LEASE_SECONDS)

    def _put(self, **changes: object) -> None:
        journal = dataclasses.replace(self.grant.journal, **changes)
        self.grant = dataclasses.replace(self.grant, journal=journal)


class QuotaRows:
    """The quotas; each change takes a moment, in which others may come."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.now = START
        self.changes = 0
        self.changing = asyncio.Event()
        self.error: Exception | None = None

    async def change(self, account: str, change: Change) -> Given:
        """In one piece."""
        self.changes += 1
        self.changing.set()
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        self.states[account], given = change(self.states.get(account, ""), self.now)
        return given
