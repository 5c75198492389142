"""The Zoom page in a real browser, from Airflow's navigation to Zoom's authorise page and back."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from include.grant.broker_client import BrokerClient
from include.grant.journal import digest
from include.zoom.errors import ConsentRequired
from tests.console.running import Running, decided

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]
SignedIn = Callable[..., Any]
LOADED_MS = 30_000


@pytest.fixture
def account(airflow: Running, request: pytest.FixtureRequest) -> str:
    """A Connection of this test's own that nobody has authorised."""
    airflow.sql("DELETE FROM connection WHERE conn_type = 'zoom'")
    return airflow.put("zoom_" + re.sub(r"\W", "_", request.node.name)[5:])


def opened(tab: Any, airflow: Running) -> Any:
    """The Zoom page, loaded."""
    tab.goto(f"{airflow.address}/plugin/zoom")
    tab.get_by_role("heading", name="Zoom", exact=True).wait_for()
    return tab


def card(tab: Any, account: str) -> Any:
    """The part of the page that shows one Connection."""
    return tab.get_by_test_id(f"zoom-account-{account}")


def state(tab: Any, account: str) -> str:
    """The Connection's state in words."""
    return str(card(tab, account).get_by_test_id("zoom-state").inner_text())


def notice(tab: Any) -> str:
    """What the page says after the way to Zoom and back."""
    expect(tab).to_have_url(re.compile(r"/data/plugin/zoom$"), timeout=LOADED_MS)
    return str(tab.get_by_test_id("zoom-notice").inner_text())


def to_zoom(tab: Any, account: str) -> None:
    """Presses Connect or Reconnect; the whole tab goes to Zoom."""
    card(tab, account).get_by_role("button", name=re.compile("^(Re)?connect", re.IGNORECASE)).click()
    tab.get_by_role("button", name="Allow").wait_for()


def connect(tab: Any, account: str) -> str:
    """Connects with what Zoom's page offers; the notice."""
    to_zoom(tab, account)
    tab.get_by_role("button", name="Allow").click()
    return notice(tab)


def test_connect_is_two_clicks_from_the_navigation(
    airflow: Running, signed_in: SignedIn, account: str
) -> None:
    """Zoom stands in Airflow's navigation; Connect, Allow, and the page says it is done. No code stays in sight."""
    tab = signed_in()
    tab.goto(airflow.address)
    tab.get_by_role("link", name="Zoom").click()
    assert state(tab, account) == "Not connected"
    assert "everything the streams need was granted" in connect(tab, account).lower()
    assert state(tab, account) == "Connected"
    shown = card(tab, account).inner_text()
    assert [
        part for part in ("sandbox-account", "admin", "0 days of 90", "scopes") if part not in shown
    ] == []
    assert tab.url == f"{airflow.address}/plugin/zoom"
    tab.reload()
    card(tab, account).wait_for()
    assert tab.get_by_test_id("zoom-notice").count() == 0


def test_deny_is_said_and_changes_nothing(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """The person is told how to go on."""
    tab = opened(signed_in(), airflow)
    to_zoom(tab, account)
    tab.get_by_role("button", name="Deny").click()
    assert "authorise again and choose Allow" in notice(tab)
    assert state(tab, account) == "Not connected"


def test_an_expired_state_is_said(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """Who went for lunch before Allow starts again."""
    tab = opened(signed_in(), airflow)
    to_zoom(tab, account)
    airflow.sql("UPDATE zoom_consent SET expires_at = datetime('now', '-1 second')")
    tab.get_by_role("button", name="Allow").click()
    assert "more than ten minutes" in notice(tab)
    assert state(tab, account) == "Not connected"


def test_a_state_from_another_browser_is_refused(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """An address of Zoom's that somebody was sent connects nothing; it goes on working where it was begun."""
    tab, elsewhere = opened(signed_in(), airflow), opened(signed_in(browser="another"), airflow)
    to_zoom(tab, account)
    elsewhere.goto(tab.url)
    elsewhere.get_by_role("button", name="Allow").click()
    assert "in another browser" in notice(elsewhere)
    assert state(elsewhere, account) == "Not connected"
    tab.get_by_role("button", name="Allow").click()
    assert "Connected" in notice(tab)


def test_a_double_click_connects_once(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """On Connect and on Allow."""
    tab, before = opened(signed_in(), airflow), posts(airflow)
    card(tab, account).get_by_role("button", name=f"Connect {account}").dblclick()
    tab.get_by_role("button", name="Allow").dblclick()
    assert "Connected" in notice(tab)
    assert (posts(airflow) - before, airflow.generation(account)) == (1, 1)


def test_the_back_button_leaves_a_page_that_works(
    airflow: Running, signed_in: SignedIn, account: str
) -> None:
    """Who comes back from Zoom without having answered may press Connect again."""
    tab = opened(signed_in(), airflow)
    to_zoom(tab, account)
    tab.go_back()
    assert "Connected" in connect(tab, account)


def test_another_account_is_refused(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """Signed in to the wrong Zoom account: the grant that is there stays."""
    tab = opened(signed_in(), airflow)
    connect(tab, account)
    to_zoom(tab, account)
    tab.get_by_label("Signed in to the account").fill("another-account")
    tab.get_by_role("button", name="Allow").click()
    assert "Another Zoom account authorised" in notice(tab)
    assert state(tab, account) == "Connected"
    assert airflow.generation(account) == 1


def test_a_missing_scope_is_named(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """In the notice, and on the card with the stream that is left out; a reconnect with it mends that."""
    tab = opened(signed_in(), airflow)
    to_zoom(tab, account)
    scopes = tab.get_by_label("Scopes of the app")
    scopes.fill(scopes.input_value().replace("group:read:list_members:admin", ""))
    tab.get_by_role("button", name="Allow").click()
    assert "Add group:read:list_members:admin to the app" in notice(tab)
    missing = card(tab, account).get_by_test_id("zoom-missing")
    assert missing.inner_text() == "group:read:list_members:admin for group_members"
    connect(tab, account)
    assert missing.count() == 0


def test_an_address_that_cannot_be_reached_is_pasted(
    airflow: Running, signed_in: SignedIn, account: str
) -> None:
    """Zoom redirects to where nothing answers; the person copies the address from there."""
    tab = opened(signed_in(), airflow)
    to_zoom(tab, account)
    ended_at = decided(tab.url, decision="allow").replace(airflow.address, "https://foo.local")
    opened(tab, airflow)
    paste(tab, "https://foo.local/nothing-here")
    assert "paste the whole address" in tab.get_by_role("dialog").inner_text()
    tab.get_by_role("textbox", name="Address").fill(ended_at)
    tab.get_by_role("button", name="Finish").click()
    tab.get_by_role("dialog").wait_for(state="detached")
    assert "Connected" in notice(tab)
    assert state(tab, account) == "Connected"


def test_a_lost_consent_is_given_anew(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """After CONSENT_REQUIRED the page says why; Reconnect, Allow, and tasks get tokens again."""
    tab = opened(signed_in(), airflow)
    connect(tab, account)
    lose_consent(airflow, account)
    opened(tab, airflow)
    assert state(tab, account) == "Consent required"
    assert "Zoom refused the refresh token" in card(tab, account).inner_text()
    assert "Connected" in connect(tab, account)
    assert state(tab, account) == "Connected"
    assert access_token(airflow, account)


def test_an_account_is_added_and_what_is_wrong_is_said_beside_its_field(
    airflow: Running, signed_in: SignedIn, account: str
) -> None:
    """By keyboard alone; the retired kind of app is not offered."""
    airflow.sql("DELETE FROM connection WHERE conn_type = 'zoom'")
    tab = opened(signed_in(), airflow)
    tab.get_by_role("button", name="Add a Zoom account").press("Enter")
    dialog = tab.get_by_role("dialog")
    kinds = dialog.get_by_label("Kind of app").locator("option").all_inner_texts()
    assert kinds == ["General app, admin-managed", "Server-to-server OAuth app"]
    dialog.get_by_label("Client ID").press("Enter")
    dialog.get_by_text("Copy the client id from").wait_for()
    dialog.get_by_label("Client ID").fill("the-client-id")
    dialog.get_by_label("Client secret").fill("the-client-secret")
    dialog.get_by_label("Client secret").press("Enter")
    dialog.wait_for(state="detached")
    assert state(tab, "zoom_default") == "Not connected"
    assert card(tab, "zoom_default").get_by_role("button", name="Connect zoom_default").is_enabled()


def test_disconnect_asks_and_revokes(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """The token is dead at Zoom, and the page offers to connect again."""
    tab = opened(signed_in(), airflow)
    connect(tab, account)
    token = access_token(airflow, account)
    card(tab, account).get_by_role("button", name=f"Disconnect {account}").click()
    tab.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    tab.get_by_role("dialog").wait_for(state="detached")
    assert "revoked at Zoom" in notice(tab)
    assert state(tab, account) == "Not connected"
    bearer = {"Authorization": f"Bearer {token}"}
    assert httpx.get(f"{airflow.sandbox}/v2/users/me", headers=bearer, trust_env=False).status_code == 401


def test_who_may_not_read_connections_is_told_so(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """The navigation shows the page to everybody; what stands on it does not show."""
    tab = opened(signed_in("viewer"), airflow)
    assert "needs the permission to read Connections" in tab.get_by_test_id("zoom-notice").inner_text()
    assert account not in tab.content()


def test_who_has_not_signed_in_is_taken_to_the_login(airflow: Running, signed_in: SignedIn) -> None:
    """And back to the page after it."""
    tab = signed_in(browser="signed out")
    tab.context.clear_cookies()
    tab.goto(f"{airflow.address}/plugin/zoom")
    expect(tab).to_have_url(re.compile(r"/auth/login/?\?next=.*plugin.*zoom"), timeout=LOADED_MS)


def test_a_missing_setting_is_explained(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """Without a redirect address Connect is of no use: the page says what to set, to what."""
    tab = signed_in()

    def without(route: Any) -> None:
        route.fulfill(json=route.fetch().json() | {"redirect_uri": ""})

    tab.route("**/zoom/accounts", without)
    opened(tab, airflow)
    page = tab.get_by_test_id("zoom-page")
    page.get_by_text("AIRFLOW__ZOOM__REDIRECT_URI").first.wait_for()
    said = page.inner_text()
    assert f"{airflow.address}/zoom/callback" in said
    assert card(tab, account).get_by_role("button", name=f"Connect {account}").is_disabled()


def test_another_site_cannot_press_the_button(airflow: Running, signed_in: SignedIn, account: str) -> None:
    """A page elsewhere that posts to Connect in this person's browser ends at a refusal."""
    tab = opened(signed_in(), airflow)
    action = f"{airflow.address}/zoom/accounts/{account}/connect"
    form = f'<form method="post" action="{action}"></form><script>document.forms[0].submit()</script>'
    tab.route("http://evil.localhost/", lambda route: route.fulfill(body=form, content_type="text/html"))
    with tab.expect_response(action) as answer:
        tab.goto("http://evil.localhost/", wait_until="commit")
    assert answer.value.status in (401, 403)
    assert airflow.sql("SELECT count(*) FROM zoom_consent WHERE connection_id = ?", account) == [(0,)]


@pytest.mark.parametrize(("scheme", "brightness"), [("light", range(200, 256)), ("dark", range(60))])
def test_the_page_follows_airflows_light_and_dark(
    airflow: Running, signed_in: SignedIn, account: str, scheme: str, brightness: range
) -> None:
    """It has Airflow's own colours, and fits a narrow window."""
    tab = opened(signed_in(color_scheme=scheme, viewport={"width": 420, "height": 900}), airflow)
    colour = card(tab, account).evaluate("card => getComputedStyle(card).backgroundColor")
    assert all(int(part) in brightness for part in re.findall(r"\d+", colour)[:3]), colour
    page = tab.get_by_test_id("zoom-page")
    assert page.evaluate("page => page.scrollWidth <= page.clientWidth") is True


def paste(tab: Any, address: str) -> None:
    """Opens the box and finishes with this address."""
    tab.get_by_role("button", name="Paste an answer").click()
    tab.get_by_role("textbox", name="Address").fill(address)
    tab.get_by_role("button", name="Finish").click()
    tab.get_by_role("dialog").get_by_test_id("zoom-notice").wait_for()


def posts(airflow: Running) -> int:
    """How often the sandbox's token endpoint was asked."""
    return int(httpx.get(f"{airflow.sandbox}/_sandbox/requests", trust_env=False).json()["token_posts"])


def access_token(airflow: Running, account: str, rejected: str | None = None) -> str:
    """What a task gets from the broker."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    async def ask() -> str:
        async with httpx.AsyncClient(trust_env=False) as http:
            broker = BrokerClient(airflow.address, account, "sandbox-client-secret", http)
            return (await broker.ask(digest(rejected) if rejected else None)).value

    with ThreadPoolExecutor(1) as pool:  # Playwright's loop runs in this thread
        return pool.submit(asyncio.run, ask()).result()


def lose_consent(airflow: Running, account: str) -> None:
    """The owner removes the app at Zoom, and a task finds out."""
    token = access_token(airflow, account)
    httpx.post(f"{airflow.sandbox}/_sandbox/revoke", trust_env=False).raise_for_status()
    with pytest.raises(ConsentRequired):
        access_token(airflow, account, rejected=token)
