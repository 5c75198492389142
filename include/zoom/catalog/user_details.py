"""What Zoom tells of one user at a time: the whole profile (LIGHT) and the settings (MEDIUM).

https://developers.zoom.us/docs/api/users/#tag/users/get/users/{userId}
https://developers.zoom.us/docs/api/users/#tag/users/get/users/{userId}/settings

A request per user and day each, so both run only where they are chosen. Pending users have no id to ask by.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

_DETAILS = (
    Column("id", comment="Zoom's user id: users.id"),
    Column("email", comment="The user's address", personal=True),
    Column("status", comment="active or inactive"),
    Column("type", Type.BIGINT, comment="1 Basic, 2 Licensed, 4 unassigned, 99 none"),
    Column("first_name", comment="First name", personal=True),
    Column("last_name", comment="Last name", personal=True),
    Column("display_name", comment="Display name", personal=True),
    Column("pronouns", comment="Pronouns", personal=True),
    Column("pronouns_option", Type.BIGINT, comment="Shares them: 1 asked each time, 2 always, 3 never"),
    Column("job_title", comment="Job title", personal=True),
    Column("dept", comment="Department"),
    Column("cost_center", comment="Cost centre"),
    Column("company", comment="Company"),
    Column("location", comment="Where the user works", personal=True),
    Column("manager", comment="The manager's address", personal=True),
    Column("employee_unique_id", comment="Employee number (with single sign-on)", personal=True),
    Column("role_id", comment="Id of the user's role: roles.id"),
    Column("role_name", comment="Name of the user's role"),
    Column("account_id", comment="Zoom's account id"),
    Column("account_number", Type.BIGINT, comment="Zoom's account number; beyond 2^31"),
    Column("cms_user_id", comment="Id in the content management system (Kaltura)"),
    Column("jid", comment="The user's chat address", personal=True),
    Column("cluster", comment="Zoom's cluster that serves the user"),
    Column("timezone", comment="The user's time zone, IANA name"),
    Column("language", comment="Language of the web portal"),
    Column("pmi", Type.BIGINT, comment="Personal meeting id; beyond 2^31", personal=True),
    Column("use_pmi", Type.BOOLEAN, comment="Whether instant meetings use the personal meeting id"),
    Column("vanity_url", comment="Address of the personal room", personal=True),
    Column("pic_url", comment="Address of the profile picture", personal=True),
    Column("phone_country", comment="Country of the phone number (deprecated by Zoom)", personal=True),
    Column("phone_number", comment="Phone number (deprecated by Zoom)", personal=True),
    Column("phone_numbers", Type.JSON, "Numbers: country, code, number, label, verified", personal=True),
    Column("verified", Type.BIGINT, comment="1: the address is verified"),
    Column("user_created_at", Type.TIMESTAMP, comment="When the user was created"),
    Column("created_at", Type.TIMESTAMP, comment="When the latest login type was created, not the user"),
    Column(
        "last_login_time", Type.TIMESTAMP, "Last login; lags up to three days", personal=True, volatile=True
    ),
    Column("last_client_version", comment="Client of the last login", volatile=True),
    Column("login_types", Type.JSON, comment="Login methods, as in users.login_types"),
    Column("plan_united_type", comment="Zoom United licence option"),
    Column("zoom_one_type", Type.BIGINT, comment="Zoom Workplace licence option"),
    Column("license_info_list", Type.JSON, comment="Licences, for accounts with several subscriptions"),
    Column("group_ids", Type.JSON, comment="Ids of the user's groups"),
    Column("im_group_ids", Type.JSON, comment="Ids of the user's chat groups"),
    Column("division_ids", Type.JSON, comment="Ids of the user's divisions"),
    Column("custom_attributes", Type.JSON, comment="The account's own attributes", personal=True),
)

USER_DETAILS = Stream(
    name="user_details",
    kind=Kind.SNAPSHOT,
    lists=(Listing(path="/users/{user_id}", list_key="id", label=Label.LIGHT, whole=True, paged=False),),
    tables=(
        Table(
            name="user_details",
            comment="Everything that Zoom tells of each user with an id, as of the snapshot's day",
            columns=_DETAILS,
            key=("id",),
            person=("id", "email"),
        ),
    ),
    scopes=("user:read:user:admin",),
    classic_scopes=("user:read:admin",),
    parent=Parent("users", {"user_id": "id"}, dates=False),
    on_by_default=False,
)

USER_SETTINGS = Stream(
    name="user_settings",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/users/{user_id}/settings",
            list_key="feature",
            label=Label.MEDIUM,
            whole=True,
            paged=False,
        ),
    ),
    tables=(
        Table(
            name="user_settings",
            comment="Each user's settings, a column per section of Zoom's, as of the snapshot's day",
            columns=(
                Column(
                    "feature", Type.JSON, comment="Licences and capacities: large meeting, webinar, phone, …"
                ),
                Column("schedule_meeting", Type.JSON, comment="Settings for scheduling"),
                Column("in_meeting", Type.JSON, comment="Settings during meetings"),
                Column("recording", Type.JSON, comment="Settings of recordings"),
                Column("email_notification", Type.JSON, comment="Which e-mails Zoom sends the user"),
                Column("audio_conferencing", Type.JSON, comment="Dial-in numbers and calls out"),
                Column("telephony", Type.JSON, comment="Telephony, with the user's own text", personal=True),
                Column("tsp", Type.JSON, comment="Telephony service provider"),
                Column("profile", Type.JSON, comment="Where recordings are stored"),
                Column("whiteboard", Type.JSON, comment="Settings of whiteboards"),
                Column("general_setting", Type.JSON, comment="Other settings"),
            ),
            key=("user_id",),
            person=("user_id",),
            from_parent=(Column("user_id", comment="The user: users.id"),),
        ),
    ),
    scopes=("user:read:settings:admin",),
    classic_scopes=("user:read:admin",),
    parent=Parent("users", {"user_id": "id"}, dates=False),
    on_by_default=False,
)
