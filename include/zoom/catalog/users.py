"""Users.

https://developers.zoom.us/docs/api/users/#tag/users/get/users (MEDIUM)
https://developers.zoom.us/docs/api/users/#tag/users/get/users/{userId} (LIGHT), for those who are in no list any more
"""

from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table, Type

# The default is `active` alone. An inactive or pending user who is left out would look deleted.
_STATUSES = ("active", "inactive", "pending")

_COLUMNS = (
    Column("id", comment="Zoom's user id; pending users have none"),
    Column("email", comment="The user's address, their key while they are pending", personal=True),
    Column("status", comment="active, inactive or pending"),
    Column("type", Type.BIGINT, comment="1 Basic, 2 Licensed, 4 unassigned, 99 none"),
    Column("first_name", comment="First name", personal=True),
    Column("last_name", comment="Last name", personal=True),
    Column("display_name", comment="Display name", personal=True),
    Column("dept", comment="Department"),
    Column("employee_unique_id", comment="Employee number (with single sign-on)", personal=True),
    Column("role_id", comment="Id of the user's role"),
    Column("pmi", Type.BIGINT, comment="Personal meeting id; beyond 2^31", personal=True),
    Column("timezone", comment="The user's time zone, IANA name"),
    Column("verified", Type.BIGINT, comment="1: the address is verified"),
    Column("user_created_at", Type.TIMESTAMP, comment="When the user was created"),
    Column("created_at", Type.TIMESTAMP, comment="When the latest login type was created, not the user"),
    Column(
        "last_login_time", Type.TIMESTAMP, "Last login; lags up to three days", personal=True, volatile=True
    ),
    Column("last_client_version", comment="Client of the last login", volatile=True),
    Column("plan_united_type", comment="Zoom United licence option"),
    Column("group_ids", Type.JSON, comment="Ids of the user's groups"),
    Column("im_group_ids", Type.JSON, comment="Ids of the user's chat groups"),
    Column("division_ids", Type.JSON, comment="Ids of the user's divisions"),
    Column("license_info_list", Type.JSON, comment="Licences, for accounts with several subscriptions"),
    Column(
        "login_types", Type.JSON, comment="Login methods: 0 Facebook, 1 Google, 99 API, 100 Zoom, 101 SSO"
    ),
    Column("custom_attributes", Type.JSON, comment="The account's own attributes", personal=True),
)

USERS = Stream(
    name="users",
    kind=Kind.SNAPSHOT,
    lists=(
        *(
            Listing(
                path="/users",
                list_key="users",
                label=Label.MEDIUM,
                params={"status": status, "include_fields": "custom_attributes"},
                counts_records=True,
                identity=("id", "email"),
            )
            for status in _STATUSES
        ),
        # 1010: he belongs to another account by now.
        Listing(
            path="/users/{id}",
            list_key="id",
            label=Label.LIGHT,
            whole=True,
            confirms=True,
            scopes=("user:read:user:admin",),
            absent=(1001, 1010),
            paged=False,
            identity=("id", "email"),
        ),
    ),
    tables=(
        Table(
            name="users",
            comment="The account's users of all statuses, as of the snapshot's day",
            columns=_COLUMNS,
            key=("id", "email"),
            key_fallback={"email": "id"},
            person=("id", "email"),
        ),
    ),
    scopes=("user:read:list_users:admin",),
    classic_scopes=("user:read:admin",),
)

# https://developers.zoom.us/docs/api/users/#tag/users/get/users/summary (MEDIUM)
USER_SUMMARY = Stream(
    name="user_summary",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/users/summary", list_key="total_users_count", label=Label.MEDIUM, whole=True, paged=False
        ),
    ),
    tables=(
        Table(
            name="user_summary",
            comment="How many users Zoom itself counts: one row, to compare users with",
            columns=(
                Column(
                    "total_users_count",
                    Type.BIGINT,
                    "Licensed, basic, on-premise and unlicensed users, and rooms",
                ),
                Column("licensed_users_count", Type.BIGINT, "Licensed users", volatile=True),
                Column("basic_users_count", Type.BIGINT, "Basic users", volatile=True),
                Column("on_prem_users_count", Type.BIGINT, "On-premise users", volatile=True),
                Column("room_users_count", Type.BIGINT, "Zoom Rooms, which are not in users", volatile=True),
                Column("pending_users_count", Type.BIGINT, "Users who have not accepted yet", volatile=True),
                Column("join_only_users_count", Type.BIGINT, "Users without a licence", volatile=True),
            ),
            key=("total_users_count",),
        ),
    ),
    scopes=("user:read:summary:admin",),
    classic_scopes=("user:read:admin",),
)
