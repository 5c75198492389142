"""Attempts in a landing of one's own, as pulls leave them, and a warehouse to load them into."""

import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import psycopg2.extensions

from include.flow.framing import framed
from include.flow.publish import Publication
from include.landing import Landing, Manifest
from include.launch.place import Place
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.pages import Page, ParentKey
from include.zoom.pull import PullCounts
from include.zoom.redact import without_secrets
from include.zoom.stream import Stream

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
    shared: bool = False,
) -> Manifest:
    """A finished pull of these records in one page, without their secrets, as the client gives them."""
    listing = STREAMS[stream].lists[0]
    body = {listing.list_key: records, "total_records": len(records), "next_page_token": ""}
    parent = ParentKey({"meeting_uuid": "m"}, days[0]) if STREAMS[stream].parent else None
    page = Page(0, parent, 1, {}, 200, at, without_secrets(orjson.dumps(body)))
    attempt = landing.begin(account, STREAMS[stream], days=days, shared=shared)
    attempt.write([page])
    return attempt.finish(PullCounts(parents=1))


class House:
    """A landing, a warehouse, and the alerts that were sent."""

    def __init__(self, landing: Landing, uri: str) -> None:
        self.landing, self.warehouse = landing, Warehouse(uri, "zoom")
        self.alerts: list[str] = []
        self.reached = True
        self._connection = psycopg2.connect(uri)
        self._connection.autocommit = True

    @property
    def publication(self) -> Publication:
        """From this landing to this warehouse."""
        return Publication(self.landing, self.warehouse, self.send)

    def publish(self, *records: Mapping[str, Any], of: Stream = STREAMS["groups"], **about: Any) -> Manifest:
        """An extraction, groups unless it is of something else, typed and loaded."""
        pulled = attempt_of(self.landing, of.name, *records, **about)
        self.publication.publish(of, pulled, framed(of, self.landing, pulled))
        return pulled

    def command(
        self, folder: Path, metadata: str, *arguments: str, said: str = "", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """`python -m include.flow` beside a metadata database that has the warehouse's Connection."""
        reach = psycopg2.extensions.parse_dsn(self.warehouse.uri)
        with sqlite3.connect(metadata.removeprefix("sqlite:///")) as database:
            database.execute(
                "INSERT INTO connection (conn_id, conn_type, host, login, port, schema, is_encrypted, is_extra_encrypted) "
                "VALUES ('zoom_warehouse', 'postgres', ?, ?, ?, ?, 0, 0)",
                (reach["host"], reach["user"], reach.get("port"), reach["dbname"]),
            )
        database.close()
        return subprocess.run(
            [sys.executable, "-m", "include.flow", *arguments],
            env={**Place(folder).environment(metadata_uri=metadata, port=1), **settings},
            input=said,
            capture_output=True,
            text=True,
            check=False,
        )

    def send(self, text: str) -> bool:
        """Takes an alert."""
        self.alerts.append(text)
        return self.reached

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """What the warehouse answers."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def execute(self, statement: str) -> None:
        """Does something to the warehouse."""
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def close(self) -> None:
        """Ends the session."""
        self._connection.close()
