"""The first task of a run: which streams, over which days."""

import logging
from collections.abc import Mapping, Sequence
from datetime import date

from include.flow.days import written
from include.flow.privacy import configured_policy
from include.flow.run import PLAN_KEY, Run
from include.warehouse.connect import warehouse
from include.warehouse.ledger import unfinal_days
from include.zoom.catalog import STREAMS, with_parents

_log = logging.getLogger(__name__)


def plan() -> list[str]:
    """The `pull` tasks to run; their days go to XCom. Streams that are not chosen cost no process.

    Airflow's branching follows a chosen parent to all of its children, chosen or not, so those that are not
    are skipped by name.
    """
    run = Run.current()
    configured_policy()  # refused here, before anything is asked
    ti = run.context["ti"]
    chosen = with_parents(run.param("streams") or list(STREAMS))
    days = with_their_children({name: run.days() for name in chosen}, _unsettled(run, chosen))
    for name in chosen:
        _log.info("%s: %s", name, written(days[name]))
    plain = {name: [str(day) for day in days[name]] for name in chosen}
    ti.xcom_push(key=PLAN_KEY, value=plain)
    if rest := [ti.task.dag.get_task(f"{name}.pull") for name in STREAMS if name not in chosen]:
        ti.task.skip(ti, rest)
    return [f"{name}.pull" for name in chosen]


def with_their_children(
    days: Mapping[str, tuple[date, ...]], unsettled: Mapping[str, tuple[date, ...]]
) -> dict[str, tuple[date, ...]]:
    """Each stream's days with its unsettled ones; a parent that dates its children takes theirs too."""
    wanted = {name: set(own) | set(unsettled.get(name, ())) for name, own in days.items()}
    for name in reversed(list(days)):  # children stand after their parents
        if (parent := STREAMS[name].parent) and parent.dates:
            wanted[parent.stream] |= wanted[name]
    return {name: tuple(sorted(wanted[name])) for name in days}


def _unsettled(run: Run, chosen: Sequence[str]) -> dict[str, tuple[date, ...]]:
    candidates = run.settling_days()
    if not candidates:
        return {}
    with warehouse(schema=run.param("schema")).connect() as connection:
        return {
            name: unfinal_days(connection, run.param("schema"), STREAMS[name], candidates) for name in chosen
        }
