"""What Zoom archives for compliance: meetings and webinars, with their files (MEDIUM).

https://developers.zoom.us/docs/api/meetings/#tag/archiving/get/archive_files

Zoom's support turns archiving on. What an account without it is answered is not described, so it runs only where
it is chosen. At most seven days per request; the total counts what one answer holds, not what there is.
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

ARCHIVE_FILES = Stream(
    name="archive_files",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/archive_files",
            list_key="meetings",
            label=Label.MEDIUM,
            params={"query_date_type": "meeting_start_time"},
            asked=Asked.FROM_TO_TIMES,
            echoes_window=True,
            identity=("uuid",),
            longest_days=6,
        ),
    ),
    tables=(
        Table(
            name="archived_meetings",
            comment="Each archived meeting, webinar or breakout room, by the UTC day of its start",
            columns=(
                Column("meeting_uuid", comment="This instance: meetings.meeting_uuid", source="uuid"),
                Column("meeting_id", Type.BIGINT, "Meeting number; beyond 2^31", source="id"),
                Column("parent_meeting_id", comment="Of a breakout room: the meeting's uuid"),
                Column("is_breakout_room", Type.BOOLEAN, "Whether it is a breakout room"),
                Column("account_name", comment="The account's name"),
                Column("host_id", comment="Host: users.id"),
                Column("group_id", comment="Groups of the account's participants, separated by commas"),
                Column("topic", comment="Topic", personal=True),
                Column("type", Type.BIGINT, "Kind of meeting or webinar; 100 is a breakout room"),
                Column("meeting_type", comment="internal or external"),
                Column("status", comment="completed or processing"),
                Column("start_time", Type.TIMESTAMP, "Start; its UTC day is the slice"),
                Column("timezone", comment="Time zone of the meeting, IANA name"),
                Column("duration_minutes", Type.BIGINT, "Planned length", source="duration", unit="minutes"),
                Column(
                    "duration_seconds", Type.BIGINT, "Length", source="duration_in_second", unit="seconds"
                ),
                Column("complete_time", Type.TIMESTAMP, "When archiving was complete"),
                Column("recording_count", Type.BIGINT, "Files that Zoom counts"),
                Column(
                    "total_size_bytes", Type.BIGINT, "Size of all files", source="total_size", unit="bytes"
                ),
                Column(
                    "physical_files",
                    Type.JSON,
                    "Files that were sent: id, name, size, address",
                    personal=True,
                ),
            ),
            key=("meeting_uuid",),
        ),
        Table(
            name="archive_files",
            comment="The files of each archived meeting, by the day of the meeting",
            columns=(
                Column("id", comment="The file"),
                Column("file_type", comment="MP4, M4A, CHAT, CC, CHAT_MESSAGE, TRANSCRIPT, …"),
                Column("file_extension", comment="Extension of the file's name"),
                Column(
                    "recording_type", comment="What is in it: shared_screen_with_speaker_view, audio_only, …"
                ),
                Column("file_size_bytes", Type.BIGINT, "Size", source="file_size", unit="bytes"),
                Column("status", comment="completed, processing or failed"),
                Column("individual", Type.BOOLEAN, "Whether it is of a single participant"),
                Column("participant_email", comment="That participant's address", personal=True),
                Column("participant_join_time", Type.TIMESTAMP, "From when on it tells"),
                Column("participant_leave_time", Type.TIMESTAMP, "Until when it does"),
                Column("number_of_messages", Type.BIGINT, "Messages in a file of them"),
                Column("encryption_fingerprint", comment="SHA-256 of the file"),
                Column("storage_location", comment="Where it is stored, two letters"),
                Column("auto_delete", Type.BOOLEAN, "Whether Zoom deletes it by itself"),
                Column("file_path", comment="Path (on-premise accounts only)"),
                Column("download_url", comment="Where it is downloaded, without its token"),
            ),
            # As that of recording_files: nowhere does Zoom say that each type of a file has an id of its own.
            key=("meeting_uuid", "file_type", "recording_type", "id"),
            records="archive_files",
            inherited=(Column("meeting_uuid", comment="archived_meetings.meeting_uuid", source="uuid"),),
            person=("participant_email",),
        ),
    ),
    scopes=("archiving:read:list_archived_files:admin",),
    classic_scopes=("recording:read:admin",),
    needs="Archiving",
    on_by_default=False,
    dated_by=("start_time",),
)
