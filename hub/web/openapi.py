"""The API's documentation as OpenAPI 3.1, made from the very models that check requests and make answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from importlib.metadata import version

from aiohttp import web

from hub.web.bodies import Nothing
from hub.web.openapi_schemas import Json, schemas
from hub.web.openapi_texts import CHANNEL_TOKEN, DESCRIPTION, KEY, PATH_PARTS, SESSION, TAGS, TOKEN
from hub.web.operations import KEY_PATTERN, KEYED, Operation
from hub.web.problems import ProblemView
from hub.web.sessions import COOKIE
from router.ports import Channel, Documented, Endpoint

_JSON, _PROBLEM, _BYTES = "application/json", "application/problem+json", "application/octet-stream"
_FOR_STAFF: list[Json] = [{"token": []}, {"session": []}]
_FOR_CHANNELS: list[Json] = [{"channelToken": []}]
_PART = re.compile(r"{(\w+)}")
#: what an operation answers whose answer is no JSON
_WITHOUT_MODEL: dict[type, tuple[HTTPStatus, ...]] = {
    web.StreamResponse: (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT),
    web.WebSocketResponse: (HTTPStatus.SWITCHING_PROTOCOLS,),
}
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})


@dataclass(frozen=True)
class Entry:
    """One operation as the document shows it."""

    method: str
    path: str
    summary: str
    name: str
    description: str
    body: type | None
    query: type | None
    #: None for bytes
    answer: type | None
    #: statuses of success
    done: tuple[HTTPStatus, ...]
    problems: frozenset[HTTPStatus]
    security: list[Json]
    keyed: bool = False
    upload: bool = False
    #: the values that parts of the path may have, where they are known
    parts: Mapping[str, Sequence[str]] | None = None


def document(operations: Iterable[Operation], channels: Iterable[Channel] = (), url: str = "") -> Json:
    """Return the document of all operations, served below `url`, which is empty when only browsers know it."""
    entries = [*map(_of_operation, operations), *_of_channels(channels)]
    taken = [model for entry in entries for model in (entry.body, entry.query) if model]
    models, refs = schemas(taken, [ProblemView, *(entry.answer for entry in entries if entry.answer)])
    paths: dict[str, Json] = {}
    for entry in entries:
        paths.setdefault(entry.path, {})[entry.method.lower()] = _operation(entry, refs, models)
    for query in {refs[entry.query]["$ref"] for entry in entries if entry.query}:
        # Queries are spelled out where they are taken.
        del models[_named(query)]
    tags = {**TAGS, **{_tag(path): TAGS.get(_tag(path), "") for path in paths}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trunkline", "version": version("trunkline"), "description": DESCRIPTION},
        "servers": [{"url": f"{url}/api/v1"}],
        "tags": [{"name": name, "description": text} for name, text in tags.items() if name in map(_tag, paths)],
        "paths": paths,
        "components": {
            "schemas": models,
            "responses": _problems(entries, refs[ProblemView]),
            "securitySchemes": _security_schemes(entries),
        },
    }


def _of_operation(it: Operation) -> Entry:
    return Entry(
        method=it.method,
        path=it.path,
        summary=it.summary,
        name=it.name,
        description=it.description,
        body=it.body if it.body is not Nothing else None,
        query=it.query if it.query is not Nothing else None,
        answer=it.answers if it.answers not in _WITHOUT_MODEL else None,
        done=_WITHOUT_MODEL.get(it.answers, (HTTPStatus.OK,)),
        problems=frozenset(_may_answer(it)) | it.problems,
        security=[] if it.public else _FOR_STAFF,
        keyed=it.method in KEYED and not it.public,
        upload=it.upload,
    )


def _may_answer(it: Operation) -> Iterator[HTTPStatus]:
    """Yield what every operation of this kind may answer."""
    yield from _BUSY
    if not it.public:
        yield from (HTTPStatus.UNAUTHORIZED, HTTPStatus.UNPROCESSABLE_ENTITY)
    if it.method in KEYED:
        yield from (HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN)
    if it.body is not Nothing:
        yield from (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY)
    if "{" in it.path:
        yield HTTPStatus.NOT_FOUND


def _of_channels(channels: Iterable[Channel]) -> Iterator[Entry]:
    """Yield each endpoint once, however many channels have it."""
    found: dict[tuple[str, str], tuple[Endpoint, list[str]]] = {}
    for channel in channels:
        if isinstance(channel, Documented):
            for endpoint in channel.endpoints():
                found.setdefault((endpoint.method, endpoint.path), (endpoint, []))[1].append(channel.name)
    for endpoint, names in found.values():
        yield _of_endpoint(endpoint, names)


def _of_endpoint(it: Endpoint, names: list[str]) -> Entry:
    sends = it.method in KEYED
    too_large = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.BAD_REQUEST} if sends else set()
    return Entry(
        method=it.method,
        path=it.path,
        summary=it.summary,
        name="_".join([it.method.lower(), *re.findall(r"\w+", _PART.sub("", it.path))]),
        description="",
        body=it.body,
        query=it.query,
        answer=it.answer,
        done=(HTTPStatus(it.status),),
        problems=frozenset(_CHANNEL_PROBLEMS | too_large),
        security=_FOR_CHANNELS,
        # What is sent without a model is a file.
        upload=sends and it.body is None,
        parts={"channel": names},
    )


_CHANNEL_PROBLEMS = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    *_BUSY,
}


def _operation(entry: Entry, refs: Mapping[type, Json], models: Json) -> Json:
    described: Json = {
        "operationId": entry.name,
        "tags": [_tag(entry.path)],
        "summary": entry.summary,
        "description": entry.description,
        "security": entry.security,
        "parameters": list(_parameters(entry, refs, models)),
        "responses": _responses(entry, refs),
    }
    if entry.upload:
        described["requestBody"] = {
            "required": True,
            "content": {_BYTES: {"schema": {"type": "string", "minLength": 1}}},
        }
    elif entry.body is not None:
        content = {_JSON: {"schema": refs[entry.body]}}
        described["requestBody"] = {"required": not getattr(entry.body, "optional", False), "content": content}
    return {key: value for key, value in described.items() if value or key == "security"}


def _parameters(entry: Entry, refs: Mapping[type, Json], models: Json) -> Iterator[Json]:
    for part in _PART.findall(entry.path):
        values = (entry.parts or {}).get(part)
        schema: Json = {"type": "string", "enum": list(values)} if values else {"type": "string", "minLength": 1}
        text = PATH_PARTS.get(part, "")
        yield {"name": part, "in": "path", "required": True, "description": text, "schema": schema}
    if entry.query is not None:
        yield from _query(models[_named(refs[entry.query]["$ref"])])
    if entry.keyed:
        schema = {"type": "string", "pattern": KEY_PATTERN}
        yield {"name": "Idempotency-Key", "in": "header", "required": False, "description": KEY, "schema": schema}


def _query(model: Json) -> Iterator[Json]:
    for name, field in model.get("properties", {}).items():
        schema = {key: value for key, value in field.items() if key not in {"description", "title"}}
        required = name in model.get("required", ())
        parameter = {"name": name, "in": "query", "required": required, "schema": schema}
        yield {**parameter, **({"description": field["description"]} if "description" in field else {})}


def _named(ref: str) -> str:
    return ref.rpartition("/")[2]


def _responses(entry: Entry, refs: Mapping[type, Json]) -> Json:
    answers: Json = {}
    for status in entry.done:
        answers[str(status.value)] = {"description": status.phrase}
        if entry.answer is not None:
            answers[str(status.value)]["content"] = {_JSON: {"schema": refs[entry.answer]}}
        elif status in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
            answers[str(status.value)]["content"] = {"*/*": {}}
    for status in sorted(entry.problems):
        answers[str(status.value)] = {"$ref": f"#/components/responses/{status.name}"}
    return answers


def _problems(entries: Sequence[Entry], model: Json) -> Json:
    """Return every problem that any operation may answer, by name."""
    answers: Json = {}
    for status in sorted(frozenset[HTTPStatus]().union(*(entry.problems for entry in entries))):
        answers[status.name] = {"description": status.phrase, "content": {_PROBLEM: {"schema": model}}}
        if status in _BUSY:
            seconds = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
            answers[status.name]["headers"] = {"Retry-After": seconds}
    return answers


def _tag(path: str) -> str:
    first, *rest = path.strip("/").split("/")
    tag = {"me": "Session", "presence": "Session", "session": "Session", "operators": "Staff", "lines": "Staff"}
    if "files" in rest:
        return "Files"
    return tag.get(first, "Staff" if first == "canned" else first.capitalize())


def _security_schemes(entries: Sequence[Entry]) -> Json:
    schemes: Json = {
        "token": {"type": "http", "scheme": "bearer", "description": TOKEN},
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE, "description": SESSION},
    }
    if any(entry.security is _FOR_CHANNELS for entry in entries):
        schemes["channelToken"] = {"type": "http", "scheme": "bearer", "description": CHANNEL_TOKEN}
    return schemes
