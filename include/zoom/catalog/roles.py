"""Roles and who has them (MEDIUM): https://developers.zoom.us/docs/api/accounts/#tag/roles.

The description of the accounts API was not to be had. Fields are those of Zoom's own SDK
(https://zoom.github.io/rivet-javascript/types/Accounts.RolesListRolesResponse.html,
…/Accounts.RolesListMembersInRoleResponse.html); the list of roles has a total and no pages.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

ROLES = Stream(
    name="roles",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/roles",
            list_key="roles",
            label=Label.MEDIUM,
            paged=False,
            counts_records=True,
            identity=("id",),
        ),
    ),
    tables=(
        Table(
            name="roles",
            comment="The account's roles, as of the snapshot's day",
            columns=(
                Column(
                    "id",
                    comment="Zoom's role id: 0 owner, 1 administrator, 2 member, others the account's own",
                ),
                Column("name", comment="The role's name"),
                Column("description", comment="What administrators wrote about it", personal=True),
                Column("type", comment="common, or what kind of sub-accounts it is for"),
                Column("total_members", Type.BIGINT, "Members that Zoom counts", volatile=True),
            ),
            key=("id",),
        ),
    ),
    scopes=("role:read:list_roles:admin",),
    classic_scopes=("role:read:admin",),
    plan="pro",
)

ROLE_MEMBERS = Stream(
    name="role_members",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/roles/{role_id}/members",
            list_key="members",
            label=Label.MEDIUM,
            counts_records=True,
            identity=("id", "email"),
        ),
    ),
    tables=(
        Table(
            name="role_members",
            comment="Who has which role, as of the snapshot's day",
            columns=(
                Column("id", comment="Zoom's user id; pending users have none"),
                Column("email", comment="The member's address", personal=True),
                Column("first_name", comment="First name", personal=True),
                Column("last_name", comment="Last name", personal=True),
                Column("type", Type.BIGINT, comment="1 Basic, 2 Licensed"),
                Column("department", comment="Department"),
            ),
            key=("role_id", "id", "email"),
            key_fallback={"email": "id"},
            person=("id", "email"),
            from_parent=(Column("role_id", comment="The role: roles.id"),),
        ),
    ),
    scopes=("role:read:list_members:admin",),
    classic_scopes=("role:read:admin",),
    plan="pro",
    parent=Parent("roles", {"role_id": "id"}, dates=False),
)
