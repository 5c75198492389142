"""`python -m tests.upgrade.store COMMIT [NAME]`: stores a state of an installation, made by that commit's own code.

At each release: `python -m tests.upgrade.store v0.2.0`. It takes three minutes. What is stored never changes again.
"""

import argparse
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

PROJECT = Path(__file__).resolve().parents[2]
STATES = Path(__file__).with_name("states")


def main() -> None:
    """Takes the commit's files into a folder of their own and has them make a state there."""
    parser = argparse.ArgumentParser(prog="python -m tests.upgrade.store", description=__doc__)
    parser.add_argument("commit", help="a tag or commit whose code makes the state")
    parser.add_argument("name", nargs="?", help="what to call it; the commit's own name if left out")
    arguments = parser.parse_args()
    target = STATES / (arguments.name or arguments.commit)
    if target.exists():
        raise SystemExit(f"{target} is stored already, and what is stored never changes.")
    with TemporaryDirectory(prefix="zoom-upgrade-code-") as folder, TemporaryDirectory() as whole:
        archive = subprocess.run(
            ["git", "archive", arguments.commit], cwd=PROJECT, capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        make = str(Path(__file__).with_name("make.py"))
        made = Path(whole, "state")
        command = [sys.executable, make, str(made), _full(arguments.commit)]
        subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONPATH": folder}, check=True)
        shutil.copytree(made, target)


def _full(commit: str) -> str:
    done = subprocess.run(
        ["git", "rev-parse", commit], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


if __name__ == "__main__":
    main()
