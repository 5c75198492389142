"""What must hold whatever happens: random faults, latencies and killed processes, in virtual time."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from include.grant.journal import State, digest
from include.grant.rotation import Rotation
from include.zoom.errors import ZoomError
from include.zoom.oauth import Kind, Outcome
from tests.grant.world import World, Zoom

answers = st.sampled_from(
    [
        "answer",
        "answer",
        "lost",
        Outcome(Kind.AMBIGUOUS, "reset"),
        Outcome(Kind.NOT_SENT, "unreachable"),
        Outcome(Kind.LATER, "busy", retry_after_seconds=40),
        Outcome(Kind.MISCONFIGURED, "invalid_client"),
    ]
)
# When a process begins, when it is killed (None: never), and whether it refuses the token it finds.
lives = st.tuples(st.floats(0, 400), st.none() | st.floats(0.0, 3.0), st.booleans())


class Watched:
    """A process that only uses what the store has."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.unstored: list[str] = []

    async def live(self, begin: float, killed_after: float | None, *, refuses: bool) -> None:
        """Asks for a token, and is killed meanwhile or not."""
        await asyncio.sleep(begin)
        task = asyncio.create_task(self._ask(self.world.process(), refuses=refuses))
        if killed_after is not None:
            asyncio.get_running_loop().call_later(killed_after, task.cancel)
        await asyncio.wait([task])
        if not task.cancelled() and task.exception() is not None:
            assert isinstance(task.exception(), ZoomError)

    async def _ask(self, process: Rotation, *, refuses: bool) -> None:
        stored = self.world.database.grant.journal.newest
        rejected = digest(stored.access_token) if refuses and stored and stored.access_token else None
        grant = await process.refresh(rejected)
        newest, known = grant.journal.newest, self.world.database.grant.journal
        if newest and newest not in (known.newest, known.previous, known.orphan):
            self.unstored.append(str(newest.refresh_token))


@settings(max_examples=150, deadline=None)
@given(
    script=st.lists(answers, max_size=8),
    processes=st.lists(lives, min_size=1, max_size=12),
    latency=st.floats(0.01, 55),
    failures=st.integers(0, 4),
)
def test_the_invariants_hold(
    script: list[str | Outcome],
    processes: list[tuple[float, float | None, bool]],
    latency: float,
    failures: int,
) -> None:
    """I1 one post at a time, I2 stored before used, I3 no falling generation, I4 none posted after its answer."""
    world = World(Zoom(script=list(script), latency=latency))
    world.database.fail = failures
    watched = Watched(world)

    async def everybody() -> None:
        await asyncio.gather(
            *(watched.live(begin, kill, refuses=refuses) for begin, kill, refuses in processes)
        )

    world.run(everybody())
    assert world.zoom.most_at_once <= 1
    assert watched.unstored == []
    assert world.database.generations == sorted(world.database.generations)
    assert world.zoom.posted_after_answer == 0
    if world.database.grant.journal.state is State.CONSENT_REQUIRED:
        assert "lost" in script or any(kill is not None for _, kill, _ in processes)
