"""Meetings that are scheduled, and who registered for them (MEDIUM).

https://developers.zoom.us/docs/api/meetings/#tag/meetings/get/users/{userId}/meetings
https://developers.zoom.us/docs/api/meetings/#tag/meetings/get/meetings/{meetingId}/registrants

What is planned, not what took place: no instant meetings, none that has expired. A request per user and three per
meeting, so both run only where they are chosen. Whoever may not host is answered code 3161. A meeting without
registration is code 404 (https://github.com/airbytehq/airbyte, its connector for Zoom), a webinar's number 300,
or 3000 in older answers.
"""

from include.zoom.catalog.webinars import REGISTRANT_COLUMNS
from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

_MAY_NOT_HOST = 3161
_NO_REGISTRATION = (300, 404, 3000)

SCHEDULED_MEETINGS = Stream(
    name="scheduled_meetings",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/users/{user_id}/meetings",
            list_key="meetings",
            label=Label.MEDIUM,
            params={"type": "scheduled"},
            absent=(_MAY_NOT_HOST,),
            counts_records=True,
            identity=("id", "start_time"),
        ),
    ),
    tables=(
        Table(
            name="scheduled_meetings",
            comment="Meetings that have not expired, past and to come; a series may have a row per occurrence",
            columns=(
                Column("id", Type.BIGINT, "Meeting number, the same for a whole series; beyond 2^31"),
                Column("uuid", comment="The instance that it stands for; a new one after each that ends"),
                Column("host_id", comment="Host: users.id"),
                Column("topic", comment="Topic", personal=True),
                Column("agenda", comment="Description, cut by Zoom at 250 characters", personal=True),
                Column(
                    "type", Type.BIGINT, "2 once, 3 recurring at no fixed time, 8 recurring at fixed times"
                ),
                Column("start_time", Type.TIMESTAMP, "Planned start; none for type 3"),
                Column("duration_minutes", Type.BIGINT, "Planned length", source="duration", unit="minutes"),
                Column("timezone", comment="Time zone of the plan, IANA name"),
                Column("created_at", Type.TIMESTAMP, "When it was scheduled"),
                Column("pmi", comment="Personal meeting id, where the meeting has it", personal=True),
            ),
            # Who schedules for others may see their meetings too.
            key=("user_id", "id", "start_time"),
            from_parent=(Column("user_id", comment="Whose list it is in: users.id"),),
        ),
    ),
    scopes=("meeting:read:list_meetings:admin",),
    classic_scopes=("meeting:read:admin",),
    parent=Parent("users", {"user_id": "id"}, dates=False),
    on_by_default=False,
)

MEETING_REGISTRANTS = Stream(
    name="meeting_registrants",
    kind=Kind.SNAPSHOT,
    # Without a status Zoom lists the approved ones alone.
    lists=tuple(
        Listing(
            path="/meetings/{meeting_id}/registrants",
            list_key="registrants",
            label=Label.MEDIUM,
            params={"status": status},
            absent=(*_NO_REGISTRATION, _MAY_NOT_HOST),
            counts_records=True,
            identity=("id", "email"),
        )
        for status in ("approved", "pending", "denied")
    ),
    tables=(
        Table(
            name="meeting_registrants",
            comment="Who registered for each meeting that has not expired, as of the snapshot's day",
            columns=REGISTRANT_COLUMNS,
            key=("meeting_id", "id", "email"),
            key_fallback={"email": "id"},
            from_parent=(
                Column("meeting_id", Type.BIGINT, "The meeting: scheduled_meetings.id; beyond 2^31"),
            ),
            person=("email",),
        ),
    ),
    scopes=("meeting:read:list_registrants:admin",),
    classic_scopes=("meeting:read:admin",),
    plan="pro",
    parent=Parent("scheduled_meetings", {"meeting_id": "id"}, dates=False),
    on_by_default=False,
)
