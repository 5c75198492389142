"""Gives turns of the accounts' quotas in one process.

Who comes while a change is under way shares the next one: however many tasks ask, one transaction per account
is under way.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from include.grant.journal import Grant
from include.grant.turn_messages import Wish
from include.zoom.quota import Quota, take
from include.zoom.turns import Closed, Feedback, Turn

Given = list[Turn | Closed]
Change = Callable[[str, datetime], tuple[str, Given]]
_LONGEST_CAP = timedelta(hours=25)  # Zoom's end at the next midnight (UTC)


@dataclass(frozen=True)
class _Place:
    """In the queue."""

    plan: str
    wish: Wish
    given: asyncio.Future[Turn | Closed]


class Turnstile:
    """The turns under way in this process and event loop.

    Args:
        change: Replaces an account's state by what is made of it and of the time, in one piece; what is given.
        backfill_share: What backfills may use of a daily cap, 0 to 1.
    """

    def __init__(
        self, change: Callable[[str, Change], Awaitable[Given]], backfill_share: Callable[[], float]
    ) -> None:
        self._change = change
        self._backfill_share = backfill_share
        self._waiting: dict[str, list[_Place]] = {}
        self._serving: dict[str, asyncio.Task[None]] = {}

    async def take(self, grant: Grant, wish: Wish) -> Turn | Closed:
        """A turn of the quota of this grant's account.

        Raises:
            StoreError: The quota could not be read or changed.
        """
        account = quota_of(grant)
        place = _Place(grant.plan, wish, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(account, []).append(place)
        if account not in self._serving:
            self._serving[account] = asyncio.create_task(self._serve(account))
        return await place.given

    async def _serve(self, account: str) -> None:
        try:
            while places := self._waiting.pop(account, None):
                await self._serve_at_once(account, places)
        finally:
            del self._serving[account]

    async def _serve_at_once(self, account: str, places: Sequence[_Place]) -> None:
        outcomes: Sequence[Turn | Closed | Exception]
        try:
            outcomes = await self._change(account, partial(_give, places, self._backfill_share()))
        except Exception as error:  # noqa: BLE001 (whatever it is, who waits is told)
            outcomes = [error] * len(places)
        for place, outcome in zip(places, outcomes, strict=True):
            if place.given.done():  # who asked has gone
                continue
            if isinstance(outcome, Exception):
                place.given.set_exception(outcome)
            else:
                place.given.set_result(outcome)


def quota_of(grant: Grant) -> str:
    """The key of the quota: the Zoom account, whose apps and Connections share it; the Connection where nobody knows."""
    return grant.account_id or grant.journal.account_id or f"of Connection {grant.connection_id}"


def _give(places: Sequence[_Place], backfill_share: float, state: str, now: datetime) -> tuple[str, Given]:
    quota, given = Quota.from_json(state), Given()
    for place in places:
        wish = place.wish
        quota, turn = take(
            quota,
            plan=place.plan,
            label=wish.label,
            wanted=wish.wanted,
            now=now.timestamp(),
            backfill=wish.backfill,
            backfill_share=backfill_share,
            feedback=_bounded(wish.feedback, now),
        )
        given.append(turn)
    return quota.to_json(), given


def _bounded(feedback: Feedback, now: datetime) -> Feedback:
    """No garbled answer closes an account for longer than a cap of Zoom's lasts."""
    until = feedback.used_up_until
    return feedback if until is None else replace(feedback, used_up_until=min(until, now + _LONGEST_CAP))
