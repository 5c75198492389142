"""The `load` task: replaces the run's slices in the warehouse with what `transform` has made."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from include.flow.alerts import alerted
from include.flow.publish import Publication
from include.flow.run import Run, landing
from include.landing import Manifest
from include.warehouse.connect import warehouse
from include.warehouse.errors import SliceShrank
from include.warehouse.ledger import holds_attempt
from include.zoom.catalog import STREAMS, streams
from include.zoom.checks import Check, summary
from include.zoom.stream import slice_dates

if TYPE_CHECKING:
    from airflow.sdk import Context

CHECKS = "checks"

_log = logging.getLogger(__name__)


def load(name: str) -> dict[str, Any]:
    """Which slices were replaced, which already held a newer extraction, how many rows were written, what was checked.

    Asks Zoom for nothing.
    """
    run, store = Run.current(), landing()
    address = run.left_by(f"{name}.transform")["frames"]
    if address is None:
        _log.info("%s of today are loaded already.", name)
        return {"applied": [], "superseded": {}, "rows": {}, "checks": {}}
    pulled = store.manifest(run.left_by(f"{name}.pull")["manifest"])
    publication = Publication(
        store,
        warehouse(schema=run.param("schema")),
        lambda text: alerted(text, cast("Context", run.context)),
        accept_shrink=bool(run.param("accept_shrink")),
    )
    with _remembered(run):
        stream, framed = streams(pulled.settings)[name], store.frame_manifest(address)
        if days := run.days_pulled(name):
            framed = replace(framed, slice_dates=slice_dates(stream.kind, days))
        result = publication.publish(stream, pulled, framed)
    return {
        "applied": [str(day) for day in result.applied],
        "superseded": {str(day): load_id for day, load_id in result.superseded.items()},
        "rows": result.rows,
        "checks": _kept(run, result.checks),
    }


@contextmanager
def _remembered(run: Run) -> Iterator[None]:
    """Keeps the outcomes on the task where one of them fails it, too."""
    try:
        yield
    except SliceShrank as error:
        _kept(run, error.checks)
        raise


def _kept(run: Run, checks: Iterable[Check]) -> dict[str, dict[str, int]]:
    outcomes = summary(checks)
    run.memory.set(CHECKS, outcomes)
    _log.info("Checks: %s", outcomes)
    return outcomes


def already_loaded(run: Run, manifest: Manifest) -> bool:
    """Whether the warehouse holds exactly this extraction of a snapshot."""
    schema, stream = run.param("schema"), STREAMS[manifest.stream]
    with warehouse(schema=schema).connect() as connection:
        return all(
            holds_attempt(connection, schema, stream, day, manifest.attempt_id)
            for day in manifest.slice_dates
        )
