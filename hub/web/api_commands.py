"""What an operator does to a conversation. Each is carried out once per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from hub.web.access import visible
from hub.web.bodies import (
    NewClose,
    NewJoin,
    NewNote,
    NewPromise,
    NewReaction,
    NewReply,
    NewResend,
    NewText,
    NewTransfer,
    Nothing,
    SeenUpTo,
)
from hub.web.commanding import command
from hub.web.operations import Call, operation
from hub.web.problems import Problem
from hub.web.views import Done
from router.model import Conversation

#: an operator may be refused what they ask for, with a reason of its own
_REFUSED = (HTTPStatus.CONFLICT,)


async def _carry_out(call: Call[Any, Nothing], kind: str, **fields: object) -> Done:
    """Refuse what the operator may not even see, then let the line's lane decide."""
    conversation = await visible(call.hub, call.path("id"), call.operator)
    return await command(call, {"type": kind, "conversation": conversation.id, **fields})


async def _say(call: Call[Any, Nothing], what: str, **fields: object) -> Done:
    conversation = await visible(call.hub, call.path("id"), call.operator)
    attached = await _attachments(call, conversation, call.body.attachments)
    body = {"type": what, "conversation": conversation.id, "text": call.body.text, "attachments": attached, **fields}
    return await command(call, body)


async def _attachments(call: Call[Any, Nothing], it: Conversation, ids: Iterable[str]) -> list[dict[str, object]]:
    found = [await call.hub.store.files.find(file, channel=it.channel, chat=it.chat) for file in ids]
    if None in found:
        detail = "One of the attached files is not in this conversation. Upload it to the conversation first."
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return [{"id": f.id, "name": f.name, "media_type": f.media_type, "size": f.size} for f in found if f]


@operation("POST", "/conversations/{id}/take", "Take the conversation, and with it the floor", problems=_REFUSED)
async def take(call: Call[Nothing, Nothing]) -> Done:
    """Take the conversation."""
    return await _carry_out(call, "take")


@operation(
    "POST", "/conversations/{id}/skip", "Let an offer go, or return the conversation to the queue", problems=_REFUSED
)
async def skip(call: Call[Nothing, Nothing]) -> Done:
    """Let it go."""
    return await _carry_out(call, "skip")


@operation("POST", "/conversations/{id}/replies", "Answer the client", body=NewReply, problems=_REFUSED)
async def reply(call: Call[NewReply, Nothing]) -> Done:
    """Answer the client."""
    entities = [each.model_dump() for each in call.body.entities]
    return await _say(call, "reply", reply_to=call.body.reply_to, entities=entities)


@operation(
    "POST",
    "/conversations/{id}/notes",
    "Write a note or a whisper that only staff see",
    body=NewNote,
    problems=_REFUSED,
)
async def note(call: Call[NewNote, Nothing]) -> Done:
    """Write something only staff see."""
    return await _say(call, "note", kind=call.body.kind)


@operation(
    "POST", "/conversations/{id}/transfer", "Hand it to a colleague or to a line", body=NewTransfer, problems=_REFUSED
)
async def transfer(call: Call[NewTransfer, Nothing]) -> Done:
    """Hand it over."""
    target = call.body
    return await _carry_out(
        call, "transfer", to_operator=target.to_operator, to_line=target.to_line, comment=target.comment
    )


@operation(
    "POST", "/conversations/{id}/join", "Take part in a colleague's conversation", body=NewJoin, problems=_REFUSED
)
async def join(call: Call[NewJoin, Nothing]) -> Done:
    """Join it."""
    return await _carry_out(call, "join", mode=call.body.mode.value)


@operation("POST", "/conversations/{id}/leave", "Take part no longer", problems=_REFUSED)
async def leave(call: Call[Nothing, Nothing]) -> Done:
    """Leave it."""
    return await _carry_out(call, "leave")


@operation("POST", "/conversations/{id}/close", "End the conversation", body=NewClose, problems=_REFUSED)
async def close(call: Call[NewClose, Nothing]) -> Done:
    """End it. The body may be left out."""
    return await _carry_out(call, "close", reason=call.body.reason)


@operation("POST", "/conversations/{id}/reopen", "Continue a closed conversation", problems=_REFUSED)
async def reopen(call: Call[Nothing, Nothing]) -> Done:
    """Continue it."""
    return await _carry_out(call, "reopen")


@operation(
    "POST",
    "/conversations/{id}/snooze",
    "Promise the client to write at a certain time",
    body=NewPromise,
    problems=_REFUSED,
)
async def snooze(call: Call[NewPromise, Nothing]) -> Done:
    """Be reminded at that time.

    Who is not at work then is not waited for: the conversation goes back to the queue, so that somebody keeps the
    promise. A new promise takes the place of the former one.
    """
    return await _carry_out(call, "snooze", until=call.body.until.isoformat(), text=call.body.text)


@operation("POST", "/conversations/{id}/unsnooze", "Take a promise back", problems=_REFUSED)
async def unsnooze(call: Call[Nothing, Nothing]) -> Done:
    """Take the promise back."""
    return await _carry_out(call, "unsnooze")


@operation(
    "POST", "/conversations/{id}/resend", "Send a failed or unknown delivery again", body=NewResend, problems=_REFUSED
)
async def resend(call: Call[NewResend, Nothing]) -> Done:
    """Send again."""
    return await _carry_out(call, "resend", delivery=call.body.delivery)


@operation(
    "POST",
    "/conversations/{id}/messages/{message}/edit",
    "Correct what was said to the client",
    body=NewText,
    problems=_REFUSED,
)
async def edit(call: Call[NewText, Nothing]) -> Done:
    """Correct a message."""
    entities = [each.model_dump() for each in call.body.entities]
    return await _carry_out(call, "edit", message=call.path("message"), text=call.body.text, entities=entities)


@operation(
    "POST",
    "/conversations/{id}/messages/{message}/retract",
    "Take back what was said to the client",
    problems=_REFUSED,
)
async def retract(call: Call[Nothing, Nothing]) -> Done:
    """Take a message back."""
    return await _carry_out(call, "retract", message=call.path("message"))


@operation(
    "POST",
    "/conversations/{id}/messages/{message}/reaction",
    "React to what was said with an emoji, or take the reaction away",
    body=NewReaction,
    problems=_REFUSED,
)
async def react(call: Call[NewReaction, Nothing]) -> Done:
    """Show the client a reaction, where their messenger can."""
    return await _carry_out(call, "react", message=call.path("message"), emoji=call.body.emoji)


@operation("POST", "/conversations/{id}/seen", "Say up to which message the conversation was read", body=SeenUpTo)
async def seen(call: Call[SeenUpTo, Nothing]) -> Done:
    """Mark as read."""
    conversation = await visible(call.hub, call.path("id"), call.operator)
    await call.hub.mark_seen(conversation.id, call.operator, min(call.body.n, conversation.n))
    return Done()


@operation("POST", "/conversations/{id}/typing", "Show the client that the operator is typing")
async def typing(call: Call[Nothing, Nothing]) -> Done:
    """Show that the operator is typing."""
    call.hub.typing(await visible(call.hub, call.path("id"), call.operator), call.operator)
    return Done()


OPERATIONS = (
    *(take, skip, reply, note, transfer, join, leave, close, reopen, snooze, unsnooze, resend, edit, retract),
    *(react, seen, typing),
)
