"""What a rotation needs of the metadata database and of the spill folder; their real ones are Store and SpillFolder."""

from typing import Protocol

from include.grant.journal import Grant, Journal
from include.grant.spill import Kept
from include.zoom.errors import TransientError

LEASE_SECONDS = 75.0


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

    async def commit(self, held: Grant, journal: Journal, by: str | None = None) -> bool:
        """Writes journal and tokens where the lease is still ours, and ends the lease; `by` is whose wish it was."""

    async def release(self, held: Grant) -> None:
        """Ends a lease under which nothing was posted."""

    async def heal(self, seen: Grant) -> None:
        """Puts the journal's newest tokens back into the Connection where `seen` still holds."""

    async def keep_orphan(self, kept: Kept) -> None:
        """Keeps an answer that came when its lease was gone, and spends what was posted for it."""

    async def claim_alert(self, seen: Grant) -> bool:
        """Whether it is ours to tell somebody of the state that `seen` is in; true for one caller per incident."""


class Spill(Protocol):
    """The folder where the newest answer of each grant lies as well; see SpillFolder."""

    async def keep(self, kept: Kept) -> None:
        """Raises SpillError where it can't."""

    async def find(self, connection_id: str) -> Kept | None:
        """The newest answer that lies there."""

    async def drop(self, connection_id: str) -> None:
        """A person has ended the grant."""
