"""Answers assembled from Zoom's OpenAPI files: each property's example, each enum value, each branch once."""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

Schema = dict[str, Any]
_PLAIN = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}


def answer_schema(folder: str, path: str) -> Schema:
    """The schema of a GET's 200 answer; placeholders of the path may have other names there."""
    wanted = re.sub(r"\{\w+\}", "{}", path)
    for name in ("meetings.json", "users.json"):
        spec = _spec(folder, name)
        for found, operations in spec["paths"].items():
            if re.sub(r"\{\w+\}", "{}", found) == wanted:
                content = operations["get"]["responses"]["200"]["content"]["application/json"]
                return dict(_flat(content["schema"], spec))
    raise LookupError(path)


def variants(schema: Schema) -> list[Any]:
    """Values of a schema that between them hold each enum value and each branch of a `oneOf`."""
    if branches := schema.get("oneOf") or schema.get("anyOf"):
        rest = {name: value for name, value in schema.items() if name not in ("oneOf", "anyOf")}
        return [value for branch in branches for value in variants(_merged([rest, branch]))]
    if "properties" in schema:
        return _objects(schema["properties"])
    if schema.get("type") == "array":
        return [variants(schema["items"])] if "items" in schema else [schema.get("example", [])]
    if "enum" in schema:
        return list(schema["enum"])
    return [schema["example"] if "example" in schema else _PLAIN.get(schema.get("type", ""), {})]


def _objects(properties: dict[str, Schema]) -> list[dict[str, Any]]:
    values = {name: variants(schema) for name, schema in properties.items()}
    count = max(map(len, values.values()), default=1)
    # Other properties' values go round, so that rare ones meet each other too.
    return [
        {name: options[number % len(options)] for name, options in values.items()} for number in range(count)
    ]


def _flat(schema: Schema, spec: Schema) -> Schema:
    """A schema without `$ref` and `allOf`, at any depth."""
    if "$ref" in schema:
        found: Any = spec
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return _flat(found, spec)
    flat: Schema = {
        name: [_flat(branch, spec) for branch in value] if name in ("oneOf", "anyOf", "allOf") else value
        for name, value in schema.items()
    }
    if "properties" in flat:
        flat["properties"] = {name: _flat(inner, spec) for name, inner in flat["properties"].items()}
    if isinstance(flat.get("items"), dict):
        flat["items"] = _flat(flat["items"], spec)
    return _merged([flat, *flat.pop("allOf")]) if "allOf" in flat else flat


def _merged(schemas: list[Schema]) -> Schema:
    merged: Schema = {}
    for schema in schemas:
        properties = {**merged.get("properties", {}), **schema.get("properties", {})}
        merged = {**merged, **schema}
        if properties:
            merged["properties"] = properties
    return merged


@cache
def _spec(folder: str, name: str) -> Schema:
    return dict(json.loads((Path(folder) / name).read_text()))
