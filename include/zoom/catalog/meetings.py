"""Meetings and webinars that took place, account-wide (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/history_meetings

One list for the whole account. It has no host id, no `total_records` and echoes no window: hosts are known
by their address at meeting time.
"""

from dataclasses import replace

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

_COLUMNS = (
    Column("meeting_uuid", comment="This instance of the meeting; `meeting_id` is shared by a series"),
    Column("meeting_id", Type.BIGINT, comment="Meeting number; beyond 2^31, the same for a whole series"),
    Column("type", comment="Meeting or Webinar"),
    Column("topic", comment="Topic", personal=True),
    Column("host_display_name", comment="Host's name at meeting time", personal=True),
    Column("host_email", comment="Host's address at meeting time", personal=True),
    Column("department", comment="Host's department"),
    Column("host_groups", Type.JSON, comment="The host's groups, by name", source="group"),
    Column("start_time", Type.TIMESTAMP, comment="Start; its UTC day is the slice"),
    Column("end_time", Type.TIMESTAMP, comment="End"),
    Column("create_time", Type.TIMESTAMP, comment="When the meeting was created"),
    Column("duration_minutes", Type.BIGINT, "Length, rounded up", source="duration", unit="minutes"),
    Column("participants", Type.BIGINT, comment="Participants that Zoom counts"),
    Column(
        "total_participant_minutes", Type.BIGINT, comment="Sum over all participants, rounded", unit="minutes"
    ),
    Column("source", comment="Zoom, or the app that created the meeting"),
    Column("unique_viewers", Type.BIGINT, comment="Webinars: viewers on a computer, without panelists"),
    Column("max_concurrent_views", Type.BIGINT, comment="Webinars: most viewers at one time"),
    Column("custom_fields", Type.JSON, comment="The host's custom attributes: key, value", personal=True),
    Column("tracking_fields", Type.JSON, comment="The meeting's tracking fields: field, value"),
    Column("feature_used", Type.JSON, comment="Which features were used: name, true or false"),
)

_LISTING = Listing(
    path="/report/history_meetings",
    list_key="history_meetings",
    label=Label.HEAVY,
    params={"date_type": "start_time", "meeting_type": "all"},
    asked=Asked.FROM_TO,
    identity=("meeting_uuid",),
    margin_before_days=1,
    margin_after_days=2,
    history_days=180,
)


def with_report(report_type: str) -> Listing:
    """Those of the meetings that have a report: a request per 300 of them instead of one per meeting.

    Meetings alone: of webinars Zoom does not say in so many words that the parameter tells.
    """
    params = {**_LISTING.params, "meeting_type": "meeting", "report_type": report_type}
    return replace(_LISTING, params=params)


MEETINGS = Stream(
    name="meetings",
    kind=Kind.INTERVAL,
    lists=(_LISTING,),
    tables=(
        Table(
            name="meetings",
            comment="Each meeting and webinar that took place, by the UTC day of its start",
            columns=_COLUMNS,
            key=("meeting_uuid",),
        ),
    ),
    scopes=("report:read:list_history_meetings:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    dated_by=("start_time", "end_time"),
)
