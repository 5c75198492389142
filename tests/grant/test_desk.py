"""Many callers in one process, in virtual time."""

import asyncio

import pytest

from include.grant.freshness import PauseError
from include.grant.journal import Grant, digest
from include.zoom.oauth import Kind, Outcome
from tests.grant.world import World


def test_two_hundred_callers_wait_on_one_refresh(world: World) -> None:
    """One post, and everybody has its token."""

    async def all_at_once() -> list[Grant]:
        desk, seen = world.desk(), await world.database.read()
        return await asyncio.gather(*(desk.serve(seen) for _ in range(200)))

    grants = world.run(all_at_once())
    assert {grant.tokens.access_token for grant in grants if grant.tokens} == {"access-1"}
    assert len(world.zoom.posted) == 1


def test_a_slow_zoom_costs_a_caller_25_seconds_at_most(world: World) -> None:
    """Who waited 25 seconds is told to come again; the refresh goes on and its answer serves them then."""
    world.zoom.latency = 40.0

    async def slow() -> tuple[float, Grant]:
        desk, seen = world.desk(), await world.database.read()
        with pytest.raises(PauseError, match="not answered yet"):
            await desk.serve(seen)
        waited = asyncio.get_running_loop().time()
        return waited, await desk.serve(await world.database.read())

    waited, grant = world.run(slow())
    assert 25 <= waited < 26
    assert grant.tokens is not None
    assert grant.tokens.access_token == "access-1"
    assert len(world.zoom.posted) == 1


def test_callers_that_went_away_do_not_end_a_refresh(world: World) -> None:
    """A cancelled request leaves the post to finish, and the shutdown waits for it."""

    async def cancelled() -> None:
        desk, seen = world.desk(), await world.database.read()
        caller = asyncio.create_task(desk.serve(seen))
        await asyncio.sleep(0.05)
        caller.cancel()
        await asyncio.sleep(0)
        await desk.finish()

    world.run(cancelled())
    assert world.database.grant.refresh_token == "refresh-1"


def test_a_token_due_early_is_refreshed_by_one_while_the_others_use_it(world: World) -> None:
    """Ten minutes before its end one caller waits for the new token, nineteen go on with the old one."""

    async def early() -> list[Grant]:
        desk = world.desk()
        await desk.serve(await world.database.read())
        await asyncio.sleep(3600 - 600)
        seen = await world.database.read()
        return await asyncio.gather(*(desk.serve(seen) for _ in range(20)))

    tokens = [grant.tokens.access_token for grant in world.run(early()) if grant.tokens]
    assert sorted(tokens) == ["access-1"] * 19 + ["access-2"]
    assert len(world.zoom.posted) == 2


def test_an_early_refresh_that_fails_harms_nobody(world: World) -> None:
    """The token still works, so the caller gets it."""

    async def failing() -> Grant:
        desk = world.desk()
        await desk.serve(await world.database.read())
        await asyncio.sleep(3600 - 600)
        world.zoom.script = [Outcome(Kind.NOT_SENT, "unreachable")]
        return await desk.serve(await world.database.read())

    tokens = world.run(failing()).tokens
    assert tokens is not None
    assert tokens.access_token == "access-1"


def test_twenty_tasks_with_the_same_dead_token_cost_one_refresh(world: World) -> None:
    """Saying which token was refused makes the second and later refusals free."""

    async def refused() -> None:
        desk = world.desk()
        await desk.serve(await world.database.read())
        for _ in range(2):
            seen = await world.database.read()
            await asyncio.gather(*(desk.serve(seen, digest("access-1")) for _ in range(20)))

    world.run(refused())
    assert len(world.zoom.posted) == 2
