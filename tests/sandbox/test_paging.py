"""Pages and their tokens."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.sandbox.conftest import Zoom

INVALID = {"code": 300, "message": "The next page token is invalid or expired."}


async def token_of(zoom: Zoom, path: str = "/users", **parameters: object) -> str:
    return (await zoom.ask(path, **{"page_size": 5, **parameters})).json()["next_page_token"]


@pytest.mark.parametrize(("asked", "used"), [(None, 30), (7, 7), (300, 300), (5000, 2000), (0, 1), ("x", 30)])
async def test_page_size_is_clamped_and_echoed(zoom: Zoom, asked: object, used: int) -> None:
    """The list says which page size it used: the default, what was asked, or the most it allows."""
    parameters = {} if asked is None else {"page_size": asked}
    assert (await zoom.ask("/users", **parameters)).json()["page_size"] == used


async def test_last_page_has_an_empty_token(zoom: Zoom) -> None:
    """21 users in pages of 5 are five pages; only the last has no token."""
    pages = await zoom.pages("/users", page_size=5)
    assert [len(page["users"]) for page in pages] == [5, 5, 5, 5, 1]
    assert [bool(page["next_page_token"]) for page in pages] == [True, True, True, True, False]
    assert {(page["page_count"], page["total_records"]) for page in pages} == {(5, 21)}


@pytest.mark.parametrize(("seconds", "status"), [(900, 200), (901, 400)])
async def test_token_lives_fifteen_minutes(zoom: Zoom, seconds: int, status: int) -> None:
    """A page token is refused once it is older than 15 minutes."""
    token = await token_of(zoom)
    zoom.sandbox.clock.advance(seconds)
    assert (await zoom.ask("/users", page_size=5, next_page_token=token)).status_code == status


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/users", {"page_size": 6}),
        ("/users", {"page_size": 5, "status": "active"}),
        ("/groups", {"page_size": 5}),
    ],
)
async def test_token_belongs_to_its_list_and_parameters(
    zoom: Zoom, path: str, parameters: dict[str, object]
) -> None:
    """A token that was given for other parameters or another list is refused."""
    answer = await zoom.ask(path, next_page_token=await token_of(zoom), **parameters)
    assert answer.status_code == 400
    assert answer.json() == INVALID


@pytest.mark.parametrize("token", ["x", "b43YBRLJFg3V4vsSpxvGdKIGtNbxn9h9If2", "ü", "A" * 38])
async def test_foreign_token(zoom: Zoom, token: str) -> None:
    """A token that was never given is refused."""
    assert (await zoom.ask("/users", next_page_token=token)).json() == INVALID


async def test_rows_repeat_across_pages(new_zoom: Callable[..., Zoom]) -> None:
    """A page may begin with the last row of the one before; no row is lost and the total stays true."""
    pages = await new_zoom(repeat_percent=100).pages("/users", page_size=5)
    ids = [[user["id"] for user in page["users"]] for page in pages]
    assert [len(each) for each in ids] == [5, 5, 5, 5, 5]
    assert all(before[-1] == after[0] for before, after in pairwise(ids))
    assert len({each for page in ids for each in page}) == 21
    assert {page["total_records"] for page in pages} == {21}
