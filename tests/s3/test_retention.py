"""The nightly retention on S3: what it asks, and what becomes of lists and deletions that fail."""

from collections import Counter
from datetime import datetime

import pytest

from include.landing import FrameFile, LandingError
from include.landing.retention import Retired
from tests.s3.store import Fault, Store
from tests.test_landing import DAY, PARTICIPANTS
from tests.test_landing_retention import OLD, YOUNG, Years

LIST = r"GET /[^/]+\?list-type"


@pytest.fixture
def years(root: object, monkeypatch: pytest.MonkeyPatch) -> Years:
    return Years(root, monkeypatch)


def changes(s3: Store) -> list[str]:
    """The requests that delete."""
    return [each for each in s3.asked() if each.startswith(("DELETE", "POST"))]


def asked_in_a_night(s3: Store, years: Years, *moments: datetime) -> Counter[str]:
    """How often S3 is asked what, where attempts of these moments lie."""
    for moment in moments:
        frames = years.landing.begin_frames(years.pull(moment, "a", "b"))
        with frames.file("rows.parquet") as file:
            file.write(b"PAR1")
        frames.finish(files=[FrameFile("meeting_participants", DAY, "rows.parquet", 1)])
    s3.fail()
    assert years.retire() == Retired(attempts=moments.count(OLD))
    return Counter(each.split()[0] for each in s3.asked())


def test_a_night_asks_once_of_what_stays_and_four_times_of_what_leaves(s3: Store, years: Years) -> None:
    """However many files an attempt has; and a few lists for each stream."""
    one = asked_in_a_night(s3, years, OLD)
    assert asked_in_a_night(s3, years, OLD, OLD, OLD) - one == {"GET": 4, "DELETE": 2, "POST": 2}
    assert asked_in_a_night(s3, years, OLD, *[YOUNG] * 5) - one == {"GET": 5}


@pytest.mark.parametrize("does", ["slow down", "cut midway", "denied"])
@pytest.mark.parametrize("spared", [0, 1, 2])
def test_a_list_that_cannot_be_had_ends_the_night(s3: Store, years: Years, does: str, spared: int) -> None:
    """What was deleted before is gone as a whole; nothing that is needed was."""
    old, young = years.pull(OLD, "a"), years.pull(YOUNG, "b")
    s3.fail(Fault(LIST, does, spared=spared))
    with pytest.raises(LandingError, match="^Landing cannot read"):
        years.retire()
    assert changes(s3) == []
    s3.fail()
    assert years.is_there(old)
    assert years.is_there(young)
    assert years.retire() == Retired(attempts=1)


def test_what_the_store_did_not_delete_goes_the_next_night(s3: Store, years: Years, bucket: str) -> None:
    """S3 says so with a 200, which s3fs takes for done; an attempt without its manifest is nobody's."""
    old = years.pull(OLD, "a")
    s3.fail(Fault("POST .*delete", "nothing deleted", times=1))
    assert years.retire() == Retired(attempts=1)
    assert [key.rsplit("/", 1)[-1] for key in s3.keys(bucket)] == ["part-00001.json", "part-00001.ndjson.zst"]
    assert not years.is_there(old)
    assert years.retire() == Retired(attempts=1)
    assert s3.keys(bucket) == []


def test_what_no_list_tells_yet_goes_the_next_night(s3: Store, years: Years, bucket: str) -> None:
    """Of an attempt whose folder is told and whose files are not."""
    s3.list_late(1)
    years.pull(OLD, of=PARTICIPANTS)
    assert years.retire() == Retired(attempts=1)
    years.retire()
    assert s3.keys(bucket) == []
