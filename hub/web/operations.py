"""How the API's operations are declared: one decorator that checks what comes in and writes what goes out.

Each operation names the models it takes and answers with, so that its documentation is made from what validates.
"""

from __future__ import annotations

import inspect
import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import wraps
from http import HTTPStatus
from typing import Generic, TypeVar, cast, get_type_hints

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct
from pydantic import ValidationError

from hub.web.access import signed_in
from hub.web.bodies import Body, Nothing
from hub.web.facade import Hub
from hub.web.keys import HUB, TEXTS
from hub.web.language import language_of
from hub.web.present import Presenter
from hub.web.problems import Problem, invalid
from hub.web.views import ConversationView
from router.model import Conversation

B = TypeVar("B", bound=Body)
Q = TypeVar("Q", bound=Body)
#: bytes of a JSON body: the longest text in the widest encoding, with room to spare
_MAX_BODY = 512 * 1024
#: visible ASCII, so that it can be a header
KEY_PATTERN = "^[!-~]{1,128}$"
#: methods that take an Idempotency-Key
KEYED = frozenset({"POST", "PUT", "PATCH", "DELETE"})


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

    async def drawn(self, conversations: Sequence[Conversation]) -> list[ConversationView]:
        """Return conversations as whoever asks sees them, with their clients' pictures."""
        clients = await self.hub.store.clients({it.client for it in conversations})
        return [self.present.conversation(it, clients.get(it.client)) for it in conversations]


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    #: below `/api/v1`
    path: str
    summary: str
    #: unique
    name: str
    #: what else there is to know
    description: str
    body: type[Body]
    query: type[Body]
    #: a struct; a `StreamResponse` for bytes or for a switch of protocols
    answers: type
    handler: Handler
    #: what it may answer besides what every operation of its kind may
    problems: frozenset[HTTPStatus] = frozenset()
    #: for everybody, signed in or not
    public: bool = False
    #: the body is a file's bytes
    upload: bool = False


Function = Callable[[Call[B, Q]], Awaitable[Struct | web.StreamResponse]]


def operation(
    method: str,
    path: str,
    summary: str,
    *,
    body: type[B] = Nothing,  # type: ignore[assignment]  # the default is bound where no body is given
    query: type[Q] = Nothing,  # type: ignore[assignment]  # as above
    problems: Collection[HTTPStatus] = (),
    upload: bool = False,
) -> Callable[[Function[B, Q]], Operation]:
    """Declare an operation for signed-in operators and for programs that act as one."""

    def declare(function: Function[B, Q]) -> Operation:
        @wraps(function)
        async def handle(request: web.Request) -> web.StreamResponse:
            return write(await function(await _checked(request, body, query)))

        answers = get_type_hints(function)["return"]
        known = bare(method, path, summary, answers=answers, body=body, query=query, problems=problems, upload=upload)
        return known(handle)

    return declare


async def _checked(request: web.Request, body: type[B], query: type[Q]) -> Call[B, Q]:
    hub, operator = request.app[HUB], await signed_in(request)
    language = language_of(request, hub.rules, operator)
    return Call(
        hub=hub,
        request=request,
        operator=operator,
        body=cast("B", await read_body(request, body) if body is not Nothing else Nothing()),
        query=read_query(request, query),
        key=_idempotency_key(request),
        present=Presenter(hub, request.app[TEXTS], operator, language),
    )


def bare(
    method: str,
    path: str,
    summary: str,
    *,
    answers: type,
    body: type[Body] = Nothing,
    query: type[Body] = Nothing,
    problems: Collection[HTTPStatus] = (),
    public: bool = False,
    upload: bool = False,
) -> Callable[[Handler], Operation]:
    """Declare an operation that reads and checks its request itself."""

    def declare(function: Handler) -> Operation:
        return Operation(
            method=method,
            path=path,
            summary=summary,
            name=function.__name__,
            description=_described(function, summary),
            body=body,
            query=query,
            answers=answers,
            handler=function,
            problems=frozenset(problems),
            public=public,
            upload=upload,
        )

    return declare


def _described(function: Callable[..., object], summary: str) -> str:
    text = inspect.cleandoc(function.__doc__ or "")
    return "" if text == f"{summary}." else text


async def read_body(request: web.Request, model: type[B]) -> B:
    """Return the request's JSON body. Raises a 4xx `Problem` that says what is wrong with it."""
    raw = await request.content.read(_MAX_BODY + 1)
    while len(raw) <= _MAX_BODY and not request.content.at_eof():
        raw += await request.content.read(_MAX_BODY + 1 - len(raw))
    if len(raw) > _MAX_BODY:
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A body may have at most {_MAX_BODY} bytes.")
    try:
        return model.model_validate_json(raw if raw or not model.optional else b"{}", strict=True)
    except ValidationError as error:
        if error.errors(include_url=False)[0]["type"] != "json_invalid":
            raise invalid(error, "body") from error
        detail = 'The body must be a JSON object in UTF-8, for example {"text": "Good morning"}.'
        raise Problem(HTTPStatus.BAD_REQUEST, detail) from error


def read_query(request: web.Request, model: type[Q]) -> Q:
    """Return the request's query. Raises a 422 `Problem` that says what is wrong with it."""
    repeated = next((name for name in request.query if len(request.query.getall(name)) > 1), None)
    if repeated is not None:
        detail = f"The query names {repeated!r} more than once. Name it once."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error, "query") from error


def write(result: Struct | web.StreamResponse) -> web.StreamResponse:
    """Return the answer; nothing of it may be kept by caches on the way."""
    if isinstance(result, web.StreamResponse):
        return result
    return web.Response(
        body=msgspec.json.encode(result),
        content_type="application/json",
        charset="utf-8",
        headers={"Cache-Control": "no-store"},
    )


def _idempotency_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method not in KEYED:
        return secrets.token_hex(16)
    if re.fullmatch(KEY_PATTERN, key) is None:
        detail = "An Idempotency-Key must have 1 to 128 visible ASCII characters."
        raise Problem(HTTPStatus.BAD_REQUEST, detail)
    return key
