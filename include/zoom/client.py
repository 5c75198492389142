"""Asks Zoom's lists: pages, retries, pace. Knows no stream and writes nothing.

A request is tried at most six times within five minutes, without the time that it waits for its turn; refusals
for the rate are no tries, as they may be another app's doing. What an answer means stands in `answers`; a
refused access token is the business of the http client's auth.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote, urlencode

import httpx

from include.zoom.answers import Asked, answer_time, error_in, object_of, told, tracking_id
from include.zoom.auth import TIMEOUT, SignedClient
from include.zoom.errors import (
    DailyCapReached,
    IncompleteData,
    RateLimited,
    TokenRejected,
    TransientError,
    UnexpectedAnswer,
)
from include.zoom.pace import Leave, Pace
from include.zoom.pages import Record, list_of, total_of
from include.zoom.redact import cleaned
from include.zoom.reply import Reply
from include.zoom.stream import Label, Listing

TRIES = 6
TOTAL_SECONDS = 300.0
REQUEST_SECONDS = 90.0
_LONGEST_BACK_OFF_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RawPage:
    """A page of one list; `body` is a JSON object in one line without secrets."""

    number: int
    asked: Mapping[str, str]
    status: int
    received_at: datetime
    body: bytes
    records: list[Record]
    total: int | None


@dataclass(frozen=True)
class Answer:
    """An answer that is no error."""

    status: int
    received_at: datetime
    body: bytes
    payload: Mapping[str, Any]


def _now() -> datetime:
    return datetime.now(UTC)


class ZoomClient:
    """Zoom's lists over an http client that signs its requests and knows the API's base address."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        pace: Pace,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = _now,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._fetch = http.fetch if isinstance(http, SignedClient) else _by_httpx(http)
        # Whole addresses are asked: httpx parses a part, and parameters, anew.
        self._base = str(http.base_url).rstrip("/")
        self._pace = pace
        self._sleep = sleep
        self._clock = clock
        self._random = random

    def is_hungry(self, label: Label) -> bool:
        """Whether more could be asked at once."""
        return self._pace.is_hungry(label)

    async def pages(
        self, listing: Listing, params: Mapping[str, str], path_values: Mapping[str, str]
    ) -> AsyncIterator[RawPage]:
        """The pages of a list, with the same parameters until the page token is empty.

        Raises:
            PageTokenExpired: the caller starts over from the first page, and forgets these.
            UnexpectedAnswer: a page token came twice, or the list is missing.
            IncompleteData: Zoom answered for another window than was asked.
        """
        fixed = {name: value.format(**path_values) for name, value in listing.params.items()}
        asked = {**fixed, **params}
        if listing.paged:
            asked["page_size"] = str(listing.page_size)
        token, number, seen = "", 0, set[str]()
        while token or not number:
            sent = {**asked, "next_page_token": token} if token else asked
            answer = await self.get(listing.path, sent, listing.label, path_values, list_key=listing.list_key)
            number += 1
            yield _page(listing, number, asked, answer)
            token = _next_token(listing, answer.payload, seen)

    async def get(
        self,
        path: str,
        params: Mapping[str, str],
        label: Label,
        path_values: Mapping[str, str],
        *,
        list_key: str,
    ) -> Answer:
        """One answer that is no error, after retries."""
        asked = Asked(path, list_key, with_page_token="next_page_token" in params)
        address = path.format(**{name: quoted(value) for name, value in path_values.items()})
        tried, spent = 0, 0.0
        while True:
            tried += 1
            leave = await self._pace.wait(label)
            sent = self._clock()
            try:
                return await self._once(asked, address, params, leave)
            except DailyCapReached as error:
                await self._pace.used_up(leave, error.resets_at)
                raise
            except TokenRejected:
                raise
            except TransientError as error:
                spent += (self._clock() - sent).total_seconds()
                spent += await self._back_off(error, leave, tried, spent)

    async def _once(self, asked: Asked, address: str, params: Mapping[str, str], leave: Leave) -> Answer:
        try:
            # httpx bounds each read; a server that trickles is bounded here.
            async with asyncio.timeout(REQUEST_SECONDS):
                response = await self._fetch(self._whole(address, params))
        except (httpx.RequestError, TimeoutError) as error:
            raise TransientError(
                f"GET {asked.path} failed ({type(error).__name__}); try again later."
            ) from error
        received_at = answer_time(response) or self._clock()
        if _log.isEnabledFor(logging.DEBUG):
            _log.debug("GET %s: %s, tracking id %s", asked.path, response.status_code, tracking_id(response))
        parsed = object_of(response.content)
        if (error_found := error_in(asked, response, parsed, received_at=received_at)) is not None:
            _log.info("%s", error_found)
            raise error_found
        self._pace.answered(leave, told(response))
        body, payload = cleaned(response.content, parsed)
        return Answer(response.status_code, received_at, body, cast("dict[str, Any]", payload))

    def _whole(self, address: str, params: Mapping[str, str]) -> str:
        return f"{self._base}{address}?{urlencode(params)}" if params else f"{self._base}{address}"

    async def _back_off(self, error: TransientError, leave: Leave, tried: int, spent: float) -> float:
        """Waits before the next try; for how many seconds."""
        seconds = (1 + self._random()) * min(2.0 ** (tried - 1), _LONGEST_BACK_OFF_SECONDS)
        if isinstance(error, RateLimited):
            await self._pace.refused(leave, error.retry_after_seconds, limit=error.limit)
            if (wait := error.retry_after_seconds) is not None:
                seconds = wait + self._random() if tried == 1 else max(wait, seconds)
        elif tried >= TRIES:
            raise error
        if spent + seconds > TOTAL_SECONDS:
            raise error
        await self._sleep(seconds)
        return seconds


def _by_httpx(http: httpx.AsyncClient) -> Callable[[str], Awaitable[Reply]]:
    async def fetch(address: str) -> Reply:
        return await http.get(address, timeout=TIMEOUT)

    return fetch


def quoted(value: str) -> str:
    """A path segment: Zoom wants a uuid encoded twice where it starts with `/` or has `//` in it.

    https://developers.zoom.us/docs/api/using-zoom-apis/#meeting-id-and-uuid
    """
    once = quote(value, safe="")
    return quote(once, safe="") if value.startswith("/") or "//" in value else once


def _page(listing: Listing, number: int, asked: Mapping[str, str], answer: Answer) -> RawPage:
    if listing.echoes_window:
        _check_echo(listing, asked, answer.payload)
    return RawPage(
        number=number,
        asked=asked,
        status=answer.status,
        received_at=answer.received_at,
        body=answer.body,
        records=list_of(answer.payload, listing),
        total=total_of(answer.payload),
    )


def _check_echo(listing: Listing, asked: Mapping[str, str], payload: Mapping[str, Any]) -> None:
    """A range that is too wide is clamped without an error: only the echo shows; of times, their days count."""
    for name in ("from", "to"):
        echoed = str(payload.get(name) or "")[:10]
        if name in asked and echoed and echoed != asked[name][:10]:
            raise IncompleteData(
                f"GET {listing.path} was asked {name} {asked[name]} and answered {name} {echoed}: "
                "Zoom has narrowed the window. Nothing of it is loaded."
            )


def _next_token(listing: Listing, payload: Mapping[str, Any], seen: set[str]) -> str:
    token = payload.get("next_page_token") or ""
    if not isinstance(token, str):
        raise UnexpectedAnswer(f"GET {listing.path}: the page token is no text. Nothing of it is loaded.")
    if token in seen:
        raise UnexpectedAnswer(
            f"GET {listing.path}: a page token came twice, the pages would never end. Nothing of it is loaded."
        )
    if token:
        seen.add(token)
    return token
