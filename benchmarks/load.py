"""Wall and CPU seconds and memory of `load`, a process per measurement, into a PostgreSQL started for it.

Lands and types `benchmarks.landed`'s meetings and their participants, then measures what the `load` task does from
its frame files on (`include.flow.publish`): into an empty schema, then the same slices again. Each is compared with the
others, as in the daily run. From the project's root:

    python -m benchmarks.load [--rows 1000000] [--json benchmarks/results/load.json]

CPU seconds of the client are its process's own from before its first connection on; those of PostgreSQL are of all of
its processes. Peak memory is the client's, Airflow and ADBC included, as Linux tells it. The server waits for its disk
(fsync is on), and is PostgreSQL's defaults otherwise. `seconds` tells where the client waited: for each kind of
statement, for the ingest of record batches, for connections. On a machine that is busy otherwise figures are worse.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks.landed import History, Meetings, Users, land
from benchmarks.measure import peak_mb, spent_by
from benchmarks.steps import about

RESULTS = Path("benchmarks/results/load.json")
EACH = 16
"""Participants of a meeting."""
SHOWN = 6


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--json", type=Path, default=RESULTS)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        print(json.dumps(published(*asked.measure)))
        return
    found = about()
    for rows in (10_000, asked.rows // 10, asked.rows):
        found[f"{rows} participants"] = measured(rows)
    asked.json.write_text(json.dumps(found, indent=2) + "\n")
    print(f"Wrote {asked.json}.")


def measured(rows: int) -> dict[str, Any]:
    """Each load of frames of so many participants, one after the other."""
    from include.launch.postgres import EmbeddedPostgres

    with tempfile.TemporaryDirectory() as landing, tempfile.TemporaryDirectory(prefix="zoom-load-") as folder:
        addresses = framed_in(landing, rows)
        server = EmbeddedPostgres(Path(folder) / "data")
        try:
            return {name: _in_a_process(server, landing, *addresses[name.split(",")[0]]) for name in LOADS}
        finally:
            server.stop()


LOADS = (
    "users",
    "meetings",
    "meeting_participants",
    "users, again",
    "meetings, again",
    "meeting_participants, again",
)


def framed_in(landing: str, rows: int) -> dict[str, tuple[str, str]]:
    """Addresses of the pull and of the frames of each stream."""
    from include.flow.framing import framed
    from include.landing import Landing
    from include.zoom.catalog import STREAMS

    participants, store = Meetings(rows, EACH), Landing(landing)
    pages = {
        "users": Users(rows // 100).pages(),
        "meetings": History(participants).pages(),
        "meeting_participants": participants.pages(),
    }
    found = {}
    for name, units in pages.items():
        pulled = land(store, name, units)
        found[name] = (pulled.address, framed(STREAMS[name], store, pulled).address)
    return found


def _in_a_process(server: Any, landing: str, pulled: str, frames: str) -> dict[str, Any]:  # noqa: ANN401
    before = spent_by(server.pid)
    command = [sys.executable, "-m", "benchmarks.load", "--measure", server.uri(), landing, pulled, frames]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this script itself
    told = dict(json.loads(done.stdout.splitlines()[-1]))
    told["postgres_cpu_seconds"] = round(spent_by(server.pid) - before, 2)
    print(json.dumps(told), flush=True)
    return told


def published(uri: str, root: str, pulled: str, frames: str) -> dict[str, Any]:
    """What the `load` task does with frames, in this process, which does nothing else."""
    import include.flow.load  # noqa: F401 - what the task imports stands in memory, too
    from include.flow.publish import Publication
    from include.landing import Landing
    from include.warehouse.session import Warehouse
    from include.zoom.catalog import STREAMS

    store, imported = Landing(root), peak_mb()
    manifest = store.manifest(pulled)
    publication = Publication(store, Warehouse(uri, "zoom"), send=lambda _: True)
    with _timed() as seconds:
        began, spent = time.perf_counter(), time.process_time()
        result = publication.publish(STREAMS[manifest.stream], manifest, store.frame_manifest(frames))
        wall, cpu = time.perf_counter() - began, time.process_time() - spent
    return {
        "stream": manifest.stream,
        "rows": sum(result.rows.values()),
        "wall_seconds": round(wall, 2),
        "cpu_seconds": round(cpu, 2),
        "imported_mb": imported,
        "peak_mb": peak_mb(),
        "seconds": {
            what: round(seconds[what], 3) for what in sorted(seconds, key=seconds.__getitem__)[-SHOWN:]
        },
        "checks": dict(Counter(f"{check.outcome}" for check in result.checks)),
    }


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """How long the driver was waited for, by what it did."""
    from include.warehouse.driver import left_out

    with left_out("pandas"):
        from adbc_driver_manager.dbapi import Connection, Cursor
    from include.warehouse.session import Warehouse

    seconds: defaultdict[str, float] = defaultdict(float)

    def timed(of: Any, name: str, told: Callable[..., str]) -> None:  # noqa: ANN401 - a class or a module
        plain = getattr(of, name)

        @wraps(plain)
        def call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - whatever it takes
            started = time.perf_counter()
            try:
                return plain(*args, **options)
            finally:
                seconds[told(*args)] += time.perf_counter() - started

        setattr(of, name, call)

    timed(Cursor, "execute", lambda _, statement, *__: " ".join(statement.split())[:70])
    timed(Cursor, "adbc_ingest", lambda *_: "ingest")
    timed(Connection, "commit", lambda *_: "commit")
    timed(Warehouse, "connect", lambda *_: "connect")
    yield seconds


if __name__ == "__main__":
    main()
