"""Zoom Phone's calls, and the path that each took (phone rates of their own).

https://developers.zoom.us/docs/api/phone/#tag/call-history

Without dates the last 24 hours are given, so both are always sent, as UTC times. Without `recording_status` only
recorded calls might be: Zoom's description calls that its default. So both kinds are asked, each by itself. The
answer has every call twice, in `call_history` and in `call_logs`, its old form until November 2026.
"""

from collections.abc import Iterator

from include.zoom.catalog.phone import CLASSIC_SCOPES, NEEDS
from include.zoom.stream import Asked, Column, Kind, Label, Listing, Parent, Stream, Table, Type


def _calls(recording_status: str) -> Listing:
    return Listing(
        path="/phone/call_history",
        list_key="call_history",
        label=Label.PHONE_HEAVY,
        params={"time_type": "start_time", "recording_status": recording_status},
        asked=Asked.FROM_TO_TIMES,
        counts_records=True,
        identity=("call_history_uuid",),
        history_days=180,
    )


def _party(who: str, *, with_device: bool = True) -> Iterator[Column]:
    """What is told of the caller, or of who was called."""
    yield Column(f"{who}_ext_id", comment="Extension: phone_users.extension_id, …")
    yield Column(f"{who}_ext_number", comment="The extension's number", personal=True)
    yield Column(f"{who}_ext_type", comment="user, call_queue, auto_receptionist, …")
    yield Column(f"{who}_did_number", comment="Telephone number, E.164", personal=True)
    yield Column(f"{who}_name", comment="Name", personal=True)
    yield Column(f"{who}_email", comment="Address", personal=True)
    if with_device:
        yield Column(f"{who}_number_type", comment="zoom_pstn, external_pstn, anonymous_number, …")
        yield Column(f"{who}_device_type", comment="Client or device, with its version", personal=True)
        yield Column(f"{who}_country_iso_code", comment="Country, two letters", personal=True)
        yield Column(f"{who}_country_code", comment="Country", personal=True)


_CALL = (
    Column("call_id", comment="The telephone call; it may have several records"),
    Column("direction", comment="inbound or outbound"),
    Column("connect_type", comment="internal or external"),
    Column("call_type", comment="general or emergency"),
    Column("hide_caller_id", Type.BOOLEAN, comment="Whether the caller's number was hidden"),
    Column("end_to_end", Type.BOOLEAN, comment="Whether it was encrypted end to end"),
    Column("start_time", Type.TIMESTAMP, comment="When it began"),
    Column("answer_time", Type.TIMESTAMP, comment="When it was answered"),
    Column("end_time", Type.TIMESTAMP, comment="When it ended"),
)
_PLACE = (
    Column("department", comment="The user's department"),
    Column("cost_center", comment="The user's cost centre"),
    Column("site_id", comment="Site: phone_sites.id"),
    Column("site_name", comment="The site's name"),
    Column("group_id", comment="The user's primary group"),
)
_ID = Column("call_history_uuid", comment="The call's record: phone_calls.call_history_uuid")
_INTERNATIONAL = Column("international", Type.BOOLEAN, comment="Whether it crossed a border")

PHONE_CALLS = Stream(
    name="phone_calls",
    kind=Kind.INTERVAL,
    lists=(_calls("recorded"), _calls("non_recorded")),
    tables=(
        Table(
            name="phone_calls",
            comment="Each call of the account, by the UTC day of its start",
            columns=(
                Column("call_history_uuid", comment="The call's record"),
                *_CALL,
                _INTERNATIONAL,
                Column("duration_seconds", Type.BIGINT, "Length", source="duration", unit="seconds"),
                Column("call_result", comment="answered, voicemail, no_answer, abandoned, …"),
                *_party("caller"),
                Column("caller_account_code", comment="The caller's account"),
                *_party("callee"),
                Column("callee_account_code", comment="The callee's account"),
                *_PLACE,
                Column("sbc_id", comment="Session border controller that it went through"),
                Column("sbc_name", comment="The controller's name"),
                Column("sip_group_id", comment="SIP group that it went through"),
                Column("sip_group_name", comment="The SIP group's name"),
                Column("spam", comment="Whether Zoom takes it for spam, such as Maybe Spam"),
                Column("recording_status", comment="recorded or non_recorded"),
            ),
            key=("call_history_uuid",),
        ),
    ),
    scopes=("phone:read:list_call_logs:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="business",
    needs=NEEDS,
    on_by_default=False,
    dated_by=("start_time", "end_time"),
)

_ELEMENT_COLUMNS = (
    Column("call_element_id", comment="The element"),
    Column("segment", Type.BIGINT, comment="Place in the call, from 0"),
    Column("node", Type.BIGINT, comment="Place in the segment, from 0"),
    Column("is_node", Type.BIGINT, comment="Whether it is a node: 0 or 1"),
    Column("event", comment="incoming, ring_to_member, forward, overflow, park, …"),
    Column("result", comment="answered, voicemail, ring_timeout, …"),
    Column("result_reason", comment="answered_by_other, pickup_by_other, call_out_by_other"),
    *_CALL,
    *_party("caller"),
    *_party("callee"),
    *_PLACE,
    Column("operator_ext_id", comment="Extension of who acted"),
    Column("operator_ext_number", comment="That extension's number", personal=True),
    Column("operator_ext_type", comment="user, call_queue, …"),
    Column("operator_name", comment="Who acted", personal=True),
    Column("device_private_ip", comment="Address of the device in its network", personal=True),
    Column("device_public_ip", comment="Address of the device on the internet", personal=True),
    Column("client_code", comment="Client code that was given to the call"),
    Column("press_key", comment="Key that was pressed"),
    Column("recording_id", comment="Recording: phone_recordings.id"),
    Column("recording_type", comment="automatic or ad-hoc"),
    Column("voicemail_id", comment="Voicemail: phone_voicemails.id"),
    Column("hold_seconds", Type.BIGINT, "On hold", source="hold_time", unit="seconds"),
    Column("waiting_seconds", Type.BIGINT, "Waiting", source="waiting_time", unit="seconds"),
)

PHONE_CALL_DETAILS = Stream(
    name="phone_call_details",
    kind=Kind.INTERVAL,
    lists=(
        Listing(
            path="/phone/call_history/{call_history_uuid}",
            list_key="call_elements",
            label=Label.PHONE_LIGHT,
            whole=True,
            paged=False,
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="phone_call_details",
            comment="Each call as its own detail tells it, by the UTC day of its start",
            columns=(
                _ID,
                Column("id", comment="The call's record by its old name"),
                *_CALL,
                _INTERNATIONAL,
                *_party("caller", with_device=False),
                # Zoom writes it so.
                Column("caller_account_code", comment="The caller's account", source="caller_acconut_code"),
                *_party("callee", with_device=False),
                Column("callee_account_code", comment="The callee's account"),
                *_PLACE,
                Column(
                    "call_path",
                    Type.JSON,
                    "The elements in their old form, until Zoom leaves it out",
                    personal=True,
                ),
            ),
            key=("call_history_uuid",),
        ),
        Table(
            name="phone_call_elements",
            comment="The path that a call took, step by step: queue, ringing, transfer, voicemail; by the call's day",
            columns=_ELEMENT_COLUMNS,
            key=("call_history_uuid", "call_element_id", "_ordinal"),
            records="call_elements",
            inherited=(_ID,),
            numbered_within=("call_history_uuid", "call_element_id"),
        ),
    ),
    scopes=("phone:read:call_log:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="business",
    needs=NEEDS,
    on_by_default=False,
    parent=Parent("phone_calls", {"call_history_uuid": "call_history_uuid"}),
)
