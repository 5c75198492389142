"""Dashboards: past meetings and webinars, whose seats, and how well they heard and saw (plan Business and higher).

https://developers.zoom.us/docs/api/rest/reference/account/methods/#tag/dashboards

Their description was not to be had: fields, parameters and labels are those that libraries generated from Zoom's
earlier files agree on, and could not be checked against Zoom's own; whatever else comes stands in `_extra`.
`type` is `live` where it is not said. Lengths are clocks (`05:27`, `01:02:03`). Quality of service comes as text
with a unit (`27.15 kbps`, `8 ms`, `-`) and is kept so, a list of samples per seat. The lists of meetings and of
webinars are RESOURCE-INTENSIVE (20 a minute), those of seats HEAVY, one request or more per meeting.
"""

from include.zoom.stream import Asked, Column, Form, Kind, Label, Listing, Parent, Stream, Table, Type

_PLAN, _NEEDS = "business", "Dashboard feature"
_NUMBERED = ("user_id", "join_time")

_SESSION_COLUMNS = (
    Column("topic", comment="Topic", personal=True),
    Column("host_display_name", comment="Host's name", source="host", personal=True),
    Column("host_email", comment="Host's address", source="email", personal=True),
    Column("user_type", comment="Host's licence"),
    Column("dept", comment="Host's department"),
    Column("start_time", Type.TIMESTAMP, "Start; its UTC day is the slice"),
    Column("end_time", Type.TIMESTAMP, "End"),
    Column("duration_seconds", Type.BIGINT, "Length", source="duration", unit="seconds", form=Form.CLOCK),
    Column("participants", Type.BIGINT, "Participants that Zoom counts"),
    Column("has_pstn", Type.BOOLEAN, "Somebody joined by telephone"),
    Column("has_voip", Type.BOOLEAN, "Somebody joined by computer audio"),
    Column("has_3rd_party_audio", Type.BOOLEAN, "Another company's audio conference was used"),
    Column("has_video", Type.BOOLEAN, "Video was used"),
    Column("has_screen_share", Type.BOOLEAN, "A screen was shared"),
    Column("has_recording", Type.BOOLEAN, "It was recorded"),
    Column("has_sip", Type.BOOLEAN, "Somebody joined by SIP"),
    Column("has_archiving", Type.BOOLEAN, "It was archived"),
    Column("has_manual_captions", Type.BOOLEAN, "Captions were typed"),
    Column("has_automated_captions", Type.BOOLEAN, "Captions were made by Zoom"),
    Column("custom_keys", Type.JSON, "The SDK's keys: key, value", personal=True),
)

_DEVICE_COLUMNS = (
    Column("user_id", comment="Seat number within the session; who rejoins gets a new one"),
    Column("id", comment="Zoom's user id of who is logged in, empty for guests"),
    Column("user_name", comment="Display name", personal=True),
    Column("email", comment="Address; empty for most guests", personal=True),
    Column("join_time", Type.TIMESTAMP, "Joined"),
    Column("leave_time", Type.TIMESTAMP, "Left"),
    Column(
        "device", comment="Phone, H.323/SIP, Windows, Mac, iOS or Android; empty for guests", personal=True
    ),
    Column("version", comment="Client's version"),
    Column("ip_address", comment="IP address", personal=True),
    Column("internal_ip_addresses", Type.JSON, "IP addresses within their own network", personal=True),
    Column("location", comment="Where they were", personal=True),
    Column("pc_name", comment="Computer's name", personal=True),
    Column("domain", comment="Computer's domain", personal=True),
    Column("mac_addr", comment="MAC address", personal=True),
    Column("harddisk_id", comment="Hard disk's id", personal=True),
)

_SEAT_COLUMNS = (
    *_DEVICE_COLUMNS,
    Column("participant_user_id", comment="Zoom's user id of who is logged in"),
    Column("participant_uuid", comment="Zoom's id of the participant"),
    Column("registrant_id", comment="Id of the registration"),
    Column("customer_key", comment="The SDK's identifier", personal=True),
    Column("role", comment="host or attendee"),
    Column("status", comment="in_meeting or in_waiting_room"),
    Column("leave_reason", comment="Why they left; begins with their name", personal=True),
    Column("network_type", comment="Wired, Wifi, PPP, Cellular or Others"),
    Column("connection_type", comment="How they were connected"),
    Column("data_center", comment="Zoom's data centre"),
    Column("full_data_center", comment="All data centres, semicolons between them"),
    Column("microphone", comment="Microphone", personal=True),
    Column("speaker", comment="Speaker", personal=True),
    Column("camera", comment="Camera", personal=True),
    Column("audio_quality", comment="good, fair, poor or bad, where the account shows it"),
    Column("video_quality", comment="The same of video"),
    Column("screen_share_quality", comment="The same of a shared screen"),
    Column("share_application", Type.BOOLEAN, "Shared an app of a phone or tablet"),
    Column("share_desktop", Type.BOOLEAN, "Shared the desktop"),
    Column("share_whiteboard", Type.BOOLEAN, "Shared a whiteboard"),
    Column("recording", Type.BOOLEAN, "Recorded"),
    Column("bo_mtg_id", comment="Breakout room"),
    Column("in_room_participants", Type.BIGINT, "Who joined from a Zoom Room with them"),
    Column("sip_uri", comment="SIP contact address", personal=True),
    Column("from_sip_uri", comment="SIP sender's address", personal=True),
    Column("audio_call", Type.JSON, "Telephone calls: call_number, call_type, zoom_number", personal=True),
)


def _sessions(kind: str, columns: tuple[Column, ...], params: dict[str, str]) -> Stream:
    """The past meetings or webinars of the account."""
    return Stream(
        name=f"dashboard_{kind}s",
        kind=Kind.INTERVAL,
        lists=(
            Listing(
                path=f"/metrics/{kind}s",
                list_key=f"{kind}s",
                label=Label.RESOURCE_INTENSIVE,
                params={"type": "past", **params},
                asked=Asked.FROM_TO,
                echoes_window=True,
                counts_records=True,
                identity=("uuid",),
                margin_before_days=1,
                margin_after_days=2,
                history_days=180,
            ),
        ),
        tables=(
            Table(
                name=f"dashboard_{kind}s",
                comment=f"Each past {kind} as the dashboard tells it, by the UTC day of its start",
                columns=(
                    Column(f"{kind}_uuid", comment=f"This instance of the {kind}", source="uuid"),
                    Column(
                        f"{kind}_id", Type.BIGINT, "Number, the same for a series; beyond 2^31", source="id"
                    ),
                    *_SESSION_COLUMNS,
                    *columns,
                ),
                key=(f"{kind}_uuid",),
            ),
        ),
        scopes=(f"dashboard:read:list_{kind}s:admin",),
        classic_scopes=(f"dashboard_{kind}s:read:admin",),
        plan=_PLAN,
        needs=_NEEDS,
        on_by_default=False,
        dated_by=("start_time", "end_time"),
    )


def _seats(kind: str, name: str, listing: Listing, columns: tuple[Column, ...], *, comment: str) -> Stream:
    """The seats of each past meeting or webinar."""
    uuid = f"{kind}_uuid"
    return Stream(
        name=f"dashboard_{kind}_{name}",
        kind=Kind.INTERVAL,
        lists=(listing,),
        tables=(
            Table(
                name=f"dashboard_{kind}_{name}",
                comment=comment,
                columns=columns,
                key=(uuid, *_NUMBERED, "_ordinal"),
                from_parent=(Column(uuid, comment=f"The {kind}: dashboard_{kind}s.{uuid}"),),
                numbered_within=(uuid, *_NUMBERED),
                person=tuple(
                    column.name for column in columns if column.name in ("id", "participant_user_id", "email")
                ),
            ),
        ),
        scopes=(f"dashboard:read:list_{kind}_{'participants_qos' if name == 'qos' else name}:admin",),
        classic_scopes=(f"dashboard_{kind}s:read:admin",),
        plan=_PLAN,
        needs=_NEEDS,
        on_by_default=False,
        parent=Parent(f"dashboard_{kind}s", {uuid: "uuid"}, settles=True),
    )


def _participants(kind: str) -> Stream:
    listing = Listing(
        path=f"/metrics/{kind}s/{{{kind}_uuid}}/participants",
        list_key="participants",
        label=Label.HEAVY,
        params={"type": "past", "include_fields": "registrant_id"},
        counts_records=True,
    )
    comment = (
        f"One row per seat of a {kind}, with device, network and quality, by the day of the {kind}'s start"
    )
    return _seats(kind, "participants", listing, _SEAT_COLUMNS, comment=comment)


DASHBOARD_MEETINGS = _sessions(
    "meeting",
    (
        Column("in_room_participants", Type.BIGINT, "Participants in Zoom Rooms"),
        Column("tracking_fields", Type.JSON, "The meeting's tracking fields: field, value"),
    ),
    {"include_fields": "tracking_fields"},
)
DASHBOARD_WEBINARS = _sessions(
    "webinar",
    (
        Column("audio_quality", comment="good, fair, poor or bad, where the account shows it"),
        Column("video_quality", comment="The same of video"),
        Column("screen_share_quality", comment="The same of shared screens"),
    ),
    {},
)
DASHBOARD_MEETING_PARTICIPANTS = _participants("meeting")
DASHBOARD_WEBINAR_PARTICIPANTS = _participants("webinar")
DASHBOARD_MEETING_QOS = _seats(
    "meeting",
    "qos",
    Listing(
        path="/metrics/meetings/{meeting_uuid}/participants/qos",
        list_key="participants",
        label=Label.HEAVY,
        params={"type": "past"},
        page_size=10,
        counts_records=True,
    ),
    (
        *_DEVICE_COLUMNS,
        Column("user_qos", Type.JSON, "A sample per minute, of numbers with their units", personal=True),
    ),
    comment="One row per seat of a meeting, with samples of its quality of service, by the day of the meeting's start",
)
