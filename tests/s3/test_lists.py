"""Lists of S3: past fsspec's memory, late, cut off, refused; a list that failed is no empty one."""

import pytest
from upath import UPath

from include.landing import LandingError
from include.landing.files import listed, read_whole, swapped
from tests.s3.store import Fault, Store

LIST = r"GET /[^/]+\?list-type"


@pytest.mark.parametrize("does", ["slow down", "internal error", "cut", "cut midway", "cut after"])
def test_a_list_that_was_lost_is_asked_for_again(s3: Store, root: UPath, does: str) -> None:
    """Nothing of it shows."""
    swapped(root / "pointer.json", b"{}")
    s3.fail(Fault(LIST, does, times=1))
    assert listed(root) == ["pointer.json"]
    assert len(s3.asked()) == 2


@pytest.mark.parametrize("does", ["slow down", "cut", "cut midway", "denied"])
def test_a_list_that_cannot_be_had_is_not_empty(s3: Store, root: UPath, does: str) -> None:
    """Who deletes or forgets would believe to be done."""
    swapped(root / "pointer.json", b"{}")
    s3.fail(Fault(LIST, does))
    with pytest.raises(LandingError, match="^Landing cannot read landing"):
        listed(root)


def test_what_was_listed_before_it_changed_is_read_as_it_is_now(s3: Store, root: UPath, bucket: str) -> None:
    """Fsspec would remember length and absence from the list."""
    swapped(root / "pointer.json", b"old")
    assert listed(root) == ["pointer.json"]
    s3.client.put_object(Bucket=bucket, Key="landing/pointer.json", Body=b"newer and longer")
    s3.client.put_object(Bucket=bucket, Key="landing/another.json", Body=b"new")
    assert read_whole(root / "pointer.json") == b"newer and longer"
    assert read_whole(root / "another.json") == b"new"


def test_a_store_that_lists_late_is_listed_late(s3: Store, root: UPath) -> None:
    """The layer of these tests does what it should."""
    s3.list_late(2)
    swapped(root / "new.json", b"new")
    assert read_whole(root / "new.json") == b"new"
    assert [listed(root) for _ in range(3)] == [[], [], ["new.json"]]
