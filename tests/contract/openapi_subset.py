"""Validates JSON against the part of OpenAPI's schema language that the TAB's description uses."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

KNOWN = {
    "$ref", "additionalProperties", "description", "example", "format", "items", "nullable", "properties", "required", "title", "type",
}  # fmt: skip
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "number": (int, float)}
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")


class Violation(NamedTuple):
    """Where a value breaks the description: its path without indexes, and how."""

    path: str
    problem: str


def violations(value: Any, schema: dict[str, Any], schemas: dict[str, Any], path: str = "") -> Iterator[Violation]:
    """Yield every way in which *value* breaks *schema*; an unknown property is no violation (open schema)."""
    if "$ref" in schema:
        yield from violations(value, schemas[schema["$ref"].rpartition("/")[2]], schemas, path)
        return
    assert set(schema) <= KNOWN, f"the validator does not know {set(schema) - KNOWN}"
    if value is None:
        if not schema.get("nullable"):
            yield Violation(path, "null")
        return
    wanted = TYPES[schema["type"]]
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        yield Violation(path, f"{type(value).__name__} for {schema['type']}")
        return
    if schema.get("format") == "date-time" and not DATE_TIME.fullmatch(value):
        yield Violation(path, "no date-time")
    if isinstance(value, list):
        for item in value:
            yield from violations(item, schema.get("items", {"type": "object"}), schemas, f"{path}[]")
    if isinstance(value, dict):
        yield from _object(value, schema, schemas, path)


def _object(value: dict[str, Any], schema: dict[str, Any], schemas: dict[str, Any], path: str) -> Iterator[Violation]:
    for name in schema.get("required", []):
        if name not in value:
            yield Violation(f"{path}.{name}", "missing")
    for name, item in value.items():
        if name in schema.get("properties", {}):
            yield from violations(item, schema["properties"][name], schemas, f"{path}.{name}")
        elif isinstance(schema.get("additionalProperties"), dict):
            yield from violations(item, schema["additionalProperties"], schemas, f"{path}.*")
