"""Attempts in a landing of one's own, as pulls leave them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson

from include.landing import Landing, Manifest
from include.zoom.catalog import STREAMS
from include.zoom.pages import Page, ParentKey
from include.zoom.pull import PullCounts
from include.zoom.redact import without_secrets

ACCOUNT = "abc-1@127.0.0.1:8080"
DAY = date(2026, 11, 1)
AT = datetime(2026, 11, 2, 1, tzinfo=UTC)


def attempt_of(
    landing: Landing,
    stream: str,
    *records: Mapping[str, Any],
    days: Sequence[date] = (DAY,),
    at: datetime = AT,
    account: str = ACCOUNT,
) -> Manifest:
    """A finished pull of these records in one page, without their secrets, as the client gives them."""
    listing = STREAMS[stream].lists[0]
    body = {listing.list_key: records, "total_records": len(records), "next_page_token": ""}
    parent = ParentKey({"meeting_uuid": "m"}, days[0]) if STREAMS[stream].parent else None
    page = Page(0, parent, 1, {}, 200, at, without_secrets(orjson.dumps(body)))
    attempt = landing.begin(account, STREAMS[stream], days=days)
    attempt.write([page])
    return attempt.finish(PullCounts(parents=1))
