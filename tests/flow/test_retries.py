"""Whether and when a failed task is tried again."""

import pytest
from airflow.sdk import RetryAction

from include.flow.retries import ByErrorClass
from include.landing import LandingDamaged
from include.warehouse.errors import PermanentWarehouseError, TransientWarehouseError
from include.zoom.errors import ConsentRequired, Misconfigured, RateLimited, TransientError

POLICY = ByErrorClass()


@pytest.mark.parametrize(
    "error", [Misconfigured("x"), ConsentRequired("x"), PermanentWarehouseError("x"), LandingDamaged("x")]
)
def test_a_permanent_error_is_not_tried_again(error: Exception) -> None:
    """Retrying cannot clear it."""
    assert POLICY.evaluate(error, 1, 4).action is RetryAction.FAIL


@pytest.mark.parametrize("error", [TransientError("x"), TransientWarehouseError("x")])
def test_a_transient_error_waits_twice_as_long_each_time(error: Exception) -> None:
    """30 s, 60 s, 120 s, … with up to a quarter more, so that tasks that failed together come back apart."""
    waits = [POLICY.evaluate(error, tried, 9).retry_delay.total_seconds() for tried in (1, 2, 3, 9)]
    assert [low <= wait <= low * 1.25 for low, wait in zip((30, 60, 120, 900), waits, strict=True)] == [
        True
    ] * 4


def test_what_zoom_says_is_not_undercut() -> None:
    """A Retry-After that is longer than our own wait counts."""
    told = RateLimited("x", retry_after_seconds=600)
    assert POLICY.evaluate(told, 1, 4).retry_delay.total_seconds() >= 600


def test_anything_else_follows_the_tasks_own_settings() -> None:
    """A killed task, a bug: Airflow's retries and retry_delay."""
    assert POLICY.evaluate(ValueError("x"), 1, 4).action is RetryAction.DEFAULT
