"""Faults on order."""

import asyncio

import pytest

from tests.sandbox.conftest import Zoom


async def order(zoom: Zoom, **fault: object) -> None:
    answer = await zoom.http.post("/_sandbox/faults", json=[{"path": "/v2/users", **fault}])
    assert answer.status_code == 200


async def test_status_for_so_many_requests(zoom: Zoom) -> None:
    """A status comes as often as ordered, with its body and headers, then answers are as before."""
    await order(
        zoom, kind="status", status=503, times=2, body={"message": "later"}, headers={"retry-after": "7"}
    )
    for _ in range(2):
        answer = await zoom.ask("/users")
        assert (answer.status_code, answer.json()) == (503, {"message": "later"})
        assert answer.headers["retry-after"] == "7"
    assert (await zoom.ask("/users")).status_code == 200


async def test_only_matching_requests_are_struck(zoom: Zoom) -> None:
    """Other paths go on, and `skip` lets the first ones pass."""
    await order(zoom, kind="status", skip=1)
    answers = [(await zoom.ask(path)).status_code for path in ("/groups", "/users", "/users", "/users")]
    assert answers == [200, 200, 500, 200]


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("html", 200, "<html><body>We'll be back soon</body></html>"),
        ("empty", 200, ""),
        ("not_entitled", 400, '{"code":200,"message":"No permission."}'),
        ("error_in_200", 200, '{"code":200,"message":"Only available for Paid or ZMP account."}'),
    ],
)
async def test_answers_instead(zoom: Zoom, kind: str, status: int, body: str) -> None:
    """Some faults answer with something else."""
    await order(zoom, kind=kind)
    answer = await zoom.ask("/users")
    assert (answer.status_code, answer.text) == (status, body)


async def test_truncated_answer(zoom: Zoom) -> None:
    """A truncated answer is half of the true one."""
    whole = (await zoom.ask("/users")).content
    await order(zoom, kind="truncate")
    assert (await zoom.ask("/users")).content == whole[: len(whole) // 2]


async def test_list_is_missing(zoom: Zoom) -> None:
    """An answer can lack its list."""
    await order(zoom, kind="drop_list")
    answer = (await zoom.ask("/users")).json()
    assert "users" not in answer
    assert answer["total_records"] == 21


async def test_page_token_repeats(zoom: Zoom) -> None:
    """A page can answer with the token that it was asked with."""
    await order(zoom, kind="repeat_token", times=2)
    first = (await zoom.ask("/users", page_size=5)).json()["next_page_token"]
    second = (await zoom.ask("/users", page_size=5, next_page_token=first)).json()["next_page_token"]
    assert first == second != ""


async def test_edited_answer(zoom: Zoom) -> None:
    """Fields of an answer can be set and dropped: a token answer without its refresh token."""
    token = zoom.authorise()
    await zoom.http.post(
        "/_sandbox/faults",
        json=[
            {
                "path": "/oauth/token",
                "kind": "edit",
                "body": {"expires_in": "soon"},
                "drop": ["refresh_token"],
            }
        ],
    )
    answer = (await zoom.refresh(token)).json()
    assert answer["expires_in"] == "soon"
    assert "refresh_token" not in answer


async def test_connection_is_cut(zoom: Zoom) -> None:
    """A cut connection gives no answer; the request had no effect."""
    token = zoom.authorise()
    await order(zoom, path="/oauth/token", kind="reset")
    with pytest.raises(ConnectionResetError):
        await zoom.refresh(token)
    assert (await zoom.refresh(token)).status_code == 200


async def test_answer_is_lost_after_the_token_rotated(zoom: Zoom) -> None:
    """With `when: after` Zoom rotates and nobody hears of it."""
    token = zoom.authorise()
    await order(zoom, path="/oauth/token", kind="reset", when="after")
    with pytest.raises(ConnectionResetError):
        await zoom.refresh(token)
    assert (await zoom.refresh(token)).json()["error"] == "invalid_grant"


async def test_hang_then_cut(zoom: Zoom) -> None:
    """A hanging request is silent for its seconds and then cut; others are answered meanwhile."""
    await order(zoom, kind="hang", seconds=0.05)
    hanging = asyncio.create_task(zoom.ask("/users"))
    await asyncio.sleep(0)
    assert (await zoom.ask("/groups")).status_code == 200
    with pytest.raises(ConnectionResetError):
        await hanging


async def test_late_answer(zoom: Zoom) -> None:
    """A request that took effect is answered after its silence."""
    await order(zoom, kind="hang", when="after", seconds=0.01)
    assert (await zoom.ask("/users")).status_code == 200


async def test_grant_ends_in_between(zoom: Zoom) -> None:
    """A revocation can strike before a request."""
    await order(zoom, kind="revoke", skip=1)
    assert [(await zoom.ask("/users")).status_code for _ in range(2)] == [200, 401]


async def test_orders_are_checked_and_can_be_taken_back(zoom: Zoom) -> None:
    """An unknown kind is refused; an empty list takes back what waits."""
    answer = await zoom.http.post("/_sandbox/faults", json=[{"path": "/", "kind": "flood"}])
    assert answer.status_code == 400
    await order(zoom, kind="status", times=3)
    assert (await zoom.http.get("/_sandbox/faults")).json() == {"waiting": 3}
    await zoom.http.post("/_sandbox/faults", json=[])
    assert (await zoom.ask("/users")).status_code == 200
