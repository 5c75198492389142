"""Kills the process that refreshes at one moment, finds out in which step it was, and what the next one makes of it."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from tests.faults.children import Child
from tests.faults.proxy import Line
from tests.faults.stage import Stage
from tests.faults.work import ask_and_stay
from tests.grant.installation import wait_for

STEPS = (
    "before the lease",
    "with the lease, nothing sent",
    "request under way, Zoom has not rotated yet",
    "Zoom has rotated, its answer is under way",
    "the answer is here, not on disk yet",
    "on disk, not committed",
    "committed",
)
GAP = STEPS[2:5]
"""Where a strict Zoom has rotated, or will, and nobody has its answer in a durable place."""
ANSWER_SECONDS = 0.1


@dataclass(frozen=True)
class Killed:
    """One SIGKILL: in which step it fell, and whether the grant was lost."""

    step: str
    lost: bool
    posts: int


def full_time(stage: Stage, times: int = 7) -> float:
    """How many seconds a refresh takes that nobody kills, from before its read until after its commit."""
    return median(_undisturbed(stage) for _ in range(times))


def kill_after(stage: Stage, seconds: float) -> Killed:
    """Lets a refresh live for so long."""
    child, line = _begin(stage)
    # A late kill is a kill too: where it fell is found out, not assumed.
    time.sleep(seconds)
    return _kill(stage, child, line)


def kill_at(stage: Stage, point: str) -> Killed:
    """Lets a refresh come to a named point."""
    child, line = _begin(stage, at=point)
    child.killed()
    return _kill(stage, child, line)


def kill_when(stage: Stage, holds: str) -> Killed:
    """Lets the request, or the answer, come to the proxy and no further before the kill."""
    child, line = _begin(stage, holds=holds)
    (line.until_asked if holds == "request" else line.until_answered)()
    return _kill(stage, child, line)


def table(title: str, kills: Sequence[Killed]) -> Table:
    """How many kills fell into each step, and how many grants were lost there."""
    made = Table("step in which the kill fell", "kills", "lost", title=title)
    fell, lost = Counter(kill.step for kill in kills), Counter(kill.step for kill in kills if kill.lost)
    for step in STEPS:
        made.add_row(step, str(fell[step]), str(lost[step]))
    made.add_section()
    made.add_row("all", str(fell.total()), str(lost.total()))
    return made


def _undisturbed(stage: Stage) -> float:
    child, _ = _begin(stage)
    began = time.monotonic()
    child.until("told")
    taken = time.monotonic() - began
    child.kill()
    return taken


def _begin(stage: Stage, at: str = "", holds: str = "") -> tuple[Child, Line]:
    stage.begin_anew()
    # Zoom thinks, rotates, and its answer takes a while: so the steps can be told apart.
    stage.zoom.order("hang", when="after", seconds=ANSWER_SECONDS)
    line = stage.proxy.next(holds=holds)
    return stage.start(ask_and_stay, marks=True, at=at), line


def _kill(stage: Stage, child: Child, line: Line) -> Killed:
    if child.process.is_alive():
        os.kill(child.pid, signal.SIGKILL)
    rotated = stage.zoom.posts
    child.killed()
    step = _step(stage, {said for _, said in child.heard() if isinstance(said, str)}, rotated, line)
    _let_zoom_end(stage, line)
    posts = stage.zoom.posts
    stage.zoom.order_nothing()
    stage.proxy.orders.clear()
    stage.end_lease_of_the_dead()
    told = stage.ask()
    works = not told.error and not stage.ask(rejected=told.token).error
    return Killed(step, lost=not works, posts=posts)


def _step(stage: Stage, passed: set[str], rotated: int, line: Line) -> str:
    journal = stage.grant().journal
    happened: dict[str, Callable[[], bool]] = {
        "committed": lambda: journal.generation > 0,
        "on disk, not committed": lambda: any(name.endswith(".sealed") for name in stage.spilled()),
        "the answer is here, not on disk yet": lambda: "after receiving" in passed,
        "Zoom has rotated, its answer is under way": lambda: rotated > 0,
        "request under way, Zoom has not rotated yet": line.asked.is_set,
        "with the lease, nothing sent": lambda: journal.attempt_deadline is not None,
    }
    return next((step for step, look in happened.items() if look()), "before the lease")


def _let_zoom_end(stage: Stage, line: Line) -> None:
    """A request that has left goes on without its sender."""
    line.let_go()
    if line.asked.is_set():
        line.gone.wait(60)
        if line.complete:
            wait_for(lambda: stage.zoom.posts > 0)
