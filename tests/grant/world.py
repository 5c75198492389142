"""A simulated world for the rotation: a virtual clock, a store in memory, a strict token endpoint."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from include.grant.desk import Desk
from include.grant.journal import Grant, Journal
from include.grant.rotation import Rotation
from include.grant.spill import Kept, SpillError
from include.grant.storage import StoreError
from include.zoom.oauth import Kind, Outcome, TokenSet
from tests.grant.rows import Rows, first_grant

_T = TypeVar("_T")


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next timer instead of waiting for it."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0
        self._wait = self._selector.select
        self._selector.select = self._jump

    def time(self) -> float:
        """Virtual seconds."""
        return self._virtual

    def _jump(self, timeout: float | None) -> list[Any]:
        events = self._wait(0)
        if not events and timeout:
            self._virtual += timeout
        return events


@dataclass
class Zoom:
    """A strict token endpoint: a refresh token works once. `script` overrides the next answers."""

    newest: str = "refresh-0"
    life: int | None = 3600
    latency: float = 0.1
    script: list[str | Outcome] = field(default_factory=list)
    posted: list[str | None] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)  # tokens whose rotation the client was told of
    revoked: list[str] = field(default_factory=list)
    refused: int = 0
    at_once: int = 0
    most_at_once: int = 0
    posted_after_answer: int = 0

    async def post(self, grant: Grant, refresh_token: str | None) -> Outcome:
        """Rotates, as Zoom does, in the middle of the request."""
        self.posted.append(refresh_token)
        self.posted_after_answer += refresh_token in self.answered
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(self.latency / 2)
            outcome = self._answer(grant, refresh_token)
            await asyncio.sleep(self.latency / 2)
        finally:
            self.at_once -= 1
        if outcome.kind is Kind.GRANTED and refresh_token:
            self.answered.add(refresh_token)
        return outcome

    async def revoke(self, grant: Grant, access_token: str) -> Outcome:
        """Ends every token."""
        await asyncio.sleep(self.latency)
        self.revoked.append(access_token)
        self.newest = "nobody's"
        return self.script.pop(0) if self.script else Outcome(Kind.GRANTED)

    def _answer(self, grant: Grant, refresh_token: str | None) -> Outcome:
        fault = self.script.pop(0) if self.script else "answer"
        if isinstance(fault, Outcome):
            return fault
        if grant.rotates and refresh_token != self.newest:
            self.refused += 1
            return Outcome(Kind.DEAD, "the token endpoint answered 400")
        granted = self._grant(grant)
        return granted if fault == "answer" else Outcome(Kind.AMBIGUOUS, "the answer was lost")

    def _grant(self, grant: Grant) -> Outcome:
        number = len(self.posted)
        renewed = f"refresh-{number}" if grant.rotates else None
        self.newest = renewed or self.newest
        return Outcome(Kind.GRANTED, tokens=TokenSet(f"access-{number}", renewed, self.life, "user:read"))


@dataclass
class Database:
    """Both rows behind a database that takes a moment; `fail` makes the next writes fail."""

    rows: Rows = field(default_factory=lambda: Rows(first_grant(), _virtual_seconds))
    fail: int = 0
    lose_reply: int = 0

    @property
    def grant(self) -> Grant:
        """The rows, as a person may change them."""
        return self.rows.grant

    @grant.setter
    def grant(self, grant: Grant) -> None:
        self.rows.grant = grant

    async def read(self) -> Grant:
        """The rows now."""
        await asyncio.sleep(0.001)
        return self.rows.read()

    async def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        """Compare and swap."""
        await self._write()
        return self.rows.lease(seen, attempt_id)

    async def renew(self, held: Grant) -> Grant | None:
        """Only for who holds it."""
        await self._write()
        return self.rows.renew(held)

    async def release(self, held: Grant) -> None:
        """Only by who holds it."""
        await self._write()
        self.rows.release(held)

    async def claim_alert(self, seen: Grant) -> bool:
        """For one caller."""
        await self._write()
        return self.rows.claim_alert(seen)

    async def commit(self, held: Grant, journal: Journal, by: str | None = None) -> bool:
        """Journal and tokens at once."""
        await self._write()
        done = self.rows.commit(held, journal)
        if done and self.lose_reply:
            self.lose_reply -= 1
            message = "the reply was lost"
            raise StoreError(message)
        return done

    async def heal(self, seen: Grant) -> None:
        """The journal's newest into the Connection."""
        await self._write()
        self.rows.heal(seen)

    async def keep_orphan(self, kept: Kept) -> None:
        """Beside the journal's newest."""
        await self._write()
        self.rows.keep_orphan(kept)

    async def _write(self) -> None:
        await asyncio.sleep(0.001)
        if self.fail:
            self.fail -= 1
            message = "the database is read-only"
            raise StoreError(message)


def _virtual_seconds() -> float:
    return asyncio.get_running_loop().time()


@dataclass
class Disk:
    """A host's spill folder in memory; `full` makes it take nothing."""

    files: dict[str, Kept] = field(default_factory=dict)
    full: bool = False

    async def keep(self, kept: Kept) -> None:
        """Sealed and synced."""
        await asyncio.sleep(0.001)
        if self.full:
            message = "the disk is full"
            raise SpillError(message)
        self.files[kept.connection_id] = kept

    async def find(self, connection_id: str) -> Kept | None:
        """The newest answer here."""
        return self.files.get(connection_id)

    async def drop(self, connection_id: str) -> None:
        """Removed."""
        self.files.pop(connection_id, None)


@dataclass
class World:
    """One grant, one Zoom, any number of processes."""

    zoom: Zoom = field(default_factory=Zoom)
    database: Database = field(default_factory=Database)
    disk: Disk = field(default_factory=Disk)
    alerts: list[str] = field(default_factory=list)

    def process(self, monotonic: Callable[[], float] | None = None, disk: Disk | None = None) -> Rotation:
        """A process of its own, as far as the rotation can tell; on the one host, or on one with its own disk."""
        return Rotation(
            self.database,
            disk or self.disk,
            self.zoom.post,
            self.zoom.revoke,
            self._alert,
            monotonic=monotonic or (lambda: asyncio.get_running_loop().time()),
            chance=lambda: 0.0,
        )

    def desk(self) -> Desk:
        """One process with many callers."""
        rotation = self.process()
        return Desk(lambda _: rotation)

    def run(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Runs `work` in virtual time."""
        with asyncio.Runner(loop_factory=VirtualLoop) as runner:
            return runner.run(work)

    async def _alert(self, grant: Grant) -> None:
        self.alerts.append(grant.journal.reason)
