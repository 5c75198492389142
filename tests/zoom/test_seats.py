"""Which rows of a list without a key are there."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.zoom.errors import IncompleteData
from include.zoom.seats import Unsettled, content, settle

A = {"name": "Ada", "user_id": "1"}
B = {"name": "Bob", "user_id": "2"}
C = {"name": "Cy", "user_id": "3"}


def test_as_many_rows_as_zoom_counts_are_all_kept() -> None:
    """Rows in the number that Zoom gives are kept in the order in which they came."""
    assert settle([[A, B], [C]], 3) == [A, B, C]


def test_twins_on_one_page_are_two_rows() -> None:
    """Two equal rows on one page are two seats."""
    assert settle([[A, A], [B]], 3) == [A, A, B]


def test_the_order_of_keys_does_not_matter() -> None:
    """A repeat whose keys come in another order is still a repeat."""
    assert settle([[A], [{"user_id": "1", "name": "Ada"}, B]], 2) == [A, B]


def test_a_row_that_came_twice_is_one_row() -> None:
    """More rows than Zoom counts: a row on two pages is kept as often as one page has it."""
    assert settle([[A, B], [B, C]], 3) == [A, B, C]


def test_twins_and_repeats_at_once() -> None:
    """Twins of one page stay two when one of them comes again on the next page."""
    assert settle([[A, B, B], [B, C]], 4) == [A, B, B, C]


@pytest.mark.parametrize(
    ("pages", "total"),
    [
        pytest.param([[A, B]], 3, id="rows are missing"),
        pytest.param([[A, A], [B]], 2, id="one page holds more than there are"),
        pytest.param([[A, B], [A, C], [C]], 4, id="a twin on two pages beside a repeat"),
        pytest.param([[A, B]], 0, id="none counted"),
        pytest.param([], 1, id="nothing came"),
    ],
)
@pytest.mark.parametrize("asked_again", [False, True])
def test_a_difference_is_never_settled(pages: list, total: int, *, asked_again: bool) -> None:
    """Rows that can't be brought to Zoom's count are unsettled, also after asking again."""
    with pytest.raises(Unsettled):
        settle(pages, total, asked_again=asked_again)


def test_equal_rows_on_different_pages_are_asked_again_once() -> None:
    """The count is right but a row may have come twice while another was missed: a second answer is believed."""
    with pytest.raises(Unsettled):
        settle([[A, B], [B]], 3)
    assert settle([[A, B], [B]], 3, asked_again=True) == [A, B, B]


def test_without_a_count_the_list_is_asked_again_once() -> None:
    """Where Zoom gives no count, a second answer without a doubtful row is believed."""
    with pytest.raises(Unsettled):
        settle([[A, A, B]], None)
    assert settle([[A, A, B]], None, asked_again=True) == [A, A, B]


def test_without_a_count_equal_rows_on_different_pages_stay_unsettled() -> None:
    """Without a count nothing tells a twin on the next page from a repeat."""
    with pytest.raises(Unsettled):
        settle([[A, B], [B]], None, asked_again=True)


def test_an_empty_list_is_settled() -> None:
    """A meeting that Zoom counts no seat for has none."""
    assert settle([[]], 0) == []


def test_true_and_one_are_different_content() -> None:
    """Python's equal values of different JSON types don't make rows equal."""
    assert content({"a": True}) != content({"a": 1}) != content({"a": 1.0})


@pytest.mark.parametrize("value", ["\ud800", 2**70, {"deep": ["\udfff"]}])
def test_content_takes_what_orjson_refuses(value: object) -> None:
    """Lone surrogates and huge integers have a content too."""
    assert content({"b": value, "a": 1}) == content({"a": 1, "b": value})


def test_the_error_tells_counts_and_no_person() -> None:
    """The message names numbers and the next step, never what stands in a row."""
    with pytest.raises(
        IncompleteData, match=r"^2 rows came where Zoom counts 3\. Ask for this list"
    ) as caught:
        settle([[A, B]], 3)
    assert "Ada" not in str(caught.value)


def _simulated(seed: int) -> tuple[list[list[dict]], list[dict]]:
    """A meeting with twins, paged while its list moves, and its true rows."""
    chance = random.Random(seed)
    truth = [
        {"user_id": str(chance.randrange(6)), "seconds": chance.randrange(2)}
        for _ in range(chance.randrange(12))
    ]
    pages, at, size = [], 0, chance.randrange(2, 5)
    while at < len(truth):
        pages.append(truth[at : at + size])
        at += size
        if chance.random() < 0.3 and at < len(truth):
            at -= 1  # a row joined in front: the last one is seen again
    return pages or [[]], truth


@given(st.integers(min_value=0))
def test_what_is_settled_is_true(seed: int) -> None:
    """Twins within and across pages, repeats across pages: whatever is settled equals the truth."""
    pages, truth = _simulated(seed)
    try:
        rows = settle(pages, len(truth))
    except Unsettled:
        try:
            rows = settle(pages, len(truth), asked_again=True)
        except Unsettled:
            return
    assert Counter(map(content, rows)) == Counter(map(content, truth))


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=5))
def test_a_list_that_stood_still_is_settled_at_the_latest_by_the_second_answer(seed: int, size: int) -> None:
    """Pages without repeats give the truth, in order, whatever twins are in them."""
    _, truth = _simulated(seed)
    pages = [truth[at : at + size] for at in range(0, len(truth), size)] or [[]]
    assert settle(pages, len(truth), asked_again=True) == truth
