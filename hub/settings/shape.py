"""What may stand where in a settings file, read from its JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hub.settings.problems import Place

Schema = Mapping[str, Any]


class Shape:
    """Answers questions about places in data that should fit a JSON Schema."""

    def __init__(self, schema: Schema, data: Any) -> None:
        self._root = schema
        self._data = data

    def keys_at(self, place: Place) -> tuple[str, ...]:
        """Return the keys that have a meaning at a place, in the order in which they are declared."""
        return tuple(dict.fromkeys(key for schema in self._at(place) for key in schema.get("properties", ())))

    def types_at(self, place: Place) -> set[str]:
        """Return the JSON types a place may have; empty when anything goes."""
        found: set[str] = set()
        for schema in self._at(place):
            declared = schema.get("type")
            if declared is None and "enum" not in schema and "const" not in schema:
                return set()
            found |= {declared} if isinstance(declared, str) else set(declared or ("string",))
        return found

    def is_secret(self, place: Place) -> bool:
        """Return whether a place holds a secret."""
        return any(schema.get("format") == "password" for schema in self._at(place))

    def _at(self, place: Place) -> list[Schema]:
        value: Any = self._data
        schemas = list(self._alternatives(self._root, value))
        for part in place:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                value = None
            below = [inner for schema in schemas for inner in _below(schema, part)]
            schemas = [inner for schema in below for inner in self._alternatives(schema, value)]
        return schemas

    def _alternatives(self, schema: Schema, value: Any) -> Iterator[Schema]:
        """Yield what a schema may stand for, with references followed; of kinds only the one the data names."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            yield from self._alternatives(self._root["$defs"][name], value)
        elif discriminator := schema.get("discriminator"):
            kind = value.get(discriminator["propertyName"]) if isinstance(value, Mapping) else None
            if isinstance(kind, str) and kind in discriminator["mapping"]:
                yield from self._alternatives({"$ref": discriminator["mapping"][kind]}, value)
        elif "anyOf" in schema:
            for option in schema["anyOf"]:
                yield from self._alternatives(option, value)
        else:
            yield schema


def _below(schema: Schema, part: str | int) -> Iterator[Schema]:
    if isinstance(part, int):
        found = [schema.get("items")]
    elif part in schema.get("properties", {}):
        found = [schema["properties"][part]]
    else:
        # Keys of a pattern of their own, such as names of lines, are known by what stands under them.
        found = [*schema.get("patternProperties", {}).values(), schema.get("additionalProperties")]
    yield from (inner for inner in found if isinstance(inner, Mapping))
