"""What Airflow reads of this project through its entry point: connection type, settings, journal."""

from typing import Any

_HOOK = "include.grant.hook.ZoomHook"
_VERSION = "0.1.0"


def provider_info() -> dict[str, Any]:
    """The answer to the entry point `apache_airflow_provider`."""
    return {
        "package-name": "airflow-zoom-warehouse",
        "name": "Zoom",
        "description": "Keeps a Zoom account's data in a warehouse.",
        "hooks": [{"integration-name": "Zoom", "python-modules": ["include.grant.hook"]}],
        "connection-types": [_connection_type()],
        "config": {"zoom": {"description": "The Zoom warehouse.", "options": _options()}},
        "db-managers": ["include.grant.store.migrations.GrantDBManager"],
    }


def _connection_type() -> dict[str, Any]:
    return {
        "connection-type": "zoom",
        "hook-class-name": _HOOK,
        "hook-name": "Zoom",
        "ui-field-behaviour": {
            "hidden-fields": ["port", "schema"],
            "relabeling": {"host": "API address", "login": "Client ID", "password": "Client secret"},
            "placeholders": {"host": "https://api.zoom.us/v2"},
        },
        "conn-fields": {
            "grant_type": _field(
                "Grant type",
                "authorization_code: a person authorises once. account_credentials: a server-to-server app.",
                ["authorization_code", "account_credentials"],
            ),
            "account_id": _field(
                "Account ID", "Needed for account_credentials; otherwise filled when the app is authorised."
            ),
            "oauth_url": _field("OAuth address", "https://zoom.us/oauth when empty."),
            "plan": _field(
                "Plan",
                "The Zoom account's plan: how fast we may ask, and which streams it does not have.",
                ["free", "pro", "business"],
            ),
        },
    }


def _field(label: str, description: str, choices: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": ["string", "null"]}
    if choices:
        schema["enum"] = [*choices, None]
    return {"label": label, "description": description, "schema": schema}


# Of each setting: its type, default, example and description.
_SETTINGS: dict[str, tuple[str, str | None, str | None, str]] = {
    "allowed_hosts": (
        "string",
        "",
        "127.0.0.1:8443 zoom-proxy.example.com",
        "Hosts beside Zoom's that may see the client secret, as host or host:port, separated by blanks.",
    ),
    "api_url": (
        "string",
        "",
        "https://airflow.example.com",
        "Where workers reach the API server with the plugins, if the execution API is served apart.",
    ),
    "backfill_share": (
        "float",
        "0.7",
        "0.9",
        "What backfills may use of a daily cap of Zoom's, 0 to 1; the rest is kept for the daily runs.",
    ),
    "connections": (
        "string",
        "zoom_default",
        "zoom_default zoom_second",
        "The Zoom Connections whose grants the keeper keeps alive, separated by blanks.",
    ),
    "consent_poll_seconds": (
        "integer",
        "300",
        "60",
        "How often a backfill that waits for a new consent looks whether it is there.",
    ),
    "keep_alive_hours": (
        "float",
        "24",
        "0.5",
        "The keeper refreshes a grant that nobody used for so long; it looks once an hour.",
    ),
    "personal": (
        "string",
        "keep",
        "hash",
        "What becomes of personal data in tables: keep, hash or drop, for each column that is marked so.",
    ),
    "personal_columns": (
        "string",
        "",
        "users.email:keep meetings.topic:drop meeting_participants.*:hash",
        "Exceptions from that, as table.column:word separated by blanks; * stands for all.",
    ),
    "personal_hash_key": (
        "string",
        "",
        None,
        "The secret that hashes of personal data, and of who was forgotten, are made with. Keep it.",
    ),
    "redirect_uri": (
        "string",
        "",
        "https://airflow.example.com/zoom/callback",
        "The redirect address that is registered with the Zoom app; needed for the first consent.",
    ),
    "spill_folder": (
        "string",
        "",
        "/opt/state/zoom-spill",
        "Where the API server keeps Zoom's newest answer as well; a place that outlives the container.",
    ),
    "landing": (
        "string",
        "",
        "s3://bucket/zoom",
        "Where raw pages and Parquet files go; a folder of the project when empty.",
    ),
    "landing_days": (
        "integer",
        "190",
        "35",
        "How many days landing keeps what was pulled; 0 for ever. Older days can't be replayed.",
    ),
    "participants_source": (
        "string",
        "past_meetings",
        "report",
        "Which list gives the participants: past_meetings (no daily cap) or report.",
    ),
    "recordings_source": (
        "string",
        "auto",
        "users",
        "Which list gives the recordings: users (a request per user), account (one, with a scope of its own), or auto.",
    ),
    "partitioned_tables": (
        "string",
        "",
        "meeting_participants meetings",
        "Tables that are made in month partitions, separated by blanks; worth it from 100 million rows.",
    ),
    "streams": (
        "string",
        "default",
        "default phone_calls -groups",
        "Which streams run: their names, `default`, `all`, `-name` for one to leave out; separated by blanks.",
    ),
    "snapshot_days": (
        "integer",
        "35",
        "100",
        "How many days full snapshots (users, groups, …) stay; their history stays for ever.",
    ),
    "retry_delay_after_kill_seconds": (
        "integer",
        "60",
        "300",
        "How long a task waits before its next try when it was killed.",
    ),
}

# Airflow masks these, hides them in its configuration page, and takes them from a command or a secrets backend.
_SENSITIVE = {"personal_hash_key"}


def _options() -> dict[str, Any]:
    return {
        name: {
            "description": description,
            "version_added": _VERSION,
            "type": kind,
            "example": example,
            "default": default,
            "sensitive": name in _SENSITIVE,
        }
        for name, (kind, default, example, description) in _SETTINGS.items()
    }
