"""The form "Add a Zoom account": what may be entered, and the Connection that comes of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

KINDS = {"general": "authorization_code", "server_to_server": "account_credentials"}
PLANS = ("free", "pro", "business")
# API address and OAuth address of each cloud; None is the Connection's default.
CLOUDS: dict[str, tuple[str | None, str | None]] = {
    "zoom": (None, None),
    "zoomgov": ("https://api.zoomgov.com/v2", "https://zoomgov.com/oauth"),
}
_ID = re.compile(r"[\w.-]{1,200}", re.ASCII)  # what Airflow's own API takes
_CREDENTIAL = re.compile(r"[!-~]{1,500}")  # printable, without blanks: a blank came along with the copying
_JWT = (
    "Zoom ended JWT apps on 8 September 2023: create a server-to-server OAuth app or a general app in the Zoom App "
    "Marketplace and enter that."
)


class InvalidFormError(ValueError):
    """What was entered cannot be taken; `fields` has a sentence per field."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("Some fields need a look.")
        self.fields = dict(fields)


@dataclass(frozen=True)
class NewAccount:
    """A checked form."""

    connection_id: str
    client_id: str
    client_secret: str = field(repr=False)
    kind: str
    account_id: str
    plan: str
    cloud: str

    @classmethod
    def of(cls, form: Mapping[str, Any]) -> Self:
        """Checks what was entered.

        Raises:
            InvalidFormError: With all that is wrong at once.
        """
        entered = {name: str(form.get(name, "")).strip() for name in cls.__dataclass_fields__}
        if wrong := {name: said for name, said in _problems(entered) if said}:
            raise InvalidFormError(wrong)
        return cls(**entered)

    @property
    def values(self) -> dict[str, Any]:
        """The Connection's fields besides its id."""
        host, oauth_url = CLOUDS[self.cloud]
        extra = {
            "grant_type": KINDS[self.kind],
            "account_id": self.account_id,
            "oauth_url": oauth_url,
            "plan": self.plan,
        }
        return {
            "conn_type": "zoom",
            "host": host,
            "login": self.client_id,
            "password": self.client_secret,
            "extra": {name: value for name, value in extra.items() if value},
        }


def _problems(entered: Mapping[str, str]) -> list[tuple[str, str]]:
    needs_account = entered["kind"] == "server_to_server"
    return [
        (
            "connection_id",
            _unless(_ID.fullmatch(entered["connection_id"]), "Letters, digits, . _ and -, up to 200."),
        ),
        ("client_id", _credential(entered["client_id"], "client id")),
        ("client_secret", _credential(entered["client_secret"], "client secret")),
        (
            "kind",
            _JWT
            if entered["kind"] == "jwt"
            else _unless(entered["kind"] in KINDS, "Choose the kind of app."),
        ),
        (
            "account_id",
            _credential(entered["account_id"], "account id")
            if needs_account or entered["account_id"]
            else "",
        ),
        ("plan", _unless(entered["plan"] in PLANS, "Choose the account's plan.")),
        ("cloud", _unless(entered["cloud"] in CLOUDS, "Choose the cloud.")),
    ]


def _credential(text: str, name: str) -> str:
    return _unless(
        _CREDENTIAL.fullmatch(text), f"Copy the {name} from the app's page in the Zoom App Marketplace."
    )


def _unless(fine: object, said: str) -> str:
    return "" if fine else said
