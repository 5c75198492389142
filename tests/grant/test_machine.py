"""ROTATION's invariants over anything that may happen, as a state machine of processes that go on step by step.

I1 at most one post of a refresh token is under way. I2 the newest token is in a durable place before anyone uses
its access token. I3 the generation never falls. I4 a token whose answer arrived is never posted again. I5 consent
is declared lost only for the newest token that is known. I6 no secret in what people read. I7 after any failure
the next run goes on without a person, unless the grant is lost.
"""

import dataclasses
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from include.grant.disconnect import Disconnection
from include.grant.journal import Grant, State, digest
from include.grant.rotation import Rotation
from include.grant.spill import Kept
from include.grant.storage import StoreError
from include.zoom.errors import ConsentRequired, ZoomError
from include.zoom.oauth import App, Kind, Outcome, TokenSet
from tests.grant.rows import Rows, first_grant
from tests.grant.steps import FAULTS, POST_SECONDS, Authority, Host, Process

LIVE = 6
ENOUGH_STEPS = 400
pick = st.integers(0, LIVE - 1)


class Machine(RuleBasedStateMachine):
    """Two hosts, one database, one authorisation server, and everything that can go wrong between them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.rows = Rows(first_grant(), lambda: self.now)
        self.hosts = [Host("one"), Host("two")]
        self.processes: list[Process] = []
        self.flights: list[tuple[Process, float]] = []
        self.alerts: list[str] = []
        self.shown: list[str] = ["refresh-0"]
        self.generation = 0
        self.arrived: set[str] = set()
        self.backup: Grant | None = None

    @initialize(mode=st.sampled_from(["strict", "strict", "family", "grace", "still"]), shared=st.booleans())
    def begin(self, mode: str, *, shared: bool) -> None:
        """What the server makes of used refresh tokens, and whether the hosts share one spill folder."""
        self.authority = Authority(mode)
        if shared:
            self.hosts[1].files = self.hosts[0].files

    # What processes do.

    @precondition(lambda self: len(self.processes) < LIVE)
    @rule(host=st.integers(0, 1), rejects=st.sampled_from([True, True, False]))
    def start(self, host: int, rejects: bool) -> None:
        """A process wants an access token; it may have been refused the one that is stored."""
        self._start(self.hosts[host], rejects=rejects)

    @rule(host=st.integers(0, 1), rejects=st.sampled_from([True, True, False]))
    def refresh(self, host: int, rejects: bool) -> None:
        """A process has its answer before anything else happens."""
        self._finish(self._start(self.hosts[host], rejects=rejects))

    @precondition(lambda self: self.processes)
    @rule(which=pick, times=st.integers(1, 12))
    def step(self, which: int, times: int) -> None:
        """A process goes on for a while."""
        for _ in range(times):
            self._let_go(self._chosen(which))

    @precondition(lambda self: self.processes)
    @rule(which=pick, fault=st.integers(0, 7), times=st.integers(0, 8))
    def step_into_a_fault(self, which: int, fault: int, times: int) -> None:
        """A process goes on until something goes wrong."""
        self.step(which, times)
        process = self._chosen(which)
        faults = FAULTS.get(process.op.kind, ()) if process and process.op else ()
        self._let_go(process, faults[fault % len(faults)] if faults else "")

    @precondition(lambda self: self.processes)
    @rule(which=pick)
    def run_to_its_end(self, which: int) -> None:
        """A process goes on until it has its answer."""
        self._finish(self._chosen(which))

    @precondition(lambda self: self.processes)
    @rule(which=pick, times=st.integers(0, 12))
    def kill(self, which: int, times: int) -> None:
        """SIGKILL, wherever it stands by then."""
        self.step(which, times)
        process = self._chosen(which)
        if process:
            process.kill()
            self.processes.remove(process)

    @rule(seconds=st.sampled_from([1.0, 20.0, 59.0, 76.0, 130.0, 700.0, 3000.0, 4000.0, 90_000.0]))
    def jump(self, seconds: float) -> None:
        """Time passes, for some of the processes in their sleep (SIGSTOP)."""
        self._jump(seconds)

    # What people and machines do to it.

    @rule(
        what=st.sampled_from(
            ["form", "form", "patch", "secret", "by hand", "consent", "revoke", "disconnect"]
        )
    )
    def a_person(self, what: str) -> None:
        """Somebody edits the Connection, consents, or ends the grant; see the methods."""
        {
            "form": self._save_an_old_form,
            "patch": lambda: self._show(None),
            "secret": self._correct_the_secret,
            "by hand": lambda: self._show(self.authority.replace_all("hand")),
            "consent": self._consent,
            "revoke": self._revoke,
            "disconnect": self._disconnect,
        }[what]()

    @rule(
        what=st.sampled_from(["back up", "restore", "lose the disk", "restart", "restart"]),
        host=st.integers(0, 1),
    )
    def a_machine(self, what: str, host: int) -> None:
        """The database or a host comes and goes; see the methods."""
        {
            "back up": self._back_up,
            "restore": self._restore,
            "lose the disk": lambda: self._lose_the_disk(self.hosts[host]),
            "restart": lambda: self._restart(self.hosts[host]),
        }[what]()

    def _start(self, host: Host, *, rejects: bool) -> Process:
        newest = self.rows.grant.journal.newest
        rejected = digest(newest.access_token) if rejects and newest and newest.access_token else None
        return self._spawn(host, lambda rotation: rotation.refresh(rejected))

    def _restart(self, host: Host) -> None:
        """An API server starts and looks for answers on its disk."""
        kept = list(host.files.values())
        self._spawn(host, lambda rotation: _recover(rotation, kept))

    def _disconnect(self) -> None:
        self._spawn(self.hosts[0], lambda rotation: Disconnection(rotation, by="ada").run())

    def _save_an_old_form(self) -> None:
        """A form that was loaded long ago, or the Connection's row restored alone."""
        self._show(self.shown[len(self.shown) // 2])

    def _correct_the_secret(self) -> None:
        secret = "corrected" if self.rows.grant.app.client_secret == "client-secret" else "client-secret"
        self.rows.grant = dataclasses.replace(self.rows.grant, app=App("client-id", secret))

    def _consent(self) -> None:
        token = self.authority.replace_all("consent")
        self.flights.clear()  # it overrules what is under way: that token is dead, whoever posts it
        self.rows.consent(Outcome(Kind.GRANTED, tokens=TokenSet(f"access-of-{token}", token, 3600)))

    def _revoke(self) -> None:
        """The app is removed in Zoom."""
        self.authority.newest = None

    def _back_up(self) -> None:
        self.backup = self.rows.grant

    def _restore(self) -> None:
        """An old backup of the whole database: what happened since is unknown to it."""
        if self.backup is None:
            return
        self.rows.grant, self.generation = self.backup, self.backup.journal.generation
        self.arrived.clear()
        self.flights.clear()
        for process in self.processes:
            process.known.clear()
            process.forgotten = True

    def _lose_the_disk(self, host: Host) -> None:
        """A host and its disk are gone; another takes its name."""
        for process in [each for each in self.processes if each.host is host]:
            process.kill()
            self.processes.remove(process)
        host.files.clear()

    # What must hold.

    @invariant()
    def the_generation_never_falls(self) -> None:
        """I3."""
        assert self.rows.grant.journal.generation >= self.generation
        self.generation = self.rows.grant.journal.generation

    @invariant()
    def nothing_that_people_read_has_a_token(self) -> None:
        """I6."""
        told = " ".join([self.rows.grant.journal.reason, *self.alerts])
        assert not any(word in told for word in ("refresh-", "access-", "hand-", "consent-", "client-secret"))

    @invariant()
    def a_lost_grant_is_lost(self) -> None:
        """I5: where consent is required, what Zoom would take is not among what the database has to post."""
        journal = self.rows.grant.journal
        if journal.state is State.CONSENT_REQUIRED and self.authority.newest:
            assert not journal.newest or journal.newest.refresh_token != self.authority.newest

    def teardown(self) -> None:
        """I7: with every fault gone the next run goes on, unless no durable place has what Zoom would take."""
        for process in self.processes:
            process.kill()
        self.processes.clear()
        if not hasattr(self, "authority"):
            return
        for host in self.hosts:
            self._finish(
                self._spawn(host, lambda rotation, host=host: _recover(rotation, [*host.files.values()]))
            )
        self._jump(86_400.0)
        last = self._spawn(self.hosts[0], lambda rotation: rotation.refresh())
        self._finish(last)
        ended = self.rows.grant.journal.newest is None  # by a person
        assert last.result is not None or ended or not self._alive(), last.error
        if last.error is not None:
            assert isinstance(last.error, ConsentRequired)
            assert self.rows.grant.journal.alerted_at or self.rows.grant.tokens is None

    def _alive(self) -> bool:
        """Whether a durable place has a refresh token that Zoom would take."""
        grant = self.rows.grant
        known = [
            grant.tokens,
            grant.journal.orphan,
            *(k.tokens for h in self.hosts for k in h.files.values()),
        ]
        newest = self.authority.newest
        return newest is not None and newest in [each.refresh_token for each in known if each]

    def _spawn(self, host: Host, work: Any) -> Process:
        process = Process(host, self.rows, self.authority, lambda: self.now, self.alerts)
        self.processes.append(process.begin(work))
        return process

    def _chosen(self, which: int) -> Process | None:
        return self.processes[which % len(self.processes)] if self.processes else None

    def _let_go(self, process: Process | None, fault: str = "") -> None:
        if process is None or process not in self.processes:
            return
        if process.op and process.op.kind == "sleep" and self.now < process.wakes_at:
            return
        self.now += 0.001
        before = self.rows.grant
        if process.op and process.op.kind == "send":
            self._check_the_post(process)
        received = process.op is not None and process.op.kind == "receive"
        if received:
            self.flights = [(each, at) for each, at in self.flights if each is not process]
        process.let_go(fault)
        if received and process.answer and process.answer.kind is Kind.GRANTED:
            assert process.op.kind == "file", "I2: an answer is put on disk before anything else"
        if self.rows.grant.refresh_token:
            self.shown.append(self.rows.grant.refresh_token)
        self._note(process, before)
        if process.op is None:
            self.processes.remove(process)
            self._check_the_end(process)

    def _check_the_post(self, process: Process) -> None:
        """I1, I4 and I5, at the moment when a token leaves."""
        mark = self.rows.grant.journal.fingerprints.of(process.posted)
        same = [p for p, at in self.flights if p.posted == process.posted and self.now - at < POST_SECONDS]
        assert same == [], "I1"
        assert mark not in process.known, "I4"
        assert process.posted in process.to_post, "I5"
        if not process.forgotten:
            self.flights.append((process, self.now))

    def _note(self, process: Process, before: Grant) -> None:
        """What is durable by now, for a process that comes to its post to know."""
        marks, newest = self.rows.grant.journal.fingerprints, self.rows.grant.journal.newest
        if newest and newest != before.journal.newest:
            kept = [each.posted for each in process.host.files.values() if each.tokens == newest]
            came = process.answer and process.answer.tokens  # to this very process, or found on its disk
            own = came and came.refresh_token == newest.refresh_token
            spent = marks.of(process.posted) if own else (kept or [None])[0]
            self.arrived |= {spent} - {marks.of(newest.refresh_token), None}
        if process.op and process.op.kind == "send":
            here = [
                k.posted for k in process.host.files.values() if marks.of(k.tokens.refresh_token) != k.posted
            ]
            if self.rows.grant.adopts:  # nobody can tell an old form from a person's token: it is tried
                here = []
            if not process.to_post and not process.forgotten:
                process.known = self.arrived | set(here)
            grant = self.rows.grant
            known = (grant.tokens, grant.journal.newest, grant.journal.orphan)
            process.to_post |= {each.refresh_token for each in known if each}

    def _check_the_end(self, process: Process) -> None:
        """I2, and that nothing but our own errors comes out."""
        assert process.error is None or isinstance(process.error, ZoomError), process.error
        grant = process.result
        if isinstance(grant, Grant) and grant.journal.newest and self.backup is None:
            mark = self.rows.grant.journal.fingerprints
            token = grant.journal.newest.refresh_token
            kept = [each.tokens.refresh_token for host in self.hosts for each in host.files.values()]
            orphan = self.rows.grant.journal.orphan
            assert mark.knows(token) or token in kept or (orphan and orphan.refresh_token == token), "I2"

    def _finish(self, process: Process | None) -> None:
        for _ in range(ENOUGH_STEPS):
            if process is None or process.op is None:
                return
            if process.op.kind == "sleep":
                self._jump(max(5.0, process.wakes_at - self.now))
            self._let_go(process)
        raise AssertionError("a process does not come to its end")

    def _jump(self, seconds: float) -> None:
        for process in list(self.processes):  # what is on its way arrives
            if process.op and process.op.kind == "send":
                self._let_go(process)
        self.now += seconds

    def _show(self, token: str | None) -> None:
        self.rows.grant = dataclasses.replace(self.rows.grant, refresh_token=token)
        if token:
            self.shown.append(token)


async def _recover(rotation: Rotation, kept: list[Kept]) -> str:
    for each in kept:
        try:
            await rotation.recover(each)
        except StoreError:
            continue
    return "recovered"


TestMachine = pytest.mark.timeout(1800)(Machine.TestCase)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What is logged in ten thousand histories is not read by anybody."""
    logger = logging.getLogger("include.grant")
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(logging.NOTSET)


NIGHTLY = settings.get_current_profile_name() == "nightly"
TestMachine.settings = settings(
    deadline=None,
    stateful_step_count=60,
    max_examples=10_000 if NIGHTLY else 600,
    derandomize=not NIGHTLY,
    report_multiple_bugs=False,
)
