"""The API's documentation, for programs and as a page for people."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aiohttp import web
from jinja2 import Environment

from hub.web.openapi import document
from hub.web.operations import Operation
from router.ports import Channel

Json = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One field of a model, or one parameter."""

    name: str
    #: in a few words, such as `string, at most 200 characters`
    type: str
    #: names of the models that the type names
    models: tuple[str, ...]
    required: bool
    description: str
    #: where a parameter stands
    place: str = ""


class Reference:
    """Serves the document and the page. Both are made when first asked for: few ever ask."""

    def __init__(
        self, operations: Iterable[Operation], channels: Iterable[Channel], url: str, pages: Environment
    ) -> None:
        self._operations = operations
        self._channels = channels
        self._url = url
        self._pages = pages
        self._made: asyncio.Task[tuple[str, str]] | None = None

    async def openapi(self, _request: web.Request) -> web.StreamResponse:
        """Answer with the OpenAPI document."""
        text, _ = await self._both()
        return web.Response(text=text, content_type="application/json", headers={"Cache-Control": "no-cache"})

    async def page(self, _request: web.Request) -> web.StreamResponse:
        """Answer with the page."""
        _, html = await self._both()
        return web.Response(text=html, content_type="text/html", headers={"Cache-Control": "no-cache"})

    async def _both(self) -> tuple[str, str]:
        if self._made is None:
            self._made = asyncio.create_task(asyncio.to_thread(self._make), name="API reference")
        return await asyncio.shield(self._made)

    def _make(self) -> tuple[str, str]:
        made = document(self._operations, self._channels, self._url)
        html = self._pages.get_template("reference.html").render(
            language="en", document=made, sections=list(_sections(made)), models=list(_models(made))
        )
        return json.dumps(made, ensure_ascii=False), html

    async def close(self, _app: web.Application) -> None:
        """Wait for what is being made."""
        if self._made is not None:
            await asyncio.gather(self._made, return_exceptions=True)


def _sections(made: Json) -> Iterator[Json]:
    """Yield each tag with its operations as the page shows them."""
    for tag in made["tags"]:
        found = [
            _shown(made, method, path, operation)
            for path, methods in made["paths"].items()
            for method, operation in methods.items()
            if operation["tags"] == [tag["name"]]
        ]
        yield {**tag, "operations": found}


def _shown(made: Json, method: str, path: str, operation: Json) -> Json:
    parameters = [
        _field(it["name"], it["schema"], it["required"], it.get("description", ""), it["in"])
        for it in operation.get("parameters", ())
    ]
    return {
        "description": "",
        **operation,
        "method": method.upper(),
        "path": path,
        "parameters": parameters,
        "body": _content(operation.get("requestBody", {})),
        "answers": [_answer(made, status, it) for status, it in operation["responses"].items()],
        "security": [name for scheme in operation["security"] for name in scheme],
    }


def _answer(made: Json, status: str, answer: Json) -> Json:
    good = "$ref" not in answer
    found = answer if good else made["components"]["responses"][_name(answer["$ref"])]
    return {"status": status, "phrase": HTTPStatus(int(status)).phrase, "content": _content(found), "good": good}


def _content(holder: Json) -> Json | None:
    """Return what a body or an answer holds: its media type and, for JSON, the type."""
    for media, content in holder.get("content", {}).items():
        schema = content.get("schema", {})
        return {"media": media, "type": _type(schema), "models": _named_in(schema)}
    return None


def _models(made: Json) -> Iterator[Json]:
    for name, schema in made["components"]["schemas"].items():
        required = schema.get("required", ())
        fields = [
            _field(each, it, each in required, it.get("description", ""))
            for each, it in schema.get("properties", {}).items()
        ]
        yield {"name": name, "description": schema.get("description", ""), "fields": fields, "type": _type(schema)}


def _field(name: str, schema: Json, required: bool, description: str, place: str = "") -> Field:
    return Field(name, _type(schema), tuple(_named_in(schema)), required, description, place)


def _named_in(schema: Json) -> list[str]:
    """Return the models that a schema refers to."""
    found = [_name(schema["$ref"])] if "$ref" in schema else []
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("prefixItems", ())):
        found += _named_in(part)
    for part in (schema.get("items"), schema.get("additionalProperties")):
        found += _named_in(part) if isinstance(part, dict) else []
    return list(dict.fromkeys(found))


def _type(schema: Json) -> str:
    """Return a schema in a few words."""
    if "$ref" in schema:
        return _name(schema["$ref"])
    either = schema.get("anyOf") or schema.get("oneOf")
    if either:
        return " or ".join(dict.fromkeys(_type(each) for each in either))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}{_limits(schema)}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"map of {_type(schema['additionalProperties'])}"
    return f"{schema.get('format') or schema.get('type') or 'anything'}{_limits(schema)}"


#: a limit → how it is said
_SAID = {
    "minimum": "≥ {}",
    "maximum": "≤ {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
    "default": "default {}",
}


def _limits(schema: Json) -> str:
    said = [text.format(schema[key]) for key, text in _SAID.items() if schema.get(key) not in (None, "", [], {}, 2**53)]
    return f", {', '.join(said)}" if said else ""


def _name(ref: str) -> str:
    return ref.rpartition("/")[2]
