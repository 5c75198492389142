"""Asks the API server's broker for an access token, a turn, or how a grant stands: a task has no database."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from include.grant import assertion
from include.grant.freshness import PauseError
from include.grant.holder import AccessToken
from include.grant.journal import State
from include.grant.keeping import Health
from include.grant.turn_messages import Wish, given
from include.zoom.errors import ConsentRequired, Misconfigured, PermanentError, TransientError
from include.zoom.oauth import retry_after_seconds
from include.zoom.turns import Closed, Turn

_TIMEOUT = httpx.Timeout(40, connect=5)  # the broker itself answers within 25 seconds
_TURN_SECONDS = 10
_SKEW_SECONDS = 20
_PERMANENT: dict[str, type[PermanentError]] = {
    "consent_required": ConsentRequired,
    "misconfigured": Misconfigured,
}


@dataclass
class BrokerClient:
    """One question per call; who asks decides about asking again."""

    api_url: str
    connection_id: str
    client_secret: str = field(repr=False)
    http: httpx.AsyncClient
    clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic
    _skew_seconds: float = 0.0

    async def ask(self, rejected: str | None = None) -> AccessToken:
        """An access token other than the rejected one, which is given by its digest.

        Raises:
            PauseError: The broker asks for patience.
            TransientError: The API server failed or could not be reached.
            ConsentRequired, Misconfigured: What the broker says of the grant.
        """
        began = self.monotonic()
        body = await self._answered("access-token", {"rejected": rejected} if rejected else {})
        try:
            return AccessToken(
                body["access_token"],
                began + body["ask_again_in"],
                began + body["expires_in"],
                str(body.get("scopes", "")),  # an API server that is not upgraded yet does not say
            )
        except (KeyError, TypeError) as error:
            raise TransientError("The API server's answer was cut short.") from error

    async def keep(self) -> Health:
        """How the grant stands, refreshed first where nobody used it for [zoom] keep_alive_hours.

        Raises:
            TransientError: The API server failed or could not be reached.
            Misconfigured: It has no broker, or does not accept the client secret.
        """
        body = await self._answered("keep")
        try:
            return Health(**body | {"state": State(body["state"])})
        except (KeyError, TypeError, ValueError) as error:
            raise TransientError("The API server's answer was cut short.") from error

    async def turn(self, wish: Wish) -> Turn | Closed:
        """Leave to ask Zoom, of the quota that the whole account shares; soon, or not at all.

        Raises:
            ZoomError: The API server failed, could not be reached, or is too old to know.
        """
        try:
            async with asyncio.timeout(_TURN_SECONDS):
                return given(await self._answered("turns", wish.fields()))
        except TimeoutError as error:
            raise TransientError(
                f"The API server gave no turn to ask Zoom within {_TURN_SECONDS} seconds."
            ) from error
        except (KeyError, TypeError, ValueError) as error:
            raise TransientError("The API server's answer was cut short.") from error

    async def _answered(self, what: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = await self._post(what, fields)
        if answer.status_code == HTTPStatus.UNAUTHORIZED and self._learn_skew(answer):
            answer = await self._post(what, fields)
        if answer.status_code != HTTPStatus.OK:
            raise self._error(answer)
        return _json(answer)

    async def _post(self, what: str, fields: Mapping[str, str] | None) -> httpx.Response:
        signed = assertion.sign(self.connection_id, self.client_secret, now=self.clock() + self._skew_seconds)
        try:
            return await self.http.post(
                f"{self.api_url}/zoom/grants/{quote(self.connection_id, safe='')}/{what}",
                content=assertion.form(signed, fields),
                headers={"Content-Type": "application/x-www-form-urlencoded"},
                timeout=_TIMEOUT,
            )
        except httpx.HTTPError as error:
            raise TransientError(
                f"Airflow's API server could not be asked for the grant ({type(error).__name__})."
            ) from error

    def _learn_skew(self, answer: httpx.Response) -> bool:
        """Assertions live a minute: where the clocks differ by more, the server's counts."""
        try:
            there = parsedate_to_datetime(answer.headers["Date"]).timestamp()
        except (KeyError, ValueError):
            return False
        skew = there - self.clock()
        learnt = abs(skew - self._skew_seconds) > _SKEW_SECONDS
        self._skew_seconds = skew if learnt else self._skew_seconds
        return learnt

    def _error(self, answer: httpx.Response) -> Exception:
        status, body = answer.status_code, _json(answer)
        message = str(body.get("message") or f"Airflow's API server answered {status}.")
        if status == HTTPStatus.SERVICE_UNAVAILABLE:
            wait = retry_after_seconds(answer.headers.get("Retry-After"), datetime.now(UTC))
            return PauseError(message, retry_after_seconds=wait or 1.0)
        if body.get("error") in _PERMANENT:
            return _PERMANENT[body["error"]](message)
        if status == HTTPStatus.UNAUTHORIZED:
            return Misconfigured(
                f"Airflow's API server does not accept the client secret of Connection {self.connection_id} as "
                "this task reads it: it must be a Connection of type zoom in Airflow's own database, the same "
                "for both. The API server's log says more."
            )
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED):
            return Misconfigured(
                f"The API server at {self.api_url} has no /zoom: install the project there and point its plugins "
                "folder at plugins/, or set [zoom] api_url (AIRFLOW__ZOOM__API_URL) to the one that has it."
            )
        return TransientError(message)


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
