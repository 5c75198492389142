"""Which streams of a run take which days."""

from datetime import date

from include.flow.plan import with_their_children

D19, D20, D22 = date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 22)


def test_unsettled_days_join_the_runs_own() -> None:
    """Each stream takes its own, in order."""
    found = with_their_children({"daily_usage": (D22,)}, {"daily_usage": (D20,)})
    assert found == {"daily_usage": (D20, D22)}


def test_a_parent_takes_the_days_of_the_children_that_it_dates() -> None:
    """Participants of the 19th need the meetings of the 19th, though those are final."""
    days = {"meetings": (D22,), "meeting_participants": (D22,)}
    found = with_their_children(days, {"meetings": (D20,), "meeting_participants": (D19,)})
    assert found == {"meetings": (D19, D20, D22), "meeting_participants": (D19, D22)}


def test_a_snapshot_parent_takes_no_days_of_its_children() -> None:
    """Recordings need users as they are today, whatever day they are of."""
    found = with_their_children({"users": (D22,), "recordings": (D22,)}, {"recordings": (D19,)})
    assert found == {"users": (D22,), "recordings": (D19, D22)}
