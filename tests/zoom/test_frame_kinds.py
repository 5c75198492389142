"""Streams of other shapes: single answers, windows that date their records, items without a root table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from include.zoom.catalog import STREAMS
from include.zoom.frame import FrameCounts, frames
from include.zoom.pages import Page, ParentKey
from include.zoom.stream import Asked, Column, Form, Kind, Label, Listing, Parent, Stream, Table, Type

DAY, NEXT_DAY = date(2026, 11, 1), date(2026, 11, 2)
MOMENT = datetime(2026, 11, 3, tzinfo=UTC)
HOSTS = Stream(
    "hosts",
    Kind.INTERVAL,
    (Listing("/hosts", "users", Label.HEAVY, asked=Asked.EACH_DAY, identity=("id",)),),
    (Table("hosts", "", (Column("id"), Column("minutes", Type.BIGINT)), key=("id",)),),
    (),
    (),
)
LOGS = Stream(
    "logs",
    Kind.INTERVAL,
    (Listing("/logs", "logs", Label.HEAVY, asked=Asked.FROM_TO),),
    (
        Table(
            "logs",
            "",
            (Column("time", Type.TIMESTAMP), Column("action")),
            key=("time", "action", "_ordinal"),
            numbered_within=("time", "action"),
        ),
    ),
    (),
    (),
    dated_by=("time",),
)
ANSWERS = Stream(
    "answers",
    Kind.INTERVAL,
    (Listing("/polls/{uuid}", "questions", Label.MEDIUM, paged=False),),
    (
        Table(
            "answers",
            "",
            (Column("question"), Column("answer")),
            key=("uuid", "email", "question", "_ordinal"),
            records="details",
            inherited=(Column("email"),),
            from_parent=(Column("uuid"),),
            numbered_within=("uuid", "email", "question"),
        ),
    ),
    (),
    (),
    parent=Parent("meetings", {}),
)


def page(body: Mapping[str, Any], parent: ParentKey | None = None, **asked: str) -> Page:
    """A landed page; an underscore behind a parameter's name is dropped."""
    plain = {name.rstrip("_"): value for name, value in asked.items()}
    return Page(0, parent, 1, plain, 200, MOMENT, json.dumps(body).encode())


def rows(
    stream: Stream, pages: Sequence[Page], *columns: str, counts: FrameCounts | None = None
) -> list[Any]:
    """The framed rows of the first table, as tuples of these columns."""
    made = frames(
        stream,
        pages,
        (DAY, NEXT_DAY),
        snapshot_date=None,
        load_id="l",
        extracted_at=MOMENT,
        counts=counts,
    )
    return [tuple(row[name] for name in columns) for batch in made for row in batch.data.to_pylist()]


def test_a_record_without_a_time_is_of_the_day_that_was_asked() -> None:
    """The same host on two days is two rows, and not a repeat."""
    pages = [
        page({"users": [{"id": "a", "minutes": 1}]}, from_="2026-11-01", to="2026-11-01"),
        page(
            {"users": [{"id": "a", "minutes": 2}, {"id": "a", "minutes": 2}]},
            from_="2026-11-02",
            to="2026-11-02",
        ),
    ]
    assert rows(HOSTS, pages, "_slice_date", "id", "minutes") == [(DAY, "a", 1), (NEXT_DAY, "a", 2)]


def test_a_record_without_a_time_is_of_the_day_whose_times_were_asked() -> None:
    """A session that goes on tomorrow is of today as well."""
    (listing,) = HOSTS.lists
    sessions = replace(HOSTS, lists=(replace(listing, asked=Asked.EACH_DAY_TIMES),))
    found = rows(
        sessions,
        [
            page({"users": [{"id": "a"}]}, from_="2026-11-01T00:00:00Z", to="2026-11-02T00:00:00Z"),
            page({"users": [{"id": "a"}]}, from_="2026-11-02T00:00:00Z", to="2026-11-03T00:00:00Z"),
        ],
        "_slice_date",
        "id",
    )
    assert found == [(DAY, "a"), (NEXT_DAY, "a")]


def test_equal_log_lines_of_one_page_are_two_and_of_two_windows_are_one() -> None:
    """A page does not repeat itself; two windows share a day, and a list that moves repeats rows on the next page."""
    twice = [{"time": "2026-11-01T08:00:00Z", "action": "Add"}] * 2
    once = [{"time": "2026-11-02T08:00:00Z", "action": "Delete"}]
    first = [page({"logs": twice + once}, from_="a", to="b"), page({"logs": once}, from_="a", to="b")]
    second = [page({"logs": once + twice[:1]}, from_="b", to="c")]
    counts = FrameCounts()
    assert rows(LOGS, first + second, "action", "_ordinal", counts=counts) == [
        ("Add", 1),
        ("Add", 2),
        ("Delete", 1),
    ]
    assert counts.repeated == 3


def test_items_without_a_root_table_keep_all_of_the_record_that_they_stand_in() -> None:
    """What no column declares of it stands under `_root`; a record without items is a row as well."""
    parent = ParentKey({"uuid": "u"}, DAY)
    details = [{"question": "Lunch?", "answer": "yes", "seen": 1}, {"question": "Lunch?", "answer": "no"}]
    records = [{"email": "a@example.com", "role": "host", "details": details}, {"email": "b@example.com"}]
    counts = FrameCounts()
    found = rows(
        ANSWERS,
        [page({"questions": records}, parent)],
        "email",
        "answer",
        "_ordinal",
        "_extra",
        counts=counts,
    )
    assert [(*row[:3], row[3] and json.loads(row[3])) for row in found] == [
        ("a@example.com", "yes", 2, {"seen": 1, "_root": {"role": "host"}}),
        ("a@example.com", "no", 1, {"_root": {"role": "host"}}),
        ("b@example.com", None, 1, None),
    ]
    assert counts.undeclared == {"answers.seen": 1, "answers._root.role": 2}


def test_a_single_answer_is_its_own_record() -> None:
    """With nested fields and lengths as clocks; two columns may read one field."""
    columns = (
        Column("id"),
        Column("length_seconds", Type.BIGINT, source="length", form=Form.CLOCK),
        Column("usage"),
        Column("usage_bytes", Type.BIGINT, source="usage", form=Form.SIZE),
    )
    details = Stream(
        "details",
        Kind.INTERVAL,
        (Listing("/meetings/{uuid}", "id", Label.LIGHT, whole=True, paged=False),),
        (Table("details", "", columns, key=("id",), from_parent=(Column("uuid"),)),),
        (),
        (),
        parent=Parent("meetings", {}),
    )
    body = {"id": "1", "length": "01:02", "usage": "3 KB", "new": True}
    found = rows(
        details,
        [page(body, ParentKey({"uuid": "u"}, DAY))],
        "uuid",
        "id",
        "length_seconds",
        "usage",
        "usage_bytes",
        "_extra",
    )
    assert found == [("u", "1", 62, "3 KB", 3072, '{"new":true}')]


def test_a_number_in_a_parent_s_key_is_a_number_again() -> None:
    """Keys are text; what is no number, or too large a one, is kept beside its column."""
    registrants = Stream(
        "registrants",
        Kind.INTERVAL,
        (Listing("/webinars/{webinar_id}/registrants", "registrants", Label.MEDIUM),),
        (
            Table(
                "registrants",
                "",
                (Column("email"),),
                key=("webinar_id", "email"),
                from_parent=(Column("webinar_id", Type.BIGINT),),
            ),
        ),
        (),
        (),
        parent=Parent("webinars", {}),
    )
    pages = [
        page({"registrants": [{"email": f"{number}@example.com"}]}, ParentKey({"webinar_id": number}, DAY))
        for number in ("94000000006", "unknown", "9" * 19)
    ]
    assert rows(registrants, pages, "webinar_id", "_extra") == [
        (94000000006, None),
        (None, '{"webinar_id":"unknown"}'),
        (None, '{"webinar_id":9999999999999999999}'),
    ]


def test_a_webinar_in_the_lists_of_two_users_is_two_rows() -> None:
    """Who schedules for others may see theirs: the same webinar is no repeat, and no key that comes twice."""
    body = {"webinars": [{"id": 91, "uuid": "a==", "start_time": "2026-11-05T10:00:00Z"}]}
    pages = [page(body, ParentKey({"user_id": user}, None)) for user in ("host", "assistant")]
    about: Any = {"load_id": "l", "extracted_at": MOMENT}
    made = frames(STREAMS["webinars"], pages, (DAY,), snapshot_date=DAY, **about)
    found = [(row["user_id"], row["id"]) for batch in made for row in batch.data.to_pylist()]
    assert found == [("host", 91), ("assistant", 91)]
