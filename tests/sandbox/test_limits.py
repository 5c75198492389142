"""The simulated account's rate limits."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.sandbox.conftest import Zoom

PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."


async def use_up(zoom: Zoom, label: str, left: int = 0) -> None:
    await zoom.http.post("/_sandbox/limits", json={"label": label, "left": left})


@pytest.mark.parametrize(
    ("plan", "path", "most"),
    [
        ("free", "/users/me", 4),
        ("free", "/users", 2),
        ("pro", "/users", 20),
        ("business", "/report/daily", 40),
    ],
)
async def test_so_many_a_second(new_zoom: Callable[..., Zoom], plan: str, path: str, most: int) -> None:
    """Each label and plan has its requests per second; the next second begins anew."""
    zoom = new_zoom(limits=True, plan=plan)
    answers = [(await zoom.ask(path)).status_code for _ in range(most + 1)]
    assert answers == [200] * most + [429]
    zoom.sandbox.clock.advance(1)
    assert (await zoom.ask(path)).status_code == 200


async def test_labels_count_apart(new_zoom: Callable[..., Zoom]) -> None:
    """The counter is the label's: medium ones are refused while light ones go through."""
    zoom = new_zoom(limits=True, plan="free")
    assert [(await zoom.ask("/users")).status_code for _ in range(3)] == [200, 200, 429]
    assert (await zoom.ask("/groups")).status_code == 429
    assert (await zoom.ask("/users/me")).status_code == 200


async def test_answers_name_their_label(zoom: Zoom) -> None:
    """Each answer of the API carries its rate label."""
    assert (await zoom.ask("/users")).headers["x-ratelimit-category"] == "Medium"
    assert (await zoom.ask("/users/me")).headers["x-ratelimit-category"] == "Light"
    assert (await zoom.ask("/report/daily")).headers["x-ratelimit-category"] == "Heavy"


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (
            "full",
            {
                "x-ratelimit-type": "QPS",
                "x-ratelimit-limit": "2",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": "1795514401",
            },
        ),
        ("bare", {}),
        ("seconds", {"retry-after": "1"}),
        ("http_date", {"retry-after": "Tue, 24 Nov 2026 10:00:01 GMT"}),
    ],
)
async def test_forms_of_a_refusal(new_zoom: Callable[..., Zoom], form: str, expected: dict[str, str]) -> None:
    """A 429 says in one of the known ways when to come back."""
    zoom = new_zoom(limits=True, plan="free", limit_form=form)
    answer = [await zoom.ask("/users") for _ in range(3)][-1]
    assert answer.json() == {"code": 429, "message": PER_SECOND}
    told = {
        name: value for name, value in answer.headers.items() if "ratelimit-" in name or name == "retry-after"
    }
    assert told == {"x-ratelimit-category": "Medium", **expected}


@pytest.mark.parametrize(
    ("form", "retry_after"),
    [
        ("full", "2026-11-25T00:00:00Z"),
        ("bare", None),
        ("seconds", "50400"),
        ("http_date", "Wed, 25 Nov 2026 00:00:00 GMT"),
    ],
)
async def test_daily_cap(new_zoom: Callable[..., Zoom], form: str, retry_after: str | None) -> None:
    """At the daily cap everything of the label is refused until midnight UTC."""
    zoom = new_zoom(limits=True, plan="free", limit_form=form)
    await use_up(zoom, "Medium", left=1)
    assert (await zoom.ask("/users")).status_code == 200
    answer = await zoom.ask("/users")
    assert answer.status_code == 429
    assert "maximum daily rate limit" in answer.json()["message"]
    assert answer.headers.get("retry-after") == retry_after
    zoom.sandbox.clock.advance((datetime(2026, 11, 25, tzinfo=UTC) - zoom.sandbox.clock.now()).seconds)
    zoom.authorise()
    assert (await zoom.ask("/users")).status_code == 200


async def test_paid_plans_cap_heavy_ones_only(new_zoom: Callable[..., Zoom]) -> None:
    """On a paid plan heavy requests have a daily cap, medium ones have none."""
    zoom = new_zoom(limits=True, plan="pro")
    await use_up(zoom, "Heavy")
    assert (await zoom.ask("/report/daily")).status_code == 429
    assert (await zoom.ask("/users")).status_code == 200
