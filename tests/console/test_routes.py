"""Every route of the page: who is let in, what a browser must show, and the way to Zoom and back."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from include.grant.remote import Remote
from include.zoom.errors import Misconfigured
from tests.console.running import SHADOWED, Browser, Running, decided, state_of

pytestmark = pytest.mark.processes

CONNECT = "/zoom/accounts/zoom_routes/connect"
ROUTES = [
    ("GET", "/zoom/accounts"),
    ("POST", "/zoom/accounts"),
    ("POST", CONNECT),
    ("POST", "/zoom/accounts/zoom_routes/disconnect"),
    ("POST", "/zoom/answer"),
    ("GET", "/zoom/callback?code=canary-code&state=a-state"),
]
ACTIONS = ROUTES[1:5]


@pytest.fixture
def admin(airflow: Running) -> Browser:
    """The admin's browser, and a Connection that nobody has authorised."""
    airflow.put("zoom_routes")
    return airflow.browser()


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_who_has_not_signed_in_is_sent_away(airflow: Running, method: str, path: str) -> None:
    """401, and nothing that may be kept anywhere."""
    answer = airflow.browser(None).http.request(method, path)
    assert answer.status_code == 401
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_who_was_signed_out_meanwhile_reads_what_to_do(airflow: Running) -> None:
    """Zoom sends a browser back to a person, not to a program."""
    answer = airflow.browser(None).http.get("/zoom/callback?code=canary-code&state=a-state")
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "Sign in and press Connect again" in answer.text
    assert "canary" not in answer.text


@pytest.mark.parametrize("name", ["viewer", "user"])
@pytest.mark.parametrize(("method", "path"), [*ROUTES[:4]])
def test_who_may_not_is_refused_without_learning_what_there_is(
    airflow: Running, admin: Browser, name: str, method: str, path: str
) -> None:
    """403, word for word the same for a Connection that exists and for one that does not."""
    with airflow.program(name) as http:
        answer = http.request(method, path)
        elsewhere = http.request(method, path.replace("zoom_routes", "zoom_nowhere"))
    assert (answer.status_code, elsewhere.status_code) == (403, 403)
    assert answer.content == elsewhere.content


@pytest.mark.parametrize("name", ["op", "admin"])
def test_who_may_edit_connections_sees_and_connects(airflow: Running, admin: Browser, name: str) -> None:
    """Both roles of the simple auth manager that have Connections."""
    browser = airflow.browser(name)
    page = browser.page()
    assert (page["may_add"], page["redirect_uri"]) == (True, f"{airflow.address}/zoom/callback")
    assert browser.account("zoom_routes")["may_edit"] is True
    assert browser.authorise_address("zoom_routes").startswith(f"{airflow.sandbox}/oauth/authorize?")


@pytest.mark.parametrize(("method", "path"), ACTIONS)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example.com"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_what_another_site_makes_the_browser_send_is_refused(
    admin: Browser, method: str, path: str, headers: dict[str, str]
) -> None:
    """Even with Airflow's cookie, ours and a token that is right."""
    answer = admin.http.request(method, path, data={"token": admin.page()["token"]}, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (403, "This request comes from another site.")


@pytest.mark.parametrize(("method", "path"), ACTIONS)
def test_an_action_without_the_pages_token_is_refused(
    airflow: Running, admin: Browser, method: str, path: str
) -> None:
    """None, a made-up one, another person's, or one of the same person's other browser."""
    admin.page()
    others = [airflow.browser(name).page()["token"] for name in ("op", "admin")]
    for token in ("", "made-up", *others):
        answer = admin.http.request(method, path, data={"token": token})
        assert (answer.status_code, "load it again" in answer.json()["detail"]) == (403, True)
    assert airflow.generation("zoom_routes") == 0


def test_connect_asks_with_the_setting_and_never_with_headers(airflow: Running, admin: Browser) -> None:
    """State of 256 bits, PKCE, and the redirect address of the setting, whatever a proxy claims."""
    forged = {"X-Forwarded-Host": "evil.example.com", "X-Forwarded-Proto": "https", "Referer": "https://evil"}
    answer = admin.http.post(CONNECT, data={"token": admin.page()["token"]}, headers=forged)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert answer.status_code == 303
    assert query["redirect_uri"] == [f"{airflow.address}/zoom/callback"]
    assert (query["code_challenge_method"], len(query["code_challenge"][0])) == (["S256"], 43)
    assert len(query["state"][0]) == 43
    assert answer.headers["Cache-Control"] == "no-store"


def test_our_cookie_is_for_our_routes_and_no_script(airflow: Running) -> None:
    """Lax, because the way back from Zoom is cross-site."""
    cookie = airflow.browser().http.get("/zoom/accounts").headers["Set-Cookie"]
    assert [part for part in ("HttpOnly", "Path=/data/zoom", "SameSite=lax") if part not in cookie] == []


def test_allow_connects(airflow: Running, admin: Browser) -> None:
    """Back on the page the notice says what was granted; a reload says it no more."""
    answer = admin.follow(admin.allowed("zoom_routes"))
    assert (answer.status_code, answer.headers["Location"]) == (303, "../plugin/zoom")
    notice = admin.notice()
    assert notice["kind"] == "success"
    assert "zoom_routes is connected to Zoom account sandbox-account." in notice["text"]
    assert admin.notice() == {}
    shown = admin.account("zoom_routes")
    assert (shown["word"], shown["account_id"], shown["consented_by"]) == (
        "connected",
        "sandbox-account",
        "admin",
    )


def test_deny_changes_nothing(airflow: Running, admin: Browser) -> None:
    """The notice says what to do, and the attempt is used up."""
    denied = decided(admin.authorise_address("zoom_routes"), decision="deny")
    admin.follow(denied)
    assert admin.notice()["text"] == "Zoom did not grant access: authorise again and choose Allow."
    admin.follow(denied)
    assert "used before" in admin.notice()["text"]
    assert airflow.generation("zoom_routes") == 0


def test_an_answer_counts_once(airflow: Running, admin: Browser) -> None:
    """Also when it comes eight times at the same moment."""
    address = admin.allowed("zoom_routes")
    cookies = dict(admin.http.cookies)

    def again(_: int) -> int:
        with httpx.Client(cookies=cookies, trust_env=False, timeout=60) as http:
            return http.get(address).status_code

    before = _posts(airflow)
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(again, range(8))) == {303}
    assert _posts(airflow) == before + 1
    assert airflow.generation("zoom_routes") == 1


def test_an_answer_that_comes_too_late_is_refused(airflow: Running, admin: Browser) -> None:
    """Ten minutes after Connect; nothing is sent to Zoom."""
    address, before = admin.allowed("zoom_routes"), _posts(airflow)
    airflow.sql("UPDATE zoom_consent SET expires_at = datetime('now', '-1 second')")
    admin.follow(address)
    assert "more than ten minutes" in admin.notice()["text"]
    assert _posts(airflow) == before


@pytest.mark.parametrize("name", ["op", "admin"])
def test_the_state_of_another_browser_or_person_is_refused(
    airflow: Running, admin: Browser, name: str
) -> None:
    """It stays good for whoever began it."""
    address, other, before = admin.allowed("zoom_routes"), airflow.browser(name), _posts(airflow)
    other.page()
    other.follow(address)
    assert "another person or in another browser" in other.notice()["text"]
    assert _posts(airflow) == before
    admin.follow(address)
    assert admin.notice()["kind"] == "success"


def test_an_answer_connects_the_connection_it_was_begun_for(airflow: Running, admin: Browser) -> None:
    """The state knows which; a state that is made up, or none, connects nothing."""
    airflow.put("zoom_beside")
    address = admin.allowed("zoom_routes")
    admin.authorise_address("zoom_beside")
    for wrong in (address.replace(state_of(address), "made-up"), address.split("&state=")[0]):
        admin.follow(wrong)
        assert admin.notice()["kind"] == "error"
    admin.follow(address)
    assert (airflow.generation("zoom_routes"), airflow.generation("zoom_beside")) == (1, 0)


def test_who_lost_the_permission_meanwhile_is_refused(airflow: Running, admin: Browser) -> None:
    """The callback asks again whether this person may edit this Connection."""
    address, viewer = admin.allowed("zoom_routes"), airflow.browser("viewer")
    viewer.http.cookies.set("zoom_browser", "a-browser")
    hashed = hashlib.sha256(b"a-browser").hexdigest()
    airflow.sql("UPDATE zoom_consent SET user_id = 'viewer', browser_hash = ?", hashed)
    assert viewer.follow(address).status_code == 403
    assert airflow.generation("zoom_routes") == 0


def test_another_account_is_refused_and_the_grant_stays(airflow: Running, admin: Browser) -> None:
    """One Connection keeps one account."""
    admin.follow(admin.allowed("zoom_routes"))
    admin.follow(admin.allowed("zoom_routes", account="another-account"))
    notices = [admin.notice()["text"]]
    assert "Another Zoom account authorised" in notices[0]
    assert "another-account" not in notices[0]
    assert airflow.generation("zoom_routes") == 1
    assert admin.account("zoom_routes")["word"] == "connected"


def test_missing_scopes_are_named(admin: Browser) -> None:
    """In the notice and on the card; the grant works for the rest."""
    admin.follow(admin.allowed("zoom_routes", scopes="user:read:user:admin user:read:list_users:admin"))
    notice = admin.notice()
    assert (notice["kind"], "report:read:daily_usage:admin" in notice["text"]) == ("warning", True)
    missing = [each["scope"] for each in admin.account("zoom_routes")["missing"]]
    assert "group:read:list_groups:admin" in missing
    assert "user:read:list_users:admin" not in missing


def test_the_newest_of_two_consents_wins(airflow: Running, admin: Browser) -> None:
    """The one that ends last is the one that Zoom keeps alive."""
    op = airflow.browser("op")
    first, second = admin.allowed("zoom_routes"), op.allowed("zoom_routes")
    op.follow(second)
    admin.follow(first)
    assert admin.account("zoom_routes")["consented_by"] == "admin"
    assert "revoked" in admin.post("/zoom/accounts/zoom_routes/disconnect").json()["notice"]["text"]


def test_a_pasted_address_connects(airflow: Running, admin: Browser) -> None:
    """With all the same checks, as JSON for the page."""
    address = admin.allowed("zoom_routes").replace(airflow.address, "https://foo.local")
    foreign = airflow.browser("op").post("/zoom/answer", answer=address)
    assert (foreign.status_code, foreign.json()["notice"]["kind"]) == (409, "error")
    bare = admin.post("/zoom/answer", answer="canary-code-alone")
    assert (bare.status_code, "canary" in bare.text) == (409, False)
    assert admin.post("/zoom/answer", answer="https://[foo.local/?code=a&state=b").status_code == 409
    pasted = admin.post("/zoom/answer", answer=f"  {address}\n")
    assert (pasted.status_code, pasted.json()["notice"]["title"]) == (200, "Connected")
    assert pasted.headers["Cache-Control"] == "no-store"


def test_disconnect_revokes_at_zoom(airflow: Running, admin: Browser) -> None:
    """The page says so, and Connect is offered again."""
    admin.follow(admin.allowed("zoom_routes"))
    answer = admin.post("/zoom/accounts/zoom_routes/disconnect")
    assert (answer.status_code, answer.json()["notice"]["title"]) == (200, "Disconnected")
    shown = admin.account("zoom_routes")
    assert (shown["word"], shown["age_days"]) == ("not_connected", None)


def test_an_account_is_added_without_the_generic_form(airflow: Running, admin: Browser) -> None:
    """What was entered stands in an ordinary Connection, the secret encrypted, with a line in the audit log."""
    airflow.sql("DELETE FROM connection WHERE conn_id = 'zoom_added'")
    form = {
        "connection_id": "zoom_added",
        "client_id": "the-client-id",
        "client_secret": "canary-client-secret",
        "kind": "server_to_server",
        "account_id": "an-account",
        "plan": "pro",
        "cloud": "zoomgov",
    }
    answer = admin.post("/zoom/accounts", **form)
    assert answer.status_code == 201, answer.text
    with airflow.program() as http:
        kept = http.get("/api/v2/connections/zoom_added").json()
    assert (kept["conn_type"], kept["host"], kept["login"]) == (
        "zoom",
        "https://api.zoomgov.com/v2",
        "the-client-id",
    )
    assert json.loads(kept["extra"])["oauth_url"] == "https://zoomgov.com/oauth"
    assert admin.account("zoom_added")["word"] == "unused"
    again = admin.post("/zoom/accounts", **form)
    assert (again.status_code, list(again.json()["fields"])) == (422, ["connection_id"])
    raw = str(airflow.sql("SELECT * FROM connection WHERE conn_id = 'zoom_added'"))
    assert "canary" not in raw + answer.text + again.text + airflow.log()
    told = airflow.sql("SELECT owner, extra FROM log WHERE event = 'zoom_account.added' ORDER BY id DESC")
    assert told[0] == ("admin", '{"connection_id": "zoom_added"}')


def test_a_form_that_is_wrong_is_refused_by_field(admin: Browser) -> None:
    """422 with a sentence for each field; a shadowed id is refused with its reason."""
    form = {
        "connection_id": "zoom_jwt",
        "client_id": "i",
        "client_secret": "s",
        "plan": "pro",
        "cloud": "zoom",
    }
    wrong = admin.post("/zoom/accounts", **form, kind="jwt")
    assert (wrong.status_code, list(wrong.json()["fields"])) == (422, ["kind"])
    shadowed = admin.post("/zoom/accounts", **{**form, "connection_id": SHADOWED}, kind="general")
    assert (shadowed.status_code, "shadows its row" in shadowed.json()["message"]) == (409, True)


def test_what_cannot_be_read_is_listed_with_the_reason(airflow: Running, admin: Browser) -> None:
    """Bad JSON, another Fernet key, a missing secret, an unknown grant type, a shadowed row: never a 500."""
    for name in ("json", "key", "secret", "kind"):
        airflow.put(f"zoom_bad_{name}")
    airflow.put(SHADOWED)
    airflow.sql("UPDATE connection SET extra = '{', is_extra_encrypted = 0 WHERE conn_id = 'zoom_bad_json'")
    airflow.sql("UPDATE connection SET password = 'gAAAAAB' WHERE conn_id = 'zoom_bad_key'")
    airflow.sql("UPDATE connection SET password = NULL WHERE conn_id = 'zoom_bad_secret'")
    airflow.put("zoom_bad_kind", grant_type="jwt")
    shown = {each["connection_id"]: each for each in admin.page()["accounts"]}
    reasons = {
        "zoom_bad_json": "not a JSON object",
        "zoom_bad_key": "Fernet key does not open",
        "zoom_bad_secret": "lacks the Zoom app's client id (login) or client secret",
        "zoom_bad_kind": "grant_type",
        SHADOWED: "AIRFLOW_CONN_ZOOM_SHADOWED",
    }
    assert {name: shown[name]["word"] for name in reasons} == dict.fromkeys(reasons, "unreadable")
    assert [name for name, text in reasons.items() if text not in shown[name]["reason"]] == []
    refused = admin.post(f"/zoom/accounts/{SHADOWED}/connect")
    assert refused.headers["Location"] == "../../../plugin/zoom"
    assert "shadows its row" in admin.notice()["text"]
    airflow.sql("DELETE FROM connection WHERE conn_id LIKE 'zoom_bad_%' OR conn_id = ?", SHADOWED)


def test_a_server_to_server_connection_is_not_connected_by_a_person(airflow: Running, admin: Browser) -> None:
    """It is shown, and its Connect route says why not."""
    airflow.put("zoom_s2s", grant_type="account_credentials", account_id="sandbox-account")
    assert admin.account("zoom_s2s")["rotates"] is False
    admin.post("/zoom/accounts/zoom_s2s/connect")
    assert "needs no consent" in admin.notice()["text"]
    assert admin.post("/zoom/accounts/zoom_s2s/disconnect").status_code == 409


def test_a_connection_that_is_not_there_is_said_to_who_may_know(admin: Browser) -> None:
    """An admin is told, as by Airflow's own API."""
    admin.post("/zoom/accounts/zoom_nowhere/connect")
    assert "no Connection zoom_nowhere of type zoom" in admin.notice()["text"]


def test_no_code_and_no_state_is_in_the_log(airflow: Running, admin: Browser) -> None:
    """The callback is logged without its query string, also where it is refused or has a slash too many."""
    address = admin.allowed("zoom_routes")
    code = parse_qs(urlsplit(address).query)["code"][0]
    for path in ("/zoom/callback", "/zoom/callback/", "/zoom//callback"):
        airflow.browser(None).http.get(path, params={"code": "canary-code", "state": "canary-state"})
        admin.http.post(path, params={"code": "canary-code", "state": "canary-state"})
    admin.follow(address)
    log = airflow.log()
    assert "/data/zoom/callback" in log
    assert [word for word in (code, state_of(address), "canary-code", "canary-state") if word in log] == []


def test_the_pages_files_need_no_sign_in_and_are_asked_for_anew(airflow: Running) -> None:
    """The script is the same for everybody; after an upgrade no browser keeps the old one."""
    answer = airflow.browser(None).http.get("/zoom/static/console.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
    with airflow.program() as http:
        plugins = http.get("/api/v2/plugins").json()["plugins"]
    apps = [app for plugin in plugins if plugin["name"] == "zoom" for app in plugin["react_apps"]]
    assert [(app["bundle_url"], app["url_route"]) for app in apps] == [("zoom/static/console.js", "zoom")]


def test_a_program_consents_on_the_command_line(airflow: Running) -> None:
    """`connect --airflow`: the same routes with a bearer token, begun and finished in one go."""
    airflow.put("zoom_remote")
    arguments = ("connect", "--airflow", airflow.address, "--connection", "zoom_remote")
    refused = airflow.run(*arguments, AIRFLOW_API_TOKEN=airflow.token("viewer"))
    assert (refused.returncode, "permission to edit" in refused.stderr) == (1, True)
    strange = airflow.run(
        *arguments, typed="https://foo.local/?code=canary&state=made-up\n", **_token(airflow)
    )
    assert (strange.returncode, "used before" in strange.stderr) == (1, True)
    assert "canary" not in strange.stdout + strange.stderr


def test_a_person_elsewhere_signs_in_and_finishes_there(airflow: Running) -> None:
    """User name and password are asked for where there is no token; the answer is finished at that Airflow."""
    airflow.put("zoom_remote")
    answers = {"User name: ": "op", "Password: ": "fake-op"}
    with httpx.Client(base_url=airflow.address, trust_env=False, timeout=60) as http:
        remote = Remote.signed_in(http, {}, answers.__getitem__)
        said = remote.finish(decided(remote.begin("zoom_remote"), decision="allow"))
        assert "zoom_remote is connected to Zoom account sandbox-account." in said
        with pytest.raises(Misconfigured, match="does not accept the sign-in"):
            Remote.signed_in(http, {}, lambda _: "wrong")
    assert airflow.browser().account("zoom_remote")["consented_by"] == "op"


def test_a_program_needs_its_cookie_but_no_token_of_the_page(airflow: Running) -> None:
    """Begin and answer belong to one client; another one, also of the same person, is refused."""
    airflow.put("zoom_remote")
    with airflow.program() as http, airflow.program() as other:
        address = http.post("/zoom/accounts/zoom_remote/connect").json()["address"]
        answer = {"answer": decided(address, decision="allow")}
        assert other.post("/zoom/answer", data=answer).status_code == 409
        assert http.post("/zoom/answer", data=answer).json()["notice"]["title"] == "Connected"


def _token(airflow: Running) -> dict[str, str]:
    return {"AIRFLOW_API_TOKEN": airflow.token("admin")}


def _posts(airflow: Running) -> int:
    requests: dict[str, Any] = httpx.get(f"{airflow.sandbox}/_sandbox/requests", trust_env=False).json()
    return int(requests["token_posts"])
