"""Meetings in which the host stayed alone, per user (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/users/{userId}/meetings, with `type=pastOne`

The host's report leaves them out unless they are asked by themselves. A request per user and day under the daily
cap, so it runs only where it is chosen.
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table, Type

ONE_PERSON_MEETINGS = Stream(
    name="one_person_meetings",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/users/{user_id}/meetings",
            list_key="meetings",
            label=Label.HEAVY,
            params={"type": "pastOne"},
            asked=Asked.FROM_TO,
            echoes_window=True,
            counts_records=True,
            identity=("uuid",),
            margin_before_days=1,
            margin_after_days=2,
            history_days=180,
            # Zoom allows one month; the echo would show less.
            longest_days=30,
        ),
    ),
    tables=(
        Table(
            name="one_person_meetings",
            comment="Each meeting that had a single participant, by the UTC day of its start",
            columns=(
                Column("meeting_uuid", comment="This instance of the meeting", source="uuid"),
                Column("meeting_id", Type.BIGINT, "Meeting number; beyond 2^31", source="id"),
                Column(
                    "type",
                    Type.BIGINT,
                    "1 instant, 2 scheduled, 3 and 8 recurring, 4 personal; 5, 6, 9 webinars",
                ),
                Column("topic", comment="Topic", personal=True),
                Column("user_name", comment="Host's name at meeting time", personal=True),
                Column("user_email", comment="Host's address at meeting time", personal=True),
                Column("host_name", comment="Host's name, of meetings that were joined", personal=True),
                Column("host_organization", comment="Host's account, of meetings that were joined"),
                Column("start_time", Type.TIMESTAMP, "Start; its UTC day is the slice"),
                Column("end_time", Type.TIMESTAMP, "End"),
                Column(
                    "duration_minutes", Type.BIGINT, "Length, rounded up", source="duration", unit="minutes"
                ),
                Column("participants_count", Type.BIGINT, "Participants that Zoom counts"),
                Column("participants_count_my_account", Type.BIGINT, "Those of the account"),
                Column("total_minutes", Type.BIGINT, "Sum over all participants, rounded", unit="minutes"),
                Column("source", comment="Zoom, or the app that created the meeting"),
                Column("session_key", comment="Session of the Video SDK"),
                Column("custom_keys", Type.JSON, "The app's own keys: key, value", personal=True),
                Column("meeting_encryption_status", Type.BIGINT, "1 end to end, 2 enhanced"),
                Column("schedule_time", Type.TIMESTAMP, "Planned start; Zoom states no zone"),
                Column(
                    "join_waiting_room_time", Type.TIMESTAMP, "Came into the waiting room; no zone stated"
                ),
                Column("join_time", Type.TIMESTAMP, "Joined; Zoom states no zone"),
                Column("leave_time", Type.TIMESTAMP, "Left; Zoom states no zone"),
                Column("has_screen_share", Type.BOOLEAN, "Whether the user shared a screen"),
                Column("has_recording", Type.BOOLEAN, "Whether the user recorded"),
                Column("has_chat", Type.BOOLEAN, "Whether the user chatted"),
            ),
            key=("user_id", "meeting_uuid"),
            from_parent=(Column("user_id", comment="The user whose report it is in: users.id"),),
        ),
    ),
    scopes=("report:read:user:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    dated_by=("start_time", "end_time"),
    parent=Parent("users", {"user_id": "id"}, dates=False),
    on_by_default=False,
)
