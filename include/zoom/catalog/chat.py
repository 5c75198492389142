"""Chat sessions (HEAVY): https://developers.zoom.us/docs/api/chat/#tag/reports/get/report/chat/sessions.

Zoom's file was not to be had: the columns are those that a client generated from an earlier one and scripts that
call it agree on; whatever else comes stands in `_extra`. A session has no day of its own, so each day is asked for
the sessions that had a message on it.
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

CHAT_SESSIONS = Stream(
    name="chat_sessions",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/report/chat/sessions",
            list_key="sessions",
            label=Label.HEAVY,
            asked=Asked.EACH_DAY,
            identity=("session_id",),
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="chat_sessions",
            comment="Chats and channels with a message on the day, in Zoom's days",
            columns=(
                Column("session_id", comment="The chat or channel"),
                Column("name", comment="Its name, of persons or a channel", personal=True),
                Column("type", comment="1:1, a group or a channel"),
                Column("last_message_sent_time", Type.TIMESTAMP, "When its latest message was sent"),
            ),
            key=("session_id",),
        ),
    ),
    scopes=("report:read:list_chat_sessions:admin",),
    classic_scopes=("report_chat:read:admin",),
    plan="pro",
    on_by_default=False,
)
