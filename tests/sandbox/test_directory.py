"""Users and groups of the simulated account."""

from collections.abc import Callable

from tests.sandbox.conftest import Zoom


async def everyone(zoom: Zoom, status: str) -> list[dict]:
    pages = await zoom.pages("/users", status=status, page_size=7)
    return [user for page in pages for user in page["users"]]


async def test_three_statuses_make_all_users(zoom: Zoom) -> None:
    """Active, inactive and pending users are separate lists; together they are everybody."""
    active, inactive, pending = [await everyone(zoom, each) for each in ("active", "inactive", "pending")]
    assert (len(active), len(inactive), len(pending)) == (21, 2, 2)
    assert active + inactive + pending == await zoom.truth("users")


async def test_active_is_the_default(zoom: Zoom) -> None:
    """Without a status only active users come."""
    assert {user["status"] for user in (await zoom.ask("/users")).json()["users"]} == {"active"}


async def test_pending_users_have_no_id(zoom: Zoom) -> None:
    """Who has not accepted the invitation has no id and no names."""
    for user in await everyone(zoom, "pending"):
        assert "id" not in user
        assert "first_name" not in user


async def test_ids_exceed_what_small_types_hold(zoom: Zoom) -> None:
    """Personal meeting ids exceed 2^31, a licence option exceeds 2^53 and is no double."""
    active = await everyone(zoom, "active")
    assert all(user["pmi"] > 2**31 for user in active)
    options = [info["license_option"] for user in active for info in user.get("license_info_list", [])]
    assert options[0] == 576460752303423500
    assert int(float(options[0] + 4)) != options[0] + 4


async def test_fields_are_empty_absent_or_unknown(zoom: Zoom) -> None:
    """Some users have an empty last name, some no last login, some a field that nobody announced."""
    active = await everyone(zoom, "active")
    assert any(user["last_name"] == "" for user in active)
    assert any("last_login_time" not in user for user in active)
    assert any("is_pilot_user" in user for user in active)


async def test_user_by_id_email_and_me(zoom: Zoom) -> None:
    """A user is found by id and by e-mail; `me` is the owner."""
    user = (await everyone(zoom, "active"))[3]
    assert (await zoom.ask(f"/users/{user['id']}")).json()["email"] == user["email"]
    assert (await zoom.ask(f"/users/{user['email']}")).json()["id"] == user["id"]
    owner = (await zoom.ask("/users/me")).json()
    assert owner["role_name"] == "Owner"
    assert owner["account_id"] == "sandbox-account"


async def test_unknown_user(zoom: Zoom) -> None:
    """Somebody who is not there gives 404 with code 1001, whatever the id looks like."""
    for name in ("KDcuGIm1QgePTO8WbOqwIQ", "nobody@example.com", "user.25@example.com", "x"):
        answer = await zoom.ask(f"/users/{name}")
        assert answer.status_code == 404
        assert answer.json()["code"] == 1001


async def test_summary_counts_active_and_pending(zoom: Zoom) -> None:
    """The summary's parts add up to its total."""
    answer = (await zoom.ask("/users/summary")).json()
    total = answer.pop("total_users_count")
    assert total == 23
    assert sum(answer.values()) == 23


async def test_groups_and_members(zoom: Zoom) -> None:
    """Each active user is in one group; one group is empty."""
    groups = (await zoom.ask("/groups")).json()["groups"]
    assert [group["total_members"] for group in groups] == [11, 10, 0]
    for group in groups:
        pages = await zoom.pages(f"/groups/{group['id']}/members", page_size=4)
        assert sum(len(page["members"]) for page in pages) == group["total_members"]
        assert {page["total_records"] for page in pages} == {group["total_members"]}


async def test_members_truth_names_the_group(zoom: Zoom) -> None:
    """The true members carry their group's id."""
    groups = (await zoom.ask("/groups")).json()["groups"]
    rows = await zoom.truth("group_members")
    assert len(rows) == 21
    assert {row["group_id"] for row in rows} == {groups[0]["id"], groups[1]["id"]}


async def test_unknown_group(zoom: Zoom) -> None:
    """A group that is not there gives 404 with code 4130."""
    answer = await zoom.ask("/groups/SobVexyrQjqCkcxjpBWi6w/members")
    assert (answer.status_code, answer.json()["code"]) == (404, 4130)


async def test_free_account_has_no_groups(new_zoom: Callable[..., Zoom]) -> None:
    """A free account is refused groups with status 200, members with status 400; code 200 both times."""
    zoom = new_zoom(plan="free")
    groups, members = await zoom.ask("/groups"), await zoom.ask("/groups/x/members")
    assert (groups.status_code, groups.json()["code"]) == (200, 200)
    assert "groups" not in groups.json()
    assert (members.status_code, members.json()["code"]) == (400, 200)


async def test_missing_scope(new_zoom: Callable[..., Zoom]) -> None:
    """A token without the endpoint's scope is refused with code 4711 and the scope's name."""
    zoom = new_zoom(scopes="user:read:user:admin")
    answer = await zoom.ask("/users")
    assert (answer.status_code, answer.json()["code"]) == (400, 4711)
    assert answer.json()["message"].startswith("Invalid access token, does not contain scopes:[")


async def test_unknown_endpoint(zoom: Zoom) -> None:
    """A path that Zoom does not have gives code 2300."""
    answer = await zoom.ask("/nothing/here")
    assert (answer.status_code, answer.json()["code"]) == (400, 2300)


async def test_another_seed_is_another_account(new_zoom: Callable[..., Zoom]) -> None:
    """The same seed gives the same users, another seed others."""
    first, same, other = new_zoom(), new_zoom(), new_zoom(seed=8)
    assert await everyone(first, "active") == await everyone(same, "active")
    assert (await everyone(first, "active"))[0]["id"] != (await everyone(other, "active"))[0]["id"]
