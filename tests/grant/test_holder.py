"""The token of a task: asked for once, replaced in time, patient with passing faults."""

import asyncio

import pytest

from include.grant.freshness import PauseError
from include.grant.holder import AccessToken, TokenHolder
from include.grant.journal import digest
from include.zoom.errors import ConsentRequired, TransientError


class Broker:
    """Gives numbered tokens of an hour; `faults` come first. Its clock moves when somebody sleeps."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)
        self.asked: list[str | None] = []
        self.now = 0.0

    async def ask(self, rejected: str | None) -> AccessToken:
        """The next token."""
        self.asked.append(rejected)
        await asyncio.sleep(0)
        if self.faults:
            raise self.faults.pop(0)
        return AccessToken(f"token-{len(self.asked)}", self.now + 2700, self.now + 3600)

    async def sleep(self, seconds: float) -> None:
        """Virtual."""
        self.now += seconds

    def holder(self) -> TokenHolder:
        """A task's holder."""
        return TokenHolder(self.ask, asyncio.Lock(), sleep=self.sleep, monotonic=lambda: self.now)


async def test_one_task_asks_once() -> None:
    """Fifty coroutines that need a token at once cost one question."""
    broker = Broker()
    holder = broker.holder()
    assert set(await asyncio.gather(*(holder(None) for _ in range(50)))) == {"token-1"}
    assert broker.asked == [None]


async def test_twenty_coroutines_with_the_same_refused_token_ask_once() -> None:
    """The first names it by its digest, the others find its successor."""
    broker = Broker()
    holder = broker.holder()
    await holder(None)
    assert set(await asyncio.gather(*(holder("token-1") for _ in range(20)))) == {"token-2"}
    assert broker.asked == [None, digest("token-1")]


async def test_a_token_that_is_due_early_is_replaced_before_it_ends() -> None:
    """After 45 minutes of an hour the task asks again."""
    broker = Broker()
    holder = broker.holder()
    await holder(None)
    broker.now = 2600
    assert await holder(None) == "token-1"
    broker.now = 2701
    assert await holder(None) == "token-2"


async def test_a_fault_while_the_token_still_works_is_no_harm() -> None:
    """What the task has serves until it ends."""
    broker = Broker()
    holder = broker.holder()
    await holder(None)
    broker.now, broker.faults = 2701, [TransientError("down")]
    assert await holder(None) == "token-1"


async def test_passing_faults_are_waited_out() -> None:
    """Asked again after what the broker says, or longer and longer."""
    broker = Broker(
        TransientError("down"), PauseError("busy", retry_after_seconds=20), TransientError("down")
    )
    assert await broker.holder()(None) == "token-4"
    assert broker.now == 1 + 20 + 4


async def test_patience_ends_after_five_minutes() -> None:
    """A pause that is longer is left to the task's own retry."""
    broker = Broker(PauseError("busy", retry_after_seconds=900))
    with pytest.raises(PauseError):
        await broker.holder()(None)
    broker = Broker(*[TransientError("down")] * 100)
    with pytest.raises(TransientError):
        await broker.holder()(None)
    assert broker.now <= 300


async def test_a_lost_consent_is_not_asked_again() -> None:
    """What a person must mend fails at once."""
    broker = Broker(ConsentRequired("authorise"))
    with pytest.raises(ConsentRequired):
        await broker.holder()(None)
    assert broker.asked == [None]
