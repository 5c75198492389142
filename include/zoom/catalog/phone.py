"""Zoom Phone's users, queues, numbers and sites, as they are today (phone rates of their own).

https://developers.zoom.us/docs/api/phone/

Off by default, like all of Zoom Phone: it takes a licence that most accounts lack, scopes of its own, and Zoom
does not describe what an account without it is answered.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

NEEDS = "Zoom Phone"
CLASSIC_SCOPES = ("phone:read:admin",)

_SITE = (
    Column("site_id", comment="Site: phone_sites.id", source="site.id"),
    Column("site_name", comment="The site's name", source="site.name"),
)


def _list(path: str, list_key: str, *, page_size: int = 100, paged: bool = True, **params: str) -> Listing:
    return Listing(
        path=path,
        list_key=list_key,
        label=Label.PHONE_MEDIUM,
        paged=paged,
        page_size=page_size,
        params=params,
        counts_records=True,
        identity=("id",),
    )


PHONE_USERS = Stream(
    name="phone_users",
    kind=Kind.SNAPSHOT,
    lists=(_list("/phone/users", "users"),),
    tables=(
        Table(
            name="phone_users",
            comment="Who has a Zoom Phone licence, as of the snapshot's day",
            columns=(
                Column("id", comment="The user: users.id"),
                Column("phone_user_id", comment="The user's id within Zoom Phone"),
                Column("email", comment="The user's address", personal=True),
                Column("name", comment="The user's name", personal=True),
                Column("extension_id", comment="The extension: what calls name as ext_id"),
                Column("extension_number", Type.BIGINT, comment="The extension; beyond 2^31", personal=True),
                Column("phone_numbers", Type.JSON, comment="The user's numbers: id, number", personal=True),
                Column("status", comment="activate or deactivate"),
                Column("activation_status", comment="activated, ready to activate, not ready"),
                Column("calling_plans", Type.JSON, comment="Calling plans: name, type, billing account"),
                Column("department", comment="Department"),
                Column("cost_center", comment="Cost centre"),
                *_SITE,
            ),
            key=("id",),
            person=("id", "email"),
        ),
    ),
    scopes=("phone:read:list_users:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
)

PHONE_CALL_QUEUES = Stream(
    name="phone_call_queues",
    kind=Kind.SNAPSHOT,
    lists=(_list("/phone/call_queues", "call_queues"),),
    tables=(
        Table(
            name="phone_call_queues",
            comment="Queues that share incoming calls among their members, as of the snapshot's day",
            columns=(
                Column("id", comment="The queue"),
                Column("name", comment="The queue's name"),
                Column("extension_id", comment="The extension: what calls name as ext_id"),
                Column("extension_number", Type.BIGINT, comment="The extension; beyond 2^31"),
                Column("phone_numbers", Type.JSON, comment="The queue's numbers: id, number, source"),
                Column("status", comment="active or inactive"),
                *_SITE,
            ),
            key=("id",),
        ),
    ),
    scopes=("phone:read:list_call_queues:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
)

PHONE_CALL_QUEUE_MEMBERS = Stream(
    name="phone_call_queue_members",
    kind=Kind.SNAPSHOT,
    # Zoom describes a page token in the answer, and no parameter for a page's size.
    lists=(_list("/phone/call_queues/{call_queue_id}/members", "call_queue_members", paged=False),),
    tables=(
        Table(
            name="phone_call_queue_members",
            comment="Who answers the calls of which queue, as of the snapshot's day",
            columns=(
                Column("id", comment="The member"),
                Column("name", comment="Name of the user, or of the common area", personal=True),
                Column("level", comment="user or commonArea"),
                Column("receive_call", Type.BOOLEAN, comment="Whether a user takes calls now", volatile=True),
                Column("extension_id", comment="The member's extension"),
            ),
            key=("call_queue_id", "id"),
            from_parent=(Column("call_queue_id", comment="The queue: phone_call_queues.id"),),
            person=("id",),
        ),
    ),
    scopes=("phone:read:list_call_queue_members:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
    parent=Parent("phone_call_queues", {"call_queue_id": "id"}, dates=False),
)

PHONE_NUMBERS = Stream(
    name="phone_numbers",
    kind=Kind.SNAPSHOT,
    # Zoom calls this list deprecated, and describes no other one yet that tells as much.
    # Which numbers it leaves out without these parameters, it does not say.
    lists=(_list("/phone/numbers", "phone_numbers", type="all", pending_numbers="true"),),
    tables=(
        Table(
            name="phone_numbers",
            comment="The account's telephone numbers and whose they are, as of the snapshot's day",
            columns=(
                Column("id", comment="The number's id"),
                Column("number", comment="The number, E.164", personal=True),
                Column("display_name", comment="The number's name", personal=True),
                Column("number_type", comment="toll or tollfree"),
                Column("status", comment="pending or available"),
                Column("source", comment="internal or external"),
                Column("capability", Type.JSON, comment="incoming, outgoing"),
                Column("location", comment="Where the number is at home", personal=True),
                Column("assignee_type", comment="user, callQueue, …", source="assignee.type"),
                Column("assignee_id", comment="Whose it is: phone_users.id, …", source="assignee.id"),
                Column("assignee_name", comment="Whose name", source="assignee.name", personal=True),
                Column(
                    "assignee_extension_number",
                    Type.BIGINT,
                    "Whose extension; beyond 2^31",
                    source="assignee.extension_number",
                    personal=True,
                ),
                Column(
                    "carrier_code", Type.BIGINT, "Carrier, of a number brought along", source="carrier.code"
                ),
                Column("carrier_name", comment="The carrier's name", source="carrier.name"),
                Column("emergency_address", Type.JSON, comment="Street, city, state, zip", personal=True),
                Column("emergency_address_status", Type.BIGINT, comment="1 carrier must update, 2 confirmed"),
                Column("emergency_address_update_time", Type.TIMESTAMP, comment="When it was changed"),
                Column("sip_group_id", comment="SIP group", source="sip_group.id"),
                Column("sip_group_name", comment="The SIP group's name", source="sip_group.display_name"),
                *_SITE,
            ),
            key=("id",),
        ),
    ),
    scopes=("phone:read:list_numbers:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs=NEEDS,
    on_by_default=False,
)

PHONE_SITES = Stream(
    name="phone_sites",
    kind=Kind.SNAPSHOT,
    lists=(_list("/phone/sites", "sites", page_size=300),),
    tables=(
        Table(
            name="phone_sites",
            comment="Sites of an account with several, as of the snapshot's day",
            columns=(
                Column("id", comment="The site"),
                Column("name", comment="The site's name"),
                Column("site_code", Type.BIGINT, comment="What its extensions begin with"),
                Column("country_code", comment="Two letters", source="country.code"),
                Column("country_name", comment="The country's name", source="country.name"),
                Column(
                    "receptionist_id",
                    comment="Its main auto receptionist",
                    source="main_auto_receptionist.id",
                ),
                Column(
                    "receptionist_name",
                    comment="The receptionist's name",
                    source="main_auto_receptionist.name",
                ),
                Column(
                    "receptionist_extension_id",
                    comment="The receptionist's extension",
                    source="main_auto_receptionist.extension_id",
                ),
                Column(
                    "receptionist_extension_number",
                    Type.BIGINT,
                    "The extension's number",
                    source="main_auto_receptionist.extension_number",
                ),
            ),
            key=("id",),
        ),
    ),
    scopes=("phone:read:list_sites:admin",),
    classic_scopes=CLASSIC_SCOPES,
    plan="pro",
    needs="Zoom Phone with several sites",
    on_by_default=False,
)
