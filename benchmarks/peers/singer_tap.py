"""A tap for Zoom over the Meltano Singer SDK, as its documentation has one written.

https://sdk.meltano.com/en/latest/dev_guide.html: REST streams, a child stream by `get_child_context`, an OAuth
authenticator. The SDK asks one request after another.
"""

import base64
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import OAuthAuthenticator
from singer_sdk.pagination import JSONPathPaginator

from benchmarks.peers.task import STATUSES

TEXT, NUMBER, YES_OR_NO, MOMENT = th.StringType, th.IntegerType, th.BooleanType, th.DateTimeType
NESTED = th.CustomType({"type": ["object", "array", "null"]})


def schema(**properties: Any) -> dict[str, Any]:  # noqa: ANN401
    """A stream's schema."""
    found = th.PropertiesList(*(th.Property(name, kind) for name, kind in properties.items())).to_dict()
    return dict(found)


class ZoomAuthenticator(OAuthAuthenticator):
    """Zoom's server-to-server grant."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        pair = f"{config['client_id']}:{config['client_secret']}"
        super().__init__(
            auth_endpoint=f"{config['url']}/oauth/token",
            default_expiration=3600,
            oauth_headers={"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"},
        )
        self._account_id = config["account_id"]

    @property
    def oauth_request_body(self) -> dict[str, Any]:
        """What the token endpoint is asked."""
        return {"grant_type": "account_credentials", "account_id": self._account_id}


class ZoomStream(RESTStream):
    """Lists that are paged by a token."""

    @property
    def url_base(self) -> str:
        """The API."""
        return f"{self.config['url']}/v2"

    @cached_property
    def authenticator(self) -> ZoomAuthenticator:
        """One token for the stream."""
        return ZoomAuthenticator(self.config)

    def get_new_paginator(self) -> JSONPathPaginator:
        """The next page's token, if it is not empty."""
        return JSONPathPaginator("$.next_page_token")

    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: str | None
    ) -> dict[str, Any]:
        """Page size and token."""
        del context
        token = {"next_page_token": next_page_token} if next_page_token else {}
        return {"page_size": 300, **token}


class Users(ZoomStream):
    """The users of every status."""

    name = "users"
    path = "/users"
    primary_keys = ("email",)
    records_jsonpath = "$.users[*]"
    partitions = [{"asked": status} for status in STATUSES]  # noqa: RUF012 - the SDK's own attribute
    state_partitioning_keys = ()
    schema = schema(
        id=TEXT,
        email=TEXT,
        status=TEXT,
        type=NUMBER,
        first_name=TEXT,
        last_name=TEXT,
        display_name=TEXT,
        dept=TEXT,
        role_id=TEXT,
        pmi=NUMBER,
        timezone=TEXT,
        verified=NUMBER,
        user_created_at=MOMENT,
        created_at=MOMENT,
        last_login_time=MOMENT,
        last_client_version=TEXT,
        employee_unique_id=TEXT,
        language=TEXT,
        group_ids=th.ArrayType(TEXT),
        login_types=th.ArrayType(NUMBER),
        custom_attributes=th.ArrayType(th.ObjectType(additional_properties=True)),
        license_info_list=th.ArrayType(th.ObjectType(additional_properties=True)),
    )

    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: str | None
    ) -> dict[str, Any]:
        """Of one status."""
        params = super().get_url_params(context, next_page_token)
        return params | {"status": (context or {})["asked"]}


class Meetings(ZoomStream):
    """The day's meetings and webinars."""

    name = "meetings"
    path = "/report/history_meetings"
    primary_keys = ("meeting_uuid",)
    records_jsonpath = "$.history_meetings[*]"
    schema = schema(
        meeting_uuid=TEXT,
        meeting_id=NUMBER,
        type=TEXT,
        host_display_name=TEXT,
        host_email=TEXT,
        start_time=MOMENT,
        end_time=MOMENT,
        create_time=MOMENT,
        topic=TEXT,
        participants=NUMBER,
        duration=NUMBER,
        total_participant_minutes=NUMBER,
        department=TEXT,
        group=th.ArrayType(TEXT),
        source=TEXT,
        unique_viewers=NUMBER,
        max_concurrent_views=NUMBER,
        feature_used=th.ObjectType(additional_properties=True),
        custom_fields=th.ArrayType(th.ObjectType(additional_properties=True)),
        tracking_fields=th.ArrayType(th.ObjectType(additional_properties=True)),
    )

    def get_url_params(
        self, context: Mapping[str, Any] | None, next_page_token: str | None
    ) -> dict[str, Any]:
        """Of the day."""
        params = super().get_url_params(context, next_page_token)
        return params | {"from": self.config["day"], "to": self.config["day"]}

    def generate_child_contexts(
        self, record: Mapping[str, Any], context: Mapping[str, Any] | None
    ) -> Iterable[dict[str, Any]]:
        """Webinars have no participants in this list."""
        del context
        if record["type"] == "Meeting":
            yield {"meeting_uuid": record["meeting_uuid"]}


class Participants(ZoomStream):
    """Of each meeting. They have no key of their own: this one keeps one of two who are alike."""

    name = "meeting_participants"
    path = "/past_meetings/{in_path}/participants"
    parent_stream_type = Meetings
    primary_keys = ("meeting_uuid", "user_id", "join_time")
    records_jsonpath = "$.participants[*]"
    state_partitioning_keys = ()
    schema = schema(
        meeting_uuid=TEXT,
        id=TEXT,
        user_id=TEXT,
        name=TEXT,
        user_email=TEXT,
        registrant_id=TEXT,
        join_time=MOMENT,
        leave_time=MOMENT,
        duration=NUMBER,
        status=TEXT,
        failover=YES_OR_NO,
        internal_user=YES_OR_NO,
        network_type=TEXT,
    )

    def get_url(self, context: Mapping[str, Any] | None) -> str:
        """Zoom wants some uuids encoded twice."""
        uuid = (context or {})["meeting_uuid"]
        once = quote(uuid, safe="")
        in_path = quote(once, safe="") if uuid.startswith("/") or "//" in uuid else once
        return f"{self.url_base}/past_meetings/{in_path}/participants"

    def post_process(self, row: dict[str, Any], context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """With the meeting, which the record does not name."""
        return row | dict(context or {})


class TapZoom(Tap):
    """Users, meetings, participants."""

    name = "tap-zoom"
    config_jsonschema = schema(url=TEXT, day=TEXT, account_id=TEXT, client_id=TEXT, client_secret=TEXT)

    def discover_streams(self) -> list[ZoomStream]:
        """All three."""
        return [Users(self), Meetings(self), Participants(self)]


if __name__ == "__main__":
    TapZoom.cli()
