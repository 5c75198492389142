"""What Zoom Phone keeps of calls: recordings and voicemails (phone rates of their own).

https://developers.zoom.us/docs/api/phone/#tag/recordings, …#tag/voicemails
"""

from include.zoom.catalog.phone import CLASSIC_SCOPES, NEEDS
from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

_PARTIES = (
    Column("call_id", comment="The telephone call: phone_calls.call_id"),
    Column("call_log_id", comment="The call's record by its old name"),
    Column("call_element_id", comment="Element of the call: phone_call_elements.call_element_id"),
    Column("caller_name", comment="Who called", personal=True),
    Column("caller_number", comment="Number or extension of who called", personal=True),
    Column("caller_number_type", Type.BIGINT, comment="1 internal, 2 external"),
    Column("caller_account_code", comment="Account of who called"),
    Column("callee_name", comment="Who was called", personal=True),
    Column("callee_number", comment="Number or extension of who was called", personal=True),
    Column("callee_number_type", Type.BIGINT, comment="1 internal, 2 external, 3 emergency"),
    Column("callee_account_code", comment="Account of who was called"),
)
_OWNER = (
    Column("owner_id", comment="Whose it is: phone_users.id, phone_call_queues.id, …", source="owner.id"),
    Column("owner_type", comment="user, callQueue, commonArea, …", source="owner.type"),
    Column("owner_name", comment="Whose name", source="owner.name", personal=True),
    Column(
        "owner_extension_number",
        Type.BIGINT,
        "Whose extension; beyond 2^31",
        source="owner.extension_number",
        personal=True,
    ),
    Column("owner_extension_status", comment="inactive or deleted", source="owner.extension_status"),
    Column(
        "owner_extension_deleted_time",
        Type.TIMESTAMP,
        "When the extension was deleted",
        source="owner.extension_deleted_time",
    ),
)

PHONE_RECORDINGS = Stream(
    name="phone_recordings",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/phone/recordings",
            list_key="recordings",
            label=Label.PHONE_MEDIUM,
            params={"query_date_type": "start_time"},
            # As dates: the form of times that Zoom describes here is none that a client could be sure of.
            asked=Asked.FROM_TO,
            counts_records=True,
            identity=("id",),
            margin_before_days=1,
            margin_after_days=2,
        ),
    ),
    tables=(
        Table(
            name="phone_recordings",
            comment="Recorded calls, by the UTC day on which the recording began",
            columns=(
                Column("id", comment="The recording"),
                Column("date_time", Type.TIMESTAMP, comment="When it began"),
                Column("end_time", Type.TIMESTAMP, comment="When it ended"),
                Column("duration_seconds", Type.BIGINT, "Length", source="duration", unit="seconds"),
                Column("recording_type", comment="OnDemand or Automatic"),
                Column("direction", comment="inbound or outbound"),
                *_PARTIES,
                *_OWNER,
                Column(
                    "outgoing_by_name", comment="Who began the call", source="outgoing_by.name", personal=True
                ),
                Column(
                    "outgoing_by_extension_number",
                    comment="Extension of who began the call",
                    source="outgoing_by.extension_number",
                    personal=True,
                ),
                Column(
                    "accepted_by_name", comment="Who took the call", source="accepted_by.name", personal=True
                ),
                Column(
                    "accepted_by_extension_number",
                    comment="Extension of who took the call",
                    source="accepted_by.extension_number",
                    personal=True,
                ),
                Column(
                    "disclaimer_status", Type.BIGINT, comment="0 passive, 1 agreed, 2 agreed without a key"
                ),
                Column("meeting_uuid", comment="The meeting that the call became: meetings.meeting_uuid"),
                Column("site_id", comment="Site: phone_sites.id", source="site.id"),
                Column("site_name", comment="The site's name", source="site.name"),
                Column("auto_delete_enable", Type.BOOLEAN, comment="Whether Zoom deletes it by itself"),
                Column("auto_delete_policy", comment="After how long, such as 1 year"),
                Column("download_url", comment="Where it is downloaded, without its token"),
                Column("transcript_download_url", comment="Where its transcript is", personal=True),
            ),
            key=("id",),
        ),
    ),
    scopes=("phone:read:list_call_recordings:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
    dated_by=("date_time", "end_time"),
)

PHONE_VOICEMAILS = Stream(
    name="phone_voicemails",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/phone/voice_mails",
            list_key="voice_mails",
            label=Label.PHONE_HEAVY,
            params={"status": "all"},
            asked=Asked.FROM_TO_TIMES,
            counts_records=True,
            identity=("id",),
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="phone_voicemails",
            comment="Voicemails that are not in the trash, by the UTC day on which they were left",
            columns=(
                Column("id", comment="The voicemail"),
                Column("date_time", Type.TIMESTAMP, comment="When it was left"),
                Column("duration_seconds", Type.BIGINT, "Length", source="duration", unit="seconds"),
                Column("status", comment="read or unread, as of the extraction"),
                *_PARTIES,
                *_OWNER,
                Column("download_url", comment="Where it is downloaded, without its token"),
                Column("deleted_time", Type.TIMESTAMP, comment="When it was put into the trash"),
                Column("soft_deleted_type", comment="How: Manual or Data Retention"),
                # Zoom writes it so.
                Column(
                    "days_left",
                    Type.BIGINT,
                    "Until it is gone for good",
                    source="days_left_auto_permantely_delete",
                ),
            ),
            key=("id",),
        ),
    ),
    scopes=("phone:read:list_voicemails:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="business",
    needs=NEEDS,
    on_by_default=False,
    dated_by=("date_time",),
)
