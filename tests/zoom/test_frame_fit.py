"""Values as columns: exactly, or not at all."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from include.zoom.fit import _fit_each, fit
from include.zoom.stream import Type

NINE = datetime(2024, 2, 13, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        (Type.TEXT, "007", "007"),
        (Type.TEXT, "", None),
        (Type.BIGINT, 2**63 - 1, 9223372036854775807),
        (Type.BIGINT, -(2**63), -9223372036854775808),
        (Type.BIGINT, "", None),
        (Type.BIGINT, None, None),
        (Type.DOUBLE, 0.1, 0.1),
        (Type.DOUBLE, 3, 3.0),
        (Type.BOOLEAN, False, False),
        (Type.TIMESTAMP, "2024-02-13T09:00:00Z", NINE),
        (Type.TIMESTAMP, "2024-02-13T10:00:00+01:00", NINE),
        (Type.TIMESTAMP, "2024-02-13T09:00:00", NINE),
        (Type.TIMESTAMP, "2024-02-13 09:00:00", NINE),
        (Type.TIMESTAMP, "2024-02-13T09:00:00.000001Z", NINE.replace(microsecond=1)),
        (Type.TIMESTAMP, "2024-02-13 09:00:00:000", NINE),
        (Type.TIMESTAMP, "02/13/2024 09:00", NINE),
        (Type.TIMESTAMP, "", None),
        (Type.DATE, "2024-02-29", date(2024, 2, 29)),
        (Type.JSON, {"a": [1, 1.5, None, ""]}, '{"a":[1,1.5,null,""]}'),
        (Type.JSON, [], "[]"),
        (Type.JSON, False, "false"),
        (Type.JSON, 0, "0"),
    ],
)
def test_what_fits(kind: Type, value: object, stored: object) -> None:
    """A value of the column's type is stored as it is; an empty text is NULL in any column."""
    fitted = fit(kind, [value])
    assert (fitted.array.to_pylist(), fitted.misfits, fitted.replaced) == ([stored], {}, 0)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Type.TEXT, 7),
        (Type.TEXT, True),
        (Type.TEXT, ["a"]),
        (Type.BIGINT, 1.5),
        (Type.BIGINT, 1.0),
        (Type.BIGINT, True),
        (Type.BIGINT, "12"),
        (Type.BIGINT, 2**63),
        (Type.BIGINT, {}),
        (Type.DOUBLE, 2**53 + 1),
        (Type.DOUBLE, "1.5"),
        (Type.DOUBLE, False),
        (Type.BOOLEAN, 1),
        (Type.BOOLEAN, "true"),
        (Type.TIMESTAMP, "2024-02-30T09:00:00Z"),
        (Type.TIMESTAMP, "2024-02-13"),
        (Type.TIMESTAMP, "2024-02-13T09:00:00.1234567Z"),
        (Type.TIMESTAMP, "13/22/2021 16:20"),
        (Type.TIMESTAMP, "2024-03-21 07:09:03:21"),
        (Type.TIMESTAMP, "9\ud800"),
        (Type.TIMESTAMP, 1707814800),
        (Type.DATE, "2024-02-13T09:00:00Z"),
        (Type.DATE, "20240213"),
        (Type.DATE, 5),
    ],
)
def test_what_does_not_fit(kind: Type, value: Any) -> None:
    """Anything else is NULL and handed back, and its neighbours are not touched by it."""
    good = {
        Type.TEXT: "x",
        Type.BIGINT: 5,
        Type.DOUBLE: 2.5,
        Type.BOOLEAN: True,
        Type.TIMESTAMP: "2024-02-13T09:00:00Z",
        Type.DATE: "2024-02-13",
    }[kind]
    fitted = fit(kind, [good, value, good])
    assert fitted.misfits == {1: value}
    assert type(fitted.misfits[1]) is type(value)
    first, second, third = fitted.array.to_pylist()
    assert (first is not None, second, third) == (True, None, first)


@given(st.lists(st.none() | st.integers() | st.booleans() | st.floats(allow_nan=False) | st.text()))
def test_an_integer_column_loses_nothing(values: list[Any]) -> None:
    """Whatever stands in it, each value is in the column or handed back, and never both."""
    fitted = fit(Type.BIGINT, values)
    for row, (sent, stored) in enumerate(zip(values, fitted.array.to_pylist(), strict=True)):
        if row in fitted.misfits:
            assert stored is None
            assert fitted.misfits[row] is sent
        else:
            assert stored == (None if sent == "" else sent)


@given(st.lists(st.none() | st.datetimes(timezones=st.just(UTC))))
def test_a_time_column_is_exact_to_the_microsecond(times: list[datetime | None]) -> None:
    """Any time that a Python datetime can hold comes back as it was."""
    texts = [time and time.isoformat().replace("+00:00", "Z") for time in times]
    assert fit(Type.TIMESTAMP, texts).array.to_pylist() == times


GOOD = {
    Type.TEXT: st.text(),
    Type.BIGINT: st.integers(-(2**63), 2**63 - 1),
    Type.DOUBLE: st.floats(allow_nan=False) | st.integers(-(2**53), 2**53),
    Type.BOOLEAN: st.booleans(),
    Type.TIMESTAMP: st.sampled_from(["2024-02-13T09:00:00Z", "2024-02-13 10:00:00.5Z"]),
    Type.DATE: st.sampled_from(["2024-02-13", "2024-02-29"]),
    Type.JSON: st.lists(st.integers() | st.text()) | st.dictionaries(st.text(), st.booleans()),
}
ODD = (
    st.none()
    | st.integers()
    | st.booleans()
    | st.floats(allow_nan=False)
    | st.sampled_from(
        ["", "\0", "a\0b", "\ud800", "x", 2**63, 2**70, 2**53 + 1, 1.0, {"\0": 2**70}, ["\ud800"], {}]
    )
    | st.sampled_from(["2024-02-13T09:00:00", "02/13/2024 09:00", "2024-02-30T09:00:00Z", "2024-02-13"])
)


@pytest.mark.parametrize("kind", Type)
@given(data=st.data())
def test_a_column_at_once_is_what_its_values_are_one_by_one(kind: Type, data: st.DataObject) -> None:
    """The quick way gives what the careful one gives, whatever stands in the column."""
    good = st.lists(st.none() | st.just("") | GOOD[kind], max_size=6)
    values = data.draw(good) + data.draw(st.just([]) | st.lists(ODD, max_size=2)) + data.draw(good)
    quick, careful = fit(kind, list(values)), _fit_each(kind, list(values))
    assert quick.array.equals(careful.array)
    assert quick.array.type == careful.array.type
    assert repr(quick.misfits) == repr(careful.misfits)
    assert quick.replaced == careful.replaced
