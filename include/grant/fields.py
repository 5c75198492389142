"""The fields of a `zoom` Connection, with their defaults, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from include.grant.hosts import allowed_address
from include.grant.journal import GrantType
from include.zoom.errors import Misconfigured
from include.zoom.oauth import OAUTH_URL, App

API_URL = "https://api.zoom.us/v2"
_PLANS = ("free", "pro", "business")
# What clients of Zoom's retired JWT apps called their credentials.
_JWT_EXTRAS = ("api_key", "api_secret", "jwt", "jwt_token")
# Zoom's two clouds share no account, no app and no token.
_CLOUDS = {"zoom.us": "Zoom's", "zoomgov.com": "Zoom for Government's"}


@dataclass(frozen=True)
class Fields:
    """What a Connection says of the app and the account."""

    connection_id: str
    app: App
    api_url: str
    grant_type: GrantType
    account_id: str | None
    plan: str
    plan_told: bool = False

    @classmethod
    def of(
        cls,
        connection_id: str,
        host: str | None,
        login: str | None,
        password: str | None,
        extra: Mapping[str, Any],
        *,
        listed: str,
    ) -> Self:
        """Reads them; `listed` is the setting [zoom] allowed_hosts.

        Raises:
            Misconfigured: A field is missing, is none of its choices, names a foreign host, is of a retired
                JWT app, or API and OAuth address are in different clouds.
        """
        texts = {name: str(value) for name, value in extra.items() if value not in (None, "")}
        _refuse_jwt(texts, connection_id)
        if not login or not password:
            raise Misconfigured(
                f"Connection {connection_id} lacks the Zoom app's client id (login) or client secret (password)."
            )
        hosts = listed.lower().replace(",", " ").split()
        oauth_url = allowed_address(
            texts.get("oauth_url", OAUTH_URL), hosts, what=_of("oauth_url", connection_id)
        )
        api_url = allowed_address(host or API_URL, hosts, what=_of("host", connection_id))
        _refuse_two_clouds(api_url, oauth_url, connection_id)
        grant_type = GrantType(_one_of("grant_type", texts, tuple(GrantType), connection_id))
        if grant_type is GrantType.ACCOUNT_CREDENTIALS and "account_id" not in texts:
            raise Misconfigured(
                f"Connection {connection_id} lacks the account_id that account_credentials need."
            )
        return cls(
            connection_id=connection_id,
            app=App(login, password, oauth_url),
            api_url=api_url,
            grant_type=grant_type,
            account_id=texts.get("account_id"),
            plan=_one_of("plan", texts, _PLANS, connection_id),
            plan_told="plan" in texts,
        )

    @property
    def account(self) -> str:
        """Zoom's account id: a warehouse schema belongs to one account.

        Raises:
            Misconfigured: Nobody knows the account yet.
        """
        if self.account_id is None:
            raise Misconfigured(
                f"Connection {self.connection_id} has no account_id: authorise the app "
                "(python -m include.grant connect), which fills it, or enter it."
            )
        return self.account_id


def _refuse_jwt(texts: Mapping[str, str], connection_id: str) -> None:
    named = [f"extra {name}" for name in _JWT_EXTRAS if name in texts]
    if "jwt" in texts.get("grant_type", "").lower():
        named.append("grant_type")
    if named:
        raise Misconfigured(
            f"Connection {connection_id} is made for a JWT app ({', '.join(named)}). Zoom retired that app type: "
            "there are no new ones since 2023-06-01, and none works since 2023-09-08. Make a Server-to-Server "
            "OAuth app in the Zoom App Marketplace, enter its client id, client secret and account_id with the "
            "grant_type account_credentials, and take the old fields out of extra."
        )


def _refuse_two_clouds(api_url: str, oauth_url: str, connection_id: str) -> None:
    api, oauth = _cloud(api_url), _cloud(oauth_url)
    if api and oauth and api != oauth:
        raise Misconfigured(
            f"The {_of('host', connection_id)} is {_CLOUDS[api]} and its oauth_url {_CLOUDS[oauth]}: the two "
            f"clouds share no account, no app and no token. Set host to https://api.{api}/v2 and oauth_url to "
            f"https://{api}/oauth, or both to {oauth}."
        )


def _cloud(address: str) -> str | None:
    host = (urlsplit(address).hostname or "").rstrip(".")
    return next((domain for domain in _CLOUDS if host == domain or host.endswith(f".{domain}")), None)


def _one_of(name: str, texts: Mapping[str, str], choices: tuple[str, ...], connection_id: str) -> str:
    value = texts.get(name, choices[0])
    if value not in choices:
        raise Misconfigured(f"The {_of(name, connection_id)} must be one of: {', '.join(choices)}.")
    return value


def _of(name: str, connection_id: str) -> str:
    return f"{name} of Connection {connection_id}"


def shadowed(connection_id: str, what: str) -> str:
    """Why a Connection that does not come from its row is refused."""
    return (
        f"Connection {connection_id} comes from {what}, which shadows its row in the metadata database: a "
        "rotated token would never be read. Define the Connection in Airflow itself and remove it there."
    )
