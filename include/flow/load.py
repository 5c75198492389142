"""The `load` task: replaces the run's slices in the warehouse with what `transform` has made."""

import logging
from contextlib import ExitStack
from typing import Any

from include.flow.run import Run, landing
from include.landing import FrameManifest, Landing, Manifest
from include.warehouse.connect import warehouse
from include.warehouse.ledger import holds_attempt
from include.warehouse.load import LoadResult
from include.warehouse.load import load as load_slices
from include.zoom.catalog import STREAMS

_log = logging.getLogger(__name__)


def load(name: str) -> dict[str, Any]:
    """Which slices were replaced, which already held a newer extraction, and how many rows were written.

    Asks Zoom for nothing.
    """
    run, store = Run.current(), landing()
    address = run.left_by(f"{name}.transform")["frames"]
    if address is None:
        _log.info("%s of today are loaded already.", name)
        return {"applied": [], "superseded": {}, "rows": {}}
    frames = store.frame_manifest(address)
    _log.info("Personal data of %s that is not as it came: %s", name, frames.counts.get("personal") or "none")
    result = _loaded(run, store, frames)
    return {
        "applied": [str(day) for day in result.applied],
        "superseded": {str(day): load_id for day, load_id in result.superseded.items()},
        "rows": result.rows,
    }


def already_loaded(run: Run, manifest: Manifest) -> bool:
    """Whether the warehouse holds exactly this extraction of a snapshot."""
    schema, stream = run.param("schema"), STREAMS[manifest.stream]
    with warehouse(schema=schema).connect() as connection:
        return all(
            holds_attempt(connection, schema, stream, day, manifest.attempt_id)
            for day in manifest.slice_dates
        )


def _loaded(run: Run, store: Landing, manifest: FrameManifest) -> LoadResult:
    with ExitStack() as files:
        opened = {file.name: file for file in manifest.files}
        return load_slices(
            warehouse(schema=run.param("schema")),
            STREAMS[manifest.stream],
            manifest,
            lambda file: files.enter_context(store.open_frame(manifest, opened[file.name])),
            accept_shrink=bool(run.param("accept_shrink")),
        )
