"""BigQuery's API over DuckDB, by bqemulator, which lives in a folder of its own: it needs other packages than we do."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]
CLIENT = PROJECT / ".local" / "bigquery"
EMULATOR = PROJECT / ".local" / "bqemulator" / "bin" / "python"


def need_client() -> None:
    """Makes BigQuery's client importable, after all that is installed."""
    if not ((CLIENT / "google" / "cloud" / "bigquery").exists() and EMULATOR.exists()):
        pytest.skip("BigQuery's client and bqemulator are not here: `make bigquery` takes them from PyPI")
    if str(CLIENT) not in sys.path:
        sys.path.append(str(CLIENT))


@contextmanager
def emulator() -> Iterator[int]:
    """The port on loopback at which it listens, until the end."""
    with subprocess.Popen(
        [EMULATOR, PROJECT / "tests" / "warehouse" / "fake_bigquery.py"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()
