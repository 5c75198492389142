"""Singer: the tap beside this file piped into meltanolabs-target-postgres, each with its settings file.

https://hub.meltano.com/loaders/target-postgres: upserts by key in batches of 10,000 rows, over COPY.
"""

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.task import Task


def main() -> None:
    """Starts both and waits for them."""
    task = Task.read()
    folder = Path(task.folder)
    names = ("url", "day", "account_id", "client_id", "client_secret")
    (folder / "tap.json").write_text(json.dumps({name: getattr(task, name) for name in names}))
    target = {
        "sqlalchemy_url": task.postgres.replace("postgresql:", "postgresql+psycopg:"),
        "default_target_schema": "zoom",
        "batch_size_rows": 10_000,
        "load_method": "upsert",
        "use_copy": True,
        "activate_version": False,
    }
    (folder / "target.json").write_text(json.dumps(target))
    tap = [sys.executable, "-m", "benchmarks.peers.singer_tap", "--config", str(folder / "tap.json")]
    loads = [str(Path(sys.executable).parent / "target-postgres"), "--config", str(folder / "target.json")]
    with subprocess.Popen(tap, stdout=subprocess.PIPE) as source:  # noqa: S603 - ours
        loaded = subprocess.run(loads, stdin=source.stdout, check=False)  # noqa: S603 - ours
    sys.exit(source.returncode or loaded.returncode)


if __name__ == "__main__":
    main()
