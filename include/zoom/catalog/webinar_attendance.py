"""Who was at each webinar that took place, and who had registered but was not.

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/webinars/{webinarId}/participants (HEAVY)
https://developers.zoom.us/docs/api/meetings/#tag/webinars/get/past_webinars/{webinarId}/absentees (HEAVY)

A request each per webinar, none where there was none. `/past_webinars/{webinarId}/participants` would be MEDIUM,
but has no parameter for the registrant's id, without which nobody can tell who of the registered came. Absentees
are 404 before a webinar's end, and come with status 200 and code 200 where its host has lost the licence since.
"""

from dataclasses import replace

from include.zoom.catalog.webinars import NO_REGISTRATION, REGISTRANT_COLUMNS
from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

# People may register after a webinar, for its recording: its record then stays as it is, and absentees become more.
_REGISTERED = Parent(
    "meetings",
    {"webinar_uuid": "meeting_uuid"},
    only={"type": ("Webinar",)},
    # "Whether registration was enabled": without, Zoom has no list of absentees but an error.
    unless={"feature_used.registration": (False,)},
)
_ATTENDED = replace(_REGISTERED, unless={}, settles=True)
_WEBINAR_UUID = Column("webinar_uuid", comment="The webinar: meetings.meeting_uuid")

WEBINAR_PARTICIPANTS = Stream(
    name="webinar_participants",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/webinars/{webinar_uuid}/participants",
            list_key="participants",
            label=Label.HEAVY,
            params={"include_fields": "registrant_id"},
            counts_records=True,
            unsettled_while_zero="duration",
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="webinar_participants",
            comment="One row per seat, panelists included: who rejoins has several. By the day of the webinar's "
            "start",
            columns=(
                Column("user_id", comment="Seat number within the webinar; who rejoins gets a new one"),
                Column("id", comment="Zoom's user id of who is logged in, empty for guests"),
                Column("participant_user_id", comment="Zoom's user id of who is logged in"),
                Column("name", comment="Display name", personal=True),
                Column("user_email", comment="Address; empty for most guests", personal=True),
                Column("registrant_id", comment="The registration: webinar_registrants.id"),
                Column("customer_key", comment="The SDK's identifier", personal=True),
                Column("bo_mtg_id", comment="Breakout room"),
                Column("join_time", Type.TIMESTAMP, "Joined"),
                Column("leave_time", Type.TIMESTAMP, "Left"),
                Column("duration_seconds", Type.BIGINT, "Time there", source="duration", unit="seconds"),
                Column("status", comment="in_meeting or in_waiting_room"),
                Column("failover", Type.BOOLEAN, "Whether a failover happened"),
            ),
            key=("webinar_uuid", "user_id", "join_time", "_ordinal"),
            from_parent=(_WEBINAR_UUID,),
            numbered_within=("webinar_uuid", "user_id", "join_time"),
            person=("id", "participant_user_id", "user_email"),
        ),
    ),
    scopes=("report:read:list_webinar_participants:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs="Webinar",
    parent=_ATTENDED,
)

WEBINAR_ABSENTEES = Stream(
    name="webinar_absentees",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/past_webinars/{webinar_uuid}/absentees",
            list_key="registrants",
            label=Label.HEAVY,
            absent=(200, *NO_REGISTRATION),
            counts_records=True,
            identity=("id", "email"),
        ),
    ),
    tables=(
        Table(
            name="webinar_absentees",
            comment="Who had registered for a webinar and did not come, by the day of its start",
            columns=REGISTRANT_COLUMNS,
            key=("webinar_uuid", "id", "email"),
            from_parent=(_WEBINAR_UUID,),
            person=("email",),
        ),
    ),
    scopes=("webinar:read:list_absentees:admin",),
    classic_scopes=("webinar:read:admin",),
    plan="pro",
    needs="Webinar",
    parent=_REGISTERED,
)
