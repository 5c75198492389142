"""Tracking fields (MEDIUM): https://developers.zoom.us/docs/api/meetings/#tag/trackingfield/get/tracking_fields.

Off by default: what an account below Business is answered Zoom does not describe.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table, Type

TRACKING_FIELDS = Stream(
    name="tracking_fields",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/tracking_fields",
            list_key="tracking_fields",
            label=Label.MEDIUM,
            paged=False,
            counts_records=True,
            identity=("id",),
        ),
    ),
    tables=(
        Table(
            name="tracking_fields",
            comment="Fields that the account wants filled when a meeting is scheduled; meetings.tracking_fields "
            "has the values",
            columns=(
                Column("id", comment="The field"),
                Column("field", comment="Its label"),
                Column("recommended_values", Type.JSON, "Values that are offered"),
                Column("required", Type.BOOLEAN, "Whether it has to be filled"),
                Column("visible", Type.BOOLEAN, "Whether it is shown"),
            ),
            key=("id",),
        ),
    ),
    scopes=("tracking_field:read:list_tracking_fields:admin",),
    classic_scopes=("tracking_fields:read:admin",),
    plan="business",
    on_by_default=False,
)
