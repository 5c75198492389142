"""Landing in an empty bucket, past Airflow."""

import pytest
from upath import UPath

from include.landing import Landing


@pytest.fixture
def root(bucket: str, monkeypatch: pytest.MonkeyPatch) -> UPath:
    """Whose faults, where they stay, are seen to do so within a second and not a minute."""
    made = UPath(f"s3://{bucket}/landing")
    monkeypatch.setattr(made.fs, "retries", 2)
    return made


@pytest.fixture
def landing(root: UPath) -> Landing:
    return Landing(root, pause=lambda _: None)
