"""When a health check is asked, and what its answers mean, by dockerd's rules."""

from collections.abc import Iterator

from tests.compose.health import Health
from tests.compose.model import Check

CHECK = Check(("ask",), interval=30, timeout=5, retries=2, start_period=20, start_interval=4)


def watched(*codes: int, took: float = 0) -> tuple[Health, list[float]]:
    """A check after these answers, and when each was asked for, on a clock of its own."""
    at, times = [0.0], list[float]()
    answers: Iterator[int] = iter(codes)

    def wait(seconds: float) -> bool:
        at[0] += seconds
        return len(times) == len(codes)

    def ask(command: tuple[str, ...], timeout: float) -> tuple[int, str]:
        assert (command, timeout) == (("ask",), 5)
        times.append(at[0])
        at[0] += took
        return next(answers), ""

    health = Health(CHECK, ask, wait, now=lambda: at[0])
    health.watch()
    return health, times


def test_it_is_asked_often_until_it_has_started() -> None:
    """Every `start_interval` in the start period, then every `interval`; the first time not at once."""
    health, times = watched(1, 1, 0, 0)
    assert (health.status, times) == ("healthy", [4, 8, 12, 42])


def test_failures_while_it_starts_do_not_count() -> None:
    """It is neither healthy nor unhealthy, however often it fails; afterwards `retries` decide."""
    assert watched(1, 1, 1, 1)[0].status == "starting"
    health, times = watched(1, 1, 1, 1, 1, 1)
    assert (health.status, times) == ("unhealthy", [4, 8, 12, 16, 20, 50])


def test_one_success_makes_it_healthy_and_one_failure_does_not_end_that() -> None:
    """Also where it was unhealthy before."""
    assert watched(0, 1)[0].status == "healthy"
    assert watched(0, 1, 1)[0].status == "unhealthy"
    assert watched(0, 1, 1, 0)[0].status == "healthy"


def test_the_next_question_waits_for_the_last_answer() -> None:
    """The pause begins when the answer is there."""
    assert watched(1, 1, took=3)[1] == [4, 11]
