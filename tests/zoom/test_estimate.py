"""What a forecast says is what pulls of a simulated Zoom then ask."""

from datetime import date

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.estimate import by_label, cost, mean_pages
from include.zoom.sizes import Given, Scale, Size, assumed, sizes
from include.zoom.stream import Label, Stream
from tests.zoom.backfilled import days_back, really_asked, true_sizes
from tests.zoom.simulated import TODAY, Simulated

DEFAULT = {name: stream for name, stream in STREAMS.items() if stream.on_by_default}
# Their lists hold ten records a page, so that the mean tells the pages of each meeting only roughly.
ROUGH = {"dashboard_meeting_qos"}
# Of which of their parents has any, another answer tells when they are pulled.
AT_MOST = {
    "meeting_questions",
    "meeting_survey_answers",
    "meeting_registrants",
    "recording_registrants",
    "webinar_registrants",
}


def totals(every: dict[str, Stream], known: dict[str, Size], count: int, *, backfill: bool) -> dict[str, int]:
    """The forecast for so many days."""
    days = days_back(count)
    found = [cost(each, days, known, today=TODAY, backfill=backfill) for each in every.values()]
    return {each.stream: sum(each.requests.values()) for each in found}


@pytest.mark.parametrize("every", [DEFAULT, dict(STREAMS)], ids=["default", "all"])
async def test_of_known_sizes_a_days_requests_are_told_exactly(every: dict[str, Stream]) -> None:
    """Stream by stream, as the sandbox counts them."""
    simulated, days = Simulated(repeat_percent=0), days_back(1)
    asked = await really_asked(simulated, every, days, backfill=False)
    told = totals(every, true_sizes(simulated, every, days, averages=False), 1, backfill=False)
    assert {name: n for name, n in told.items() if name not in ROUGH | AT_MOST} == {
        name: n for name, n in asked.items() if name not in ROUGH | AT_MOST
    }
    assert [name for name in every if name in AT_MOST and told[name] < asked[name]] == []


@pytest.mark.parametrize(("every", "count", "users"), [(dict(STREAMS), 30, 6), (DEFAULT, 180, 6)])
async def test_of_averages_a_backfill_is_told_within_five_percent(
    every: dict[str, Stream], count: int, users: int
) -> None:
    """With a run for each day, from what is known of weekdays."""
    simulated, days = Simulated(users=users), days_back(count)
    asked = await really_asked(simulated, every, days, backfill=True)
    known = true_sizes(simulated, every, days[-35:], averages=True)
    told = totals(every, known, count, backfill=True)
    compared = every.keys() - AT_MOST
    assert sum(told[name] for name in compared) == pytest.approx(
        sum(asked[name] for name in compared), rel=0.05
    )


def test_a_list_of_each_parent_takes_a_request_where_it_is_empty_and_more_than_its_mean_says() -> None:
    """Few are long, but one of two pages takes two requests: not the mean's pages, but somewhat more."""
    assert mean_pages(0, 300) == 1
    assert mean_pages(7, 300) == pytest.approx(1)
    assert mean_pages(300, 300) == pytest.approx(1.58, abs=0.01)
    assert mean_pages(30_000, 300) == pytest.approx(100.5, abs=0.01)


def test_an_account_of_ten_thousand_users_asks_so_much_a_day() -> None:
    """A day of the default streams, by hand: 5,000 meetings, each asked for its participants, each user for recordings."""
    known = sizes(STREAMS, {}, Given(users=10_000))
    costs = [cost(each, (date(2026, 3, 10),), known, today=TODAY) for each in DEFAULT.values()]
    told = {each.stream: sum(each.requests.values()) for each in costs}
    assert (told["users"], told["recordings"]) == (32 + 2 + 1, 9_900)
    # A day before and, of what is over, the day itself: 10,000 in pages of 300.
    assert told["meetings"] == 34
    assert told["meeting_participants"] == 4_975
    assert told["webinar_participants"] == round(25 * 1.0525)
    assert set(by_label(costs)) == {Label.MEDIUM, Label.HEAVY}


def test_days_that_zoom_does_not_keep_cost_nothing_and_are_named() -> None:
    """Of the meetings 180 days are there; of what hangs on them no more, whatever its own limit is."""
    days = (date(2025, 9, 11), date(2025, 9, 12))
    known = sizes(STREAMS, {}, Given())
    one = cost(STREAMS["meeting_details"], days, known, today=TODAY, backfill=True)
    assert (one.lost, one.requests) == ((days[0],), {Label.LIGHT: 498})
    gone = cost(STREAMS["meetings"], (date(2025, 1, 1),), known, today=TODAY)
    assert (gone.lost, sum(gone.requests.values())) == ((date(2025, 1, 1),), 0)


def test_what_is_given_comes_before_what_was_counted_and_that_before_what_is_assumed() -> None:
    """Assumptions hang on the users and meetings that are known."""
    counted = {
        "users": Size((40,), "the snapshot"),
        "meetings": Size((80, 80, 80, 80, 80, 4, 4), "35 days", asked=1),
    }
    known = sizes(STREAMS, counted, Given(participants_per_meeting=3))
    assert known["users"].source == "the snapshot"
    assert (known["meeting_participants"].a_day(), known["meeting_participants"].source) == (
        240,
        "--participants-per-meeting",
    )
    assert (known["recordings"].a_day(), known["recordings"].source) == (8, "assumed")
    larger = sizes(STREAMS, counted, Given(users=1_000))
    assert (larger["users"].a_day(), larger["users"].source) == (1_000, "--users")


def test_every_stream_has_an_assumption() -> None:
    """A new stream needs one, or no forecast would be whole."""
    known = sizes(STREAMS, {}, Given())
    assert {name for name, size in known.items() if size == assumed(STREAMS[name], scale())} == set(STREAMS)


def scale() -> Scale:
    """Of an account of which nothing is known."""
    return Scale.of(Given())
