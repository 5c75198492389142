"""How long requests take at a plan's limits."""

import pytest

from include.zoom.duration import duration
from include.zoom.stream import Label


def test_the_slowest_label_decides_where_no_cap_binds() -> None:
    """Labels are asked at once: 20 medium and 10 heavy a second on Pro, 97 % of each."""
    took = duration({Label.MEDIUM: 698_400, Label.HEAVY: 3_000}, plan="pro")
    assert took.hours == {Label.MEDIUM: pytest.approx(10), Label.HEAVY: pytest.approx(0.0859, abs=1e-4)}
    assert (took.caps, took.days, took.binds) == ({"heavy+resource_intensive": 0.1}, 1, "the rate medium")
    assert took.total_hours == pytest.approx(10)


def test_a_cap_that_labels_share_is_counted_over_both() -> None:
    """100,000 and 20,000 of 30,000 a day, of which a backfill may use seven tenths: six days, five of them whole."""
    took = duration({Label.HEAVY: 100_000, Label.RESOURCE_INTENSIVE: 20_000}, plan="pro", share=0.7)
    assert (took.days, took.binds) == (6, "the daily cap heavy+resource_intensive")
    assert took.total_hours == 120


def test_a_day_that_is_used_up_to_the_last_request_is_one_day() -> None:
    """Not two, for a rounding."""
    assert duration({Label.HEAVY: 21_000}, plan="pro", share=0.7).days == 1
    assert duration({Label.HEAVY: 21_001}, plan="pro", share=0.7).days == 2


def test_the_free_plan_caps_each_label_by_itself() -> None:
    """2,000 medium requests a day."""
    took = duration({Label.LIGHT: 100, Label.MEDIUM: 5_000}, plan="free")
    assert took.caps == {"light": pytest.approx(100 / 6_000), "medium": 2.5}
    assert (took.days, took.binds, took.total_hours) == (3, "the daily cap medium", 48)


def test_nothing_takes_no_time() -> None:
    """Where all streams are left out."""
    took = duration({}, plan="business")
    assert (took.longest_hours, took.days, took.binds) == (0, 1, "nothing")
