"""Pages as lines, and JSON as Zoom sent it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from include.zoom.catalog import STREAMS
from include.zoom.errors import UnexpectedAnswer
from include.zoom.pages import Page, ParentKey, parse_json, unit_id
from include.zoom.spool import Spool

AT = datetime(2026, 3, 11, 0, 0, 1, tzinfo=UTC)
CHILD = ParentKey({"meeting_uuid": '/a,"body":b=='}, date(2026, 3, 10))
USERS = STREAMS["users"].lists[0]


def page(body: bytes, number: int = 1, parent: ParentKey | None = None) -> Page:
    return Page(0, parent, number, {"from": "2026-03-09"}, 200, AT, body)


@pytest.mark.parametrize("parent", [None, CHILD, ParentKey({"user_id": "u"}, None)])
def test_a_line_gives_back_its_page(parent: ParentKey | None) -> None:
    """Whatever stands in keys and body."""
    given = page(b'{"users":[{"topic":",\\"body\\":"}]}', parent=parent)
    assert Page.from_line(given.line() + b"\n") == given
    assert b"\n" not in given.line()


def test_records_are_as_zoom_sent_them() -> None:
    """Integers beyond 64 bits and half a surrogate pair too."""
    body = b'{"users":[{"big":123456789012345678901234567890,"half":"\\ud83d"}],"total_records":1}'
    assert page(body).records(USERS) == [{"big": 123456789012345678901234567890, "half": "\ud83d"}]
    assert page(body).total_records() == 1
    assert page(b'{"users":[],"total_records":true}').total_records() is None


def test_a_count_is_of_the_page_it_was_made_for() -> None:
    """It is taken as told, and not by a page with another body; a page that was read back counts itself."""
    known = page(b'{"users":[{}],"total_records":7}').counted(1, 7)
    assert (known.count(USERS), known.total_records()) == (1, 7)
    other = replace(known, body=b'{"users":[{},{}],"total_records":2}')
    assert (other.count(USERS), other.total_records()) == (2, 2)
    assert Page.from_line(known.line()).count(USERS) == 1


def test_a_page_without_its_list_is_an_error() -> None:
    """It is no empty page."""
    with pytest.raises(UnexpectedAnswer, match="'users'"):
        page(b'{"user":[]}').records(USERS)


def test_long_integers_do_not_become_floats() -> None:
    """A parser that gives floats would round them."""
    assert parse_json(b"[18446744073709551616]") == [18446744073709551616]


def test_a_unit_has_the_same_name_in_every_try() -> None:
    """Whatever the order of its keys; another parent or list has another."""
    one, two = ParentKey({"a": "1", "b": "2"}, None), ParentKey({"b": "2", "a": "1"}, None)
    assert unit_id(0, one) == unit_id(0, two)
    assert len({unit_id(0, one), unit_id(1, one), unit_id(0, None), unit_id(0, CHILD)}) == 4


def test_a_spool_forgets_what_is_cut() -> None:
    """Pages after a restart stand where the forgotten ones stood."""
    with Spool() as spool:
        for number in (1, 2, 3):
            spool.append(page(b'{"users":[]}', number))
        spool.cut(1)
        spool.append(page(b'{"users":[{}]}', 2))
        assert [(each.number, each.body) for each in spool] == [(1, b'{"users":[]}'), (2, b'{"users":[{}]}')]
        assert len(spool) == 2
        assert spool[-1].number == 2
        assert [each.number for each in spool[0:1]] == [1]


def test_a_large_spool_leaves_memory() -> None:
    """Beyond a quarter of a megabyte pages wait in a temporary file, and a cut works on both sides of the line."""
    with Spool() as spool:
        for number in range(1, 31):
            spool.append(page(b'{"users":["' + b"x" * 100_000 + b'"]}', number))
        assert len(spool._pages) == 3
        assert [each.number for each in spool] == list(range(1, 31))
        spool.cut(5)
        assert [each.number for each in spool] == [1, 2, 3, 4, 5]
        spool.append(page(b"{}", 60))
        spool.cut(2)
        spool.append(page(b"{}", 70))
        assert [each.number for each in spool] == [1, 2, 70]
        assert spool[2].body == b"{}"


def test_what_stands_beside_the_list_can_belong_to_each_record() -> None:
    """The currency of all amounts; a record's own value counts more, and a missing one is not invented."""
    listing = replace(USERS, carried=("currency", "missing"))
    body = b'{"currency":"USD","users":[{"id":1},{"id":2,"currency":"EUR"}]}'
    assert page(body).records(listing) == [{"id": 1, "currency": "USD"}, {"id": 2, "currency": "EUR"}]
