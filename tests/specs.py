"""Zoom's OpenAPI files: what they say of a GET, and answers assembled from their examples.

`ZOOM_SPECS` names the folder with meetings.json, users.json and phone.json; tests that need it skip without it.
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pytest

Schema = dict[str, Any]
FOLDER = os.environ.get("ZOOM_SPECS", "")
needs_specs = pytest.mark.skipif(
    not FOLDER, reason="ZOOM_SPECS does not name the folder of Zoom's OpenAPI files"
)
_PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
_LABEL = re.compile(r"Rate Limit Label\]\([^)]*\):\*\*\s*`?([A-Za-z-]+)`?")
_SCOPES = re.compile(r"\*\*\[Scopes\]\([^)]*\):\*\*([^\n]*)")
_GRANULAR = re.compile(r"\*\*\[Granular Scopes\]\([^)]*\):\*\*([^\n]*)")


@dataclass(frozen=True)
class Endpoint:
    """A GET as Zoom describes it."""

    path: str
    operation: Mapping[str, Any]

    @property
    def parameters(self) -> dict[str, Schema]:
        """The query's parameters by name."""
        return {
            each["name"]: each["schema"]
            for each in self.operation.get("parameters", ())
            if each["in"] == "query"
        }

    @property
    def label(self) -> str:
        """The rate label in capitals; empty where it is not said."""
        found = _LABEL.search(self.operation["description"])
        return found[1].upper().replace("-", "_") if found else ""

    @property
    def scopes(self) -> set[str]:
        """Classic scopes."""
        return self._listed(_SCOPES)

    @property
    def granular_scopes(self) -> set[str]:
        """Granular scopes; empty where none is said."""
        return self._listed(_GRANULAR)

    @cached_property
    def schema(self) -> Schema:
        """The schema of the 200 answer without `$ref` and `allOf`."""
        content = self.operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        return flat(content.get("schema", {}))

    def record(self, list_key: str, *, whole: bool) -> Schema:
        """The schema of one record."""
        return self.schema if whole else dict(self.schema["properties"][list_key]["items"])

    def lists(self) -> set[str]:
        """The keys of the answer's lists of objects."""
        return {
            name
            for name, inner in self.schema.get("properties", {}).items()
            if inner.get("type") == "array" and "properties" in inner.get("items", {})
        }

    def _listed(self, pattern: re.Pattern[str]) -> set[str]:
        found = pattern.search(self.operation["description"])
        return set(re.findall(r"[\w:]+", found[1])) if found else set()


@cache
def endpoints() -> dict[str, Endpoint]:
    """Every GET of the three files by its path, whose placeholders are `{}`."""
    found = {}
    for name in ("meetings.json", "users.json", "phone.json"):
        document = json.loads((Path(FOLDER) / name).read_text())
        for path, item in document["paths"].items():
            if "get" in item:
                found[anonymous(path)] = Endpoint(path, item["get"])
    return found


def endpoint(path: str) -> Endpoint | None:
    """What Zoom says of a path, whatever its placeholders are called; nothing where its files are not there."""
    return endpoints().get(anonymous(path)) if FOLDER else None


def anonymous(path: str) -> str:
    """A path whose placeholders have no names."""
    return re.sub(r"\{\w+\}", "{}", path)


def flat(schema: Schema) -> Schema:
    """A schema without `allOf`, at any depth; the files have no `$ref`."""
    assert "$ref" not in schema
    made: Schema = {
        name: [flat(branch) for branch in value] if name in ("oneOf", "anyOf", "allOf") else value
        for name, value in schema.items()
    }
    if "properties" in made:
        made["properties"] = {name: flat(inner) for name, inner in made["properties"].items()}
    if isinstance(made.get("items"), dict):
        made["items"] = flat(made["items"])
    return merged([made, *made.pop("allOf")]) if "allOf" in made else made


def merged(schemas: list[Schema]) -> Schema:
    """One schema that has the properties of all."""
    made: Schema = {}
    for schema in schemas:
        properties = {**made.get("properties", {}), **schema.get("properties", {})}
        made = {**made, **schema}
        if properties:
            made["properties"] = properties
    return made


def fields(schema: Schema) -> dict[str, Schema]:
    """A record's fields, those of each branch of a `oneOf` included."""
    found = dict(schema.get("properties", {}))
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        found |= fields(branch)
    return found


def variants(schema: Schema) -> list[Any]:
    """Values of a schema that between them hold each enum value and each branch of a `oneOf`."""
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        rest = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
        return [value for branch in branches for value in variants(merged([rest, branch]))]
    if "properties" in schema:
        return _objects(schema["properties"])
    if schema.get("type") == "array":
        return [variants(schema["items"])] if "items" in schema else [schema.get("example", [])]
    if "enum" in schema:
        return list(schema["enum"])
    return [schema["example"] if "example" in schema else _PLAIN.get(schema.get("type", ""), {})]


def _objects(properties: Mapping[str, Schema]) -> list[dict[str, Any]]:
    values = {name: variants(schema) for name, schema in properties.items()}
    count = max(map(len, values.values()), default=1)
    # Other properties' values go round, so that rare ones meet each other too.
    return [
        {name: options[number % len(options)] for name, options in values.items()} for number in range(count)
    ]


def leaves(schema: Schema) -> Iterator[Schema]:
    """The schemas of a record's plain values, at any depth."""
    for inner in fields(schema).values():
        yield from leaves(inner) if fields(inner) else (inner,)
