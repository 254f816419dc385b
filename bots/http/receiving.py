"""What the system hands over: messages and what else clients do. Answered once the ledger has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import TypeVar

import msgspec
from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from bots.http.answers import Accepted, Result, Results, Taken
from bots.http.bodies import (
    MAX_BATCH,
    EventId,
    Model,
    NewDeletion,
    NewEdit,
    NewEnd,
    NewMessage,
    NewRating,
    NewReaction,
    NewTyping,
    mend,
    read,
)
from bots.http.door import announced, body_of
from bots.http.mapping import encoded, message_update, step_update
from bots.http.problems import Problem, field_problem, invalid
from bots.http.running import Running
from router.media import Attachment
from router.ports import Update

_JSON = {"Content-Type": "application/json"}
_NEW, _REPEATED, _ACCEPTED = map(encoded, (Taken(duplicate=False), Taken(duplicate=True), Accepted()))
#: bytes
MESSAGE_LIMIT = 512 * 1024
BATCH_LIMIT = 8 * 1024 * 1024
_EVENT_ID = TypeAdapter(EventId)
Step = TypeVar("Step", NewEdit, NewDeletion, NewReaction, NewRating, NewEnd)
Handled = TypeVar("Handled")


class _Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch, its messages not looked at yet: one that is wrong spoils nothing beside it."""

    messages: list[msgspec.Raw]


async def take_message(running: Running, request: web.Request) -> web.Response:
    """Keep one message."""

    async def keep(body: bytes) -> bool:
        update = await _message(running, body)
        running.spend()
        return (await running.host.receive([update]))[0]

    return _taken(await _within_room(running, request, MESSAGE_LIMIT, keep))


async def take_batch(running: Running, request: web.Request) -> web.Response:
    """Keep what is right of many messages, and say of each what became of it."""

    async def keep(body: bytes) -> list[Result]:
        raws = _parted(body)
        running.spend(len(raws))
        return await _keep_all(running, raws)

    results = await _within_room(running, request, BATCH_LIMIT, keep)
    return web.Response(body=encoded(Results(results)), status=HTTPStatus.ACCEPTED, headers=_JSON)


async def take_edit(running: Running, request: web.Request) -> web.Response:
    """Keep that a client edited a message."""
    return await _take_step(running, request, "edit", NewEdit, message=_event_id(request))


async def take_deletion(running: Running, request: web.Request) -> web.Response:
    """Keep that a client took a message back."""
    return await _take_step(running, request, "delete", NewDeletion, message=_event_id(request))


async def take_reaction(running: Running, request: web.Request) -> web.Response:
    """Keep a client's reaction to a message."""
    return await _take_step(running, request, "reaction", NewReaction, message=_event_id(request))


async def take_rating(running: Running, request: web.Request) -> web.Response:
    """Keep a client's rating."""
    return await _take_step(running, request, "rating", NewRating)


async def take_end(running: Running, request: web.Request) -> web.Response:
    """Keep that a client closed the conversation."""
    return await _take_step(running, request, "end", NewEnd)


async def take_typing(running: Running, request: web.Request) -> web.Response:
    """Show operators that a client is typing. Nothing of it is kept."""
    announced(request, MESSAGE_LIMIT)
    typing = understood(NewTyping, await body_of(request, MESSAGE_LIMIT))
    running.spend()
    running.host.typing(typing.chat or typing.sender.id, text=typing.text)
    return done()


async def _take_step(
    running: Running, request: web.Request, kind: str, model: type[Step], message: str = ""
) -> web.Response:
    async def keep(body: bytes) -> bool:
        step = understood(model, body)
        running.spend()
        return (await running.host.receive([step_update(kind, step.id, body, message)]))[0]

    return _taken(await _within_room(running, request, MESSAGE_LIMIT, keep))


async def _within_room(
    running: Running, request: web.Request, limit: int, keep: Callable[[bytes], Awaitable[Handled]]
) -> Handled:
    """Read the body and keep what is in it, within what may be on its way into the ledger at a time."""
    size = announced(request, limit)
    running.room.enter(size)
    try:
        return await keep(await body_of(request, limit))
    finally:
        running.room.leave(size)


async def _message(running: Running, body: bytes, where: str = "body") -> Update:
    """Understand one message. Raises `Problem`."""
    message = understood(NewMessage, body, where)
    files = await _attached(running, message) if message.attachments else ()
    return message_update(message.id, body, files)


async def _attached(running: Running, message: NewMessage) -> Sequence[Attachment]:
    chat, files = message.chat or message.sender.id, []
    for position, id_ in enumerate(message.attachments):
        file = await running.host.files.find(id_, channel=running.name, chat=chat)
        if file is None:
            raise field_problem(f"attachments.{position}", "expected the id of a file uploaded to this chat")
        files.append(file)
    return files


def _parted(body: bytes) -> list[msgspec.Raw]:
    """Return the messages of a batch as they came. Raises `Problem`."""
    try:
        raws = _split(body)
    except msgspec.DecodeError as error:
        raise field_problem("body", str(error)) from error
    except RecursionError as error:
        raise field_problem("body", "expected JSON that is not nested so deeply") from error
    if not 1 <= len(raws) <= MAX_BATCH:
        raise field_problem("messages", f"expected 1 to {MAX_BATCH} messages")
    return raws


def _split(body: bytes) -> list[msgspec.Raw]:
    try:
        return msgspec.json.decode(body, type=_Batch).messages
    except msgspec.DecodeError:
        mended = mend(body)
        if mended == body:
            raise
        return msgspec.json.decode(mended, type=_Batch).messages


async def _keep_all(running: Running, raws: Sequence[msgspec.Raw]) -> list[Result]:
    judged = [await _judged(running, bytes(raw)) for raw in raws]
    right = [it for it in judged if isinstance(it, Update)]
    fresh = iter(await running.host.receive(right) if right else ())
    return [Result(it.external_id, duplicate=not next(fresh)) if isinstance(it, Update) else it for it in judged]


async def _judged(running: Running, raw: bytes) -> Update | Result:
    """Return a message of a batch to keep, or why it is refused."""
    try:
        return await _message(running, raw, "message")
    except Problem as problem:
        return Result(_id_in(raw), duplicate=False, problem=problem.detail)


class _Named(msgspec.Struct):
    id: object = None


def _id_in(raw: bytes) -> str:
    """Return what a message that was refused calls itself, empty when that makes no sense either."""
    try:
        return _EVENT_ID.validate_python(msgspec.json.decode(raw, type=_Named).id)
    except (msgspec.DecodeError, RecursionError, ValidationError):
        return ""


def understood(model: type[Model], body: bytes, where: str = "body") -> Model:
    """Return a body as its model. Raises `Problem`."""
    try:
        return read(model, body)
    except ValidationError as error:
        raise invalid(error, where) from error


def _event_id(request: web.Request) -> str:
    """Return the message that a path names. Raises `Problem`."""
    try:
        return _EVENT_ID.validate_python(request.match_info["id"])
    except ValidationError as error:
        raise field_problem("id", "expected 1 to 200 printable characters without spaces") from error


def _taken(new: bool) -> web.Response:
    return web.Response(body=_NEW if new else _REPEATED, status=HTTPStatus.ACCEPTED, headers=_JSON)


def done() -> web.Response:
    """Return the answer that has nothing to tell."""
    return web.Response(body=_ACCEPTED, status=HTTPStatus.ACCEPTED, headers=_JSON)
