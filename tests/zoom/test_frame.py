"""From raw pages to typed rows: nothing is lost, doubled or changed."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.zoom.catalog import STREAMS
from include.zoom.errors import RepeatedKey, UnexpectedAnswer
from include.zoom.frame import Batch, FrameCounts, frames
from include.zoom.layout import REJECTED, arrow_schema
from include.zoom.pages import Page, ParentKey
from include.zoom.roots import Roots
from include.zoom.rows import rows_of, typed
from include.zoom.seats import Unsettled
from include.zoom.stream import Column, Kind, Label, Listing, Parent, Stream, Table, Type

DAY = date(2026, 11, 1)
NEXT_DAY = date(2026, 11, 2)
EXTRACTED = datetime(2026, 11, 3, 4, 5, 6, tzinfo=UTC)

MEETING_COLUMNS = (
    Column("uuid"),
    Column("topic"),
    Column("number", Type.BIGINT, source="id"),
    Column("start_time", Type.TIMESTAMP),
    Column("in_call", Type.BOOLEAN, source="settings.voip.on"),
    Column("tags", Type.JSON),
)
MEETINGS = Table("meetings", "", MEETING_COLUMNS, key=("uuid",))
FILES = Table(
    "files",
    "",
    (Column("id"), Column("size", Type.BIGINT)),
    key=("uuid", "id"),
    records="files",
    inherited=(Column("uuid"),),
)
SEATS = Table(
    "seats",
    "",
    (Column("user_id"), Column("join_time", Type.TIMESTAMP), Column("name")),
    key=("meeting_uuid", "user_id", "join_time", "_ordinal"),
    from_parent=(Column("meeting_uuid"),),
    numbered_within=("meeting_uuid", "user_id", "join_time"),
)


def listing(**settings: Any) -> Listing:
    """A list whose records stand under `items`."""
    return Listing(path="/items", list_key="items", label=Label.MEDIUM, **settings)


MEETING_STREAM = Stream(
    "meetings",
    Kind.INTERVAL,
    (listing(identity=("uuid",)), listing(identity=("uuid",))),
    (MEETINGS, FILES),
    (),
    (),
    dated_by=("start_time", "end_time"),
)
SEAT_STREAM = Stream(
    "seats", Kind.INTERVAL, (listing(counts_records=True),), (SEATS,), (), (), parent=Parent("meetings", {})
)


def page(
    records: Sequence[Mapping[str, Any]],
    *,
    number: int = 1,
    of: int = 0,
    parent: ParentKey | None = None,
    total: int | None = None,
    key: str = "items",
) -> Page:
    """A landed page."""
    body = json.dumps({key: records, "total_records": total}).encode()
    return Page(of, parent, number, {}, 200, EXTRACTED, body)


def meeting(uuid: str, **fields: Any) -> dict[str, Any]:
    """A meeting of the day, unless the fields say otherwise."""
    return {"uuid": uuid, "start_time": "2026-11-01T09:00:00Z", **fields}


def seats_of(uuid: str, records: Sequence[Mapping[str, Any]], day: date | None = DAY) -> Page:
    """All seats of a meeting in one page."""
    return page(records, parent=ParentKey({"meeting_uuid": uuid}, day), total=len(records))


def framed(
    stream: Stream, pages: Sequence[Page], slices: Sequence[date] = (DAY,), **settings: Any
) -> list[Batch]:
    """What `frames` gives."""
    arguments = {"snapshot_date": None, "load_id": "load-1", "extracted_at": EXTRACTED, **settings}
    return list(frames(stream, pages, slices, **arguments))


def rows(batches: Sequence[Batch], table: str, *columns: str) -> list[tuple[Any, ...]]:
    """The values of some columns of a table, batch after batch."""
    found = [row for batch in batches if batch.table.name == table for row in batch.data.to_pylist()]
    return [tuple(row[name] for name in columns) for row in found]


def test_a_record_becomes_a_typed_row() -> None:
    """Declared fields become typed columns, renamed and out of nested objects where so declared."""
    record = meeting(
        "a+/=", topic="Plan", id=97151043254, settings={"voip": {"on": True}}, tags=["x", {"y": None}]
    )
    (batch,) = framed(MEETING_STREAM, [page([record])])
    assert (batch.table, batch.slice_date, batch.data.schema) == (MEETINGS, DAY, arrow_schema(MEETINGS))
    assert batch.data.to_pylist() == [
        {
            "uuid": "a+/=",
            "topic": "Plan",
            "number": 97151043254,
            "start_time": datetime(2026, 11, 1, 9, tzinfo=UTC),
            "in_call": True,
            "tags": '["x",{"y":null}]',
            "_extra": None,
            "_slice_date": DAY,
            "_load_id": "load-1",
            "_extracted_at": EXTRACTED,
        }
    ]


def test_undeclared_fields_are_kept_and_counted() -> None:
    """What no column declares stays in `_extra` as it came, nested where it was nested."""
    counts = FrameCounts()
    record = meeting("u", new={"a": [1]}, empty="", settings={"voip": {"on": False, "off": 1}, "x": None})
    batches = framed(MEETING_STREAM, [page([record])], counts=counts)
    ((extra,),) = rows(batches, "meetings", "_extra")
    assert json.loads(extra) == {"new": {"a": [1]}, "empty": "", "settings": {"voip": {"off": 1}, "x": None}}
    assert counts.undeclared == {
        "meetings.new": 1,
        "meetings.empty": 1,
        "meetings.settings.voip.off": 1,
        "meetings.settings.x": 1,
    }


def test_a_value_that_does_not_fit_is_null_and_kept() -> None:
    """A value of another type, also deep in an object, is NULL in its column and unchanged in `_extra`."""
    counts = FrameCounts()
    records = [
        meeting("u", id="12", topic=7, settings={"voip": {"on": "yes", "off": 2}}),
        meeting("v", settings="none"),
    ]
    batches = framed(MEETING_STREAM, [page(records)], counts=counts)
    first, second = rows(batches, "meetings", "number", "topic", "in_call", "_extra")
    assert first[:3] == (None, None, None)
    assert json.loads(first[3]) == {"id": "12", "topic": 7, "settings": {"voip": {"on": "yes", "off": 2}}}
    assert json.loads(second[3]) == {"settings": "none"}
    assert counts.misfits == {"meetings.number": 1, "meetings.topic": 1, "meetings.in_call": 1}


def test_the_items_of_a_list_become_rows_of_their_own_table() -> None:
    """A nested list's items inherit what is declared and their root's day; the root does not keep the list."""
    record = meeting("u", files=[{"id": "f1", "size": 3}, {"size": 4, "start_time": "2030-01-01T00:00:00Z"}])
    batches = framed(MEETING_STREAM, [page([record])])
    assert rows(batches, "files", "uuid", "id", "size", "_slice_date") == [
        ("u", "f1", 3, DAY),
        ("u", None, 4, DAY),
    ]
    assert rows(batches, "meetings", "_extra") == [(None,)]


@pytest.mark.parametrize(("files", "kept"), [("none", "none"), ([{"id": "f"}, 5], [5]), ({"a": 1}, {"a": 1})])
def test_what_is_no_list_of_objects_is_kept(files: object, kept: object) -> None:
    """Where a table's list should be stands something else: the root's `_extra` keeps it."""
    ((extra,),) = rows(framed(MEETING_STREAM, [page([meeting("u", files=files)])]), "meetings", "_extra")
    assert json.loads(extra) == {"files": kept}


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_warehouse_stores_is_replaced_and_counted(text: str) -> None:
    """NUL and lone surrogates become U+FFFD in text, JSON and `_extra`."""
    counts = FrameCounts()
    record = meeting("u", topic=text, tags=[text, {text: 1}], new=text)
    batches = framed(MEETING_STREAM, [page([record])], counts=counts)
    ((topic, tags, extra),) = rows(batches, "meetings", "topic", "tags", "_extra")
    assert (topic, json.loads(tags), json.loads(extra)) == (
        "a\ufffdb",
        ["a\ufffdb", {"a\ufffdb": 1}],
        {"new": "a\ufffdb"},
    )
    assert counts.replaced == 3


def test_a_written_backslash_is_no_nul() -> None:
    """A text that spells an escape out stays as it is."""
    counts = FrameCounts()
    batches = framed(MEETING_STREAM, [page([meeting("u", tags=[r"\u0000"])])], counts=counts)
    ((tags,),) = rows(batches, "meetings", "tags")
    assert (json.loads(tags), counts.replaced) == ([r"\u0000"], 0)


def test_big_integers_stay_exact() -> None:
    """2^53+1 is no float; what 64 bits can't hold is kept with all its digits."""
    records = [meeting("u", id=2**53 + 1), meeting("v", id=2**63, tags=[2**70])]
    first, second = rows(framed(MEETING_STREAM, [page(records)]), "meetings", "number", "tags", "_extra")
    assert first[0] == 9007199254740993
    assert second == (None, "[1180591620717411303424]", '{"id":9223372036854775808}')


def test_a_margin_is_trimmed_by_the_records_own_time() -> None:
    """Records of the days around the window are counted and left out."""
    counts = FrameCounts()
    times = [
        "2026-10-31T23:59:59Z",
        "2026-11-01T00:00:00Z",
        "2026-11-02T01:00:00+02:00",
        "2026-11-02T00:00:00Z",
    ]
    records = [meeting(str(number), start_time=time) for number, time in enumerate(times)]
    batches = framed(MEETING_STREAM, [page(records)], counts=counts)
    assert rows(batches, "meetings", "uuid") == [("1",), ("2",)]
    assert counts.trimmed == 2


def test_keys_are_compared_to_the_last_digit() -> None:
    """Long numbers that no float tells apart are different keys, beside one that is NULL too."""
    table = Table("calls", "", (Column("id", Type.BIGINT),), key=("id",))
    stream = Stream("calls", Kind.SNAPSHOT, (listing(),), (table,), (), ())
    records = [{"id": 2**53}, {"id": 2**53 + 1}, {"id": "x"}]
    (batch,) = framed(stream, [page(records)], snapshot_date=DAY)
    assert batch.data["id"].to_pylist() == [2**53, 2**53 + 1, None]


def test_a_key_that_comes_again_in_another_batch_is_an_error() -> None:
    """Uniqueness is the slice's, however many batches it has."""
    seats = [seats_of(uuid, [{"user_id": "1"}]) for uuid in ("u", "v", "u")]
    with pytest.raises(RepeatedKey, match="1 rows have the key"):
        framed(SEAT_STREAM, seats, batch_rows=1)


def test_the_first_field_with_a_time_tells_the_day() -> None:
    """Without a start the end counts."""
    records = [meeting("u", start_time="", end_time="2026-11-02T10:00:00Z")]
    assert [batch.slice_date for batch in framed(MEETING_STREAM, [page(records)], [DAY, NEXT_DAY])] == [
        NEXT_DAY
    ]


def test_a_record_without_a_day_is_rejected_with_its_json() -> None:
    """A record that belongs nowhere is kept whole at the first slice of its window."""
    counts = FrameCounts()
    record = {"uuid": "u", "start_time": "22 December 2021", "files": [{"id": 1}]}
    (batch,) = framed(MEETING_STREAM, [page([record])], [NEXT_DAY, DAY], counts=counts)
    assert (batch.table, batch.slice_date, batch.data.schema) == (REJECTED, DAY, arrow_schema(REJECTED))
    ((stream, reason, parent, text),) = rows([batch], "rejected_rows", "stream", "reason", "parent", "record")
    assert (stream, reason, parent) == ("meetings", "none of the fields that tell its day has one", None)
    assert json.loads(text) == record
    assert counts.rejected == {"none of the fields that tell its day has one": 1}


def test_a_record_without_a_key_is_rejected_and_never_taken_for_another() -> None:
    """Two records whose keys are missing are two, and both are kept."""
    records = [meeting("", topic="a"), meeting("", topic="b"), {"start_time": "2026-11-01T09:00:00Z"}]
    found = rows(framed(MEETING_STREAM, [page(records)]), "rejected_rows", "reason", "record")
    assert [(reason, json.loads(text).get("topic")) for reason, text in found] == [
        ("all fields of its key are empty", "a"),
        ("all fields of its key are empty", "b"),
        ("all fields of its key are empty", None),
    ]


def test_a_record_that_comes_twice_is_one_row() -> None:
    """Zoom repeats records across pages and across lists of a stream."""
    counts = FrameCounts()
    pages = [page([meeting("u"), meeting("v")]), page([meeting("v")], number=2), page([meeting("u")], of=1)]
    assert rows(framed(MEETING_STREAM, pages, counts=counts), "meetings", "uuid") == [("u",), ("v",)]
    assert counts.repeated == 2


def test_a_key_that_comes_twice_in_a_slice_fails() -> None:
    """Two files of one recording with the same key: nothing of it may be loaded; NULL equals NULL."""
    with pytest.raises(UnexpectedAnswer, match=r"files of 2026-11-01: 1 rows have the key \(uuid, id\)"):
        framed(MEETING_STREAM, [page([meeting("u", files=[{"size": 1}, {"id": "", "size": 2}])])])


def test_a_user_who_has_two_addresses_at_once_fails() -> None:
    """An address stands in the key only for a missing id: one id with two addresses is one key twice."""
    records = [{"id": "a", "email": "one@x.org"}, {"id": "a", "email": "two@x.org"}]
    with pytest.raises(UnexpectedAnswer, match="1 rows have the key"):
        framed(STREAMS["users"], [page(records, key="users")], snapshot_date=DAY)
    pending = [{"email": "one@x.org"}, {"email": "two@x.org"}, {"id": "b", "email": "two@x.org"}]
    found = rows(
        framed(STREAMS["users"], [page(pending, key="users")], snapshot_date=DAY), "users", "id", "email"
    )
    assert sorted(found, key=str) == [("b", "two@x.org"), (None, "one@x.org"), (None, "two@x.org")]


def test_a_key_is_unique_across_batches() -> None:
    """A key that comes again in a later batch is found too."""
    stream = Stream(
        "m",
        Kind.INTERVAL,
        (listing(identity=("uuid", "topic")),),
        (MEETINGS,),
        (),
        (),
        dated_by=("start_time",),
    )
    pages = [page([meeting("u", topic="a")]), page([meeting("u", topic="b")], number=2)]
    with pytest.raises(UnexpectedAnswer, match="meetings of 2026-11-01"):
        framed(stream, pages, batch_rows=1)


def test_the_same_key_on_two_days_is_two_rows() -> None:
    """Keys are unique within a slice, not beyond it."""
    stream = Stream(
        "m",
        Kind.INTERVAL,
        (listing(identity=("uuid", "topic")),),
        (MEETINGS,),
        (),
        (),
        dated_by=("start_time",),
    )
    records = [meeting("u", topic="a"), meeting("u", topic="b", start_time="2026-11-02T00:00:00Z")]
    assert len(rows(framed(stream, [page(records)], [DAY, NEXT_DAY]), "meetings", "uuid")) == 2


def test_a_child_belongs_to_its_parents_day() -> None:
    """Who joins at ten past midnight belongs to the meeting of the day before."""
    records = [{"user_id": "1", "join_time": "2026-11-02T00:10:00Z", "name": "Ada"}]
    assert rows(
        framed(SEAT_STREAM, [seats_of("u", records)]), "seats", "meeting_uuid", "name", "_slice_date"
    ) == [("u", "Ada", DAY)]


def test_a_child_whose_parent_has_no_day_is_rejected() -> None:
    """A parent without a day gives none, and its child is kept with its parent's key."""
    batches = framed(SEAT_STREAM, [seats_of("u", [{"user_id": "1"}], None)])
    assert rows(batches, "rejected_rows", "parent", "record") == [('{"meeting_uuid":"u"}', '{"user_id":"1"}')]


def test_twins_are_numbered_by_content() -> None:
    """Equal seats have equal numbers whatever the order in which they come; guests without an id too."""
    seats = [
        {"user_id": None, "name": "b"},
        {"user_id": None, "name": "a"},
        {"user_id": "1"},
        {"user_id": "", "name": "c"},
    ]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2]):
        found = rows(
            framed(SEAT_STREAM, [seats_of("u", [seats[i] for i in order])]), "seats", "name", "_ordinal"
        )
        assert sorted(found, key=str) == [("a", 1), ("b", 2), ("c", 3), (None, 1)]


def test_a_meeting_counts_on_its_own() -> None:
    """Each meeting's seats are numbered from 1, in batches that end with a meeting."""
    seats = [{"user_id": "1"}, {"user_id": "1"}]
    pages = [seats_of(uuid, seats) for uuid in ("u", "v", "w")]
    batches = framed(SEAT_STREAM, pages, batch_rows=3)
    assert [batch.data.num_rows for batch in batches] == [4, 2]
    assert rows(batches, "seats", "meeting_uuid", "_ordinal") == [
        ("u", 1), ("u", 2), ("v", 1), ("v", 2), ("w", 1), ("w", 2),
    ]  # fmt: skip


def test_a_seat_on_two_pages_is_kept_once() -> None:
    """More rows than Zoom counts: the one that came again is left out and counted."""
    counts, parent = FrameCounts(), ParentKey({"meeting_uuid": "u"}, DAY)
    ada, bob = {"user_id": "1", "name": "Ada"}, {"user_id": "2", "name": "Bob"}
    pages = [page([ada, bob], parent=parent, total=2), page([bob], parent=parent, total=2, number=2)]
    assert rows(framed(SEAT_STREAM, pages, counts=counts), "seats", "name") == [("Ada",), ("Bob",)]
    assert counts.repeated == 1


def test_a_missing_seat_fails() -> None:
    """Fewer rows than Zoom counts are never framed."""
    with pytest.raises(Unsettled):
        framed(SEAT_STREAM, [page([{"user_id": "1"}], parent=ParentKey({"meeting_uuid": "u"}, DAY), total=2)])


def test_a_snapshot_belongs_to_its_extractions_day() -> None:
    """A snapshot's rows have the day they were asked, whatever their fields say."""
    table = Table("users", "", (Column("id"), Column("email")), key=("id", "email"))
    stream = Stream("users", Kind.SNAPSHOT, (listing(identity=("id", "email")),), (table,), (), ())
    records = [{"id": "1", "email": "a"}, {"email": "b"}, {"id": "", "email": "c"}]
    batches = framed(stream, [page(records)], [NEXT_DAY], snapshot_date=NEXT_DAY)
    assert rows(batches, "users", "id", "email", "_slice_date") == [
        ("1", "a", NEXT_DAY),
        (None, "b", NEXT_DAY),
        (None, "c", NEXT_DAY),
    ]


def test_a_months_days_belong_to_its_first() -> None:
    """A month is never trimmed to days; a day of a month that was not asked is rejected, not dropped."""
    table = Table("usage", "", (Column("date", Type.DATE), Column("n", Type.BIGINT)), key=("date",))
    stream = Stream("usage", Kind.MONTH, (listing(identity=("date",)),), (table,), (), (), dated_by=("date",))
    records = [{"date": "2026-11-01", "n": 1}, {"date": "2026-11-30", "n": 2}, {"date": "2026-12-01", "n": 3}]
    batches = framed(stream, [page(records)])
    assert rows(batches, "usage", "date", "n", "_slice_date") == [
        (date(2026, 11, 1), 1, DAY),
        (date(2026, 11, 30), 2, DAY),
    ]
    assert rows(batches, "rejected_rows", "reason", "record") == [
        ("it belongs to a month that was not asked", '{"date":"2026-12-01","n":3}')
    ]


def test_nothing_gives_nothing() -> None:
    """Pages without a record give no batch: the load empties the slices."""
    assert framed(MEETING_STREAM, [page([])]) == []
    assert framed(MEETING_STREAM, []) == []


@pytest.mark.parametrize("records", [[], [{}]])
def test_an_empty_input_has_every_column(records: list[dict[str, Any]]) -> None:
    """No row, or a row of nothing, has all columns with their types."""
    roots = [Roots(records, None, DAY)]
    table = typed(MEETING_STREAM, MEETINGS, rows_of(MEETING_STREAM, MEETINGS, roots), FrameCounts())
    wanted = arrow_schema(MEETINGS)
    assert table.schema.names == wanted.names[: len(table.schema.names)] == [*wanted.names[:6], "_extra"]
    assert table.schema.types == wanted.types[:7]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["topic", "id", "settings", "tags", "start", "x"]), JSON))
def test_any_value_is_in_its_column_or_in_extra(fields: dict[str, Any]) -> None:
    """Whatever Zoom may send is found again, unchanged, in its column or in `_extra`."""
    record = orjson.loads(orjson.dumps(fields)) if storable(fields) else {}
    ((topic, number, tags, extra),) = rows(
        framed(MEETING_STREAM, [page([meeting("u", **record)])]),
        "meetings",
        "topic",
        "number",
        "tags",
        "_extra",
    )
    kept = json.loads(extra) if extra else {}
    for name, column in (("topic", topic), ("id", number), ("tags", json.loads(tags) if tags else None)):
        sent = record.get(name)
        found = column if column is not None else kept.get(name)
        assert same(found, None if sent == "" else sent)
    assert same(kept.get("x"), record.get("x"))


def storable(value: object) -> bool:
    """Whether a value has no NUL and no integer beyond 64 bits."""
    text = json.dumps(value)
    if "\\u0000" in text or "\\ud" in text:
        return False
    try:
        orjson.dumps(value)
    except TypeError:
        return False
    return True


def same(left: object, right: object) -> bool:
    """Whether two values are the same JSON."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
