"""Hypothesis strategies for records that a schema of Zoom's files allows, and a little more, as live answers do."""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

Schema = dict[str, Any]
Values = st.SearchStrategy[Any]

# NUL and lone surrogates come in JSON, escaped; PostgreSQL takes neither.
_TEXTS = st.one_of(
    st.just(""),
    st.text(max_size=12),
    st.text(st.characters(exclude_categories=()), max_size=6),
    st.sampled_from(["007", "\x00", "\ud83d", "Ü 👩‍💻", "null", "1.0", "2026-11-01"]),
)
_INTEGERS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.sampled_from([0, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
)
_NUMBERS = st.one_of(
    _INTEGERS, st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([0.1, 1.5, 1e300])
)
_MOMENTS = st.one_of(
    st.datetimes().map(lambda moment: f"{moment.isoformat(timespec='seconds')}Z"),
    st.sampled_from(["2026-11-01T00:00:00Z", "2026-11-01 23:59:59", "2024-03-21 07:09:03:216", ""]),
    _TEXTS,
)
_DATES = st.one_of(st.dates().map(str), _TEXTS)
_NAMES = st.sampled_from(["new_field", "another", "Größe", "a.b", "_x"])
_ANYTHING: Values = st.recursive(
    st.one_of(st.none(), st.booleans(), _INTEGERS, _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_NAMES, inner, max_size=2)),
    max_leaves=4,
)


def records(schema: Schema, dates: Iterable[str] = (), keys: Iterable[str] = ()) -> Values:
    """Records of an object's schema; each field may be absent, null, or of another type, and some are unknown.

    Fields that tell a record's day or key mostly do, so that few are rejected whole.
    """
    moments = st.fixed_dictionaries(
        dict.fromkeys(dates, st.sampled_from(["2026-11-01T08:00:00Z", "2026-11-01"]))
    )
    named = st.fixed_dictionaries(dict.fromkeys(keys, st.text(min_size=1, max_size=4)))
    sure = st.one_of(st.just({}), *[st.tuples(moments, named).map(lambda both: {**both[1], **both[0]})] * 4)
    unknown = st.dictionaries(_NAMES, _ANYTHING, max_size=2)
    return st.tuples(unknown, values(schema), sure).map(lambda parts: {**parts[0], **parts[1], **parts[2]})


def values(schema: Schema) -> Values:
    """Values of a schema."""
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        return st.one_of(*(values(branch) for branch in branches))
    if "properties" in schema:
        fields = {name: _field(inner) for name, inner in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=fields)
    if schema.get("type") == "array":
        return st.lists(values(schema.get("items", {})), max_size=3)
    return _plain(schema)


def _field(schema: Schema) -> Values:
    if "properties" in schema or schema.get("type") == "array":
        return values(schema)
    return st.one_of(_plain(schema), _plain(schema), _plain(schema), _ANYTHING)


def _plain(schema: Schema) -> Values:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    told = schema.get("type"), schema.get("format")
    if told[0] == "string":
        return {"date-time": _MOMENTS, "date": _DATES}.get(str(told[1]), _TEXTS)
    return {"integer": _INTEGERS, "number": _NUMBERS, "boolean": st.booleans()}.get(str(told[0]), _ANYTHING)
