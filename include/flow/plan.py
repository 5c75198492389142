"""The first task of a run: which streams, over which days."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from airflow.sdk import conf

from include.flow.days import why_unasked, written
from include.flow.forecast import foretell
from include.flow.privacy import configured_policy
from include.flow.run import PLAN_KEY, SOURCES_KEY, Run, sources
from include.grant.hook import ZoomHook
from include.warehouse.connect import warehouse
from include.warehouse.ledger import unfinal_days
from include.zoom.catalog import STREAMS, settled_sources, streams
from include.zoom.choice import choose, words_of
from include.zoom.errors import ConsentRequired, TransientError
from include.zoom.preflight import Preflight, ScopesMissing, preflight, without_parent
from include.zoom.stream import Kind, is_final, slice_dates
from include.zoom.window import reachable_days

SKIPPED_KEY = "skipped"
_STEPS = ("pull", "transform", "load")
_log = logging.getLogger(__name__)


def plan(own: Sequence[str] = ()) -> list[str]:
    """The `pull` tasks to run; their days, and why others are skipped, go to XCom.

    A stream that does not run costs no process: it is skipped from here. Airflow's branching would follow a
    chosen parent to all of its children, chosen or not.

    Args:
        own: the Dag's own list of streams, in the words of `choose`.
    """
    run = Run.current()
    configured_policy()  # refused here, before anything is asked
    ti, own_days = run.context["ti"], run.days()
    found, settings, zoom_plan = _looked_over(run, _words(run, own))
    days = with_their_children(dict.fromkeys(found.streams, own_days), _unsettled(run, found.streams))
    unasked = out_of_reach(days, today=run.today)
    running = [name for name in found.streams if name not in unasked]
    _tell("Skipped, as this account does not give them", found.skipped)
    _tell("Skipped, as Zoom does not tell of these days now; their slices stay as they are", unasked)
    for name in running:
        _log.info("%s: %s", name, written(days[name]))
    for line in _foretold(run, {name: days[name] for name in running}, settings, zoom_plan):
        _log.info("%s", line)
    ti.xcom_push(key=PLAN_KEY, value={name: [str(day) for day in days[name]] for name in running})
    ti.xcom_push(key=SOURCES_KEY, value=settings)
    ti.xcom_push(key=SKIPPED_KEY, value={**found.skipped, **unasked})
    if rest := _tasks_of_others(ti.task.dag.task_dict, running):
        ti.task.skip(ti, rest)
    return [f"{name}.pull" for name in running]


def with_their_children(
    days: Mapping[str, tuple[date, ...]], unsettled: Mapping[str, tuple[date, ...]]
) -> dict[str, tuple[date, ...]]:
    """Each stream's days with its unsettled ones; a parent that dates its children takes theirs too."""
    wanted = {name: set(own) | set(unsettled.get(name, ())) for name, own in days.items()}
    for name in reversed(list(days)):  # children stand after their parents
        if (parent := STREAMS[name].parent) and parent.dates:
            wanted[parent.stream] |= wanted[name]
    return {name: tuple(sorted(wanted[name])) for name in days}


def out_of_reach(days: Mapping[str, tuple[date, ...]], *, today: date) -> dict[str, str]:
    """The streams of whose days Zoom tells nothing now, or not of their parents', with the reason."""
    reasons: dict[str, str] = {}
    for name, wanted in days.items():
        stream = STREAMS[name]
        if stream.parent and stream.parent.stream in reasons:
            reasons[name] = without_parent(stream)
        elif stream.kind is not Kind.SNAPSHOT and not reachable_days(stream, wanted, today=today):
            reasons[name] = why_unasked(wanted, today=today)
    return reasons


def settled(name: str, days: Sequence[date], *, now: datetime) -> tuple[date, ...]:
    """Those of the days whose whole slice ended 48 hours ago: a month is not asked each hour until it is final."""
    kind = STREAMS[name].kind
    return tuple(day for day in days if is_final(kind, slice_dates(kind, (day,))[0], now))


def _words(run: Run, own: Sequence[str]) -> Sequence[str]:
    """The run's parameter, else the Dag's own list, else the setting."""
    return run.param("streams") or own or words_of(conf.get("zoom", "streams"))


def _looked_over(run: Run, words: Sequence[str]) -> tuple[Preflight, dict[str, str], str]:
    """What of the wanted streams runs, which list fills those that several can fill, and the account's plan."""
    hook = ZoomHook(run.param("zoom_conn_id"))
    asyncio.run(hook.load())
    try:
        return *_checked(words, hook.told_plan, _granted(hook)), hook.plan
    except ScopesMissing:
        # A server-to-server app learns of scopes that were added meanwhile with its next token.
        granted = _granted(hook, anew=True)
    return *_checked(words, hook.told_plan, granted), hook.plan


def _checked(words: Sequence[str], told_plan: str | None, granted: str) -> tuple[Preflight, dict[str, str]]:
    settings = settled_sources(sources(), granted)
    catalogue = streams(settings)
    return preflight(choose(words, catalogue), catalogue, plan=told_plan, granted=granted), settings


def _granted(hook: ZoomHook, *, anew: bool = False) -> str:
    """The granted scopes; unknown where the grant waits, for a person or for better times: the pulls tell, and wait."""
    try:
        return asyncio.run(hook.granted(anew=anew))
    except (ConsentRequired, TransientError) as error:
        _log.info("Which scopes were granted is not known: %s", error)
        return ""


def _foretold(run: Run, days: Mapping[str, Sequence[date]], settings: dict[str, str], plan: str) -> list[str]:
    """What this run will ask of Zoom; lines for the log."""
    backfill = run.run_type == "backfill"
    return foretell(
        run.param("schema"), days, streams(settings), plan=plan, today=run.today, backfill=backfill
    )


def _tell(what: str, skipped: Mapping[str, str]) -> None:
    if skipped:
        _log.warning("%s: %s.", what, "; ".join(f"{name}: {reason}" for name, reason in skipped.items()))


def _tasks_of_others(tasks: Mapping[str, object], chosen: Sequence[str]) -> list[object]:
    theirs = {f"{name}.{step}" for name in chosen for step in _STEPS}
    return [task for task_id, task in tasks.items() if "." in task_id and task_id not in theirs]


def _unsettled(run: Run, chosen: Sequence[str]) -> dict[str, tuple[date, ...]]:
    candidates = run.settling_days()
    if not candidates:
        return {}
    schema = run.param("schema")
    with warehouse(schema=schema).connect() as connection:
        return {
            name: unfinal_days(connection, schema, STREAMS[name], settled(name, candidates, now=run.now))
            for name in chosen
        }
