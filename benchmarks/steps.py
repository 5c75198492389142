"""CPU seconds and memory of `transform`, whole and step by step, a process per measurement.

Lands pulls made by `benchmarks.landed`: a million participants in many small meetings, others in large ones, some with
a field that no column declares, and a snapshot of users. Then measures `transform` over each as its task runs it, and
each of its steps alone over a hundred thousand participants. From the project's root:

    python -m benchmarks.steps [--rows 1000000]

CPU seconds are the process's own, user and system, with what is imported on first use; a step's are the median of
five. Peak memory is the process's, Airflow and pandas included, as Linux tells it. On a machine that is busy
otherwise figures are worse: compare what was measured side by side. Writes `benchmarks/results/steps.json`.
"""

import argparse
import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.measure import peak_mb

Made = TypeVar("Made")
RESULTS = Path("benchmarks/results/steps.json")
PACKAGES = ("apache-airflow", "orjson", "pandas", "pyarrow")
STEP_ROWS = 100_000
BATCH_ROWS = 20_000
REPEATS = 5


def cases(rows: int) -> dict[str, tuple[str, Any]]:
    """Stream and content of each pull."""
    from benchmarks.landed import Meetings, Users

    tenth = max(rows // 10, 1)
    return {
        "small meetings": ("meeting_participants", Meetings(rows, 16)),
        "small meetings, a tenth of the rows": ("meeting_participants", Meetings(tenth, 16)),
        "large meetings, a tenth of the rows": ("meeting_participants", Meetings(tenth, 3_000)),
        "a new field, a tenth of the rows": ("meeting_participants", Meetings(tenth, 16, new_field=True)),
        "users, a tenth of the rows": ("users", Users(tenth)),
        "steps": ("meeting_participants", Meetings(STEP_ROWS, 16)),
    }


def main() -> None:
    """Lands, measures each case in a process of its own, prints and writes the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--measure", nargs=3, metavar=("WHAT", "LANDING", "ADDRESS"), help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.measure:
        what, landing, address = told.measure
        print(json.dumps(steps(landing, address) if what == "steps" else transform(landing, address)))
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AIRFLOW_HOME"] = f"{folder}/airflow"
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(about() | measured(Path(folder), told.rows), indent=2) + "\n")
    print(f"Wrote {RESULTS}.")


def about() -> dict[str, Any]:
    """When, where and with what."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
    }


def measured(folder: Path, rows: int) -> dict[str, Any]:
    """The figures of each case."""
    from benchmarks.landed import land
    from include.landing import Landing

    (folder / "landing").mkdir()
    landing = Landing(str(folder / "landing"))
    found: dict[str, Any] = {"transform": {}}
    for name, (stream, content) in cases(rows).items():
        address = land(landing, stream, content.pages()).address
        figures = in_a_process("steps" if name == "steps" else "transform", folder / "landing", address)
        print(name, json.dumps(figures), flush=True)
        if name == "steps":
            found["steps"] = figures
        else:
            found["transform"][name] = figures
    return found


def in_a_process(what: str, landing: Path, address: str) -> dict[str, Any]:
    """What the measurement prints last."""
    command = [sys.executable, "-m", "benchmarks.steps", "--measure", what, str(landing), address]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - this script itself
    return dict(json.loads(done.stdout.splitlines()[-1]))


def transform(root: str, address: str) -> dict[str, Any]:
    """CPU and memory of the transform of one attempt, in this process, which does nothing else."""
    import include.flow.transform  # noqa: F401 - what the task imports stands in memory, too
    from include.flow.framing import framed
    from include.landing import Landing
    from include.zoom.catalog import STREAMS

    landing, before = Landing(root), peak_mb()
    manifest = landing.manifest(address)
    started = time.process_time()
    frames = framed(STREAMS[manifest.stream], landing, manifest)
    seconds, rows = time.process_time() - started, sum(file.rows for file in frames.files)
    return {
        "rows": rows,
        "cpu_seconds": round(seconds, 2),
        "rows_per_cpu_second": round(rows / seconds),
        "imported_mb": before,
        "peak_mb": peak_mb(),
        "parquet_bytes": sum(file.bytes for file in frames.files),
    }


def steps(root: str, address: str) -> dict[str, Any]:
    """CPU of each step over the same pages: rows per second, and microseconds per row."""
    import gc

    gc.disable()  # as `framed` does
    return {
        name: {
            "microseconds_per_row": round(1e6 * seconds / STEP_ROWS, 3),
            "rows_per_cpu_second": round(STEP_ROWS / seconds),
        }
        for name, seconds in _seconds(root, address).items()
    }


def _seconds(root: str, address: str) -> Mapping[str, float]:
    import pandas as pd
    import pyarrow.parquet as pq

    from include.landing import Landing
    from include.zoom.catalog import STREAMS
    from include.zoom.counts import FrameCounts
    from include.zoom.frame import frames
    from include.zoom.grain import Keys, numbered
    from include.zoom.pages import parse_json
    from include.zoom.privacy import KEEP_ALL, policy
    from include.zoom.roots import Window, batches
    from include.zoom.rows import rows_of, typed
    from include.zoom.withheld import withheld

    landing, stream = Landing(root), STREAMS["meeting_participants"]
    manifest, table = landing.manifest(address), stream.tables[0]
    hashing = policy("hash", "", "a key of the benchmark", STREAMS)
    window, days = Window(manifest.slice_dates), manifest.slice_dates

    def type_again() -> list[Any]:
        return [typed(stream, table, each, FrameCounts()) for each in rows]

    def number() -> list[pd.DataFrame]:
        return [
            numbered(each, table.numbered_within, row.told) for each, row in zip(plain, rows, strict=True)
        ]

    def check() -> None:
        keys = Keys()
        for each in grained:
            keys.add(table, days[0], each)
        keys.check([table])

    def write() -> None:
        writer = pq.ParquetWriter(
            io.BytesIO(), made[0].data.schema, compression="zstd", dictionary_pagesize_limit=64 << 10
        )
        for each in made:
            writer.write_batch(each.data)
        writer.close()

    taken: dict[str, float] = {}
    pages = _timed(
        taken, "read landing: verify, decompress, page heads", lambda: list(landing.pages(manifest))
    )
    _timed(taken, "parse JSON", lambda: [parse_json(page.body) and None for page in pages])
    sorted_ = _timed(
        taken,
        "parse, settle, sort into slices",
        lambda: list(batches(stream, pages, window, FrameCounts(), rows=BATCH_ROWS)),
    )
    rows = [rows_of(stream, table, batch.roots) for batch in sorted_]
    arrow = _timed(taken, "type, and keep what no column declares", type_again)
    plain = _timed(taken, "to pandas", lambda: [each.to_pandas(types_mapper=pd.ArrowDtype) for each in arrow])
    grained = _timed(taken, "number rows", number)
    _timed(taken, "check keys", check)
    _timed(
        taken, "personal data: keep", lambda: [withheld(KEEP_ALL, stream, table, each) for each in grained]
    )
    _timed(taken, "personal data: hash", lambda: [withheld(hashing, stream, table, each) for each in grained])
    made = _timed(
        taken,
        "all but reading and writing",
        lambda: list(
            frames(
                stream,
                pages,
                days,
                snapshot_date=None,
                load_id="benchmark",
                extracted_at=manifest.extracted_at,
                batch_rows=BATCH_ROWS,
            )
        ),
    )
    _timed(taken, "write Parquet", write)
    return taken


def _timed(taken: dict[str, float], what: str, step: Callable[[], Made]) -> Made:
    seconds = []
    for _ in range(REPEATS):
        started = time.process_time()
        made = step()
        seconds.append(time.process_time() - started)
    taken[what] = statistics.median(seconds)
    return made


if __name__ == "__main__":
    main()
