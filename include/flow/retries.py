"""Whether and when a failed task is tried again: by the class of what went wrong."""

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import RetryDecision, RetryPolicy

from include.zoom.errors import PermanentError, RateLimited, TransientError

if TYPE_CHECKING:
    from airflow.sdk import Context

_FIRST_WAIT_SECONDS = 30
_LONGEST_WAIT_SECONDS = 900


class ByErrorClass(RetryPolicy):
    """Transient errors wait twice as long each time, with jitter; permanent ones fail at once.

    Anything else, a killed task among it, follows the task's own `retries` and `retry_delay`.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 (Airflow's signature)
        context: "Context | None" = None,  # noqa: ARG002 (Airflow's signature)
    ) -> RetryDecision:
        """Airflow asks this in the task's process, with the error itself."""
        # Here, not above: parsing a Dag must not load Arrow and the database driver.
        from include.landing.errors import LandingDamaged  # noqa: PLC0415
        from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError  # noqa: PLC0415

        if isinstance(exception, PermanentError | PermanentWarehouseError | LandingDamaged):
            return RetryDecision.fail("permanent: trying again cannot clear this")
        if isinstance(exception, TransientError | TransientWarehouseError):
            return RetryDecision.retry(_wait(exception, try_number), "transient: it may pass")
        return RetryDecision.default()

    def serialize(self) -> dict[str, Any]:
        """It has no settings."""
        return {}


def _wait(exception: BaseException, try_number: int) -> timedelta:
    seconds = min(_FIRST_WAIT_SECONDS * 2.0 ** (try_number - 1), _LONGEST_WAIT_SECONDS)
    if isinstance(exception, RateLimited) and exception.retry_after_seconds is not None:
        seconds = max(seconds, exception.retry_after_seconds)
    return timedelta(seconds=seconds * random.uniform(1, 1.25))  # noqa: S311 (jitter, no secret)
