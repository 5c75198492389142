"""The compose file's services as containers, once for the tests that act on them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from include.launch.place import PROJECT
from tests.compose.compose import SHELL, Compose
from tests.compose.deployment import Deployment
from tests.compose.images import Images
from tests.compose.model import variables_of
from tests.compose.podman import PodmanError, missing, own_podman
from tests.compose.trial import Trial

# Zoom takes a spent refresh token for a while, as it must where the answer to a refresh is lost.
ZOOM = "--users 12 --seed 11 --token-seconds 20 --rotation grace --grace-seconds 600"
VARIABLES = SHELL | {
    "METRICS": "true",
    "SANDBOX_OPTIONS": ZOOM,
    "WORKER_SLOTS": "4",
    "ZOOM_GRANT_TYPE": "authorization_code",
    "ZOOM_REDIRECT_URI": "https://airflow.example.com/zoom/callback",
    "ZOOM_RETRY_DELAY_AFTER_KILL_SECONDS": "1",
    "ZOOM_STREAMS": "meetings meeting_participants",
}


@pytest.fixture(scope="session")
def images() -> Iterator[Images]:
    """A storage of containers of its own; skipped where none can run."""
    if why := missing():
        pytest.skip(why)
    with own_podman() as podman:
        made = Images(podman)
        try:
            made.probe()
        except PodmanError as error:
            pytest.skip(f"podman cannot run a container in a network of its own here: {error}")
        yield made


@pytest.fixture(scope="module")
def compose(images: Images) -> Iterator[Compose]:
    """`docker compose`, and an end to what it started."""
    made = Compose(images)
    yield made
    made.down()


@pytest.fixture(scope="module")
def deployment(compose: Compose) -> Deployment:
    """All services of a trial, two API servers and two workers, healthy by the file's own checks."""
    variables = variables_of(PROJECT / ".env.sandbox") | VARIABLES
    return compose.up(variables, ("sandbox", "metrics"), scale={"api-server": 2, "worker": 2})


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
