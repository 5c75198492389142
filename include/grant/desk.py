"""Hands out access tokens in one process: however many callers, one task per grant refreshes."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from functools import partial

from include.grant.disconnect import Disconnection
from include.grant.freshness import Need, PauseError, access_token, decide
from include.grant.journal import Grant
from include.grant.rotation import Rotation
from include.grant.spill import Kept
from include.zoom.errors import TransientError, ZoomError

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 25.0


class Desk:
    """The refreshes under way in this process and event loop; callers wait on a shield of them."""

    def __init__(
        self,
        rotation: Callable[[str], Rotation],
        *,
        served: Callable[[Grant, float], None] = lambda _grant, _waited_seconds: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rotation = rotation
        self._served = served
        self._monotonic = monotonic
        self._running: dict[str, asyncio.Task[Grant]] = {}
        self._ending: set[asyncio.Task[str]] = set()

    async def read(self, connection_id: str) -> Grant:
        """The grant as it stands; raises what a store's read raises."""
        return await self._rotation(connection_id).read()

    async def serve(self, grant: Grant, rejected: str | None = None) -> Grant:
        """The grant with an access token other than the rejected one (given by its digest).

        Raises:
            PauseError: Nothing within 25 seconds, or a pause is due: ask again later.
            ConsentRequired, Misconfigured, StoreError.
        """
        began = self._monotonic()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                served = await self._serve(grant, rejected)
        except TimeoutError as error:
            message = f"Zoom has not answered yet for Connection {grant.connection_id}; ask again."
            raise PauseError(message, retry_after_seconds=1.0) from error
        self._served(served, self._monotonic() - began)
        return served

    async def disconnect(self, connection_id: str, by: str) -> str:
        """Ends a grant at Zoom and here; what was done, as a sentence. Goes on where the caller goes away.

        Raises what `Disconnection.run` raises.
        """
        wish = Disconnection(self._rotation(connection_id), by)
        task = asyncio.create_task(wish.run())
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)
        return await asyncio.shield(task)

    async def recover(self, left: Iterable[Kept]) -> None:
        """Brings answers found in the spill folder where they belong; what fails stays for the next start."""
        for kept in left:
            try:
                await self._rotation(kept.connection_id).recover(kept)
            except ZoomError as error:
                log.warning(
                    "An answer kept on disk for Connection %s stays there: %s", kept.connection_id, error
                )

    async def finish(self) -> None:
        """Waits for every post under way: an answer of Zoom must not be lost to a shutdown."""
        await asyncio.gather(*self._running.values(), *self._ending, return_exceptions=True)

    async def _serve(self, grant: Grant, rejected: str | None) -> Grant:
        need = decide(grant, rejected)
        under_way = grant.connection_id in self._running
        if need is Need.USE or (need is Need.EARLY and under_way):
            return grant
        if need is Need.EARLY:
            return await self._try_early(grant, rejected)
        while True:
            renewed = await self._refresh(grant.connection_id, rejected)
            if access_token(renewed, rejected):
                return renewed

    async def _try_early(self, grant: Grant, rejected: str | None) -> Grant:
        """A refresh before it is needed; what goes wrong with it is no harm yet."""
        try:
            return await self._refresh(grant.connection_id, rejected)
        except TransientError:
            return grant

    async def _refresh(self, connection_id: str, rejected: str | None) -> Grant:
        task = self._running.get(connection_id)
        if task is None:
            task = asyncio.create_task(self._rotation(connection_id).refresh(rejected))
            self._running[connection_id] = task
            task.add_done_callback(partial(self._forget, connection_id))
        return await asyncio.shield(task)

    def _forget(self, connection_id: str, task: asyncio.Task[Grant]) -> None:
        del self._running[connection_id]
        if not task.cancelled():
            task.exception()  # marks it as seen: every caller may have gone
