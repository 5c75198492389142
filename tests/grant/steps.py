"""Processes that go on one step at a time: each waits at its next transaction, file or request until it is let go."""

from collections.abc import Callable, Coroutine, Generator
from dataclasses import dataclass, field
from typing import Any

from include.grant.journal import Grant, Journal
from include.grant.rotation import Rotation
from include.grant.spill import Kept, SpillError
from include.grant.storage import StoreError
from include.zoom.oauth import Kind, Outcome, TokenSet
from tests.grant.rows import Rows

POST_SECONDS = 60.0
GRACE_SECONDS = 60.0
CUT_OFF = Outcome(Kind.AMBIGUOUS, "the answer was lost")


@dataclass
class Op:
    """What a process waits for: it happens when the process is let go, with a fault or without."""

    kind: str
    act: Callable[[str], Any]

    def __await__(self) -> Generator["Op", Any, Any]:
        return (yield self)


@dataclass
class Authority:
    """An authorisation server; `mode` is what it makes of a refresh token that was used already."""

    mode: str
    newest: str | None = "refresh-0"
    former: dict[str, float] = field(default_factory=dict)
    issued: int = 0

    def replace_all(self, name: str) -> str:
        """A person consents: a new chain, and the old one is dead."""
        self.issued += 1
        self.newest, self.former = f"{name}-{self.issued}", {}
        return self.newest

    def answer(self, token: str | None, now: float, fault: str) -> Outcome:
        """What comes of a post that arrives `now`."""
        if not self._takes(token, now):
            if self.mode == "family" and token in self.former:
                self.newest = None
            return Outcome(Kind.DEAD, "the token endpoint answered 400")
        return self._granted(token, now, fault)

    def _takes(self, token: str | None, now: float) -> bool:
        if token is None or self.newest is None:
            return False
        within = now - self.former.get(token, -1e9) <= GRACE_SECONDS
        return token == self.newest or (self.mode == "grace" and within)

    def _granted(self, token: str | None, now: float, fault: str) -> Outcome:
        self.issued += 1
        access, renewed = f"access-{self.issued}", f"refresh-{self.issued}"
        if self.mode == "still" or fault == "no refresh token":
            return Outcome(Kind.GRANTED, tokens=TokenSet(access, None, 3600))
        self.former |= {str(token): now, str(self.newest): now}
        self.newest = renewed
        return Outcome(
            Kind.GRANTED,
            tokens=TokenSet(
                None if fault == "no access token" else access, renewed, None if fault == "no life" else 3600
            ),
        )


NOT_ANSWERED = {
    "unreachable": Outcome(Kind.NOT_SENT, "unreachable"),
    "busy": Outcome(Kind.LATER, "busy", retry_after_seconds=40),
    "wrong client": Outcome(Kind.MISCONFIGURED, "invalid_client"),
    "cut before": CUT_OFF,
}
FAULTS = {
    "read": ("fail",),
    "write": ("refuse", "lose the reply"),
    "file": ("refuse",),
    "send": (*NOT_ANSWERED, "cut after", "no refresh token", "no access token", "no life"),
    "receive": ("cut",),
    "revoke": ("unreachable", "cut before", "cut after"),
}


@dataclass
class Host:
    """A machine: its disk, and the clock that all machines share here."""

    name: str
    files: dict[str, Kept] = field(default_factory=dict)


@dataclass
class Process:
    """A rotation that runs step by step; its faults are said when it is let go."""

    host: Host
    rows: Rows
    authority: Authority
    seconds: Callable[[], float]
    alerts: list[str]
    op: Op | None = None
    result: Grant | str | None = None
    error: Exception | None = None
    posted: str | None = None
    sent_at: float | None = None
    answer: Outcome | None = None
    wakes_at: float = 0.0
    known: set[str] = field(default_factory=set)
    forgotten: bool = False  # by a database that came back without its lease
    to_post: set[str | None] = field(default_factory=set)
    _work: Coroutine[Op, Any, Any] | None = None

    def begin(self, work: Callable[[Rotation], Coroutine[Any, Any, Any]]) -> "Process":
        """Runs to the first thing it waits for."""
        rotation = Rotation(
            storage=Storage(self),
            spill=Disk(self),
            post=self._post,
            revoke=self._revoke,
            alert=self._alert,
            sleep=self._sleep,
            monotonic=self.seconds,
            chance=lambda: 0.0,
        )
        self._work = work(rotation)
        self._go_on(None)
        return self

    def let_go(self, fault: str = "") -> None:
        """Does what it waits for, and runs to the next."""
        op = self.op
        if op is None:
            return
        try:
            value = op.act(fault)
        except (StoreError, SpillError) as error:
            self._go_on(error)
        else:
            self._go_on(value)

    def kill(self) -> None:
        """It never goes on; what it waited for does not happen."""
        self.op = None
        if self._work:
            self._work.close()

    def _go_on(self, value: Any) -> None:
        try:
            self.op = self._work.throw(value) if isinstance(value, Exception) else self._work.send(value)
        except StopIteration as end:
            self.op, self.result = None, end.value
        except Exception as error:  # noqa: BLE001 - the machine looks at it
            self.op, self.error = None, error

    async def _post(self, _grant: Grant, token: str | None) -> Outcome:
        self.posted = token
        outcome = await Op("send", lambda fault: self._send(token, fault))
        answer = await Op("receive", lambda fault: self._receive(outcome, fault))
        self.sent_at, self.answer = None, answer
        return answer

    def _send(self, token: str | None, fault: str) -> Outcome:
        self.sent_at = self.seconds()
        if fault in NOT_ANSWERED:
            return NOT_ANSWERED[fault]
        answer = self.authority.answer(token, self.seconds(), fault)
        return CUT_OFF if fault == "cut after" else answer

    def _receive(self, outcome: Outcome, fault: str) -> Outcome:
        late = self.seconds() - (self.sent_at or 0.0) > POST_SECONDS
        return CUT_OFF if fault or late else outcome

    async def _revoke(self, _grant: Grant, _access_token: str) -> Outcome:
        def revoke(fault: str) -> Outcome:
            if fault in NOT_ANSWERED:
                return NOT_ANSWERED[fault]
            self.authority.newest = None
            return CUT_OFF if fault == "cut after" else Outcome(Kind.GRANTED)

        return await Op("revoke", revoke)

    async def _alert(self, grant: Grant) -> None:
        await Op("alert", lambda _: self.alerts.append(grant.journal.reason))

    async def _sleep(self, seconds: float) -> None:
        self.wakes_at = self.seconds() + seconds
        await Op("sleep", lambda _: None)


def transaction(kind: str, act: Callable[[], Any]) -> Op:
    """One that can be refused, or whose reply can be lost."""

    def run(fault: str) -> Any:
        if fault in ("refuse", "fail"):
            raise StoreError("the database refused")
        done = act()
        if fault == "lose the reply":
            raise StoreError("the reply was lost")
        return done

    return Op(kind, run)


@dataclass
class Storage:
    """The rows, a step at a time."""

    process: Process

    async def read(self) -> Grant:
        return await transaction("read", self.process.rows.read)

    async def lease(self, seen: Grant, attempt_id: str) -> Grant | None:
        return await transaction("write", lambda: self.process.rows.lease(seen, attempt_id))

    async def renew(self, held: Grant) -> Grant | None:
        return await transaction("write", lambda: self.process.rows.renew(held))

    async def release(self, held: Grant) -> None:
        await transaction("write", lambda: self.process.rows.release(held))

    async def commit(self, held: Grant, journal: Journal, by: str | None = None) -> bool:
        return await transaction("write", lambda: self.process.rows.commit(held, journal))

    async def heal(self, seen: Grant) -> None:
        await transaction("write", lambda: self.process.rows.heal(seen))

    async def keep_orphan(self, kept: Kept) -> None:
        await transaction("write", lambda: self.process.rows.keep_orphan(kept))

    async def claim_alert(self, seen: Grant) -> bool:
        return await transaction("write", lambda: self.process.rows.claim_alert(seen))


@dataclass
class Disk:
    """The host's spill folder, a step at a time."""

    process: Process

    async def keep(self, kept: Kept) -> None:
        def write(fault: str) -> None:
            if fault:
                raise SpillError("the disk is full")
            there = self.process.host.files.get(kept.connection_id)
            if not there or there.tokens.issued_at <= kept.tokens.issued_at:
                self.process.host.files[kept.connection_id] = kept

        await Op("file", write)

    async def find(self, connection_id: str) -> Kept | None:
        return await Op("look", lambda _: self.process.host.files.get(connection_id))

    async def drop(self, connection_id: str) -> None:
        await Op("drop", lambda _: self.process.host.files.pop(connection_id, None))
