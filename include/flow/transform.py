"""The `transform` task: types what `pull` has landed, one Parquet file per table and slice."""

import logging
from functools import partial
from typing import Any

from include.flow.framing import framed
from include.flow.load import already_loaded
from include.flow.privacy import forgotten_in
from include.flow.publish import failures_recorded
from include.flow.run import Run, landing
from include.warehouse.connect import warehouse
from include.zoom.catalog import streams

_log = logging.getLogger(__name__)


def transform(name: str) -> dict[str, Any]:
    """Where the typed files of a stream lie: `{"frames": address}`, None where another run has loaded them.

    Asks Zoom for nothing.
    """
    run, store = Run.current(), landing()
    pulled = run.left_by(f"{name}.pull")
    manifest = store.manifest(pulled["manifest"])
    if pulled["reused"] and already_loaded(run, manifest):
        _log.info("%s of today are loaded already.", name)
        return {"frames": None}
    stream = streams(manifest.settings)[name]
    target = partial(warehouse, schema=run.param("schema"))
    with failures_recorded(target, stream, manifest.account, manifest.attempt_id):
        return {"frames": framed(stream, store, manifest, forgotten_in(target())).address}
