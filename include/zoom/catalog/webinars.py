"""Webinars that are scheduled, and what hangs on each: instances, registrants, panelists, tracking sources.

https://developers.zoom.us/docs/api/meetings/#tag/webinars

A list per user: whoever has no webinar licence answers code 200, and an account whose every user does is skipped.
Zoom's file names only the deprecated `page_number` as a parameter of the first list, while its text and its answer
have `next_page_token`; should the token not work, `total_records` shows that pages are missing. A webinar
without registration has neither registrants nor tracking sources, which is an error's code and no empty list.
"""

from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

_NEEDS = "Webinar"
_NO_LICENCE = 200
# Zoom describes a status 404 without a code; of other lists of what took place it is 3001.
_NEVER_HELD = (404, 3001)
NO_REGISTRATION = (404, 3000)
"""The second by Zoom's file; of meetings the first is reported, in the body of the answer as well."""
_CLASSIC = ("webinar:read:admin",)
_OF_WEBINAR = Parent("webinars", {"webinar_id": "id"}, dates=False)
_WEBINAR_ID = Column("webinar_id", Type.BIGINT, "The webinar: webinars.id; beyond 2^31")

WEBINARS = Stream(
    name="webinars",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/users/{user_id}/webinars",
            list_key="webinars",
            label=Label.MEDIUM,
            params={"type": "scheduled"},
            absent=(_NO_LICENCE,),
            counts_records=True,
            identity=("id", "uuid", "start_time"),
        ),
    ),
    tables=(
        Table(
            name="webinars",
            comment="Webinars that have not expired, past and to come; a series may have a row per occurrence",
            columns=(
                Column("id", Type.BIGINT, "Webinar number, the same for a whole series; beyond 2^31"),
                Column("uuid", comment="The instance that it stands for; a new one after each that ends"),
                Column("host_id", comment="Host: users.id"),
                Column("topic", comment="Topic", personal=True),
                Column("agenda", comment="Description, cut by Zoom at 250 characters", personal=True),
                Column(
                    "type", Type.BIGINT, "5 once, 6 recurring at no fixed time, 9 recurring at fixed times"
                ),
                Column("start_time", Type.TIMESTAMP, "Planned start; none for type 6"),
                Column("duration_minutes", Type.BIGINT, "Planned length", source="duration", unit="minutes"),
                Column("timezone", comment="Time zone of the plan, IANA name"),
                Column("created_at", Type.TIMESTAMP, "When it was scheduled"),
                Column("is_simulive", Type.BOOLEAN, "A recording that is played as if it were live"),
                Column("is_events_webinar", Type.BOOLEAN, "Made by Zoom Events"),
            ),
            # Occurrences of a series share the number, and it is not said that they have uuids of their own. Who
            # schedules for others may see their webinars too.
            key=("user_id", "id", "uuid", "start_time"),
            from_parent=(Column("user_id", comment="Whose list it is in: users.id"),),
        ),
    ),
    scopes=("webinar:read:list_webinars:admin",),
    classic_scopes=_CLASSIC,
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=Parent("users", {"user_id": "id"}, dates=False),
)

WEBINAR_INSTANCES = Stream(
    name="webinar_instances",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/past_webinars/{webinar_id}/instances",
            list_key="webinars",
            label=Label.LIGHT,
            absent=(_NO_LICENCE, *_NEVER_HELD),
            paged=False,
            identity=("uuid",),
        ),
    ),
    tables=(
        Table(
            name="webinar_instances",
            comment="When each webinar that has not expired took place, so far",
            columns=(
                Column("uuid", comment="The instance: meetings.meeting_uuid"),
                Column("start_time", Type.TIMESTAMP, "Start"),
            ),
            key=("webinar_id", "uuid"),
            from_parent=(_WEBINAR_ID,),
        ),
    ),
    scopes=("webinar:read:list_past_instances:admin",),
    classic_scopes=_CLASSIC,
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=_OF_WEBINAR,
)

REGISTRANT_COLUMNS = (
    Column("id", comment="The registration"),
    Column("email", comment="Address", personal=True),
    Column("first_name", comment="First name", personal=True),
    Column("last_name", comment="Last name", personal=True),
    Column("status", comment="approved, pending or denied"),
    Column("create_time", Type.TIMESTAMP, "When they registered"),
    Column("address", comment="Street and number", personal=True),
    Column("city", comment="City", personal=True),
    Column("zip", comment="Postal code", personal=True),
    Column("state", comment="State or province", personal=True),
    Column("country", comment="Country, two letters", personal=True),
    Column("phone", comment="Phone number", personal=True),
    Column("org", comment="Where they work", personal=True),
    Column("job_title", comment="What they do there", personal=True),
    Column("industry", comment="Industry of that organisation"),
    Column("no_of_employees", comment="Its size, as a range"),
    Column("purchasing_time_frame", comment="When they mean to buy, as a range"),
    Column("role_in_purchase_process", comment="Their part in the decision to buy", personal=True),
    Column("comments", comment="What they wrote to the host", personal=True),
    Column("custom_questions", Type.JSON, "The host's own questions: title, value", personal=True),
)
"""What the lists of registrants and of absentees tell of a person."""

WEBINAR_REGISTRANTS = Stream(
    name="webinar_registrants",
    kind=Kind.SNAPSHOT,
    # Without a status Zoom lists the approved ones alone.
    lists=tuple(
        Listing(
            path="/webinars/{webinar_id}/registrants",
            list_key="registrants",
            label=Label.MEDIUM,
            params={"status": status},
            absent=(_NO_LICENCE, *NO_REGISTRATION),
            counts_records=True,
            identity=("id", "email"),
        )
        for status in ("approved", "pending", "denied")
    ),
    tables=(
        Table(
            name="webinar_registrants",
            comment="Who registered for each webinar that has not expired, as of the snapshot's day",
            columns=REGISTRANT_COLUMNS,
            key=("webinar_id", "id", "email"),
            key_fallback={"email": "id"},
            from_parent=(_WEBINAR_ID,),
            person=("email",),
        ),
    ),
    scopes=("webinar:read:list_registrants:admin",),
    classic_scopes=_CLASSIC,
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=_OF_WEBINAR,
)

WEBINAR_PANELISTS = Stream(
    name="webinar_panelists",
    kind=Kind.SNAPSHOT,
    lists=(
        Listing(
            path="/webinars/{webinar_id}/panelists",
            list_key="panelists",
            label=Label.MEDIUM,
            absent=(_NO_LICENCE,),
            paged=False,
            counts_records=True,
            identity=("id", "email"),
        ),
    ),
    tables=(
        Table(
            name="webinar_panelists",
            comment="Who is invited to speak at each webinar that has not expired",
            columns=(
                Column("id", comment="The invitation"),
                Column("email", comment="Address", personal=True),
                Column("name", comment="Name", personal=True),
                Column("name_tag_id", comment="The webinar's name tag that is used"),
                Column("name_tag_name", comment="Name on it", personal=True),
                Column("name_tag_pronouns", comment="Pronouns on it", personal=True),
                Column("name_tag_description", comment="What else stands on it", personal=True),
                Column("virtual_background_id", comment="The webinar's background that is used"),
            ),
            key=("webinar_id", "id", "email"),
            key_fallback={"email": "id"},
            from_parent=(_WEBINAR_ID,),
            person=("email",),
        ),
    ),
    scopes=("webinar:read:list_panelists:admin",),
    classic_scopes=_CLASSIC,
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=_OF_WEBINAR,
)

WEBINAR_TRACKING_SOURCES = Stream(
    name="webinar_tracking_sources",
    kind=Kind.SNAPSHOT,
    lists=(
        # Its `total_records` counts registrations, not sources.
        Listing(
            path="/webinars/{webinar_id}/tracking_sources",
            list_key="tracking_sources",
            label=Label.MEDIUM,
            absent=(_NO_LICENCE, *NO_REGISTRATION),
            paged=False,
            identity=("id",),
        ),
    ),
    tables=(
        Table(
            name="webinar_tracking_sources",
            comment="Where registrants of each webinar that has not expired come from",
            columns=(
                Column("id", comment="The source"),
                Column("source_name", comment="Where the link was published"),
                Column("tracking_url", comment="The link"),
                Column("registration_count", Type.BIGINT, "Registrations through it", volatile=True),
                Column("visitor_count", Type.BIGINT, "Visits of the page through it", volatile=True),
            ),
            key=("webinar_id", "id"),
            from_parent=(_WEBINAR_ID,),
        ),
    ),
    scopes=("webinar:read:list_tracking_sources:admin",),
    classic_scopes=_CLASSIC,
    plan="pro",
    needs=_NEEDS,
    on_by_default=False,
    parent=_OF_WEBINAR,
)
