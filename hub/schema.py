"""The JSON Schema of the settings file, for editors that complete and check YAML."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from hub.channels import KINDS, Kind
from hub.settings.model import file_model

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_FROM_ENVIRONMENT = {"type": "string", "pattern": r"^\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}$"}
_DOC = re.compile(r"\s*#: ?(.*)")
#: classes that declare no fields
_ROOTS = {*BaseModel.__mro__, *Struct.__mro__}


def settings_schema(kinds: Mapping[str, Kind] = KINDS) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a settings file whose channels may be of these kinds."""
    schema = file_model(kinds).model_json_schema(schema_generator=_ForEditors)
    return {"$schema": _DIALECT, **schema, "title": "Trunkline settings"}


def describe(schema: JsonSchemaValue, model: type) -> None:
    """Describe a model's fields in its schema by their `#:` comments."""
    docs = field_docs(model)
    for name, field in schema.get("properties", {}).items():
        # A name that is a word of Python's own has an underscore there.
        if text := docs.get(name) or docs.get(f"{name}_"):
            field["description"] = text


def field_docs(model: type) -> dict[str, str]:
    """Return field → the `#:` comment above it, for the fields a class and its parents declare in their sources."""
    docs: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if cls not in _ROOTS:
            docs |= _docs_in(textwrap.dedent(inspect.getsource(cls)))
    return docs


def _docs_in(source: str) -> dict[str, str]:
    lines = source.splitlines()
    body = getattr(ast.parse(source).body[0], "body", [])
    fields = {node.target.id: node.lineno for node in body if _is_field(node)}
    return {name: text for name, line in fields.items() if (text := _comment_above(lines, line))}


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _comment_above(lines: list[str], line: int) -> str:
    """Return the `#:` comment that ends right above a line, counted from 1."""
    found: list[str] = []
    for above in reversed(lines[: line - 1]):
        match = _DOC.fullmatch(above)
        if match is None:
            break
        found.insert(0, match[1])
    return " ".join(found)


class WithDocs(GenerateJsonSchema):
    """Describes fields by their `#:` comments."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """Return a model's schema with the comments."""
        described = super().model_schema(schema)
        describe(described, schema["cls"])
        return described


class _ForEditors(WithDocs):
    """Lets `${NAME}` stand where a number or a switch is expected."""

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        return {"anyOf": [super().int_schema(schema), _FROM_ENVIRONMENT]}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        return {"anyOf": [super().float_schema(schema), _FROM_ENVIRONMENT]}

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        return {"anyOf": [super().bool_schema(schema), _FROM_ENVIRONMENT]}
