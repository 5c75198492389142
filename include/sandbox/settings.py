"""What a simulated account can be told on its command line."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Rotation = Literal["strict", "family", "grace", "none"]
Plan = Literal["free", "pro", "business"]


@dataclass(frozen=True)
class Settings:
    """One simulated Zoom account, its app and how they behave."""

    users: int = 25
    seed: int = 7
    client_id: str = "sandbox-client-id"
    client_secret: str = field(default="sandbox-client-secret", repr=False)
    account: str = "sandbox-account"
    scopes: str = ""
    """What a consent grants; empty: the first scope of every endpoint."""
    redirect_uri: str = ""
    """The one redirect address of the app; empty takes any."""
    grants: tuple[str, ...] = ("authorization_code", "refresh_token", "account_credentials")
    refresh_token: str = field(default="", repr=False)
    """A refresh token that counts as granted from the start."""
    allow: bool = False
    """The authorise page consents by itself."""
    rotation: Rotation = "strict"
    """`strict`: a refresh token works once. `family`: using a spent one also ends its successors. `grace`:
    a spent one goes on working for `grace_seconds`. `none`: it never changes."""
    grace_seconds: float = 60
    token_seconds: int = 3600
    old_access_token: Literal["lives", "dies"] = "lives"  # noqa: S105 (not a password)
    plan: Plan = "business"
    without: tuple[str, ...] = ()
    """Licences and add-ons that the account lacks: `phone`, `webinar`, …"""
    limits: bool = True
    limit_form: Literal["full", "bare", "seconds", "http_date"] = "full"
    """How a 429 tells when to come back: Zoom's documents and clients know all of these."""
    latency_ms: float = 0
    token_latency_ms: float = 0
    guests: float = 2
    """How many people come to a meeting beside its host, on average and roughly."""
    plain: bool = False
    """No name or topic has characters that PostgreSQL does not take."""
    late_hours: float = 0
    """So long after its end a third of a day's meetings is missing and participants' durations are 0."""
    repeat_percent: int = 10
    """How many of the pages after the first begin with the last row of the page before."""
    report_zone: str = "UTC"
    """The zone of the account: reports understand `from` and `to` in it."""
    report_to: Literal["inclusive", "exclusive"] = "inclusive"
    now: datetime | None = None
