"""Cloud recordings and their files, from one of two lists that fill the same tables (MEDIUM).

https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording/get/users/{userId}/recordings
https://developers.zoom.us/docs/api/ma/ (List recordings of an account)

The first is asked for every user, not only for hosts: an upload has no meeting. The second takes a single request
for the whole account, and a scope of its own; its description was not to be had: label and scopes are what Zoom's
list of scopes and its older documents tell, its records those of the first and the host's address. Dates are UTC; a
range that is too wide is clamped without an error, which only the echoed window shows.
"""

from collections.abc import Mapping

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table, Type

# "No recording", which Zoom describes for a user too, and whoever may not host: half of an account's users may be so.
_HAS_NONE = (3301, 3161)

_RECORDING_COLUMNS = (
    Column("recording_uuid", comment="The recorded meeting's uuid", source="uuid"),
    Column("meeting_id", Type.BIGINT, comment="Meeting number; beyond 2^31", source="id"),
    Column("account_id", comment="Zoom's account id"),
    Column("host_id", comment="Host: users.id"),
    Column("host_email", comment="Host's address (account's list only)", personal=True),
    Column("topic", comment="Topic", personal=True),
    Column("type", comment="Kind of meeting or webinar, a digit as text; 99 is an upload"),
    Column("start_time", Type.TIMESTAMP, comment="Start of the meeting; its UTC day is the slice"),
    Column("duration_minutes", Type.BIGINT, "Length of the meeting", source="duration", unit="minutes"),
    Column("recording_count", Type.BIGINT, comment="Files that Zoom counts, participants' audio included"),
    Column("total_size_bytes", Type.BIGINT, "Size of all files", source="total_size", unit="bytes"),
    Column("auto_delete", Type.BOOLEAN, comment="Whether Zoom deletes it by itself"),
    Column("auto_delete_date", Type.DATE, comment="When it does"),
)

_FILE_COLUMNS = (
    Column("id", comment="File id; CC and TIMELINE files have none"),
    Column("meeting_uuid", comment="The recorded meeting's uuid, as the file tells it", source="meeting_id"),
    Column("file_type", comment="MP4, M4A, CHAT, TRANSCRIPT, CC, TIMELINE, …"),
    Column("file_extension", comment="Extension of the file's name"),
    Column("recording_type", comment="What was recorded: shared_screen, audio_only, …"),
    Column("recording_start", Type.TIMESTAMP, comment="Start of the recording"),
    Column("recording_end", Type.TIMESTAMP, comment="End of the recording"),
    Column("file_size_bytes", Type.BIGINT, "Size", source="file_size", unit="bytes"),
    Column("status", comment="completed"),
    Column("file_path", comment="Path (on-premise accounts only)", personal=True),
    Column("play_url", comment="Where it plays, without its passcode"),
    Column("download_url", comment="Where it is downloaded, without its token"),
    Column("deleted_time", Type.TIMESTAMP, comment="When it was put into the trash"),
)

_TABLES = (
    Table(
        name="recordings",
        comment="Each recorded meeting, by the UTC day of its start",
        columns=_RECORDING_COLUMNS,
        key=("recording_uuid",),
    ),
    Table(
        name="recording_files",
        comment="The files of each recording, by the day of the recording",
        columns=_FILE_COLUMNS,
        # CC and TIMELINE files have no id.
        key=("recording_uuid", "file_type", "recording_type", "recording_start", "id"),
        records="recording_files",
        inherited=(Column("recording_uuid", comment="recordings.recording_uuid", source="uuid"),),
    ),
)

RECORDINGS_BY: Mapping[str, tuple[str, str, str, Parent | None]] = {
    "users": (
        "/users/{user_id}/recordings",
        "cloud_recording:read:list_user_recordings:admin",
        "recording:read:admin",
        Parent("users", {"user_id": "id"}, dates=False),
    ),
    "account": (
        "/accounts/me/recordings",
        "cloud_recording:read:list_account_recordings:admin",
        "account:read:admin",
        None,
    ),
}
"""Path, granular scope, classic scope and whom to ask, by the setting that chooses them."""


def recordings(by: str) -> Stream:
    """The stream over the list that `by`, a key of `RECORDINGS_BY`, names."""
    path, scope, classic_scope, parent = RECORDINGS_BY[by]
    return Stream(
        name="recordings",
        kind=Kind.INTERVAL,
        lists=(
            Listing(
                path=path,
                list_key="meetings",
                label=Label.MEDIUM,
                absent=_HAS_NONE if parent else (),
                asked=Asked.FROM_TO,
                echoes_window=True,
                counts_records=True,
                identity=("uuid",),
                margin_after_days=1,
                longest_days=30,  # what it clamps a range to; the echo would show less
            ),
        ),
        tables=_TABLES,
        scopes=(scope,),
        classic_scopes=(classic_scope,),
        plan="pro",
        dated_by=("start_time",),
        parent=parent,
    )
