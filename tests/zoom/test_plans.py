"""Accounts without this or that: what runs by default comes, or is told as not included, and never fails."""

import pytest

from include.sandbox.products import ROUTES
from include.zoom.catalog import STREAMS
from include.zoom.choice import choose
from include.zoom.errors import NotEntitled
from tests.zoom.simulated import Simulated

BY_DEFAULT = {name: STREAMS[name] for name in choose((), STREAMS).streams}
EVERY_ADD_ON = ("ai-companion", "toll-free", "toll", "sip", *sorted({route.needs for route in ROUTES} - {""}))
WEBINARS = {"webinar_participants", "webinar_absentees", "webinar_poll_answers"}
OF_FREE = {"users", "user_summary"}


async def lacking(simulated: Simulated) -> set[str]:
    """The streams that the account does not have; every other one is pulled, and any other error comes out."""
    found: set[str] = set()
    for name, stream in BY_DEFAULT.items():
        if stream.parent and stream.parent.stream in found:
            found.add(name)
            continue
        try:
            await simulated.pull_one(stream, BY_DEFAULT)
        except NotEntitled:
            found.add(name)
    await simulated.http.aclose()
    return found


@pytest.mark.parametrize("plan", ["pro", "business"])
async def test_an_account_without_any_add_on_pulls_the_rest(plan: str) -> None:
    """No stream that is on by default fails for what an account has not bought."""
    bare = Simulated(plan=plan, without=EVERY_ADD_ON)
    assert await lacking(bare) == {*WEBINARS, "meeting_summaries"}
    assert bare.counts["meeting_participants"].skipped == []
    assert bare.counts["recordings"].skipped == []


async def test_a_free_account_whose_plan_nobody_told_pulls_its_users() -> None:
    """Everything else is told as not included."""
    assert await lacking(Simulated(plan="free", without=EVERY_ADD_ON)) == BY_DEFAULT.keys() - OF_FREE


async def test_an_account_with_everything_lacks_nothing() -> None:
    """So the skips above are for what is left out there."""
    assert await lacking(Simulated()) == set()
