"""What the sandbox tells about itself."""

from collections.abc import Callable

from tests.sandbox.conftest import Zoom


async def report(zoom: Zoom) -> dict:
    return (await zoom.http.get("/_sandbox/requests")).json()


async def test_requests_are_counted_by_template(zoom: Zoom) -> None:
    """Requests count per path template, label and status."""
    for path in ("/users", "/users/me", "/users/nobody"):
        await zoom.ask(path)
    assert (await report(zoom))["counts"] == [
        {"path": "/v2/users", "label": "Medium", "status": 200, "count": 1},
        {"path": "/v2/users/{userId}", "label": "Light", "status": 200, "count": 1},
        {"path": "/v2/users/{userId}", "label": "Light", "status": 404, "count": 1},
    ]


async def test_token_posts_are_counted_by_outcome(zoom: Zoom) -> None:
    """Token posts count per grant type and outcome, those that a fault kept away too."""
    token = zoom.authorise()
    await zoom.refresh(token)
    await zoom.refresh(token)
    await zoom.http.post("/_sandbox/faults", json=[{"path": "/oauth/token", "kind": "status"}])
    await zoom.refresh(token)
    counted = await report(zoom)
    assert (counted["token_posts"], counted["token_refused"]) == (3, 1)
    assert counted["token_posts_by"] == [
        {"grant_type": "refresh_token", "outcome": "invalid_grant", "count": 1},
        {"grant_type": "refresh_token", "outcome": "ok", "count": 1},
        {"grant_type": "unread", "outcome": "fault", "count": 1},
    ]


async def test_requests_hold_no_secret(zoom: Zoom) -> None:
    """Neither tokens nor codes nor page tokens are in what the sandbox repeats."""
    token = zoom.authorise()
    access = zoom.http.headers["authorization"]
    page = (await zoom.ask("/users", page_size=5)).json()["next_page_token"]
    await zoom.ask("/users", page_size=5, next_page_token=page, access_token="canary")
    await zoom.refresh(token)
    text = (await zoom.http.get("/_sandbox/requests")).text
    for secret in (token, access.removeprefix("Bearer "), page, "canary", "sandbox-client-secret"):
        assert secret not in text


async def test_recent_requests_say_what_was_asked(zoom: Zoom) -> None:
    """A recent request shows its path's values, its window and whether it was a first page."""
    await zoom.ask("/users/me/recordings", from_="2026-11-01", to="2026-11-02")
    assert (await report(zoom))["recent"] == [
        {
            "at": "2026-11-24T10:00:00Z",
            "path": "/v2/users/{userId}/recordings",
            "status": 200,
            "asked": {"from": "2026-11-01", "to": "2026-11-02", "userId": "me"},
            "first_page": True,
        }
    ]


async def test_reset(zoom: Zoom) -> None:
    """A post gives the counts and forgets them."""
    await zoom.ask("/users")
    assert (await zoom.http.post("/_sandbox/requests")).json()["requests"] == 1
    assert (await report(zoom))["requests"] == 0


async def test_recent_requests_are_bounded(zoom: Zoom) -> None:
    """Only the last thousand requests are kept, all are counted."""
    for _ in range(1001):
        zoom.sandbox.log.answered("/v2/users", "Medium", 200, {})
    assert len((await report(zoom))["recent"]) == 1000
    assert (await report(zoom))["requests"] == 1001


async def test_clock_can_be_advanced(zoom: Zoom) -> None:
    """The clock goes on when told, and the answers' Date with it."""
    answer = await zoom.http.post("/_sandbox/clock", json={"advance_seconds": 90})
    assert answer.json() == {"now": "2026-11-24T10:01:30Z"}
    assert (await zoom.ask("/users")).headers["date"] == "Tue, 24 Nov 2026 10:01:30 GMT"


async def test_revoke_and_grant(zoom: Zoom) -> None:
    """A test can end the grant, and get a new one without consenting."""
    await zoom.http.post("/_sandbox/revoke")
    assert (await zoom.ask("/users")).status_code == 401
    granted = (await zoom.http.post("/_sandbox/grant")).json()
    assert (await zoom.refresh(granted["refresh_token"])).status_code == 200


async def test_truth_of_unknown_tables_and_days(zoom: Zoom) -> None:
    """An unknown table or a day that is none is an error."""
    for parameters in ({"table": "lunches"}, {"table": "meetings", "day": "monday"}):
        assert (await zoom.http.get("/_sandbox/truth", params=parameters)).status_code == 400


async def test_truth_knows_no_lateness_and_no_repeats(new_zoom: Callable[..., Zoom]) -> None:
    """The truth of a day is the same with lateness and repeated rows switched on."""
    plain, late = new_zoom(), new_zoom(late_hours=20, repeat_percent=100)
    for table in ("meetings", "meeting_participants", "recordings", "recording_files", "daily_usage"):
        assert await plain.truth(table, "2026-11-23") == await late.truth(table, "2026-11-23")


async def test_every_secret_that_went_over_the_wire_is_told(zoom: Zoom) -> None:
    """A test looks for these where they must not be: client secret, tokens, state, code and verifier."""
    asked = {"response_type": "code", "client_id": "sandbox-client-id", "redirect_uri": "https://a.example"}
    proof = {"code_challenge": "a-verifier", "code_challenge_method": "plain", "decision": "allow"}
    answer = await zoom.http.get("/oauth/authorize", params={**asked, **proof, "state": "a-state"})
    code = answer.headers["location"].split("code=")[1].split("&")[0]
    form = {"code": code, "redirect_uri": "https://a.example", "code_verifier": "a-verifier"}
    granted = (await zoom.token(grant_type="authorization_code", **form)).json()
    told = (await zoom.http.get("/_sandbox/secrets")).json()
    assert [entry["kind"] for entry in told] == [
        "client",
        "refresh",
        "access",
        "state",
        "code",
        "verifier",
        "refresh",
        "access",
    ]
    assert [entry["secret"] for entry in told[3:]] == [
        "a-state",
        code,
        "a-verifier",
        granted["refresh_token"],
        granted["access_token"],
    ]
