"""Ends a grant on a person's wish: revoked at Zoom under the lease, then forgotten here."""

import uuid
from dataclasses import dataclass

from include.grant.answers import disconnected
from include.grant.freshness import access_token
from include.grant.journal import Grant
from include.grant.rotation import Rotation
from include.zoom.errors import ConsentRequired, Misconfigured, TransientError
from include.zoom.oauth import Kind

_PAUSE_SECONDS = 0.25


@dataclass
class Disconnection:
    """One wish, and whose it is."""

    rotation: Rotation
    by: str

    async def run(self) -> str:
        """What was done, as a sentence.

        Raises:
            Misconfigured: A server-to-server app has no grant, or the app's settings are refused.
            TransientError: Zoom or the database could not be asked; nothing has changed.
        """
        seen = await self.rotation.read()
        if not seen.rotates:
            raise Misconfigured(
                f"Connection {seen.connection_id} is server-to-server: deactivate the app in the Zoom App "
                "Marketplace, or delete the Connection."
            )
        try:
            await self.rotation.refresh()  # Zoom revokes by an access token that lives
        except ConsentRequired:
            return await self._forget("Zoom did not know the grant any more.")
        return await self._forget("It was revoked at Zoom.", revoking=True)

    async def _forget(self, done: str, *, revoking: bool = False) -> str:
        held = await self._leased()
        token = access_token(held) if revoking else None
        if token is not None:
            await self._revoke(held, token)
        if not await self.rotation.storage.commit(held, disconnected(held), by=self.by):
            raise TransientError(f"Connection {held.connection_id} was changed meanwhile; try again.")
        await self.rotation.spill.drop(held.connection_id)
        return f"Connection {held.connection_id} is disconnected. {done}"

    async def _revoke(self, held: Grant, token: str) -> None:
        outcome = await self.rotation.revoke(held, token)
        if outcome.kind not in (Kind.GRANTED, Kind.DEAD):
            await self.rotation.storage.release(held)
            raise TransientError(
                f"The grant of Connection {held.connection_id} was not revoked ({outcome.reason}) and stays as it is: "
                "try again, or remove the app in the Zoom App Marketplace."
            )

    async def _leased(self) -> Grant:
        while True:
            seen = await self.rotation.read()
            held = await self.rotation.storage.lease(seen, uuid.uuid4().hex)
            if held is not None:
                return held
            await self.rotation.sleep(_PAUSE_SECONDS)
