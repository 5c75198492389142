"""Which meetings AI Companion has summed up, account-wide (MEDIUM): no text, but that there is one.

https://developers.zoom.us/docs/api/meetings/#tag/summaries/get/meetings/meeting_summaries
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

MEETING_SUMMARIES = Stream(
    name="meeting_summaries",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/meetings/meeting_summaries",
            list_key="summaries",
            label=Label.MEDIUM,
            params={"time_filter_field": "summary_start_time"},
            asked=Asked.FROM_TO_TIMES,
            echoes_window=True,
            # Summing up may be stopped and begun again.
            identity=("meeting_uuid", "summary_start_time"),
        ),
    ),
    tables=(
        Table(
            name="meeting_summaries",
            comment="Each summary of a meeting or webinar by AI Companion, by the UTC day of the summary's start",
            columns=(
                Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid"),
                Column("meeting_id", Type.BIGINT, "Meeting number; beyond 2^31"),
                Column("meeting_host_id", comment="Host: users.id"),
                Column("meeting_host_email", comment="Host's address", personal=True),
                Column("meeting_topic", comment="Topic", personal=True),
                Column("meeting_start_time", Type.TIMESTAMP, "Start of the meeting"),
                Column("meeting_end_time", Type.TIMESTAMP, "End of the meeting"),
                Column(
                    "summary_start_time", Type.TIMESTAMP, "From when on it sums up; its UTC day is the slice"
                ),
                Column("summary_end_time", Type.TIMESTAMP, "Until when it does"),
                Column("summary_created_time", Type.TIMESTAMP, "When it was made"),
                Column("summary_last_modified_time", Type.TIMESTAMP, "When it was last changed"),
            ),
            key=("meeting_uuid", "summary_start_time"),
        ),
    ),
    scopes=("meeting:read:list_summaries:admin",),
    classic_scopes=("meeting_summary:read:admin",),
    plan="pro",
    dated_by=("summary_start_time", "meeting_start_time"),
)
