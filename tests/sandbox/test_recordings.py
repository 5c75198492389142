"""Recordings of the simulated account."""

from collections.abc import Callable

from tests.sandbox.conftest import Zoom


async def users(zoom: Zoom) -> list[dict]:
    statuses = [(await zoom.ask("/users", status=each)).json()["users"] for each in ("active", "inactive")]
    return [user for each in statuses for user in each]


async def month(zoom: Zoom, first: str = "2026-10-20", last: str = "2026-11-19") -> list[dict]:
    found = []
    for user in await users(zoom):
        pages = await zoom.pages(f"/users/{user['id']}/recordings", from_=first, to=last, page_size=2)
        found += [row for page in pages if "meetings" in page for row in page["meetings"]]
    return found


async def recordings(zoom: Zoom, day: str) -> list[dict]:
    found = []
    for user in await users(zoom):
        answer = (await zoom.ask(f"/users/{user['id']}/recordings", from_=day, to=day)).json()
        found += answer.get("meetings", [])
    return found


def by_uuid(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=lambda row: row["uuid"])


async def test_recordings_are_the_truth(zoom: Zoom) -> None:
    """The recordings of all users on a day are the true ones, with their files."""
    for day in ("2026-11-18", "2026-11-19", "2026-11-22"):
        truth = await zoom.truth("recordings", day)
        assert by_uuid(await recordings(zoom, day)) == by_uuid(truth)
        files = [{"recording_uuid": row["uuid"], **file} for row in truth for file in row["recording_files"]]
        assert files == await zoom.truth("recording_files", day)


async def test_too_wide_a_range_is_clamped(zoom: Zoom) -> None:
    """A range of more than a month is cut to its end, and the answer says so."""
    user = (await users(zoom))[0]["id"]
    answer = (await zoom.ask(f"/users/{user}/recordings", from_="2026-06-01", to="2026-11-20")).json()
    assert (answer["from"], answer["to"]) == ("2026-10-21", "2026-11-20")
    assert all(row["start_time"] >= "2026-10-21" for row in answer["meetings"])


async def test_default_range(zoom: Zoom) -> None:
    """Without dates yesterday and today are meant."""
    user = (await users(zoom))[0]["id"]
    answer = (await zoom.ask(f"/users/{user}/recordings")).json()
    assert (answer["from"], answer["to"]) == ("2026-11-23", "2026-11-24")


async def test_reversed_range(zoom: Zoom) -> None:
    """A range that ends before it begins gives code 300."""
    user = (await users(zoom))[0]["id"]
    answer = await zoom.ask(f"/users/{user}/recordings", from_="2026-11-20", to="2026-11-19")
    assert (answer.status_code, answer.json()["code"]) == (400, 300)


async def test_files_without_id(new_zoom: Callable[..., Zoom]) -> None:
    """Captions and timelines have no id, status, size, type or play url; the other files have all."""
    rows = await new_zoom(users=60).truth("recording_files", "2026-11-18")
    bare = [row for row in rows if row["file_type"] in ("CC", "TIMELINE")]
    assert {row["file_type"] for row in bare} == {"CC", "TIMELINE"}
    for row in bare:
        assert not {"id", "status", "file_size", "recording_type", "play_url"} & set(row)
    assert all("id" in row for row in rows if row not in bare)


async def test_type_is_text_and_uploads_have_no_meeting(zoom: Zoom) -> None:
    """A recording's type is text; uploads have type 99 and a uuid that no meeting has."""
    uploads, others = [], []
    for day in range(1, 21):
        rows = await zoom.truth("recordings", f"2026-11-{day:02}")
        uploads += [row for row in rows if row["type"] == "99"]
        others += [row for row in rows if row["type"] != "99"]
    assert {row["type"] for row in others} <= {"1", "2", "3", "4", "5", "6", "8", "9"}
    assert uploads
    for row in uploads:
        assert (
            await zoom.http.get("/v2/past_meetings/" + row["uuid"].replace("/", "%252F"))
        ).status_code == 404


async def test_secrets_stand_in_urls_and_fields(zoom: Zoom) -> None:
    """Urls, passwords and passcodes hold secrets that can be looked for."""
    row = (await zoom.truth("recordings", "2026-11-18"))[0]
    for secret in (row["share_url"], row["password"], row["recording_play_passcode"]):
        assert "sandbox-secret-" in secret
    assert "sandbox-secret-" in row["recording_files"][0]["play_url"]
    assert "sandbox-secret-" in row["recording_files"][0]["download_url"]


async def test_users_who_get_an_error(zoom: Zoom) -> None:
    """An unlicensed user, one without recordings, an unknown one: each has Zoom's code."""
    everyone = await users(zoom)
    expected = {everyone[7]["id"]: (400, 3161), everyone[9]["id"]: (404, 3301), "nobody": (404, 1001)}
    for name, error in expected.items():
        answer = await zoom.ask(f"/users/{name}/recordings")
        assert (answer.status_code, answer.json()["code"]) == error


async def test_inactive_users_have_an_empty_list(zoom: Zoom) -> None:
    """A deactivated user's list is there and empty."""
    user = (await zoom.ask("/users", status="inactive")).json()["users"][0]
    answer = (await zoom.ask(f"/users/{user['id']}/recordings")).json()
    assert (answer["meetings"], answer["total_records"], answer["next_page_token"]) == ([], 0, "")


async def test_pages_of_a_users_recordings(zoom: Zoom) -> None:
    """Pages of two make the month's recordings, without loss."""
    rows = await month(zoom)
    assert len({row["uuid"] for row in rows}) == len(rows) > 20
