"""What the keeper does to a grant, in virtual time: refresh what is idle, leave the rest alone, tell how it stands."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from include.grant.journal import GrantType, State
from include.grant.keeping import Health, keep
from include.grant.rotation import StoreError
from include.zoom.oauth import Kind, Outcome
from tests.grant.world import World

HOUR = 3600
INVALID_CLIENT = Outcome(Kind.MISCONFIGURED, "the token endpoint answered 400: invalid_client")


def kept(world: World, *, idle_hours: float, unused_hours: float = 24) -> Health:
    """A grant that is used once, then idle, then looked at by the keeper."""

    async def use_then_keep() -> Health:
        desk = world.desk()
        await desk.serve(await desk.read("zoom_default"))
        await asyncio.sleep(idle_hours * HOUR)
        return await keep(desk, await desk.read("zoom_default"), unused_for=timedelta(hours=unused_hours))

    return world.run(use_then_keep())


def first_look(world: World) -> Health:
    """The keeper comes before anybody has used the grant."""

    async def look() -> Health:
        desk = world.desk()
        return await keep(desk, await desk.read("zoom_default"), unused_for=timedelta(hours=24))

    return world.run(look())


@pytest.mark.parametrize(
    ("idle_hours", "unused_hours", "posts", "age_days"),
    [(23, 24, 1, 0.96), (24, 24, 2, 0.0), (0.6, 0.5, 2, 0.0), (0.4, 0.5, 1, 0.02)],
)
def test_a_grant_that_is_idle_for_too_long_is_refreshed(
    world: World, idle_hours: float, unused_hours: float, posts: int, age_days: float
) -> None:
    """Also while its access token still lives; one that was used since is left alone."""
    found = kept(world, idle_hours=idle_hours, unused_hours=unused_hours)
    assert len(world.zoom.posted) == posts
    assert found == Health("zoom_default", State.READY, token_age_days=age_days)
    assert not found.needs_person


def test_a_refresh_token_that_a_person_put_there_is_adopted(world: World) -> None:
    """Nobody knows how old it is, so it is refreshed at once."""
    assert first_look(world) == Health("zoom_default", State.READY, token_age_days=0.0)
    assert world.zoom.posted == ["refresh-0"]


def test_a_grant_that_was_never_given_needs_a_person_and_alerted_nobody(world: World) -> None:
    """Nothing is posted; the journal was never brought there by an answer."""
    world.database.grant = dataclasses.replace(world.database.grant, refresh_token=None)
    found = first_look(world)
    assert (found.state, found.alerted, found.needs_person) == (State.CONSENT_REQUIRED, False, True)
    assert "authorise the Zoom app once" in found.reason
    assert world.zoom.posted == []


def test_a_lost_consent_is_told_and_never_posted_again(world: World) -> None:
    """Found by the keeper: one post; at its next look none."""
    world.zoom.newest = "another"
    looks = [first_look(world) for _ in range(2)]
    assert [(look.state, look.alerted) for look in looks] == [(State.CONSENT_REQUIRED, True)] * 2
    assert len(world.zoom.posted) == 1
    assert len(world.alerts) == 1


def test_refused_settings_are_told_with_the_age_of_the_token(world: World) -> None:
    """The grant is intact; how long it will stay so, its age tells."""
    world.zoom.script = ["answer", INVALID_CLIENT]
    found = kept(world, idle_hours=61 * 24)
    assert (found.state, found.alerted, found.token_age_days) == (State.MISCONFIGURED, True, 61.0)
    assert "invalid_client" in found.reason


def test_a_zoom_that_cannot_be_reached_needs_nobody(world: World) -> None:
    """The keeper comes again in an hour."""
    world.zoom.script = ["answer", Outcome(Kind.NOT_SENT, "the token endpoint could not be reached")]
    found = kept(world, idle_hours=48)
    assert (found.state, found.needs_person, found.token_age_days) == (State.BACKING_OFF, False, 2.0)
    assert "could not be reached" in found.reason


def test_a_server_to_server_grant_is_left_alone(world: World) -> None:
    """It has no refresh token that could grow old."""
    grant = dataclasses.replace(
        world.database.grant, grant_type=GrantType.ACCOUNT_CREDENTIALS, refresh_token=None
    )
    world.database.grant = grant
    assert first_look(world) == Health("zoom_default", State.READY, rotates=False)
    assert world.zoom.posted == []


def test_a_database_that_fails_tells_nothing_of_the_grant(world: World) -> None:
    """That is no state of the grant."""
    world.database.fail = 1
    with pytest.raises(StoreError):
        first_look(world)
