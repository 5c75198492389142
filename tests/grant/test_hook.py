"""ZoomHook where it runs without a task: with a database beside it, and under the UI's connection test."""

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from airflow.sdk import Connection

from include.grant import hook
from include.grant.fields import Fields
from include.grant.holder import AccessToken
from include.grant.hook import ZoomHook, reading
from include.grant.journal import digest
from include.zoom.errors import Misconfigured, TransientError
from tests.grant.installation import installation


def zoom_connection(**changes: str | None) -> Connection:
    """A Connection as a task reads it."""
    fields: dict[str, str | None] = {"conn_type": "zoom", "login": "id", "password": "secret", "extra": "{}"}
    return Connection(conn_id="zoom_default", **{**fields, **changes})  # type: ignore[arg-type]


def test_the_fields_have_zoom_s_defaults() -> None:
    """Client id and secret are enough."""
    fields = reading.fields_of(zoom_connection())
    assert (fields.api_url, fields.app.oauth_url) == ("https://api.zoom.us/v2", "https://zoom.us/oauth")
    assert (fields.grant_type, fields.plan) == ("authorization_code", "free")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"login": None}, "client id"),
        ({"password": ""}, "client secret"),
        ({"conn_type": "http"}, "not of type zoom"),
        ({"host": "https://evil.example/v2"}, "not Zoom's"),
        ({"extra": '{"oauth_url": "http://zoom.us/oauth"}'}, "https"),
        ({"extra": '{"grant_type": "password"}'}, "grant_type"),
        ({"extra": '{"plan": "gold"}'}, "plan"),
        ({"extra": '{"grant_type": "account_credentials"}'}, "account_id"),
        ({"extra": "[1]"}, "not a JSON object"),
    ],
)
def test_a_field_that_is_wrong_is_named(changes: dict[str, str | None], says: str) -> None:
    """The message says which field, and what would be right."""
    with pytest.raises(Misconfigured, match=says):
        reading.fields_of(zoom_connection(**changes))


def test_testing_a_connection_never_refreshes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The UI tests under a random id in an environment variable; only the API's address is tried."""
    body = {"conn_type": "zoom", "login": "id", "password": "secret", "extra": {"refresh_token": "canary"}}
    monkeypatch.setenv("AIRFLOW_CONN_ABC123", json.dumps(body))
    asked: list[str] = []
    monkeypatch.setattr(httpx.Client, "get", lambda self, url: asked.append(url))
    ok, message = ZoomHook("abc123").test_connection()
    assert (ok, asked) == (True, ["https://api.zoom.us/v2/users/me"])
    assert "canary" not in message


def test_testing_an_incomplete_connection_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is shown in the form."""
    monkeypatch.setenv("AIRFLOW_CONN_ABC123", json.dumps({"conn_type": "zoom", "login": "id"}))
    ok, message = ZoomHook("abc123").test_connection()
    assert not ok
    assert "client secret" in message


async def test_a_shadowed_connection_is_refused_in_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Connection from the environment would never show a rotated token."""
    monkeypatch.setenv("AIRFLOW_CONN_ZOOM_DEFAULT", json.dumps({"conn_type": "zoom"}))
    with pytest.raises(Misconfigured, match="AIRFLOW_CONN_ZOOM_DEFAULT"):
        await ZoomHook().load()


async def test_isn_t_defined_is_a_passing_fault_until_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow says so also when its API fails: asked five times, and then still not called missing."""
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    async def missing(connection_id: str) -> Connection:
        raise reading.AirflowNotFoundException(connection_id)

    monkeypatch.setattr(reading, "has_database", lambda: False)
    monkeypatch.setattr(reading.BaseHook, "aget_connection", missing)
    with pytest.raises(TransientError, match="at the moment"):
        await reading.aread_fields("zoom_default", sleep)
    assert slept == [1, 2, 4, 8, 0]


async def test_a_connection_that_is_proven_missing_is_called_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API itself answers 404 and its database is well: somebody must create the Connection."""

    async def missing(connection_id: str) -> Connection:
        raise reading.AirflowNotFoundException(connection_id)

    async def yes(*_: object) -> bool:
        return True

    monkeypatch.setattr(reading, "has_database", lambda: False)
    monkeypatch.setattr(reading.BaseHook, "aget_connection", missing)
    monkeypatch.setattr(reading, "_api_says_missing", yes)
    monkeypatch.setattr(reading, "_database_is_healthy", yes)
    with pytest.raises(Misconfigured, match="create one of type zoom"):
        await reading.aread_fields("zoom_default", yes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://api:8080/execution/"}, "http://api:8080"),
        ({"AIRFLOW__CORE__EXECUTION_API_SERVER_URL": "http://api/airflow/execution"}, "http://api/airflow"),
        ({"AIRFLOW__ZOOM__API_URL": "https://web.example/"}, "https://web.example"),
    ],
)
def test_the_broker_s_address_follows_from_airflow_s_own(
    settings: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No further setting is needed unless the execution API is served apart."""
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert reading.api_server_url() == url


def test_an_account_nobody_knows_is_asked_for() -> None:
    """The warehouse keeps one account per schema, so it must have a name."""
    fields = Fields.of("c", None, "id", "secret", {}, listed="")
    with pytest.raises(Misconfigured, match="account_id"):
        assert fields.account


@pytest.mark.processes
def test_a_process_with_the_database_rotates_in_process(
    tmp_path: Path, metadata_on: Callable[[str], str]
) -> None:
    """As in `dag.test()`: a token that dies mid-run is replaced, the run goes on with its page token, and takes turns."""
    with installation(tmp_path, metadata_on("sqlite"), "--old-access-token", "dies") as place:
        seen = json.loads(place.run("tests.grant.pages", place.url))
        asked = place.requests()
    assert seen["statuses"] == [200, 200, 200]
    assert seen["users"] == 3
    assert seen["apart"] == pytest.approx([1 / (0.75 * 4)] * 2, rel=0.1)  # the shared quota's, not one's own
    assert "user:read:list_users:admin" in seen["granted"].split()
    assert (asked["token_posts"], asked["token_refused"]) == (2, 0)


@pytest.mark.parametrize(
    ("extra", "anew", "asked"),
    [
        ({}, False, [None]),
        ({}, True, [None]),
        ({"grant_type": "account_credentials", "account_id": "a"}, False, [None]),
        ({"grant_type": "account_credentials", "account_id": "a"}, True, [None, digest("first")]),
    ],
)
async def test_scopes_come_with_a_token_and_server_to_server_with_a_new_one(
    monkeypatch: pytest.MonkeyPatch, extra: dict[str, str], anew: bool, asked: list[str | None]
) -> None:
    """Only there does a new token know of scopes that were added since; a consent's never change."""
    told: list[str | None] = []

    async def ask(rejected: str | None) -> AccessToken:
        told.append(rejected)
        return AccessToken("second" if rejected else "first", 0, 0, "with:new" if rejected else "old")

    async def fields(connection_id: str) -> Fields:
        return Fields.of(connection_id, None, "id", "secret", extra, listed="")

    monkeypatch.setattr(hook, "aread_fields", fields)
    monkeypatch.setattr(hook, "_source", lambda *_: ask)
    found = await ZoomHook().granted(anew=anew)
    assert (found, told) == ("with:new" if len(asked) > 1 else "old", asked)
