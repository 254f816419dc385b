"""How the API's operations are declared: one decorator that checks what comes in and writes what goes out.

Each operation names the models it takes and answers with, so that its documentation is made from what validates.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Generic, TypeVar, cast

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from hub.web.access import known_operator
from hub.web.bodies import Body, Nothing
from hub.web.facade import Hub
from hub.web.keys import HUB, SESSIONS, TEXTS
from hub.web.language import language_of
from hub.web.present import Presenter
from hub.web.problems import Problem, invalid

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Body)
#: bytes of a JSON body: the longest text in the widest encoding, with room to spare
_MAX_BODY = 512 * 1024
_KEY = re.compile(r"[\x21-\x7e]{1,128}")


@dataclass(frozen=True)
class Call(Generic[B, Q]):
    """One call of an operation, checked."""

    hub: Hub
    request: web.Request
    operator: str
    body: B
    query: Q
    #: the same for a repetition of the same call
    key: str
    present: Presenter

    def path(self, name: str) -> str:
        """Return a part of the address."""
        return self.request.match_info[name]


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    #: below `/api/v1`
    path: str
    summary: str
    body: type[Body]
    query: type[Body]
    answers: object
    handler: Handler


def operation(
    method: str,
    path: str,
    summary: str,
    *,
    body: type[B] = Nothing,  # type: ignore[assignment]  # the default is bound where no body is given
    query: type[Q] = Nothing,  # type: ignore[assignment]  # as above
) -> Callable[[Callable[[Call[B, Q]], Awaitable[BaseModel | web.StreamResponse]]], Operation]:
    """Declare an operation for signed-in operators."""

    def declare(function: Callable[[Call[B, Q]], Awaitable[BaseModel | web.StreamResponse]]) -> Operation:
        async def handle(request: web.Request) -> web.StreamResponse:
            hub, operator = request.app[HUB], await request.app[SESSIONS].operator(request)
            known_operator(hub.rules, operator)
            language = language_of(request, hub.rules, operator)
            call = Call(
                hub=hub,
                request=request,
                operator=operator,
                body=cast("B", await read_body(request, body) if body is not Nothing else Nothing()),
                query=read_query(request, query),
                key=_idempotency_key(request),
                present=Presenter(hub, request.app[TEXTS], operator, language),
            )
            return write(await function(call))

        return Operation(method, path, summary, body, query, function.__annotations__.get("return"), handle)

    return declare


async def read_body(request: web.Request, model: type[B]) -> B:
    """Return the request's JSON body. Raises a 4xx `Problem` that says what is wrong with it."""
    raw = await request.content.read(_MAX_BODY + 1)
    while len(raw) <= _MAX_BODY and not request.content.at_eof():
        raw += await request.content.read(_MAX_BODY + 1 - len(raw))
    if len(raw) > _MAX_BODY:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have at most {_MAX_BODY} bytes.")
    try:
        return model.model_validate(json.loads(raw))
    except (ValueError, RecursionError) as error:
        if isinstance(error, ValidationError):
            raise invalid(error, "body") from error
        detail = 'The body must be a JSON object in UTF-8, for example {"text": "Good morning"}.'
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from error


def read_query(request: web.Request, model: type[Q]) -> Q:
    """Return the request's query. Raises a 422 `Problem` that says what is wrong with it."""
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error, "query") from error


def write(result: BaseModel | web.StreamResponse) -> web.StreamResponse:
    """Return the answer; nothing of it may be kept by caches on the way."""
    if isinstance(result, web.StreamResponse):
        return result
    return web.Response(
        text=result.model_dump_json(), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


def _idempotency_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return secrets.token_hex(16)
    if _KEY.fullmatch(key) is None:
        detail = "An Idempotency-Key must have 1 to 128 visible ASCII characters."
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    return key
