"""Logs of the whole account: what administrators did, who signed in, what happened in meetings (HEAVY).

https://developers.zoom.us/docs/api/meetings/#tag/reports

None has a key or a total: equal lines are told apart by counting them (see `seats.most_of`). The zone of `from`
and `to` is nowhere stated, so they are asked with margins and cut by each line's own time.
"""

from include.zoom.stream import Asked, Column, Form, Kind, Label, Listing, Stream, Table, Type

_CLASSIC_SCOPES = ("report:read:admin",)


def _log(path: str, list_key: str, *, echoes_window: bool = False, **params: str) -> Listing:
    return Listing(
        path=path,
        list_key=list_key,
        label=Label.HEAVY,
        params=params,
        asked=Asked.FROM_TO,
        echoes_window=echoes_window,
        margin_before_days=1,
        margin_after_days=2,
        history_days=180,
    )


OPERATION_LOGS = Stream(
    name="operation_logs",
    kind=Kind.INTERVAL,
    lists=(_log("/report/operationlogs", "operation_logs"),),
    tables=(
        Table(
            name="operation_logs",
            comment="What administrators and users changed, by the UTC day of the change",
            columns=(
                Column("time", Type.TIMESTAMP, comment="When it was done"),
                Column("category_type", comment="What it was done to: user, account, recording, …"),
                Column("action", comment="What was done: add, update, delete, …"),
                Column("operator", comment="Who did it: an address", personal=True),
                Column("operation_detail", comment="What exactly, in Zoom's words", personal=True),
            ),
            key=("time", "category_type", "action", "_ordinal"),
            numbered_within=("time", "category_type", "action"),
        ),
    ),
    scopes=("report:read:operation_logs:admin",),
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    dated_by=("time",),
)

SIGN_INS = Stream(
    name="sign_ins",
    kind=Kind.INTERVAL,
    lists=(_log("/report/activities", "activity_logs", echoes_window=True),),
    tables=(
        Table(
            name="sign_ins",
            comment="Who signed in and out, by the UTC day",
            columns=(
                Column("time", Type.TIMESTAMP, comment="When"),
                Column("type", comment="Sign in or Sign out"),
                Column("email", comment="Who: an address", personal=True),
                Column("ip_address", comment="From where", personal=True),
                Column("client_type", comment="With what: Browser, mac, iphone, …"),
                Column("version", comment="The client's version"),
            ),
            key=("time", "type", "email", "_ordinal"),
            numbered_within=("time", "type", "email"),
            person=("email",),
        ),
    ),
    scopes=("report:read:user_activities:admin",),
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    dated_by=("time",),
)

MEETING_ACTIVITIES = Stream(
    name="meeting_activities",
    kind=Kind.INTERVAL,
    lists=(_log("/report/meeting_activities", "meeting_activity_logs", activity_type="All Activities"),),
    tables=(
        Table(
            name="meeting_activities",
            comment="What happened in meetings: created, started, joined, left, chat, …; by the UTC day",
            columns=(
                Column("activity_time", Type.TIMESTAMP, comment="When; Zoom gives no zone, read as UTC"),
                Column("meeting_number", comment="Meeting number as Zoom writes it, with blanks"),
                Column("activity_category", comment="Meeting Started, User Join, In-Meeting Chat, …"),
                Column("activity_detail", comment="What exactly", personal=True),
                Column("operator", comment="Who: the name that was shown", personal=True),
                Column("operator_email", comment="Who: an address", personal=True),
            ),
            key=("activity_time", "meeting_number", "activity_category", "_ordinal"),
            numbered_within=("activity_time", "meeting_number", "activity_category"),
        ),
    ),
    scopes=("report:read:meeting_activity_log:admin",),
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    needs="Meeting audit trail log",
    on_by_default=False,
    dated_by=("activity_time",),
)

REMOTE_SUPPORT = Stream(
    name="remote_support",
    kind=Kind.INTERVAL,
    lists=(_log("/report/remote_support", "remote_support_logs"),),
    tables=(
        Table(
            name="remote_support",
            comment="Remote support in meetings, by the UTC day on which it began, or was asked for",
            columns=(
                Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid"),
                Column("meeting_number", Type.BIGINT, comment="Meeting number; beyond 2^31"),
                Column("meeting_start_time", Type.TIMESTAMP, comment="When the meeting began"),
                Column("meeting_host_id", comment="Host: users.id"),
                Column("topic", comment="The meeting's topic", personal=True),
                Column("supporter_name", comment="Who helped", personal=True),
                Column("supporter_email", comment="Who helped: an address", personal=True),
                Column("supportee_name", comment="Who was helped", personal=True),
                Column("supportee_email", comment="Who was helped: an address", personal=True),
                Column("request_time", Type.TIMESTAMP, comment="When help was asked for"),
                Column("start_time", Type.TIMESTAMP, comment="When it began"),
                Column("end_time", Type.TIMESTAMP, comment="When it ended"),
                Column(
                    "wait_seconds",
                    Type.BIGINT,
                    "From the request to the start",
                    source="wait_time",
                    unit="seconds",
                    form=Form.CLOCK,
                ),
                Column(
                    "duration_seconds",
                    Type.BIGINT,
                    "Length of the support",
                    source="duration",
                    unit="seconds",
                    form=Form.CLOCK,
                ),
            ),
            key=("meeting_uuid", "request_time", "_ordinal"),
            numbered_within=("meeting_uuid", "request_time"),
        ),
    ),
    scopes=("report:read:remote_support:admin",),
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    on_by_default=False,
    dated_by=("start_time", "request_time", "meeting_start_time"),
)

DISCLAIMERS = Stream(
    name="disclaimers",
    kind=Kind.INTERVAL,
    lists=(_log("/report/disclaimer", "disclaimer_records", disclaimer_type="all"),),
    tables=(
        Table(
            name="disclaimers",
            comment="Who agreed to which notice (recording, AI, …) or did not, by the UTC day",
            columns=(
                Column("time", Type.TIMESTAMP, comment="When"),
                Column("disclaimer_type", comment="What was asked"),
                Column("disclaimer_status", comment="Agree, Cancel, Passive Agree, Decline Attend"),
                Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid", source="meeting_id"),
                Column("meeting_number", Type.BIGINT, comment="Meeting number; beyond 2^31"),
                Column(
                    "user_email", comment="Who: an address; none for guests and telephones", personal=True
                ),
                Column("display_name", comment="Who: the name that was shown", personal=True),
                Column("is_guest", Type.BOOLEAN, comment="Whether it was a guest"),
                Column("client_type", comment="With what; none for guests"),
                Column("is_zoom_event", Type.BOOLEAN, comment="Whether the meeting is of Zoom Events"),
                Column("group_ids", Type.JSON, comment="The person's groups: groups.id"),
            ),
            key=("time", "disclaimer_type", "meeting_uuid", "_ordinal"),
            numbered_within=("time", "disclaimer_type", "meeting_uuid"),
            person=("user_email",),
        ),
    ),
    scopes=("report:read:disclaimer:admin",),
    classic_scopes=_CLASSIC_SCOPES,
    plan="pro",
    on_by_default=False,
    dated_by=("time",),
)
