"""The `transform` task: types what `pull` has landed, one Parquet file per table and slice."""

import logging
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from include.flow.framing import code_version, framed
from include.flow.load import already_loaded
from include.flow.privacy import configured_policy, forgotten_in
from include.flow.publish import failures_recorded
from include.flow.run import Run, landing
from include.flow.sharing import claimed
from include.landing import FrameManifest, Landing, LandingDamaged, Manifest, SharedPlace
from include.warehouse.connect import warehouse
from include.zoom.catalog import streams
from include.zoom.errors import ZoomError
from include.zoom.forgotten import Forgotten
from include.zoom.stream import Stream

TRANSFORMED = "transformed"
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
    forgotten = forgotten_in(target())
    if manifest.shared:
        if address := _Shared(run, stream, store, manifest, forgotten).address():
            return {"frames": address}
        manifest = replace(manifest, days=run.days_pulled(name))
    with failures_recorded(target, stream, manifest.account, manifest.attempt_id):
        return {"frames": framed(stream, store, manifest, forgotten).address}


@dataclass(frozen=True)
class _Shared:
    """The typed files of a window's days, which one run makes for all."""

    run: Run
    stream: Stream
    store: Landing
    manifest: Manifest
    forgotten: Forgotten

    def address(self) -> str | None:
        """Where they lie; None where one of the days cannot be typed, and each run sees to its own.

        Where this task was cleared, only what was made since will do: the code may be another.
        """
        if (found := self._found()) is None:
            with claimed(self._place, self.run):
                found = self._found() or self._made()
        if found is not None:
            self.run.memory.set(TRANSFORMED, found.load_id)
        return found.address if found else None

    @property
    def _place(self) -> SharedPlace:
        """Also by what decides how a page is typed, so that a newer version of the code makes them anew."""
        name = f"frames-{self.manifest.attempt_id}{self.forgotten.version}-{code_version()}"
        return self.store.shared(self.manifest.account, self.stream.name, name)

    def _made(self) -> FrameManifest | None:
        try:
            made = framed(self.stream, self.store, self.manifest, self.forgotten)
        except ZoomError as error:
            _log.warning("%s So is a day of the window that runs share; this run sees to its own.", error)
            return None
        self._place.publish(made.address)
        return made

    def _found(self) -> FrameManifest | None:
        """Those of another run, if the same people are forgotten and the same rules on personal data hold."""
        address = self._place.address
        try:
            found = self.store.frame_manifest(address) if address else None
        except LandingDamaged as error:
            _log.warning("%s They are made anew.", error)
            return None
        if found is None or found.load_id <= (self.run.memory.get(TRANSFORMED) or ""):
            return None
        same = found.forgotten == self.forgotten.version
        return (
            found if same and found.counts["personal"] == configured_policy().told((self.stream,)) else None
        )
