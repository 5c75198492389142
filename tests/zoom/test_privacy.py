"""What becomes of personal data: kept, hashed or dropped, as two settings say, and never half of it."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.errors import UnexpectedAnswer
from include.zoom.frame import FrameCounts, frames
from include.zoom.layout import REJECTED, arrow_schema
from include.zoom.pages import Page, ParentKey
from include.zoom.privacy import Policy, PolicyError, hash_of, policy
from include.zoom.stream import Column, Kind, Label, Listing, Stream, Table, Type

KEY = "fake-key-of-a-test"
DAY = date(2026, 11, 1)
NOW = datetime(2026, 11, 3, tzinfo=UTC)

LISTING = Listing(path="/people", list_key="people", label=Label.MEDIUM, identity=("id", "email"))
TABLE = Table(
    name="people",
    comment="",
    columns=(
        Column("id"),
        Column("email", personal=True),
        Column("name", personal=True),
        Column("number", Type.BIGINT, personal=True),
        Column("city", source="home.city", personal=True),
        Column("attributes", Type.JSON, personal=True),
        Column("dept"),
    ),
    key=("id", "email"),
)
STREAM = Stream("people", Kind.SNAPSHOT, (LISTING,), (TABLE,), (), ())
ANNA = {
    "id": "u1",
    "email": "Anna@Example.com",
    "name": "Anna Bell",
    "number": 77,
    "home": {"city": "Oslo"},
    "attributes": [{"shoe": "38"}],
    "dept": "Sales",
}


def a_policy(default: str = "keep", columns: str = "", key: str = KEY, stream: Stream = STREAM) -> Policy:
    return policy(default, columns, key, {stream.name: stream})


def rows(
    made: Policy, *records: Any, stream: Stream = STREAM, table: Table = TABLE, counts: Any = None
) -> list[Any]:
    """The rows of a table, without their stamps."""
    body = json.dumps({"people": records, "total_records": len(records)}).encode()
    parent = ParentKey({"meeting": "m"}, DAY) if not stream.lists[0].identity else None
    batches = frames(
        stream,
        [Page(0, parent, 1, {}, 200, NOW, body)],
        [DAY],
        snapshot_date=DAY if stream.kind is Kind.SNAPSHOT else None,
        load_id="load",
        extracted_at=NOW,
        counts=counts,
        policy=made,
    )
    found = []
    for batch in batches:
        if batch.table is table:
            assert batch.data.schema == arrow_schema(table)
            found += batch.data.drop_columns(["_slice_date", "_load_id", "_extracted_at"]).to_pylist()
    return found


def test_keep_changes_nothing() -> None:
    """The default: rows are as they were without a policy."""
    (row,) = rows(a_policy(), ANNA)
    assert (row["email"], row["name"], row["number"], row["city"]) == (
        "Anna@Example.com",
        "Anna Bell",
        77,
        "Oslo",
    )


def test_hash_hashes_text_and_drops_what_has_no_room_for_a_hash() -> None:
    """The hashes are HMAC-SHA-256, computed here by hand, of the address in lower case and of the other texts as they are."""
    (row,) = rows(a_policy("hash"), ANNA)
    assert row == {
        "id": "u1",
        "email": "hash_f72090b8844c284c83867a22ee83fbc4",
        "name": "hash_7beab1aca1870ad6744208006d88c455",
        "number": None,
        "city": "hash_8f9686c27a4a26aa0d7482ae97c404c5",
        "attributes": None,
        "dept": "Sales",
        "_extra": None,
    }


def test_drop_leaves_null_and_hashes_the_key() -> None:
    """Rows without their key could not be told apart."""
    (row,) = rows(a_policy("drop"), ANNA)
    assert row["email"] == hash_of("anna@example.com", KEY.encode())
    assert [row[name] for name in ("id", "name", "number", "city", "attributes", "dept")] == [
        "u1",
        None,
        None,
        None,
        None,
        "Sales",
    ]


def test_equal_addresses_hash_alike_whatever_their_case() -> None:
    """So hosts' addresses still join with users'; NULL stays NULL."""
    written = ["anna@example.com", " ANNA@Example.COM "]
    assert {hash_of(text, b"k") for text in written} == {hash_of("anna@example.com", b"k")}
    assert hash_of("Anna", b"k") != hash_of("anna", b"k")
    assert hash_of("anna@example.com", b"k") != hash_of("anna@example.com", b"another")
    (row,) = rows(a_policy("hash"), {**ANNA, "name": ""})
    assert row["name"] is None


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ("people.email:keep", "keep hash"),
        ("people.*:drop", "hash drop"),
        ("*.*:drop people.name:keep", "hash keep"),
        ("*.name:drop", "hash drop"),
        ("*.name:drop people.*:keep", "keep drop"),
        ("*.name:drop people.name:keep", "hash keep"),
    ],
)
def test_the_closest_exception_wins(columns: str, expected: str) -> None:
    """A named column before `*`, then a table before `*`; here of email and name, where the rest is hashed."""
    words = a_policy("hash", columns).words(STREAM, TABLE)
    assert [words.get(name, "keep") for name in ("email", "name")] == expected.split()


def test_a_stream_s_name_means_each_of_its_tables_and_a_table_s_name_more() -> None:
    """Recordings are a stream and one of its two tables."""
    made = policy("keep", "recordings.*:drop recording_files.file_path:hash", KEY, STREAMS)
    stream = STREAMS["recordings"]
    words = {table.name: made.words(stream, table) for table in stream.tables}
    assert words["recordings"]["topic"] == "drop"
    assert words["recording_files"]["file_path"] == "hash"
    assert words["recording_files"]["_extra"] == "drop"


def test_a_column_that_is_not_marked_is_changed_by_its_name_alone() -> None:
    """Zoom's ids are kept until somebody names them."""
    words = policy("hash", "*.host_id:hash", KEY, STREAMS).words
    stream = STREAMS["recordings"]
    assert words(stream, stream.tables[0])["host_id"] == "hash"
    assert "account_id" not in words(stream, stream.tables[0])


@pytest.mark.parametrize(
    ("default", "columns", "message"),
    [
        ("mask", "", "[zoom] personal says 'mask', which is none of keep, hash, drop."),
        (
            "keep",
            "people.email",
            "has 'people.email', which is not table.column:word, such as users.email:hash.",
        ),
        ("keep", "people.email:hide", "says 'hide', which is none of keep, hash, drop."),
        ("keep", "peple.email:drop", "has peple.email:drop, but there is no table peple."),
        ("keep", "people.mail:drop", "has people.mail:drop, but people has no such column."),
        (
            "keep",
            "people.number:hash",
            "people.number is bigint: only text can be hashed. Drop it or keep it.",
        ),
        ("keep", "people.email:drop", "email is part of people's key: without it rows can't be told apart."),
        ("keep", "people._extra:hash", "_extra is kept or dropped."),
        ("keep", "people.name:drop people.name:hash", "says both drop and hash of people.name."),
    ],
)
def test_a_setting_that_cannot_be_meant_is_refused(default: str, columns: str, message: str) -> None:
    """With what it says and why, before anything is asked."""
    with pytest.raises(PolicyError) as refused:
        a_policy(default, columns)
    assert message in str(refused.value)


@pytest.mark.parametrize("columns", ["users.id:hash", "*.id:hash"])
def test_what_zoom_is_asked_by_is_kept(columns: str) -> None:
    """Whoever vanished from a list is asked for by the id that the table holds."""
    with pytest.raises(PolicyError, match="Zoom is asked by users.id whether who vanished is gone. Keep it"):
        policy("keep", columns, KEY, {"users": STREAMS["users"]})


def test_hashing_without_a_key_is_refused() -> None:
    """A hash that anybody can repeat hides no address."""
    with pytest.raises(PolicyError, match="people.email, people.name .*there is no key"):
        a_policy("hash", "people.city:drop", key="")
    assert a_policy("keep", key="").words(STREAM, TABLE) == {}


def test_the_key_shows_in_no_text_of_a_policy() -> None:
    """It could be logged."""
    assert KEY not in repr(a_policy("hash"))


def test_a_value_that_does_not_fit_does_not_come_back_in_extra() -> None:
    """Of a column that is changed; what no column declares stays where the setting says so."""
    odd = {**ANNA, "number": "seven", "home": {"city": ["Oslo"], "flat": 2}, "size": 3}
    counts = FrameCounts()
    (kept,) = rows(a_policy("drop", "people._extra:keep"), odd, counts=counts)
    assert json.loads(kept["_extra"]) == {"home": {"flat": 2}, "size": 3}
    assert counts.misfits == {"people.number": 1, "people.city": 1}
    (dropped,) = rows(a_policy("drop"), odd)
    assert dropped["_extra"] is None
    (whole,) = rows(a_policy("keep"), odd)
    assert json.loads(whole["_extra"]) == {
        "home": {"city": ["Oslo"], "flat": 2},
        "number": "seven",
        "size": 3,
    }


def test_new_fields_are_counted_though_they_are_dropped() -> None:
    """They are told by name; only their values may be personal."""
    counts = FrameCounts()
    rows(a_policy("hash"), {**ANNA, "nickname": "Annie"}, counts=counts)
    assert counts.undeclared == {"people.nickname": 1}


def test_a_rejected_record_is_not_kept_where_any_of_its_columns_is_changed() -> None:
    """It is whole; the reason stays."""
    nobody = {**ANNA, "id": "", "email": ""}
    assert rows(a_policy("drop"), nobody, table=REJECTED) == [
        {
            "stream": "people",
            "reason": "all fields of its key are empty",
            "parent": None,
            "record": None,
            "_extra": None,
        }
    ]
    (kept,) = rows(a_policy("keep"), nobody, table=REJECTED)
    assert json.loads(kept["record"]) == nobody


def test_two_addresses_that_hash_alike_in_one_key_are_an_error() -> None:
    """Keys are checked as they are stored: nothing is loaded that joins twice."""
    twice = [{**ANNA, "email": "anna@example.com"}, ANNA]
    assert len(rows(a_policy("keep"), *twice)) == 2
    with pytest.raises(UnexpectedAnswer, match="have the key"):
        rows(a_policy("hash"), *twice)


SEATS = Table(
    name="seats",
    comment="",
    columns=(Column("seat"), Column("name", personal=True)),
    key=("seat", "_ordinal"),
    numbered_within=("seat",),
)
SEAT_STREAM = Stream(
    "seats",
    Kind.SNAPSHOT,
    (Listing("/people", "people", Label.MEDIUM, counts_records=True),),
    (SEATS,),
    (),
    (),
)


def test_rows_are_numbered_alike_under_every_policy() -> None:
    """By what Zoom sent, so a table has the same rows and the same keys whatever is hidden."""
    records = [{"seat": "1", "name": name} for name in ("Zoe", "Abe", "Kim")]
    kept, dropped = (
        rows(a_policy(word, stream=SEAT_STREAM), *records, stream=SEAT_STREAM, table=SEATS)
        for word in ("keep", "drop")
    )
    assert [(row["name"], row["_ordinal"]) for row in kept] == [("Zoe", 3), ("Abe", 1), ("Kim", 2)]
    assert [(row["name"], row["_ordinal"]) for row in dropped] == [(None, 3), (None, 1), (None, 2)]


def test_every_stream_has_a_policy_for_each_word() -> None:
    """No key column that is marked as personal is anything but text, so a general word always works."""
    for word in ("hash", "drop"):
        made = policy(word, "", KEY, STREAMS)
        for stream in STREAMS.values():
            for table in stream.tables:
                words = made.words(stream, table)
                types = {column.name: column.type for column in (*table.columns, *table.inherited)}
                assert {name for name in table.key if words.get(name) == "drop"} == set()
                assert {
                    name for name, told in words.items() if told == "hash" and types[name] != Type.TEXT
                } == set()
