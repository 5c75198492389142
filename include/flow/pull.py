"""The `pull` task: asks Zoom for one stream over the run's days, into landing."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

from airflow.sdk import conf
from airflow.sdk.exceptions import AirflowRescheduleException, AirflowSkipException

from include.flow.days import why_unasked
from include.flow.publish import failures_recorded
from include.flow.reuse import Reuse, reuse
from include.flow.run import Run, landing
from include.flow.sharing import Sharing
from include.flow.vanished import Confirmation, confirmation
from include.grant.hook import ZoomHook
from include.landing import Attempt, Landing, LandingError, Manifest
from include.warehouse.connect import warehouse
from include.zoom.catalog import streams
from include.zoom.client import ZoomClient
from include.zoom.errors import ConsentRequired, DailyCapReached, NotEntitled
from include.zoom.fanout import Dated, root_records
from include.zoom.pace import Pace
from include.zoom.pull import PullCounts
from include.zoom.pull import pull as pull_stream
from include.zoom.stream import Kind, Stream
from include.zoom.vanished import confirming
from include.zoom.window import reachable_days

CURSOR = "cursor"
FINISHED = "finished"
# Sooner, the scheduler may get the executor's word of a look's end when the next look runs, and ends that: a try is lost.
_SHORTEST_WAIT_SECONDS = 10
_log = logging.getLogger(__name__)


def pull(name: str) -> dict[str, Any]:
    """Where the pages of a stream lie: `{"manifest": address, "reused": whether another run pulled them}`.

    A backfill's runs share what can be asked for many days at once (see `Sharing`); `days` are this run's of it.
    A snapshot of today is reused, and lists of a final day whose parents have not changed, unless the run says
    `ask_again` or this very task has been cleared. A try that was killed, put off by a daily cap, or waited for a
    consent, is continued.
    """
    run = Run.current()
    settings = run.sources()
    return _Pull(run, streams(settings)[name], landing(), settings).result()


@dataclass
class _Pull:
    run: Run
    stream: Stream
    landing: Landing
    settings: dict[str, str]
    latest_cursor: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def result(self) -> dict[str, Any]:
        hook = ZoomHook(self.run.param("zoom_conn_id"))
        asyncio.run(hook.load())
        parents = self._parents_manifest()
        days = self._days(parents)
        # Everything of Airflow's is asked for before the event loop starts: a synchronous question beside an
        # asynchronous one to the supervisor ends the task.
        cursor = self.run.memory.get(CURSOR)
        asked_before = self.run.memory.get(FINISHED)
        if not asked_before and (address := self._todays(hook.account)):
            return {"manifest": address, "reused": True}
        ask = partial(self._asked, hook, parents)
        sharing = Sharing(self.run, self.stream, self.landing, hook.account, self.settings, asked_before)
        if (manifest := sharing.manifest(days, partial(ask, shared=True))) is not None:
            self.landing.take(manifest, days)
            return {**self._finished(manifest), "days": [str(day) for day in days]}
        return self._finished(ask(days, resume=cursor, keep=self._keep))

    def _asked(
        self,
        hook: ZoomHook,
        parents: Manifest | None,
        days: tuple[date, ...],
        *,
        resume: str | None,
        keep: Callable[[str], None],
        shared: bool = False,
    ) -> Manifest:
        """A finished attempt over these days, which goes on from where the cursor says."""
        attempt = self.landing.begin(
            hook.account,
            self.stream,
            days=days,
            resume=resume,
            settings=self.settings,
            keep=keep,
            shared=shared,
            as_of=self._as_of(parents),
        )
        reusing = reuse(self.landing, self.stream, streams(self.settings), parents)
        if reusing is not None:
            anew = bool(self.run.memory.get(FINISHED))
            self._take_over(reusing, attempt, days, anew=anew, resumed=bool(resume))
        target = partial(warehouse, schema=self.run.param("schema"))
        with (
            failures_recorded(target, self.stream, hook.account, attempt.id),
            self._outcomes(attempt),
        ):
            counts = asyncio.run(self._ask(hook, attempt, days, parents, self._confirmation(hook.account)))
        manifest = attempt.finish(counts)
        if reusing is not None:
            reusing.point(manifest)
        told = {**manifest.counts, "skipped": len(manifest.counts["skipped"])}
        _log.info("Pulled %s: %s", self.stream.name, told)
        return manifest

    def _take_over(
        self, reusing: Reuse, attempt: Attempt, days: tuple[date, ...], *, anew: bool, resumed: bool
    ) -> None:
        """Takes over what is final and unchanged, unless the run or somebody who cleared the task wants it asked."""
        if not anew and not self.run.param("ask_again"):
            reusing.fill(attempt, days, self.settings)
        elif not resumed:
            reusing.ask_anew(days, self.run.now)

    def _todays(self, account: str) -> str | None:
        """Where today's snapshot lies, if some run has pulled it and this one does not ask again."""
        if self.stream.kind is not Kind.SNAPSHOT or self.run.param("ask_again"):
            return None
        if address := self.landing.latest_snapshot(account, self.stream.name, self.run.today):
            _log.info("Today's %s are already there (%s).", self.stream.name, address)
        return address

    def _finished(self, manifest: Manifest) -> dict[str, Any]:
        self.run.memory.set(FINISHED, manifest.attempt_id)
        self.run.memory.delete(CURSOR)
        return {"manifest": manifest.address, "reused": False}

    def _parents_manifest(self) -> Manifest | None:
        if self.stream.parent is None:
            return None
        task_id = f"{self.stream.parent.stream}.pull"
        if not self.run.has_left(task_id):  # a stream with several sources is not skipped by Airflow
            raise AirflowSkipException(f"{task_id} was skipped, and {self.stream.name} needs its records.")
        return self.landing.manifest(self.run.left_by(task_id)["manifest"])

    def _as_of(self, parents: Manifest | None) -> datetime | None:
        """When a window that runs share gave the parents, which may be days ago: what came to light since is missing.

        Were the children as new as their own answers, they would replace those of a newer list of parents.
        """
        by = self.stream.parent
        return parents.extracted_at if parents and by and self.run.days_pulled(by.stream) else None

    def _days(self, parents: Manifest | None) -> tuple[date, ...]:
        """The planned days that Zoom tells of now and that the parents are there for."""
        if self.stream.kind is Kind.SNAPSHOT:
            return ()
        planned = self.run.planned_days(self.stream.name)
        days = reachable_days(self.stream, planned, today=self.run.today)
        if self.stream.parent and self.stream.parent.dates and parents:
            days = tuple(day for day in days if day in parents.days)
        if gone := set(planned) - set(days):
            _log.warning("%s; their slices stay as they are.", why_unasked(gone, today=self.run.today))
        return days

    def _confirmation(self, account: str) -> Confirmation | None:
        if confirming(self.stream) is None:
            return None
        return confirmation(
            self.stream,
            warehouse(schema=self.run.param("schema")),
            account,
            today=self.run.today,
            accept_shrink=bool(self.run.param("accept_shrink")),
        )

    async def _ask(
        self,
        hook: ZoomHook,
        attempt: Attempt,
        days: tuple[date, ...],
        parents: Manifest | None,
        to_confirm: Confirmation | None,
    ) -> PullCounts:
        backfill = self.run.run_type == "backfill"
        async with (
            hook.client() as http,
            hook.turns(backfill=backfill) as turns,
            contextlib.aclosing(Pace(turns)) as pace,
            self._cursor_saved(hook),
        ):
            client = ZoomClient(http, pace)
            counts = await pull_stream(
                self.stream,
                days,
                client,
                sink=attempt,
                parents=self._parents_records(parents, days) if parents else None,
                today=self.run.today,
            )
            if to_confirm is not None:
                await to_confirm.of(attempt, client, counts)
            return counts

    def _parents_records(self, manifest: Manifest, days: tuple[date, ...]) -> Iterator[Dated]:
        parent = streams(self.settings)[manifest.stream]
        pages = self.landing.pages(manifest)
        return root_records(parent, pages, days, snapshot_date=manifest.snapshot_date)

    def _keep(self, cursor: str) -> None:
        self.latest_cursor = cursor
        self.changed.set()

    @contextlib.asynccontextmanager
    async def _cursor_saved(self, hook: ZoomHook) -> AsyncIterator[None]:
        """Puts each cursor into the state store, while nobody else asks the supervisor anything."""

        async def save() -> None:
            while await self.changed.wait():
                self.changed.clear()
                async with hook.supervisor:
                    self.run.memory.set(CURSOR, self.latest_cursor)

        saver = asyncio.create_task(save())
        try:
            yield
        finally:
            saver.cancel()

    @contextlib.contextmanager
    def _outcomes(self, attempt: Attempt) -> Iterator[None]:
        """What an error means to Airflow; what was finished is there for the next try in any case."""
        try:
            yield
        except DailyCapReached as error:
            _log.warning("%s What is pulled so far stays; this task goes on then.", error)
            raise _later(error.resets_at) from error
        except ConsentRequired as error:
            self._wait_for_consent(error)
            raise
        except NotEntitled as error:
            _log.warning("Skipped: %s", error)
            self.run.memory.set("skipped_because", str(error))
            raise AirflowSkipException(f"Not entitled: {error}") from error
        finally:
            if sys.exc_info()[0] is not None:
                self._remember(attempt)

    def _wait_for_consent(self, error: ConsentRequired) -> None:
        """A backfill's days come from no other run, so it waits without a worker; other runs fail at once."""
        if self.run.run_type != "backfill":
            return
        until = datetime.now(UTC) + timedelta(seconds=conf.getint("zoom", "consent_poll_seconds"))
        _log.warning(
            "%s This backfill goes on by itself then; it looks again at %s UTC.", error, f"{until:%T}"
        )
        raise _later(until) from error

    def _remember(self, attempt: Attempt) -> None:
        try:
            self.run.memory.set(CURSOR, attempt.cursor())
        except LandingError:
            _log.exception("What was finished so far could not be kept.")


def _later(moment: datetime) -> AirflowRescheduleException:
    """Puts the task off until then, or a little longer."""
    soonest = datetime.now(UTC) + timedelta(seconds=_SHORTEST_WAIT_SECONDS)
    return AirflowRescheduleException(max(moment, soonest))  # type: ignore[no-untyped-call]
