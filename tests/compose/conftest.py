"""The compose file's services as containers, once for the tests that act on them."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from include.launch.place import PROJECT
from tests.compose.deployment import Deployment
from tests.compose.images import Images
from tests.compose.model import services, variables_of
from tests.compose.podman import Podman, PodmanError, missing
from tests.compose.trial import Trial

PROFILES = ("sandbox", "metrics")
# There is no stand-in for it: what it would ask for is looked at where it would ask.
NOT_SHOWN = "prometheus"
# Zoom takes a spent refresh token for a while, as it must where the answer to a refresh is lost.
ZOOM = "--users 12 --seed 11 --token-seconds 20 --rotation grace --grace-seconds 600"
VARIABLES = {
    "AIRFLOW_PORT": "0",
    "METRICS": "true",
    "SANDBOX_OPTIONS": ZOOM,
    "WORKER_SLOTS": "4",
    "ZOOM_GRANT_TYPE": "authorization_code",
    "ZOOM_REDIRECT_URI": "https://airflow.example.com/zoom/callback",
    "ZOOM_RETRY_DELAY_AFTER_KILL_SECONDS": "1",
    "ZOOM_STREAMS": "meetings meeting_participants",
}


@pytest.fixture(scope="module")
def podman() -> Iterator[Podman]:
    """A storage of containers of its own; skipped where none can run."""
    if why := missing():
        pytest.skip(why)
    made = Podman(Path(tempfile.mkdtemp(prefix=f"zoom-compose-{os.getpid()}-")))
    try:
        yield made
    finally:
        made.delete()


@pytest.fixture(scope="module")
def images(podman: Podman) -> Images:
    """The images' builder, on a machine that has shown that it runs containers."""
    made = Images(podman)
    try:
        made.probe()
    except PodmanError as error:
        pytest.skip(f"podman cannot run a container in a network of its own here: {error}")
    return made


@pytest.fixture(scope="module")
def deployment(podman: Podman, images: Images) -> Iterator[Deployment]:
    """All services of a trial, two API servers and two workers, healthy by the file's own checks."""
    variables = variables_of(PROJECT / ".env.sandbox") | VARIABLES
    named = services(PROJECT / "docker-compose.yaml", variables, PROFILES)
    del named[NOT_SHOWN]
    images.build(named.values())
    made = Deployment(
        podman,
        named,
        project=f"zoom{os.getpid()}",
        scale={"api-server": 2, "worker": 2},
        mounts=images.mounts,
    )
    try:
        made.up(seconds=600)
        yield made
    finally:
        made.down()


@pytest.fixture(scope="module")
def trial(deployment: Deployment) -> Trial:
    """The deployment after a person's consent, its daily Dag not paused any more."""
    made = Trial(deployment)
    made.connect()
    made.unpause()
    return made


@pytest.fixture(scope="session")
def yesterday() -> date:
    """The last full UTC day when the tests started."""
    return datetime.now(UTC).date() - timedelta(days=1)
