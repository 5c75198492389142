"""Groups and their members: https://developers.zoom.us/docs/api/users/#tag/groups (MEDIUM)."""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

GROUPS = Stream(
    name="groups",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(path="/groups", list_key="groups", label=Label.MEDIUM, counts_records=True, identity=("id",)),
    ),
    tables=(
        Table(
            name="groups",
            comment="The account's groups, as of the snapshot's day",
            columns=(
                Column("id", comment="Zoom's group id"),
                Column("name", comment="The group's name"),
                Column("total_members", Type.BIGINT, comment="Members that Zoom counts"),
            ),
            key=("id",),
        ),
    ),
    scopes=("group:read:list_groups:admin",),
    classic_scopes=("group:read:admin",),
    plan="pro",
)

GROUP_MEMBERS = Stream(
    name="group_members",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/groups/{group_id}/members",
            list_key="members",
            label=Label.MEDIUM,
            counts_records=True,
            identity=("id", "email"),
        ),
    ),
    tables=(
        Table(
            name="group_members",
            comment="Who belongs to which group, as of the snapshot's day",
            columns=(
                Column("id", comment="Zoom's user id; pending users have none"),
                Column("email", comment="The member's address", personal=True),
                Column("first_name", comment="First name", personal=True),
                Column("last_name", comment="Last name", personal=True),
                Column("type", Type.BIGINT, comment="1 Basic, 2 Licensed"),
            ),
            key=("group_id", "id", "email"),
            key_fallback={"email": "id"},
            person=("id", "email"),
            from_parent=(Column("group_id", comment="The group: groups.id"),),
        ),
    ),
    scopes=("group:read:list_members:admin",),
    classic_scopes=("group:read:admin",),
    plan="pro",
    parent=Parent("groups", {"group_id": "id"}, dates=False),
)
