"""The settings about personal data, as tasks read them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

READ = """
from include.flow.privacy import configured_policy, hash_key
policy = configured_policy()
print(policy.default, len(hash_key()), policy.key == b"fake-key-from-a-command")
"""


def read(airflow_home: dict[str, str], **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **airflow_home, **settings}
    return subprocess.run(
        [sys.executable, "-c", READ], env=environment, capture_output=True, text=True, check=False
    )


def test_the_key_may_come_from_a_command(airflow_home: dict[str, str], tmp_path: Path) -> None:
    """Airflow reads only settings that are declared as sensitive so."""
    secret = tmp_path / "key"
    secret.write_text("fake-key-from-a-command\n")
    done = read(
        airflow_home, AIRFLOW__ZOOM__PERSONAL="hash", AIRFLOW__ZOOM__PERSONAL_HASH_KEY_CMD=f"cat {secret}"
    )
    assert done.stdout.splitlines()[-1] == "hash 23 True", done.stderr


def test_a_policy_that_cannot_be_meant_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is asked: it is the first thing that the plan reads."""
    from include.flow.plan import plan
    from include.flow.run import Run
    from include.zoom.privacy import PolicyError

    monkeypatch.setattr(Run, "current", classmethod(lambda cls: None))
    monkeypatch.setenv("AIRFLOW__ZOOM__PERSONAL_COLUMNS", "user.email:drop")
    with pytest.raises(PolicyError, match="there is no table user"):
        plan()
