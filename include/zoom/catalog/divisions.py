"""Divisions and their users (LIGHT): https://developers.zoom.us/docs/api/users/#tag/divisions.

What an account without divisions is answered is not described, so they run only where they are chosen.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

DIVISIONS = Stream(
    name="divisions",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/divisions",
            list_key="divisions",
            label=Label.LIGHT,
            counts_records=True,
            identity=("division_id",),
        ),
    ),
    tables=(
        Table(
            name="divisions",
            comment="The account's divisions, as of the snapshot's day",
            columns=(
                Column("division_id", comment="Zoom's division id"),
                Column("division_name", comment="The division's name"),
                Column("division_description", comment="What administrators wrote about it", personal=True),
                Column("is_main_division", Type.BOOLEAN, comment="Whether it is the account's main division"),
                Column("total_members", Type.BIGINT, "Users that Zoom counts", volatile=True),
            ),
            key=("division_id",),
        ),
    ),
    scopes=("division:read:list_divisions:admin",),
    classic_scopes=("division:read:admin",),
    on_by_default=False,
)

DIVISION_USERS = Stream(
    name="division_users",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/divisions/{division_id}/users",
            list_key="users",
            label=Label.LIGHT,
            counts_records=True,
            identity=("user_id", "user_email"),
        ),
    ),
    tables=(
        Table(
            name="division_users",
            comment="Who belongs to which division, as of the snapshot's day",
            columns=(
                Column("user_id", comment="Zoom's user id: users.id"),
                Column("user_display_name", comment="The user's display name", personal=True),
                Column("user_email", comment="The user's address", personal=True),
            ),
            key=("division_id", "user_id", "user_email"),
            key_fallback={"user_email": "user_id"},
            person=("user_id", "user_email"),
            from_parent=(Column("division_id", comment="The division: divisions.division_id"),),
        ),
    ),
    scopes=("division:read:member:admin",),
    classic_scopes=("division:read:admin",),
    parent=Parent("divisions", {"division_id": "division_id"}, dates=False),
    on_by_default=False,
)
