"""Zoom Phone's SMS conversations and their messages (phone rates of their own).

https://developers.zoom.us/docs/api/phone/#tag/sms
"""

from include.zoom.catalog.phone import CLASSIC_SCOPES, NEEDS
from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table, Type

PHONE_SMS_SESSIONS = Stream(
    name="phone_sms_sessions",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/phone/sms/sessions",
            list_key="sms_sessions",
            label=Label.PHONE_MEDIUM,
            # By their last message, which is the default, a session would move from day to day; and of all kinds,
            # users' alone are the default.
            params={"filter_type": "sent_received_message_time", "session_type": "all"},
            asked=Asked.EACH_DAY_TIMES,
            page_size=100,
            identity=("session_id",),
        ),
    ),
    tables=(
        Table(
            name="phone_sms_sessions",
            comment="SMS conversations, on each UTC day on which a message was sent or received",
            columns=(
                Column("session_id", comment="The conversation"),
                Column("session_type", comment="user, call_queue, auto_receptionist, service_endpoint"),
                Column("last_access_time", Type.TIMESTAMP, comment="Its last message, as of the extraction"),
                Column(
                    "participants",
                    Type.JSON,
                    "Who takes part: name, number, owner, whether the session is theirs",
                    personal=True,
                ),
            ),
            key=("session_id",),
        ),
    ),
    scopes=("phone:read:list_sms_sessions:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
)

PHONE_SMS_MESSAGES = Stream(
    name="phone_sms_messages",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/phone/sms/sessions/{session_id}",
            list_key="sms_histories",
            label=Label.PHONE_MEDIUM,
            asked=Asked.FROM_TO_TIMES,
            page_size=100,
            identity=("message_id",),
        ),
    ),
    tables=(
        Table(
            name="phone_sms_messages",
            comment="SMS and MMS of each conversation, by the UTC day of the message",
            columns=(
                Column("message_id", comment="The message"),
                Column("date_time", Type.TIMESTAMP, comment="When it was written"),
                Column("direction", comment="In or Out"),
                Column("message", comment="The text", personal=True),
                Column(
                    "message_type", Type.BIGINT, comment="1 SMS, 2 MMS, 3 and 4 of groups, 5 abroad, 6 on net"
                ),
                Column("delivery_status", comment="received, delivered, failed_to_send, …"),
                Column("sender_name", comment="Who wrote it", source="sender.display_name", personal=True),
                Column(
                    "sender_number", comment="From which number", source="sender.phone_number", personal=True
                ),
                Column(
                    "sender_owner_id", comment="Whose number: phone_users.id, …", source="sender.owner.id"
                ),
                Column("sender_owner_type", comment="user, callQueue, …", source="sender.owner.type"),
                Column("to_members", Type.JSON, comment="To whom: name, number, owner", personal=True),
                Column(
                    "attachments", Type.JSON, comment="Files: id, name, type, size, address", personal=True
                ),
            ),
            key=("session_id", "message_id"),
            from_parent=(Column("session_id", comment="The conversation: phone_sms_sessions.session_id"),),
        ),
    ),
    scopes=("phone:read:sms_session:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
    dated_by=("date_time",),
    parent=Parent("phone_sms_sessions", {"session_id": "session_id"}, dates=False),
)
