"""Hosts with and without meetings (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/users

The records have no day of their own: each is of the day, or month, that was asked, in the account's time zone.
Zoom sums per host; a day is a request or more, whatever the number of hosts.
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

_SCOPES = ("report:read:list_users:admin",)
_CLASSIC_SCOPES = ("report:read:admin",)
_COLUMNS = (
    Column("id", comment="The host: users.id"),
    Column("email", comment="The host's address", personal=True),
    Column("user_name", comment="The host's name", personal=True),
    Column("type", Type.BIGINT, comment="1 Basic, 2 Licensed, …"),
    Column("dept", comment="Department"),
    Column("meetings", Type.BIGINT, comment="Meetings that the host held"),
    Column("participants", Type.BIGINT, comment="Participants of all these meetings"),
    Column("meeting_minutes", Type.BIGINT, comment="Length of all these meetings", unit="minutes"),
    Column(
        "custom_attributes",
        Type.JSON,
        comment="The host's custom attributes: key, name, value",
        personal=True,
    ),
)


def _hosts(active: str, asked: Asked) -> Listing:
    return Listing(
        path="/report/users",
        list_key="users",
        label=Label.HEAVY,
        params={"type": active},
        asked=asked,
        echoes_window=True,
        counts_records=True,
        identity=("id", "email"),
        history_days=180,
    )


def _table(name: str, comment: str) -> Table:
    return Table(
        name=name,
        comment=comment,
        columns=_COLUMNS,
        key=("id", "email"),
        key_fallback={"email": "id"},
        person=("id", "email"),
    )


ACTIVE_HOSTS = Stream(
    name="active_hosts",
    kind=Kind.INTERVAL,
    lists=(_hosts("active", Asked.EACH_DAY),),
    tables=(_table("active_hosts", "Who held a meeting on a day of the account's time zone, and how much"),),
    scopes=_SCOPES,
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
)

INACTIVE_HOSTS = Stream(
    name="inactive_hosts",
    kind=Kind.MONTH,
    lists=(_hosts("inactive", Asked.EACH_MONTH),),
    tables=(_table("inactive_hosts", "Who held no meeting in a month, so far in the one that is running"),),
    scopes=_SCOPES,
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    on_by_default=False,
)
