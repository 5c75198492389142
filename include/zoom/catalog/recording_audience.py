"""Who registered for a recording (MEDIUM), and how often it was watched and downloaded.

https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording/get/meetings/{meetingId}/recordings/registrants
https://developers.zoom.us/docs/api/meetings/#tag/cloud-recording/get/meetings/{meetingId}/recordings/analytics_summary

Requests per recording, so both run only where they are chosen; uploads have no meeting to ask by. Both tell what
there is when they are asked: a later run of a recording's day tells more. Registrants are asked by the meeting's
number, which a series shares. Of the second, Zoom's file names neither a rate label nor classic scopes.
"""

from include.zoom.catalog.webinars import REGISTRANT_COLUMNS
from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table, Type

_NO_UPLOADS = {"type": ("99",)}
# The first is what lists of registrants answer without registration; Zoom's file has status 404 without a code.
_NO_REGISTRATION = (404, 3001, 3301)
_NO_RECORDING = 3301

RECORDING_REGISTRANTS = Stream(
    name="recording_registrants",
    kind=Kind.INTERVAL,
    # Without a status Zoom lists the approved ones alone.
    lists=tuple(
        Listing(
            path="/meetings/{meeting_id}/recordings/registrants",
            list_key="registrants",
            label=Label.MEDIUM,
            params={"status": status},
            absent=_NO_REGISTRATION,
            counts_records=True,
            identity=("id", "email"),
        )
        for status in ("approved", "pending", "denied")
    ),
    tables=(
        Table(
            name="recording_registrants",
            comment="Who registered to watch a meeting's recordings; by the day of the recording",
            columns=tuple(column for column in REGISTRANT_COLUMNS if column.name != "create_time"),
            key=("meeting_id", "id", "email"),
            key_fallback={"email": "id"},
            from_parent=(
                Column("meeting_id", Type.BIGINT, "The meeting: recordings.meeting_id; beyond 2^31"),
            ),
            person=("email",),
        ),
    ),
    scopes=("cloud_recording:read:list_recording_registrants:admin",),
    classic_scopes=("recording:read:admin",),
    plan="pro",
    parent=Parent("recordings", {"meeting_id": "id"}, unless=_NO_UPLOADS),
    on_by_default=False,
)

RECORDING_VIEWS = Stream(
    name="recording_views",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/meetings/{recording_uuid}/recordings/analytics_summary",
            list_key="analytics_summary",
            label=Label.MEDIUM,
            absent=(_NO_RECORDING,),
            asked=Asked.FROM_TO,
            paged=False,
            echoes_window=True,
            identity=("date",),
            # From the recording's day on, as far as one request reaches.
            margin_after_days=28,
        ),
    ),
    tables=(
        Table(
            name="recording_views",
            comment="How often a recording was watched and downloaded, a row per day of its first four weeks; by the "
            "day of the recording",
            columns=(
                Column("date", Type.DATE, "Day of watching or downloading; Zoom states no zone"),
                Column("views_total_count", Type.BIGINT, "People who watched"),
                Column("downloads_total_count", Type.BIGINT, "People who downloaded"),
            ),
            key=("recording_uuid", "date"),
            from_parent=(Column("recording_uuid", comment="The recording: recordings.recording_uuid"),),
        ),
    ),
    scopes=("cloud_recording:read:recording_analytics_summary:admin",),
    classic_scopes=("recording:read:admin",),
    plan="pro",
    parent=Parent("recordings", {"recording_uuid": "uuid"}, unless=_NO_UPLOADS),
    on_by_default=False,
)
