"""Participants of meetings, from one of two lists that fill the same table.

https://developers.zoom.us/docs/api/meetings/#tag/meetings/get/past_meetings/{meetingId}/participants (MEDIUM)
https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/meetings/{meetingId}/participants (HEAVY)

The first has no daily cap on paid plans and tells who is internal; the second tells breakout rooms and SDK
keys. Webinars have lists of their own, so only records of type Meeting are asked.
"""

from collections.abc import Mapping

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

PARTICIPANTS_BY: Mapping[str, tuple[Listing, str, str]] = {
    "past_meetings": (
        Listing(
            path="/past_meetings/{meeting_uuid}/participants",
            list_key="participants",
            label=Label.MEDIUM,
            counts_records=True,
            unsettled_while_zero="duration",
        ),
        "meeting:read:list_past_participants:admin",
        "meeting:read:admin",
    ),
    "report": (
        Listing(
            path="/report/meetings/{meeting_uuid}/participants",
            list_key="participants",
            label=Label.HEAVY,
            params={"include_fields": "registrant_id"},
            counts_records=True,
            unsettled_while_zero="duration",
        ),
        "report:read:list_meeting_participants:admin",
        "report:read:admin",
    ),
}
"""List, granular scope and classic scope, by the setting that chooses them."""

_COLUMNS = (
    Column("user_id", comment="Seat number within the meeting; who rejoins gets a new one"),
    Column("id", comment="Zoom's user id of who is logged in, empty for guests (deprecated by Zoom)"),
    Column("participant_user_id", comment="Zoom's user id of who is logged in (report list only)"),
    Column("name", comment="Display name", personal=True),
    Column("user_email", comment="Address; empty for most guests", personal=True),
    Column("registrant_id", comment="Id of the registration"),
    Column("customer_key", comment="The SDK's identifier (report list only)", personal=True),
    Column("bo_mtg_id", comment="Breakout room (report list only)"),
    Column("join_time", Type.TIMESTAMP, comment="Joined"),
    Column("leave_time", Type.TIMESTAMP, comment="Left"),
    Column("duration_seconds", Type.BIGINT, "Time in the meeting", source="duration", unit="seconds"),
    Column("status", comment="in_meeting or in_waiting_room"),
    Column("failover", Type.BOOLEAN, comment="Whether a failover happened"),
    Column("internal_user", Type.BOOLEAN, comment="Belongs to the account (past meetings list only)"),
)

_TABLE = Table(
    name="meeting_participants",
    comment="One row per seat: a person who rejoins, or moves to a breakout room, has several. "
    "By the day of the meeting's start",
    columns=_COLUMNS,
    key=("meeting_uuid", "user_id", "join_time", "_ordinal"),
    from_parent=(Column("meeting_uuid", comment="The meeting: meetings.meeting_uuid"),),
    numbered_within=("meeting_uuid", "user_id", "join_time"),
    person=("id", "participant_user_id", "user_email"),
)


def meeting_participants(by: str) -> Stream:
    """The stream over the list that `by`, a key of `PARTICIPANTS_BY`, names."""
    listing, scope, classic_scope = PARTICIPANTS_BY[by]
    return Stream(
        name="meeting_participants",
        kind=Kind.INTERVAL,
        lists=(listing,),
        tables=(_TABLE,),
        scopes=(scope,),
        classic_scopes=(classic_scope,),
        plan="pro",
        parent=Parent(
            "meetings",
            {"meeting_uuid": "meeting_uuid"},
            only={"type": ("Meeting",)},
            # The report knows only meetings of two or more: it answers 404 for the others. The other list knows
            # those of one where the account shows them; what it answers where not, Zoom does not say.
            at_least={"participants": 2} if by == "report" else {},
            may_lack_below={} if by == "report" else {"participants": 2},
            settles=True,
        ),
    )
