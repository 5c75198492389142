"""Turns of an account's quota: the turnstile of one process, what is told on the way, and doing without it."""

import asyncio
import dataclasses
import logging
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from include.grant import turn_messages
from include.grant.shared_turns import SharedTurns
from include.grant.storage import StoreError
from include.grant.turn_messages import Wish
from include.grant.turnstile import Turnstile, quota_of
from include.zoom.errors import DailyCapReached, Misconfigured, TransientError
from include.zoom.stream import Label
from include.zoom.turns import NOTHING, Closed, Feedback, Turn
from tests.grant.rows import QuotaRows, first_grant

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUSINESS = first_grant(plan="business")


@pytest.fixture
def rows() -> QuotaRows:
    """No account has been asked."""
    return QuotaRows()


def turnstile(rows: QuotaRows, share: float = 0.7) -> Turnstile:
    """Of one process."""
    return Turnstile(rows.change, lambda: share)


async def test_who_comes_during_a_change_shares_the_next(rows: QuotaRows) -> None:
    """Sixteen tasks cost two transactions, and each has turns of its own."""
    place = turnstile(rows)
    first = asyncio.create_task(place.take(BUSINESS, Wish(Label.HEAVY, 2)))
    await rows.changing.wait()
    others = await asyncio.gather(*(place.take(BUSINESS, Wish(Label.HEAVY, 2)) for _ in range(15)))
    starts = [turn.starts_in for turn in (await first, *others) if isinstance(turn, Turn)]
    assert rows.changes == 2
    assert len(set(starts)) == 16
    assert starts == sorted(starts)


async def test_a_failing_database_is_told_to_all_who_wait_and_the_next_is_served(rows: QuotaRows) -> None:
    """Nobody waits for ever, whatever went wrong."""
    place = turnstile(rows)
    for error in (StoreError("the database failed"), ZeroDivisionError("a bug")):
        rows.error = error
        told = await asyncio.gather(
            *(place.take(BUSINESS, Wish(Label.HEAVY, 1)) for _ in range(3)), return_exceptions=True
        )
        assert [type(each) for each in told] == [type(error)] * 3
    rows.error = None
    assert isinstance(await place.take(BUSINESS, Wish(Label.HEAVY, 1)), Turn)


async def test_who_went_away_keeps_nobody_from_being_served(rows: QuotaRows) -> None:
    """A task that is killed while it waits leaves the queue as it is."""
    place = turnstile(rows)
    waiting = [asyncio.create_task(place.take(BUSINESS, Wish(Label.HEAVY, 1))) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(each) for each in told] == [Turn, asyncio.CancelledError, Turn]


async def test_a_backfill_stops_at_its_share_and_a_daily_run_at_the_cap(rows: QuotaRows) -> None:
    """Of 1,000 heavy requests a day backfills get 70 %, daily runs the rest, and at midnight all begin anew."""
    place, grant = turnstile(rows), first_grant(plan="free")

    async def asked(*, backfill: bool) -> tuple[int, Closed]:
        count = 0
        for _ in range(1_001):
            turn = await place.take(grant, Wish(Label.HEAVY, 5, backfill))
            if isinstance(turn, Closed):
                return count, turn
            count += turn.count
            rows.now += timedelta(seconds=10)
        raise AssertionError(count)

    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    count, closed = await asked(backfill=True)
    assert (count, closed.reason, closed.used, closed.by_backfills) == (700, "share", 700, 700)
    count, closed = await asked(backfill=False)
    assert (count, closed.reason, closed.used, closed.by_backfills) == (300, "cap", 1000, 700)
    assert closed.resets_at == midnight
    rows.now = midnight
    assert isinstance(await place.take(grant, Wish(Label.HEAVY, 5, backfill=True)), Turn)


async def test_a_cap_that_zoom_calls_used_up_stops_all_tasks_and_never_longer_than_a_day(
    rows: QuotaRows,
) -> None:
    """What one task is told counts for the account; a garbled date does not close it for years."""
    place, after = turnstile(rows), Feedback(used_up_until=NOON + timedelta(days=4000))
    await place.take(BUSINESS, Wish(Label.HEAVY, 0, feedback=after))
    closed = await turnstile(rows).take(BUSINESS, Wish(Label.RESOURCE_INTENSIVE, 1))
    assert isinstance(closed, Closed)
    assert closed.resets_at == NOON + timedelta(hours=25)
    assert isinstance(await place.take(BUSINESS, Wish(Label.LIGHT, 1)), Turn)


def test_a_quota_is_a_zoom_account_s() -> None:
    """Two Connections of one account share it; where nobody knows the account, the Connection has its own."""
    assert quota_of(first_grant()) == quota_of(first_grant(connection_id="zoom_other")) == "account"
    unknown = first_grant(account_id=None)
    assert quota_of(unknown) == "of Connection zoom_default"
    consented = dataclasses.replace(unknown.journal, account_id="account")
    assert quota_of(dataclasses.replace(unknown, journal=consented)) == "account"


numbers = st.integers(0, 1_000_000)
seconds = st.floats(0, 86_400, allow_nan=False)
feedbacks = st.builds(
    Feedback,
    answered=numbers,
    refused=numbers,
    lapsed=numbers,
    refused_at=st.none() | seconds,
    retry_after=st.none() | seconds,
    limit=st.none() | numbers,
    remaining=st.none() | numbers,
    remaining_today=st.none() | numbers,
    used_up_until=st.none() | st.datetimes(timezones=st.just(UTC)),
)
wishes = st.builds(Wish, st.sampled_from(Label), st.integers(0, 1000), st.booleans(), feedbacks)


@drawn(wishes)
def test_a_wish_survives_its_way(wish: Wish) -> None:
    """The broker reads what the task meant, of every field."""
    assert Wish.of(wish.fields()) == wish


def test_a_plain_wish_is_three_fields() -> None:
    """What is as usual is not said; what a newer task says besides is passed over."""
    fields = Wish(Label.HEAVY, 7).fields()
    assert fields == {"label": "heavy", "wanted": "7", "backfill": "0"}
    assert Wish.of(fields | {"mood": "good"}) == Wish(Label.HEAVY, 7)


@pytest.mark.parametrize(
    "changes",
    [
        {"label": "colossal"},
        {"label": ""},
        {"wanted": ""},
        {"wanted": "-1"},
        {"wanted": "1001"},
        {"wanted": "9" * 5000},
        {"wanted": "1.5"},
        {"answered": "-1"},
        {"refused": "1e9"},
        {"lapsed": "1000001"},
        {"retry_after": "nan"},
        {"retry_after": "inf"},
        {"retry_after": "-1"},
        {"refused_at": "fast"},
        {"limit": "None"},
        {"used_up_until": "tomorrow"},
        {"used_up_until": "2026-03-02T00:00:00"},
        {"used_up_until": "[" * 2000},
    ],
)
def test_what_is_no_wish_is_refused(changes: dict[str, str]) -> None:
    """Unknown, malformed and out of bounds."""
    with pytest.raises(ValueError):  # noqa: PT011 (what the parsers raise; the broker tells no details)
        Wish.of({"label": "heavy", "wanted": "1"} | changes)


@pytest.mark.parametrize(
    "turn",
    [
        Turn(0.5, 0.025, 40),
        Turn(0.0, 6.2, 1, 30.0),
        Closed(NOON, "share", "heavy+resource_intensive", 7, 5, 10),
    ],
)
def test_an_answer_survives_its_way(turn: Turn | Closed) -> None:
    """The task reads what the broker gave."""
    assert turn_messages.given(turn_messages.answer(turn)) == turn


def test_an_older_broker_s_turn_is_understood() -> None:
    """A field that came later has its default."""
    assert turn_messages.given({"starts_in": 1, "apart": 0.5, "count": 2}) == Turn(1.0, 0.5, 2, 0.0)


class Broker:
    """Answers or fails, as it is told; and turns of one's own that are told from its."""

    def __init__(self) -> None:
        self.monotonic = 0.0
        self.asked: list[Wish] = []
        self.outcome: Turn | Closed | Exception = Turn(0, 1, 1)
        self.own: list[tuple[Label, int, Feedback]] = []

    async def ask(self, wish: Wish) -> Turn | Closed:
        """As the client does."""
        self.asked.append(wish)
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    async def take(self, label: Label, wanted: int, feedback: Feedback) -> Turn:
        """One's own."""
        self.own.append((label, wanted, feedback))
        return Turn(0, 9, 1)

    def turns(self) -> SharedTurns:
        """What a task holds."""
        return SharedTurns(self.ask, self, backfill=True, monotonic=lambda: self.monotonic)


async def test_a_task_takes_turns_of_the_shared_quota() -> None:
    """It says what it saw, and whether it is a backfill's."""
    broker, seen = Broker(), Feedback(answered=3)
    assert await broker.turns().take(Label.LIGHT, 4, seen) == Turn(0, 1, 1)
    assert broker.asked == [Wish(Label.LIGHT, 4, backfill=True, feedback=seen)]
    assert broker.own == []


async def test_a_used_up_cap_reaches_the_task_as_such() -> None:
    """The message says which cap, how much of it is used, by whom, and when it begins anew."""
    broker = Broker()
    broker.outcome = Closed(datetime(2026, 3, 2, tzinfo=UTC), "share", "heavy", 800, 700, 1000)
    with pytest.raises(DailyCapReached) as caught:
        await broker.turns().take(Label.HEAVY, 1, NOTHING)
    assert caught.value.resets_at == datetime(2026, 3, 2, tzinfo=UTC)
    for part in ("heavy", "800 of 1,000", "700 by backfills", "2026-03-02 00:00:00 UTC"):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [TransientError("The API server could not be reached."), Misconfigured("The API server has no /zoom.")],
)
async def test_a_task_does_without_a_broker_and_comes_back_to_it(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Down, or of a version without turns: one's own pace, one warning, and another try after 1, 2, 4 … 60 s."""
    broker = Broker()
    turns = broker.turns()
    broker.outcome = error
    tried = []
    with caplog.at_level(logging.INFO, logger="include.grant.shared_turns"):
        for second in range(200):
            broker.monotonic = second
            before = len(broker.asked)
            assert await turns.take(Label.HEAVY, 2, NOTHING) == Turn(0, 9, 1)
            tried += [second] * (len(broker.asked) - before)
        broker.outcome = Turn(0, 1, 1)
        broker.monotonic = 300
        assert await turns.take(Label.HEAVY, 2, NOTHING) == Turn(0, 1, 1)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
    assert str(error) in caplog.text


async def test_a_blip_is_no_news(caplog: pytest.LogCaptureFixture) -> None:
    """A single failed question costs one turn of one's own and no line in the log."""
    broker = Broker()
    turns = broker.turns()
    broker.outcome = TransientError("cut")
    assert await turns.take(Label.HEAVY, 2, NOTHING) == Turn(0, 9, 1)
    broker.outcome = Turn(0, 1, 1)
    broker.monotonic = 1
    assert await turns.take(Label.HEAVY, 2, NOTHING) == Turn(0, 1, 1)
    assert caplog.records == []


async def test_one_s_own_pace_begins_at_a_quarter_of_the_ceiling() -> None:
    """Others may have lost the shared quota too."""

    async def fail(_: Wish) -> Turn:
        message = "down"
        raise TransientError(message)

    turn = await SharedTurns.of("business", fail, backfill=False).take(Label.HEAVY, 1, NOTHING)
    assert turn.apart == pytest.approx(1 / 10, rel=0.05)
