"""Schemas of the API's models: of what it takes by pydantic, of what it answers by msgspec."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import msgspec
from msgspec import UNSET, Struct
from msgspec.structs import astuple, fields
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from hub.schema import WithDocs, describe

Json = dict[str, Any]
_PLACE = "#/components/schemas/"


def schemas(taken: Iterable[type], answered: Iterable[type]) -> tuple[Json, dict[type, Json]]:
    """Return the schemas of all models by name, and model → what stands for it.

    `taken` are pydantic models, `answered` are structs. Raises `ValueError` for a name that stands for two things.
    """
    bodies, bodies_refs = _of_taken(dict.fromkeys(taken))
    answers, answers_refs = _of_answered(dict.fromkeys(answered))
    torn = sorted(name for name in bodies.keys() & answers.keys() if bodies[name] != answers[name])
    if torn:
        detail = f"The API takes and answers different models of one name: {', '.join(torn)}. Rename one of the two."
        raise ValueError(detail)
    return dict(sorted((bodies | answers).items())), bodies_refs | answers_refs


def _of_taken(models: Iterable[type]) -> tuple[Json, dict[type, Json]]:
    adapters: list[tuple[type, JsonSchemaMode, TypeAdapter[Any]]] = [
        (model, "validation", TypeAdapter(model)) for model in models
    ]
    refs, found = TypeAdapter.json_schemas(adapters, ref_template=_PLACE + "{model}", schema_generator=WithDocs)
    return found.get("$defs", {}), {model: ref for (model, _), ref in refs.items()}


def _of_answered(models: Iterable[type]) -> tuple[Json, dict[type, Json]]:
    models = tuple(models)
    refs, found = msgspec.json.schema_components(models, ref_template=_PLACE + "{name}")
    for model in set(_classes(msgspec.inspect.multi_type_info(models))):
        name = model.__name__ if model.__name__ in found else f"{model.__module__}.{model.__qualname__}"
        _complete(found[name], model)
    _name_types(found)
    return found, dict(zip(models, refs, strict=True))


def _classes(part: object) -> Iterator[type]:
    """Yield every struct and enumeration that types, as msgspec sees them, are made of."""
    if isinstance(part, msgspec.inspect.StructType | msgspec.inspect.EnumType):
        yield part.cls
    for each in astuple(part) if isinstance(part, Struct) else part if isinstance(part, tuple) else ():
        yield from _classes(each)


def _complete(schema: Json, model: type) -> None:
    """Say what msgspec leaves out of a model's schema."""
    schema["description"] = inspect.cleandoc(model.__doc__ or "")
    if issubclass(model, Enum):
        schema["enum"] = [member.value for member in model]
    elif issubclass(model, Struct):
        # What has a default is sent nevertheless.
        absent = {field.encode_name for field in fields(model) if field.default is UNSET}
        schema["required"] = [name for name in schema["properties"] if name not in absent]
        describe(schema, model)


def _name_types(part: object) -> None:
    """Say of each choice within schemas that it is one of texts: those who generate code from them want to know."""
    if isinstance(part, dict):
        if isinstance(part.get("enum"), list):
            part["type"] = "string"
        part = list(part.values())
    for each in part if isinstance(part, list) else ():
        _name_types(each)
