"""What the loader says, as BigQuery reads it: names, texts, parameters, and what it has other words for."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from json import dumps, loads
from typing import Any

_PARAMETERS_AT_MOST = 10_000
_OF_SCHEMA = re.compile(r"table_schema = (?:'([^']+)'|\$1)")
# Comments, texts, quoted names and places: what is found first is what it is.
_PARTS = re.compile(
    r"""--[^\n]*|'(?P<text>(?:[^']|'')*)'|"(?P<name>[^"]*)"(?:\."(?P<inner>[^"]*)")?|\$(?P<place>\d+)"""
)
_VALUES = re.compile(r"(?s)^(.*\bVALUES )(\(.*\))\s*$")
_DAYS_AFTER = r"\((\S+) \+ interval '{}'\) AT TIME ZONE 'UTC'"
_REWRITTEN = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        (r"^ALTER VIEW (\S+) RENAME TO .*", r"DROP VIEW \1"),  # what reads it by its name reads the new one
        (r" COLLATE \"C\"", ""),
        (r",\s+PRIMARY KEY \([^()]*\)", ""),
        (r" PRIMARY KEY\b", ""),
        (r" DEFAULT true\b", ""),
        (r" CHECK \((?:[^()]|\([^()]*\))*\)", ""),
        (r"(ARRAY<STRING>) NOT NULL", r"\1"),
        (r"\bAS varchar\)", "AS STRING)"),
        (_DAYS_AFTER.format("3 days"), r"TIMESTAMP(DATE_ADD(\1, INTERVAL 3 DAY))"),
        (
            _DAYS_AFTER.format("1 month 2 days"),
            r"TIMESTAMP(DATE_ADD(DATE_ADD(\1, INTERVAL 1 MONTH), INTERVAL 2 DAY))",
        ),
        (r"INTERVAL '(\d+)' DAY", r"INTERVAL \1 DAY"),
        (r"EXTRACT\(EPOCH FROM (\w+) - (\w+)\)", r"(TIMESTAMP_DIFF(\1, \2, MICROSECOND) / 1000000)"),
        # Nothing is chosen from nothing.
        (
            r"(?s)^(INSERT INTO \S+ \([^()]*\) SELECT (?:(?!\bFROM\b).)*?) WHERE ",
            r"\1 FROM UNNEST([1]) AS one WHERE ",
        ),
        # Several columns are one value.
        (r"(\([^()]+, [^()]+\) IN \(SELECT )([^()]+?)( FROM )", r"\1(\2)\3"),
    )
)


def together(statement: str, rows: Sequence[Sequence[Any]]) -> Iterator[tuple[str, list[Any]]]:
    """The same as few statements, where it is an INSERT of values, with the parameters of each."""
    if (inserts := _VALUES.match(statement)) is None:
        yield from ((statement, list(row)) for row in rows)
        return
    start, values = inserts.groups()
    width = len(rows[0]) if rows else 1
    at_once = max(1, _PARAMETERS_AT_MOST // width)
    for first in range(0, len(rows), at_once):
        some = rows[first : first + at_once]
        lines = [
            re.sub(r"\$(\d+)", lambda place, before=index * width: f"${int(place[1]) + before}", values)
            for index in range(len(some))
        ]
        yield start + ", ".join(lines), [value for row in some for value in row]


def spoken(statement: str, parameters: Sequence[Any], project: str) -> tuple[str, dict[str, Any]]:
    """A statement as BigQuery reads it, and its parameters by name."""
    if asked := _OF_SCHEMA.search(statement):
        schema = asked[1] or parameters[0]
        statement = re.sub(r"\bINFORMATION_SCHEMA\.(\w+)", rf'"{schema}".INFORMATION_SCHEMA.\1', statement)
    for pattern, instead in _REWRITTEN:
        statement = pattern.sub(instead, statement)
    bound: dict[str, Any] = {}

    def part(found: re.Match[str]) -> str:
        if (text := found["text"]) is not None:
            return _literal(text.replace("''", "'"))
        if (name := found["name"]) is not None:
            inner = found["inner"]
            return f"`{name}`" if inner is None else f"`{project}`.`{name}`.`{inner}`"
        if (place := found["place"]) is None or not parameters:
            return found[0]
        value = parameters[int(place) - 1]
        if value is None:
            return "NULL"
        bound[f"p{place}"] = value
        return f"@p{place}"

    return _PARTS.sub(part, statement), bound


def _literal(text: str) -> str:
    """A quoted text, in which a backslash means nothing unless there is no other way."""
    if "\\" in text or "\n" in text or ("'" in text and '"' in text):
        return dumps(text, ensure_ascii=False)
    return f'"{text}"' if "'" in text else f"'{text}'"


def unquoted(literal: str) -> str:
    """What a literal of the catalogue means."""
    if len(literal) > 1 and literal[0] == literal[-1] == '"':
        with suppress(ValueError):
            return str(loads(literal.replace("\\'", "'")))
    return literal[1:-1].replace("\\'", "'") if literal[:1] == literal[-1:] == "'" else literal
