"""The fields of a `zoom` Connection, with their defaults, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from include.grant.hosts import allowed_address
from include.grant.journal import GrantType
from include.zoom.errors import Misconfigured
from include.zoom.oauth import OAUTH_URL, App

API_URL = "https://api.zoom.us/v2"
_PLANS = ("free", "pro", "business")


@dataclass(frozen=True)
class Fields:
    """What a Connection says of the app and the account."""

    connection_id: str
    app: App
    api_url: str
    grant_type: GrantType
    account_id: str | None
    plan: str

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
            Misconfigured: A field is missing, is none of its choices, or names a foreign host.
        """
        texts = {name: str(value) for name, value in extra.items() if value not in (None, "")}
        if not login or not password:
            raise Misconfigured(
                f"Connection {connection_id} lacks the Zoom app's client id (login) or client secret (password)."
            )
        hosts = listed.lower().replace(",", " ").split()
        oauth_url = allowed_address(
            texts.get("oauth_url", OAUTH_URL), hosts, what=_of("oauth_url", connection_id)
        )
        grant_type = GrantType(_one_of("grant_type", texts, tuple(GrantType), connection_id))
        if grant_type is GrantType.ACCOUNT_CREDENTIALS and "account_id" not in texts:
            raise Misconfigured(
                f"Connection {connection_id} lacks the account_id that account_credentials need."
            )
        return cls(
            connection_id=connection_id,
            app=App(login, password, oauth_url),
            api_url=allowed_address(host or API_URL, hosts, what=_of("host", connection_id)),
            grant_type=grant_type,
            account_id=texts.get("account_id"),
            plan=_one_of("plan", texts, _PLANS, connection_id),
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
