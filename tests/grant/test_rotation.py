"""The state machine of rotations, in virtual time, against a strict token endpoint."""

import asyncio
import dataclasses
from datetime import timedelta

import pytest

from include.grant.freshness import PauseError
from include.grant.journal import Grant, GrantType, State, digest
from include.grant.spill import Kept
from include.grant.storage import StoreError
from include.zoom.errors import ConsentRequired, Misconfigured, TransientError
from include.zoom.oauth import App, Kind, Outcome, TokenSet
from tests.grant.world import Disk, World


def test_twenty_four_processes_cost_one_post(world: World) -> None:
    """When 24 processes find the token due at once, one posts and all get its answer."""

    async def all_at_once() -> list[Grant]:
        return await asyncio.gather(*(world.process().refresh() for _ in range(24)))

    grants = world.run(all_at_once())
    assert {grant.tokens.access_token for grant in grants} == {"access-1"}
    assert world.zoom.posted == ["refresh-0"]


def test_ten_rounds_spend_each_token_once(world: World) -> None:
    """Ten refused access tokens in a row cost ten posts, each of another refresh token."""

    async def rounds() -> None:
        for number in range(10):
            refused = digest(f"access-{number}") if number else None
            await asyncio.gather(*(world.process().refresh(refused) for _ in range(24)))

    world.run(rounds())
    assert len(world.zoom.posted) == len(set(world.zoom.posted)) == 10
    assert world.zoom.refused == 0


def test_a_fresh_token_is_not_refreshed(world: World) -> None:
    """Within its life, less 15 minutes, the stored token is used as it is."""

    async def later() -> Grant:
        await world.process().refresh()
        await asyncio.sleep(3600 - 15 * 60 - 60)
        return await world.process().refresh()

    assert world.run(later()).tokens.access_token == "access-1"
    assert len(world.zoom.posted) == 1


def test_a_rejected_token_that_was_replaced_costs_nothing(world: World) -> None:
    """Who names an older token as refused gets the stored one."""

    async def twice() -> Grant:
        await world.process().refresh()
        return await world.process().refresh(digest("access-0"))

    assert world.run(twice()).tokens.access_token == "access-1"
    assert len(world.zoom.posted) == 1


def test_a_dead_grant_costs_one_post_and_one_alert(world: World) -> None:
    """After a true `invalid_grant` fifty callers fail at once, with one alert and no further post."""
    world.zoom.newest = "somebody else's"

    async def fifty() -> list[Grant | BaseException]:
        return await asyncio.gather(*(world.process().refresh() for _ in range(50)), return_exceptions=True)

    errors = world.run(fifty())
    assert {type(error) for error in errors} == {ConsentRequired}
    assert world.zoom.posted == ["refresh-0"]
    assert len(world.alerts) == 1
    assert "authorise" in world.alerts[0]


def test_a_token_put_in_by_hand_ends_the_loss(world: World) -> None:
    """A refresh token that a person puts into the Connection is adopted without a consent."""
    world.zoom.newest = "by hand"

    async def repaired() -> Grant:
        await asyncio.gather(world.process().refresh(), return_exceptions=True)
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token="by hand")
        return await world.process().refresh()

    assert world.run(repaired()).tokens.access_token == "access-2"
    assert world.database.grant.journal.state is State.READY


def test_a_dead_token_put_in_by_hand_costs_no_consent(world: World) -> None:
    """An old refresh token that nobody knows any more: Zoom refuses it, and the journal's own goes on."""

    async def pasted() -> Grant:
        await world.process().refresh()
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token="from years ago")
        return await world.process().refresh(digest("access-1"))

    assert world.run(pasted()).tokens.access_token == "access-3"
    assert world.zoom.posted == ["refresh-0", "from years ago", "refresh-1"]
    assert world.database.grant.refresh_token == "refresh-3"
    assert world.alerts == []


def test_a_spent_token_is_healed_and_never_posted(world: World) -> None:
    """An old refresh token that a form puts back is replaced by the journal's newest."""

    async def overwritten() -> Grant:
        await world.process().refresh()
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token="refresh-0")
        return await world.process().refresh(digest("access-1"))

    world.run(overwritten())
    assert world.zoom.posted == ["refresh-0", "refresh-1"]
    assert world.database.grant.refresh_token == "refresh-2"


def test_a_refresh_token_that_a_patch_removed_is_put_back(world: World) -> None:
    """A PATCH that dropped our keys of `extra` loses nothing."""

    async def removed() -> Grant:
        await world.process().refresh()
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token=None)
        return await world.process().refresh()

    assert world.run(removed()).tokens.access_token == "access-1"
    assert world.database.grant.refresh_token == "refresh-1"


async def orphan_kept(world: World, *, posted: str) -> None:
    """A grant whose newest token Zoom no longer takes, and an answer for another post that is aside."""
    await world.process().refresh()
    journal = world.database.grant.journal
    tokens = dataclasses.replace(journal.newest, refresh_token="orphan")
    await world.database.keep_orphan(
        Kept("zoom_default", "an attempt", 1, journal.fingerprints.of(posted), tokens)
    )
    world.zoom.newest = "orphan"


def test_an_orphan_is_tried_before_consent_is_lost(world: World) -> None:
    """An answer that came when its lease was gone saves the grant when the stored token turns out dead."""

    async def late() -> Grant:
        await orphan_kept(world, posted="refresh-1")
        return await world.process().refresh(digest("access-1"))

    assert world.run(late()).tokens.access_token == "access-3"
    assert world.zoom.posted == ["refresh-0", "refresh-1", "orphan"]
    assert world.database.grant.journal.orphan is None


def test_what_was_posted_for_an_orphan_is_not_posted_again(world: World) -> None:
    """A database that was restored never saw that token; a form that still shows it is healed, not adopted."""

    async def saved_late() -> Grant:
        await orphan_kept(world, posted="shown")
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token="shown")
        return await world.process().refresh(digest("access-1"))

    assert world.run(saved_late()).tokens.access_token == "access-3"
    assert world.zoom.posted == ["refresh-0", "refresh-1", "orphan"]


def test_a_wrong_client_secret_keeps_the_token(world: World) -> None:
    """`invalid_client` needs no new consent: a corrected Connection works at once."""
    world.zoom.script = [Outcome(Kind.MISCONFIGURED, "the token endpoint answered 400: invalid_client")]

    async def corrected() -> Grant:
        with pytest.raises(Misconfigured, match="invalid_client"):
            await world.process().refresh()
        with pytest.raises(Misconfigured, match="client secret"):
            await world.process().refresh()
        app = App("client-id", "corrected")
        world.database.grant = dataclasses.replace(world.database.grant, app=app)
        return await world.process().refresh()

    assert world.run(corrected()).tokens.access_token == "access-2"
    assert world.zoom.posted == ["refresh-0", "refresh-0"]


def test_pauses_double_up_to_fifteen_minutes(world: World) -> None:
    """What was never sent is tried again after 30 seconds, then twice as long, at most 15 minutes."""
    world.zoom.script = [Outcome(Kind.NOT_SENT, "unreachable")] * 7

    async def pauses() -> list[int]:
        waits = []
        for _ in range(7):
            with pytest.raises(PauseError) as caught:
                await world.process().refresh()
            waits.append(round(caught.value.retry_after_seconds))
            await asyncio.sleep(caught.value.retry_after_seconds + 1)
        return waits

    assert world.run(pauses()) == [30, 60, 120, 240, 480, 900, 900]


def test_retry_after_is_honoured(world: World) -> None:
    """Zoom's own Retry-After counts where it is longer than our pause."""
    world.zoom.script = [Outcome(Kind.LATER, "the token endpoint answered 429", retry_after_seconds=120)]

    async def asked() -> float:
        with pytest.raises(PauseError) as caught:
            await world.process().refresh()
        return caught.value.retry_after_seconds

    assert round(world.run(asked())) == 120


def test_a_lost_answer_is_followed_by_exactly_one_more_post(world: World) -> None:
    """Where Zoom did not rotate, one more post of the same token succeeds."""
    world.zoom.script = [Outcome(Kind.AMBIGUOUS, "reset")]
    assert world.run(world.process().refresh()).tokens.access_token == "access-2"
    assert world.zoom.posted == ["refresh-0", "refresh-0"]


def test_a_lost_answer_of_a_strict_server_needs_consent(world: World) -> None:
    """Where Zoom rotated and the answer was lost, one more post tells, and a person is asked."""
    world.zoom.script = ["lost"]

    async def lost() -> None:
        with pytest.raises(ConsentRequired):
            await world.process().refresh()

    world.run(lost())
    assert world.zoom.posted == ["refresh-0", "refresh-0"]


def test_a_lease_that_was_lost_allows_no_second_post(world: World) -> None:
    """The answer was lost and somebody else has the lease by then: the token is theirs to post."""
    world.zoom.script = [Outcome(Kind.AMBIGUOUS, "reset")]

    async def overtaken() -> None:
        task = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.05)
        journal = dataclasses.replace(world.database.grant.journal, attempt_id="another's")
        world.database.grant = dataclasses.replace(world.database.grant, journal=journal)
        await asyncio.sleep(5)
        task.cancel()

    world.run(overtaken())
    assert world.zoom.posted == ["refresh-0"]


def test_two_lost_answers_pause(world: World) -> None:
    """After the one more post nothing is posted again before a pause."""
    world.zoom.script = [Outcome(Kind.AMBIGUOUS, "reset")] * 2

    async def lost() -> None:
        with pytest.raises(PauseError):
            await world.process().refresh()

    world.run(lost())
    assert world.zoom.posted == ["refresh-0", "refresh-0"]
    assert world.database.grant.journal.state is State.BACKING_OFF


def test_a_holder_that_died_is_waited_for(world: World) -> None:
    """Killed with the lease, before Zoom rotated: the next one waits for the deadline and posts once."""

    async def killed() -> float:
        loop = asyncio.get_running_loop()
        dying = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.01)
        dying.cancel()
        await world.process().refresh()
        return loop.time()

    assert world.run(killed()) >= 75
    assert world.zoom.posted == ["refresh-0", "refresh-0"]
    assert world.zoom.refused == 0


def test_a_stopped_holder_is_fenced(world: World) -> None:
    """A process that was stopped between lease and post does not post when it continues."""
    ticks = iter([0.0, 120.0, 120.0, 120.0])

    async def stopped() -> None:
        with pytest.raises(PauseError, match="too old"):
            await world.process(monotonic=lambda: next(ticks)).refresh()

    world.run(stopped())
    assert world.zoom.posted == []


def test_nothing_is_posted_where_the_store_cannot_be_written(world: World) -> None:
    """A read-only database refuses the lease, so the token is not spent."""
    world.database.fail = 1

    async def read_only() -> None:
        with pytest.raises(StoreError):
            await world.process().refresh()

    world.run(read_only())
    assert world.zoom.posted == []


def test_an_answer_outlives_a_failing_database(world: World) -> None:
    """A commit is tried again until it is through, and nothing is posted meanwhile."""

    async def dying() -> Grant:
        task = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.05)
        world.database.fail = 8
        return await task

    assert world.run(dying()).tokens.access_token == "access-1"
    assert world.database.grant.refresh_token == "refresh-1"
    assert world.zoom.posted == ["refresh-0"]


def test_a_commit_whose_reply_was_lost_is_looked_up(world: World) -> None:
    """The attempt's id tells that the commit had gone through."""
    world.database.lose_reply = 1
    assert world.run(world.process().refresh()).tokens.access_token == "access-1"
    assert world.zoom.posted == ["refresh-0"]


def test_an_answer_without_refresh_token_keeps_the_old_one(world: World) -> None:
    """A server that does not rotate leaves the refresh token, in a new generation."""
    world.zoom.script = [Outcome(Kind.GRANTED, tokens=TokenSet("access", None, 3600))]
    world.run(world.process().refresh())
    assert world.database.grant.refresh_token == "refresh-0"
    assert world.database.grant.journal.generation == 1


def test_an_answer_without_access_token_is_kept_and_reported(world: World) -> None:
    """A refresh token alone is stored at once; the caller learns that there is no access token."""
    world.zoom.script = [Outcome(Kind.GRANTED, tokens=TokenSet(None, "renewed", 3600))]

    async def half() -> None:
        with pytest.raises(PauseError, match="no access token"):
            await world.process().refresh()

    world.run(half())
    assert world.database.grant.refresh_token == "renewed"
    assert world.zoom.posted == ["refresh-0"]


def test_an_answer_without_a_life_does_not_loop(world: World) -> None:
    """Where Zoom does not say how long a token lives, a minute passes before the next post."""
    world.zoom.life = None

    async def refused_at_once() -> float:
        await world.process().refresh()
        with pytest.raises(PauseError) as caught:
            await world.process().refresh(digest("access-1"))
        return caught.value.retry_after_seconds

    assert 55 < world.run(refused_at_once()) <= 60
    assert len(world.zoom.posted) == 1


def test_account_credentials_never_ask_for_consent(world: World) -> None:
    """A server-to-server grant has no refresh token, and its refusal is a matter of settings."""
    world.database.grant = dataclasses.replace(
        world.database.grant, grant_type=GrantType.ACCOUNT_CREDENTIALS, refresh_token=None
    )
    world.zoom.script = ["answer", Outcome(Kind.DEAD, "the token endpoint answered 400")]

    async def both() -> Grant:
        first = await world.process().refresh()
        with pytest.raises(Misconfigured):
            await world.process().refresh(digest("access-1"))
        return first

    assert world.run(both()).tokens.access_token == "access-1"
    assert len(world.alerts) == 1  # for who corrects the settings
    assert "authorise" not in world.alerts[0]


def test_a_consent_during_a_refresh_wins(world: World) -> None:
    """A generation that moved under a refresh makes its answer an orphan, not the newest."""

    async def overtaken() -> Grant:
        task = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.05)
        world.database.rows.consent(Outcome(Kind.GRANTED, tokens=TokenSet("new", "consent", 3600)))
        return await task

    assert world.run(overtaken()).tokens.access_token == "new"
    assert world.database.grant.refresh_token == "consent"
    assert world.database.grant.journal.orphan.refresh_token == "refresh-1"


def test_an_answer_survives_a_killed_process_on_disk(world: World) -> None:
    """Killed before its commit: the next process on this host adopts the answer from disk and posts nothing."""

    async def killed() -> Grant:
        world.database.fail = 1_000
        dying = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0)
        world.database.fail = 0
        await asyncio.sleep(0.05)
        world.database.fail = 1_000
        await asyncio.sleep(5)
        dying.cancel()
        world.database.fail = 0
        return await world.process().refresh()

    assert world.run(killed()).tokens.access_token == "access-1"
    assert world.zoom.posted == ["refresh-0"]


def test_an_answer_on_disk_is_adopted_at_the_next_start(world: World) -> None:
    """The API server that starts again needs no caller to put the answer where it belongs."""

    async def killed() -> None:
        dying = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.05)
        world.database.fail = 1_000
        await asyncio.sleep(5)
        dying.cancel()
        world.database.fail = 0
        await world.desk().recover(list(world.disk.files.values()))

    world.run(killed())
    assert world.database.grant.refresh_token == "refresh-1"
    assert world.zoom.posted == ["refresh-0"]


def test_an_answer_on_another_hosts_disk_becomes_the_orphan(world: World) -> None:
    """Where another host asked meanwhile and was refused, the late answer saves the grant without a person."""

    async def killed() -> Grant:
        dying = asyncio.create_task(world.process().refresh())
        await asyncio.sleep(0.05)
        world.database.fail = 1_000
        await asyncio.sleep(5)
        dying.cancel()
        world.database.fail = 0
        with pytest.raises(ConsentRequired):
            await world.process(disk=Disk()).refresh()
        await world.desk().recover(list(world.disk.files.values()))
        return await world.process().refresh()

    assert world.run(killed()).journal.state is State.READY
    assert world.zoom.posted == ["refresh-0", "refresh-0", "refresh-1"]


def test_a_database_that_comes_back_older_goes_on(world: World) -> None:
    """A failover that lost the last commits, or a restored backup: this host's disk has the newest answer."""

    async def restored() -> Grant:
        await world.process().refresh()
        old = world.database.grant
        await world.process().refresh(digest("access-1"))
        await world.process().refresh(digest("access-2"))
        world.database.grant = old
        return await world.process().refresh(digest("access-1"))

    assert world.run(restored()).tokens.access_token == "access-3"
    assert world.zoom.posted == ["refresh-0", "refresh-1", "refresh-2"]
    assert world.database.grant.refresh_token == "refresh-3"
    assert world.database.grant.journal.generation == 3


def test_an_orphan_that_zoom_refuses_is_not_brought_back_from_the_disk(world: World) -> None:
    """A grant that is lost costs no post for each caller, whatever lies on the disk."""

    async def lost() -> None:
        await world.process().refresh()
        world.zoom.newest = "somebody else's"
        await asyncio.gather(world.process().refresh(digest("access-1")), return_exceptions=True)
        kept = world.disk.files["zoom_default"]
        later = kept.tokens.issued_at + timedelta(seconds=1)
        stray = dataclasses.replace(kept.tokens, refresh_token="stray", issued_at=later)
        world.disk.files["zoom_default"] = dataclasses.replace(kept, tokens=stray)
        for _ in range(5):
            await asyncio.gather(world.process().refresh(digest("access-1")), return_exceptions=True)

    world.run(lost())
    assert world.zoom.posted == ["refresh-0", "refresh-1", "stray"]


def test_what_the_disk_tells_spent_is_not_posted_again(world: World) -> None:
    """A restored database has it as the newest again, beside an orphan that is younger than the file: that one alone."""

    async def restored() -> None:
        await world.process().refresh()
        backup = world.database.grant
        await world.process().refresh(digest("access-1"))
        world.database.grant = backup
        newest = world.disk.files["zoom_default"].tokens
        orphan = dataclasses.replace(
            newest, refresh_token="orphan", issued_at=newest.issued_at + timedelta(minutes=1)
        )
        await world.database.keep_orphan(Kept("zoom_default", "late", 0, "of another", orphan))
        world.zoom.newest = "nobody's"
        await world.process().refresh(digest("access-1"))

    with pytest.raises(ConsentRequired):
        world.run(restored())
    assert world.zoom.posted == ["refresh-0", "refresh-1", "orphan"]


def test_a_full_disk_does_not_stop_a_rotation(world: World) -> None:
    """The database alone keeps the answer then."""
    world.disk.full = True
    assert world.run(world.process().refresh()).tokens.access_token == "access-1"


def test_an_alert_that_nobody_sent_is_sent_by_the_next_reader(world: World) -> None:
    """Killed between the loss and its alert: whoever reads next tells, once."""
    world.zoom.newest = "somebody else's"

    async def lost() -> None:
        await asyncio.gather(world.process().refresh(), return_exceptions=True)
        journal = dataclasses.replace(world.database.grant.journal, alerted_at=None)
        world.database.grant = dataclasses.replace(world.database.grant, journal=journal)
        await asyncio.gather(*(world.process().refresh() for _ in range(20)), return_exceptions=True)

    world.run(lost())
    assert len(world.alerts) == 2  # the one that got lost, and the one


def test_a_pause_within_an_incident_does_not_alert_again(world: World) -> None:
    """Refused settings, a network fault, refused settings again: one incident, one alert."""
    refused = Outcome(Kind.MISCONFIGURED, "the token endpoint answered 400: invalid_client")
    world.zoom.script = [refused, Outcome(Kind.NOT_SENT, "unreachable"), refused]

    async def incident() -> None:
        for _ in range(3):
            await asyncio.gather(world.process().refresh(), return_exceptions=True)
            await asyncio.sleep(1000)

    world.run(incident())
    assert len(world.zoom.posted) == 3
    assert len(world.alerts) == 1


def test_a_person_ends_a_grant(world: World) -> None:
    """Disconnected: revoked at Zoom by a living access token, forgotten here, nobody alerted, nothing posted."""

    async def ended() -> str:
        said = await world.desk().disconnect("zoom_default", by="ada")
        with pytest.raises(ConsentRequired, match="no usable refresh token"):
            await world.process().refresh()
        return said

    assert "disconnected" in world.run(ended())
    assert world.zoom.revoked == ["access-1"]
    assert world.zoom.posted == ["refresh-0"]
    assert (world.database.grant.refresh_token, world.database.grant.journal.newest) == (None, None)
    assert world.disk.files == {}
    assert world.alerts == []


def test_a_token_from_before_the_disconnection_is_never_posted(world: World) -> None:
    """A form saved late puts the revoked refresh token back: it counts as none."""

    async def restored() -> None:
        await world.desk().disconnect("zoom_default", by="ada")
        world.database.grant = dataclasses.replace(world.database.grant, refresh_token="refresh-1")
        with pytest.raises(ConsentRequired):
            await world.process().refresh()

    world.run(restored())
    assert world.zoom.posted == ["refresh-0"]


def test_a_grant_that_zoom_could_not_revoke_stays(world: World) -> None:
    """Where Zoom can't be asked nothing changes, and the next refresh works."""
    world.zoom.script = ["answer", Outcome(Kind.NOT_SENT, "unreachable")]

    async def failed() -> Grant:
        with pytest.raises(TransientError, match="stays as it is"):
            await world.desk().disconnect("zoom_default", by="ada")
        world.zoom.newest = "refresh-1"
        return await world.process().refresh(digest("access-1"))

    assert world.run(failed()).journal.state is State.READY
