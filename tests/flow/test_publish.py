"""From landed pages into the warehouse: new fields are listed and told, failed checks are recorded."""

from datetime import date
from typing import Any

import pytest

from include.flow.framing import framed
from include.flow.publish import failures_recorded, told
from include.landing import FrameManifest
from include.warehouse.errors import SliceShrank
from include.warehouse.new_fields import NewField
from include.warehouse.session import Warehouse
from include.zoom.catalog import STREAMS
from include.zoom.errors import PermanentError, RepeatedKey, TooManySkipped
from include.zoom.forgotten import key_mark
from tests.flow.landed import ACCOUNT, House

GROUPS = STREAMS["groups"]
SECRETS = (
    "password",
    "join_url",
    "start_url",
    "h323_password",
    "zak",
    "host_key",
    "client_secret",
    "Passcode",
)
ALERT = (
    "Airflow: Zoom sends fields of groups that have no column: groups.colour (string), groups.size (null, number). "
    "Nothing is lost: their values stand in _extra. zoom.new_fields lists them; docs/trust.md says how one gets a "
    "column."
)


def test_new_fields_are_listed_and_told_in_one_alert(house: House) -> None:
    """Names, kinds and counts; the next extraction with the same fields is counted and told to nobody."""
    records = [{"id": "a", "colour": "red", "size": 3}, {"id": "b", "size": None}]
    house.publish(*records)
    house.publish(*records)
    assert house.alerts == [ALERT]
    assert house.rows(
        "SELECT table_name, field, loads, values_counted, kinds, alerted_at IS NOT NULL FROM zoom.new_fields ORDER BY 2"
    ) == [
        ("groups", "colour", 2, 2, ["string"], True),
        ("groups", "size", 2, 4, ["null", "number"], True),
    ]


def test_an_alert_that_nobody_got_is_sent_by_the_next_load(house: House) -> None:
    """And the load in which it failed is a load like any other."""
    house.reached = False
    house.publish({"id": "a", "colour": "red", "size": 3}, {"id": "b", "size": None})
    house.reached = True
    house.publish({"id": "a"})
    house.publish({"id": "a"})
    assert house.alerts == [ALERT, ALERT]
    assert house.rows("SELECT count(*) FROM zoom.load_ledger") == [(3,)]


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_by_name_is_no_new_field(house: House, name: str) -> None:
    """It is gone before anything is written, so it can be neither listed nor told."""
    house.publish({"id": "a", "plain": {name: "canary"}, name: "canary"})
    assert house.rows("SELECT field FROM zoom.new_fields") == [("plain",)]
    assert "canary" not in str(house.rows("SELECT * FROM zoom.groups"))


def test_the_checks_of_pull_transform_and_load_stand_together(house: House) -> None:
    """One row each, under the same extraction and load."""
    house.publish({"id": "a"}, {"id": "b"})
    assert house.rows(
        "SELECT check_name, severity, outcome FROM zoom.checks WHERE load_id IS NOT NULL ORDER BY severity, check_name"
    ) == [
        ("completeness", "hard", "passed"),
        ("keys", "hard", "passed"),
        ("shrink", "hard", "not_applicable"),
        ("skips", "hard", "not_applicable"),
        ("misfits", "warn", "passed"),
        ("rejected", "warn", "passed"),
        ("replaced", "warn", "passed"),
    ]


@pytest.mark.parametrize(
    ("error", "name"), [(TooManySkipped("11 of 12"), "skips"), (RepeatedKey("2 rows"), "keys")]
)
def test_a_check_that_fails_before_the_load_is_recorded(house: House, error: Exception, name: str) -> None:
    """Under its extraction and without a load; the error goes on."""
    with (
        pytest.raises(type(error), match=str(error)),
        failures_recorded(lambda: house.warehouse, GROUPS, ACCOUNT, "attempt-1"),
    ):
        raise error
    assert house.rows(
        "SELECT stream, attempt_id, load_id, check_name, severity, outcome, told FROM zoom.checks"
    ) == [
        ("groups", "attempt-1", None, name, "hard", "failed", str(error)),
    ]


def test_what_is_no_check_leaves_no_row(house: House) -> None:
    """Neither does success."""
    with failures_recorded(lambda: house.warehouse, GROUPS, ACCOUNT, "attempt-1"):
        pass
    with (
        pytest.raises(PermanentError),
        failures_recorded(lambda: house.warehouse, GROUPS, ACCOUNT, "attempt-1"),
    ):
        raise PermanentError("something else")
    assert house.rows("SELECT to_regclass('zoom.checks')") == [(None,)]


def test_a_warehouse_that_is_down_hides_no_failure(caplog: pytest.LogCaptureFixture) -> None:
    """The check's own error goes on, and the log says that it could not be recorded."""
    nowhere = Warehouse("postgresql://127.0.0.1:1/none?connect_timeout=2", "zoom")
    with pytest.raises(TooManySkipped), failures_recorded(lambda: nowhere, GROUPS, ACCOUNT, "attempt-1"):
        raise TooManySkipped("11 of 12")
    assert "The failed check is not in the warehouse's ledger" in caplog.text


def test_a_load_is_one_session(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slices, checks and new fields: connecting costs more than most of what is asked."""
    opened = []
    connect = Warehouse.connect
    monkeypatch.setattr(
        Warehouse, "connect", lambda warehouse: opened.append(warehouse.schema) or connect(warehouse)
    )
    house.publish({"id": "a", "colour": "red"})
    assert (opened, house.rows("SELECT field FROM zoom.new_fields")) == (["zoom"], [("colour",)])


def test_an_alert_names_twenty_fields_and_shows_no_markup() -> None:
    """A flood is one message, and a name cannot write into it."""
    fields = [NewField("groups", f"f{n}", "string", 1) for n in range(22)]
    assert "groups.f19 (string) and 2 more. Nothing" in told(GROUPS, "zoom", fields)
    odd = NewField("groups", "{{ a }}\n<b>", "string", 1)
    assert "groups.???a?????b? (string)." in told(GROUPS, "zoom", [odd])


def test_somebody_forgotten_while_frames_are_made_anew_is_left_out_too(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each forgetting makes the frames outdated; the load follows, and no person has to clear it."""
    monkeypatch.setenv("AIRFLOW__ZOOM__PERSONAL_HASH_KEY", "fake-key-of-a-test")
    pulled = house.publish({"id": "a"})
    made = framed(GROUPS, house.landing, pulled)

    def forget(who: str) -> None:
        mark = key_mark(b"fake-key-of-a-test")
        house.execute(f"INSERT INTO zoom.forgotten VALUES ('{who}', 'forgotten_{who}', '{mark}', now())")

    def framed_slowly(*arguments: Any) -> FrameManifest:
        manifest = framed(*arguments)
        if people:
            forget(people.pop())
        return manifest

    people = ["second", "third"]
    forget("first")
    monkeypatch.setattr("include.flow.framing.framed", framed_slowly)
    result = house.publication.publish(GROUPS, pulled, made)
    assert (result.rows, people) == ({"groups": 1}, [])


def test_new_fields_are_listed_though_another_slice_shrank(house: House) -> None:
    """What was published has them."""
    days = [date(2026, 11, 1), date(2026, 11, 2)]

    def meetings(count: int, **fields: Any) -> list[dict[str, Any]]:
        start = "2026-11-01T10:00:00Z"
        return [{"meeting_uuid": f"{number}", "start_time": start, **fields} for number in range(count)]

    house.publish(*meetings(101), of=STREAMS["meetings"], days=days)
    with pytest.raises(SliceShrank, match="meetings has 101 rows there and would have 3"):
        house.publish(*meetings(3, colour="red"), of=STREAMS["meetings"], days=days)
    assert house.rows("SELECT field FROM zoom.new_fields") == [("colour",)]


def test_a_field_that_is_named_by_an_address_tells_nobody(house: House) -> None:
    """Zoom's fields are names, but a map by people would be one field for each of them."""
    house.publish({"id": "a", "anna.b@example.com": 1, "ben@example.com": True})
    assert house.rows("SELECT field, values_counted, kinds FROM zoom.new_fields") == [
        ("(an address)", 2, ["boolean", "number"])
    ]
    assert "example" not in str(house.alerts)
    assert "anna" not in str(house.alerts)
