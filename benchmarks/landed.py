"""Landed pulls of any size, made without a Zoom: what a benchmark of `transform` and `load` reads."""

import base64
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

import orjson

from include.landing import Landing, Manifest
from include.zoom.catalog import STREAMS
from include.zoom.pages import Page, ParentKey, Record
from include.zoom.pull import PullCounts

ACCOUNT = "benchmark@zoom.us"
DAY = date(2026, 11, 1)
RECEIVED_AT = datetime(2026, 11, 3, 1, tzinfo=UTC)
PAGE_RECORDS = 300
FIRST_NAMES = ("Ada", "Björn", "Chloé", "Dmitri", "Eun-ji", "Fatima", "Grace", "Hồng")
GUESTS = 0.3
"""The share of participants without a Zoom id, of whom most have no address either."""


@dataclass(frozen=True)
class Meetings:
    """How many participants came to meetings of which size."""

    participants: int
    each: int
    new_field: bool = False
    """Whether Zoom sends a field in each record that no column declares."""

    def pages(self) -> Iterator[list[Page]]:
        """The pages of one meeting after the other, as `past_meetings/{uuid}/participants` answers."""
        for first, records in self.meetings():
            parent = ParentKey({"meeting_uuid": _zoom_id(first, 24)}, DAY)
            yield [
                Page(0, parent, number, {}, 200, RECEIVED_AT, _body("participants", page, len(records)))
                for number, page in enumerate(_paged(iter(records)), start=1)
            ]

    def meetings(self) -> Iterator[tuple[int, list[Record]]]:
        """Each meeting's number and its participants, always the same."""
        for first in range(0, self.participants, self.each):
            chance = random.Random(first)  # noqa: S311 - a draw
            numbers = range(first, min(first + self.each, self.participants))
            yield first, [self._record(chance, number) for number in numbers]

    def _record(self, chance: random.Random, number: int) -> Record:
        joined = datetime(2026, 11, 1, 8, tzinfo=UTC) + timedelta(seconds=chance.randrange(36_000))
        duration = chance.randrange(30, 5_400)
        guest, person = chance.random() < GUESTS, chance.randrange(50_000)
        name = f"{FIRST_NAMES[person % 8]} Example {person}"
        record = {
            "id": "" if guest else _zoom_id(person, 22),
            "name": name,
            "user_id": f"{16_778_240 + number}",
            "registrant_id": "",
            "user_email": "" if guest else f"person.{person}@example.com",
            "join_time": f"{joined:%Y-%m-%dT%H:%M:%SZ}",
            "leave_time": f"{joined + timedelta(seconds=duration):%Y-%m-%dT%H:%M:%SZ}",
            "duration": duration,
            "failover": False,
            "status": "in_meeting",
            "internal_user": not guest,
        }
        return record | ({"camera": person % 3} if self.new_field else {})


@dataclass(frozen=True)
class History:
    """The account's list of the meetings that these participants came to."""

    of: Meetings

    def pages(self) -> Iterator[list[Page]]:
        """All pages of `report/history_meetings`."""
        records = (_meeting(*meeting) for meeting in self.of.meetings())
        yield [
            Page(0, None, number, {}, 200, RECEIVED_AT, _body("history_meetings", page, 0))
            for number, page in enumerate(_paged(records), start=1)
        ]


@dataclass(frozen=True)
class Users:
    """A snapshot of an account's people."""

    people: int

    def pages(self) -> Iterator[list[Page]]:
        """All pages of the list of active users."""
        records = (_user(number) for number in range(self.people))
        yield [
            Page(0, None, number, {"status": "active"}, 200, RECEIVED_AT, _body("users", page, self.people))
            for number, page in enumerate(_paged(records), start=1)
        ]


def _paged(records: Iterator[Record]) -> Iterator[list[Record]]:
    while page := list(islice(records, PAGE_RECORDS)):
        yield page


def _body(list_key: str, page: list[Record], total: int) -> bytes:
    return orjson.dumps({"page_size": PAGE_RECORDS, "total_records": total, list_key: page})


def _zoom_id(number: int, length: int) -> str:
    return base64.b64encode(hashlib.sha256(f"{number}".encode()).digest()).decode()[:length]


def _meeting(number: int, participants: list[Record]) -> Record:
    host = number % 4999
    return {
        "meeting_uuid": _zoom_id(number, 24),
        "meeting_id": 80_000_000_000 + number,
        "type": "Meeting",
        "topic": f"Weekly {number % 97}",
        "host_display_name": f"{FIRST_NAMES[host % 8]} Example {host}",
        "host_email": f"person.{host}@example.com",
        "department": f"Department {host % 40}",
        "group": [f"Group {host % 40}"],
        "start_time": min(str(each["join_time"]) for each in participants),
        "end_time": max(str(each["leave_time"]) for each in participants),
        "create_time": "2026-10-01T08:00:00Z",
        "duration": 60,
        "participants": len(participants),
        "total_participant_minutes": round(sum(each["duration"] for each in participants) / 60),
        "source": "Zoom",
        "custom_fields": [{"key": "cost_center", "value": f"{host % 90}"}],
        "feature_used": {"screen_sharing": True, "recording": False},
    }


def _user(number: int) -> Record:
    first, last = FIRST_NAMES[number % 8], f"Example {number % 4999}"
    return {
        "id": _zoom_id(number, 22),
        "email": f"person.{number}@example.com",
        "status": "active",
        "type": 2,
        "first_name": first,
        "last_name": last,
        "display_name": f"{first} {last}",
        "dept": f"Department {number % 40}",
        "role_id": "2",
        "pmi": 5_000_000_000 + number,
        "timezone": "Europe/Zurich",
        "verified": 1,
        "created_at": "2025-01-01T08:00:00Z",
        "user_created_at": "2025-01-01T08:00:00Z",
        "last_login_time": f"2026-11-01T{number % 24:02}:{number % 60:02}:00Z",
        "last_client_version": f"6.5.{number % 3}(mac)",
        "group_ids": [f"group-{number % 40}"],
        "login_types": [101],
        "custom_attributes": [{"key": "cost_center", "name": "Cost centre", "value": f"{number % 90}"}],
        "phone_number": "",
    }


def land(landing: Landing, stream: str, units: Iterator[list[Page]]) -> Manifest:
    """The finished pull of these pages."""
    attempt = landing.begin(ACCOUNT, STREAMS[stream], days=(DAY,))
    for pages in units:
        attempt.write(pages)
    return attempt.finish(PullCounts())
