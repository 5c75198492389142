"""Account-wide reports: calls into meetings by telephone, storage of recordings, what is to come (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports
"""

from include.zoom.stream import Asked, Column, Form, Kind, Label, Listing, Stream, Table, Type

_TELEPHONE_COLUMNS = (
    Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid", source="uuid"),
    Column("meeting_id", Type.BIGINT, comment="Meeting number; beyond 2^31"),
    Column("meeting_type", comment="Meeting or Webinar"),
    Column("start_time", Type.TIMESTAMP, comment="When the call began; its UTC day is the slice"),
    Column("end_time", Type.TIMESTAMP, comment="When the call ended"),
    Column(
        "duration_minutes", Type.BIGINT, "Length of the call, rounded up", source="duration", unit="minutes"
    ),
    Column("type", comment="toll-free, call-out, call-in, Toll, premium, …"),
    Column("call_in_number", comment="The number from which was called", personal=True),
    Column("phone_number", comment="The number that was called", personal=True),
    Column("signaled_number", comment="The number that was told to Zoom", personal=True),
    Column("country_name", comment="Country of the call", personal=True),
    Column("host_id", comment="Host of the meeting: users.id"),
    Column("host_name", comment="The host's name", personal=True),
    Column("host_email", comment="The host's address", personal=True),
    Column("dept", comment="The host's department"),
    Column("rate", Type.DOUBLE, comment="Price of a minute", unit="USD"),
    Column("total", Type.DOUBLE, comment="Price of the call, for calls out", unit="USD"),
)


def _calls(audio: str) -> Listing:
    """A list per kind of audio; an account has those that it has subscribed to."""
    return Listing(
        path="/report/telephone",
        list_key="telephony_usage",
        label=Label.HEAVY,
        # By the call's own start: with a meeting's dates there would be no total_records.
        params={"type": audio, "query_date_type": "start_time"},
        asked=Asked.FROM_TO,
        absent=(200,),
        echoes_window=True,
        counts_records=True,
        margin_before_days=1,
        margin_after_days=2,
        history_days=180,
    )


TELEPHONE = Stream(
    name="telephone",
    kind=Kind.INTERVAL,
    # Toll-free and calls out, toll, SIP-connected audio.
    lists=(_calls("1"), _calls("2"), _calls("3")),
    tables=(
        Table(
            name="telephone",
            comment="Calls into and out of meetings by telephone, by the UTC day of the call's start",
            columns=_TELEPHONE_COLUMNS,
            key=("meeting_uuid", "start_time", "type", "_ordinal"),
            numbered_within=("meeting_uuid", "start_time", "type"),
        ),
    ),
    scopes=("report:read:telephone:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    needs="Audio conferencing, toll report or SIP-connected audio",
    on_by_default=False,
    dated_by=("start_time", "end_time"),
)

RECORDING_STORAGE = Stream(
    name="recording_storage",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/cloud_recording",
            list_key="cloud_recording_storage",
            label=Label.HEAVY,
            asked=Asked.FROM_TO,
            paged=False,
            days_late=2,
            echoes_window=True,
            # `to` may be exclusive: then the newest day comes with the run that settles it.
            margin_after_days=1,
            identity=("date",),
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="recording_storage",
            comment="How much cloud storage recordings take, by the account's days; sizes as Zoom rounds them",
            columns=(
                Column("date", Type.DATE, comment="The account's day"),
                Column("usage", comment="Storage in use, as Zoom writes it"),
                Column("usage_bytes", Type.BIGINT, "The same", source="usage", unit="bytes", form=Form.SIZE),
                Column("plan_usage", comment="Storage that is paid for, as Zoom writes it"),
                Column(
                    "plan_usage_bytes",
                    Type.BIGINT,
                    "The same",
                    source="plan_usage",
                    unit="bytes",
                    form=Form.SIZE,
                ),
                Column("free_usage", comment="Storage for free, as Zoom writes it; Unlimited where it is"),
                Column(
                    "free_usage_bytes",
                    Type.BIGINT,
                    "The same; empty for Unlimited",
                    source="free_usage",
                    unit="bytes",
                    form=Form.SIZE,
                ),
            ),
            key=("date",),
        ),
    ),
    # Zoom's description names no granular scope for it.
    scopes=("report:read:cloud_recording:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    dated_by=("date",),
)

UPCOMING_EVENTS = Stream(
    name="upcoming_events",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/report/upcoming_events",
            list_key="upcoming_events",
            label=Label.HEAVY,
            params={"type": "all"},
            asked=Asked.AHEAD,
            echoes_window=True,
            identity=("id", "start_time"),
        ),
    ),
    tables=(
        Table(
            name="upcoming_events",
            comment="Meetings and webinars of the four weeks from the snapshot's day on",
            columns=(
                Column("id", comment="The event; its occurrences may share it"),
                Column("start_time", Type.TIMESTAMP, comment="When it begins"),
                Column("topic", comment="Topic", personal=True),
                Column("host_id", comment="Host: users.id"),
                Column("host_name", comment="The host's name", personal=True),
                Column("dept", comment="The host's department"),
            ),
            key=("id", "start_time"),
        ),
    ),
    scopes=("report:read:upcoming_meetings_webinars:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
)
