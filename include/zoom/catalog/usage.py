"""Daily usage of the account (HEAVY): https://developers.zoom.us/docs/api/meetings/#tag/reports/get/report/daily.

A whole month per answer, in days of a zone that Zoom does not state: asked exactly, never trimmed.
"""

from include.zoom.stream import Asked, Column, Kind, Label, Listing, Stream, Table, Type

DAILY_USAGE = Stream(
    name="daily_usage",
    kind=Kind.MONTH,
    lists=(
        Listing(
            path="/report/daily",
            list_key="dates",
            label=Label.HEAVY,
            asked=Asked.YEAR_MONTH,
            paged=False,
            identity=("date",),
            history_days=180,
        ),
    ),
    tables=(
        Table(
            name="daily_usage",
            comment="Meetings, participants and new users per day; a slice is a month",
            columns=(
                Column("date", Type.DATE, comment="Day, in the account's zone"),
                Column("meetings", Type.BIGINT, comment="Meetings"),
                Column("participants", Type.BIGINT, comment="Participants"),
                Column("meeting_minutes", Type.BIGINT, comment="Minutes of all meetings", unit="minutes"),
                Column("new_users", Type.BIGINT, comment="Users that were added"),
            ),
            key=("date",),
        ),
    ),
    scopes=("report:read:daily_usage:admin",),
    classic_scopes=("report:read:admin",),
    plan="pro",
    dated_by=("date",),
)
